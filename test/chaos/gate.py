"""Runs a program behind a gate to the server that can cut its connections at the n-th statement.

    gate.py --server PORT [--cut N [--after] [--for-good]] [--cut-bytes N] [--count FILE] -- COMMAND…

DATABASE_URL of the command is pointed at the gate. Statements are counted over all connections as they pass: a simple
query or the Parse of an extended one. --cut N: when the N-th statement arrives, its connection is cut and the statement
never reaches the server; with --after it does, and the server's answer never comes back. --for-good: from then on every
connection is cut and every new one refused, as when a network is gone. --cut-bytes N: the connection that sends the N-th
byte is cut right behind it, most often in the middle of a message. The numbers of statements and bytes go to FILE, a line
each. Ends with the command's exit code, 124 where it did not end within a minute.
"""

import argparse
import os
import socket
import struct
import subprocess
import sys
import threading

SIMPLE_QUERY, PARSE = b"Q", b"P"
START_CODES_WITHOUT_TYPE = {80877103: "SSL", 80877104: "GSS"}  # the session's start follows these
DEADLINE_SECONDS = 60


class Gate:
    def __init__(self, server_port, cut, after, for_good, cut_bytes):
        self.server_port, self.cut, self.after, self.for_good = server_port, cut, after, for_good
        self.cut_bytes = cut_bytes
        self.statements = 0
        self.bytes = 0
        self.closed = False
        self.lock = threading.Lock()
        self.pairs = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            if self.closed:
                end(client)
                continue
            server = socket.create_connection(("127.0.0.1", self.server_port))
            pair = {"client": client, "server": server, "mute": False}
            with self.lock:
                self.pairs.append(pair)
            threading.Thread(target=self.to_server, args=(pair,), daemon=True).start()
            threading.Thread(target=self.to_client, args=(pair,), daemon=True).start()

    def to_server(self, pair):
        stream = pair["client"].makefile("rb")
        try:
            start = read_start(stream)
            while start and struct.unpack("!I", start[4:8])[0] in START_CODES_WITHOUT_TYPE:
                pair["server"].sendall(start)
                start = read_start(stream)
            pair["server"].sendall(start)
            while message := read_message(stream):
                if message[:1] in (SIMPLE_QUERY, PARSE) and self.is_the_one():
                    if self.after:
                        pair["mute"] = True
                        pair["server"].sendall(message)
                        forward_rest(stream, pair["server"], message[:1])
                    return self.cut_off(pair)
                passing = self.bytes_passing(len(message))
                pair["server"].sendall(message[:passing])
                if passing < len(message):
                    return self.cut_off(pair)
        except OSError:
            pass
        end(pair["client"])
        end(pair["server"])

    def to_client(self, pair):
        try:
            while data := pair["server"].recv(65536):
                if not pair["mute"]:
                    pair["client"].sendall(data)
        except OSError:
            pass
        end(pair["client"])

    def is_the_one(self):
        with self.lock:
            self.statements += 1
            return self.statements == self.cut

    def bytes_passing(self, size):
        with self.lock:
            before, self.bytes = self.bytes, self.bytes + size
            return self.cut_bytes - before if before < self.cut_bytes < self.bytes else size

    def cut_off(self, pair):
        self.closed = self.for_good
        with self.lock:
            cut = self.pairs if self.for_good else [pair]
        for one in cut:
            end(one["client"])
            end(one["server"])


def forward_rest(stream, server, kind):
    """The rest of an extended query up to its Sync, so that the server does run it."""
    while kind == PARSE and (message := read_message(stream)):
        server.sendall(message)
        if message[:1] == b"S":
            return


def read_start(stream):
    head = stream.read(4)
    return head + stream.read(struct.unpack("!I", head)[0] - 4) if len(head) == 4 else b""


def read_message(stream):
    head = stream.read(5)
    return head + stream.read(struct.unpack("!I", head[1:])[0] - 4) if len(head) == 5 else b""


def end(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--server", type=int, required=True)
    arguments.add_argument("--cut", type=int, default=0)
    arguments.add_argument("--after", action="store_true")
    arguments.add_argument("--for-good", action="store_true")
    arguments.add_argument("--cut-bytes", type=int, default=0)
    arguments.add_argument("--count")
    arguments.add_argument("command", nargs="+")
    given = arguments.parse_args()
    gate = Gate(given.server, given.cut, given.after, given.for_good, given.cut_bytes)
    environment = dict(os.environ)
    environment["DATABASE_URL"] = environment["DATABASE_URL"].replace(f":{given.server}/", f":{gate.port}/")
    try:
        code = subprocess.run(given.command, env=environment, timeout=DEADLINE_SECONDS).returncode
    except subprocess.TimeoutExpired:
        code = 124
    if given.count:
        with open(given.count, "w", encoding="ascii") as file:
            file.write(f"{gate.statements}\n{gate.bytes}\n")
    return code


sys.exit(main())
