"""A proxy before an S3 server that misbehaves on order. The order is a file, written by the test:
    NONCE FAULT METHOD COUNT        COUNT times, for requests of METHOD (* is any); a new NONCE begins to count anew
Each request is a line of the log: METHOD PATH STATUS FAULT|-"""
import http.client
import http.server
import pathlib
import socket
import threading
import time
import urllib.parse

import s3_request

ANSWERS = {  # fault: status, code, message, extra headers
    "500": (500, "InternalError", "We encountered an internal error.", {}),
    "503": (503, "SlowDown", "Please reduce your request rate.", {}),
    "full": (507, "XMinioStorageFull", "Storage backend has reached its minimum free drive threshold.", {}),
    "expired": (400, "ExpiredToken", "The provided token has expired.", {}),
    "denied": (403, "AccessDenied", "Access Denied.", {}),
    "skew": (403, "RequestTimeTooSkewed", "The difference between the request time and the server's time is too large.",
             {"Date": "Mon, 01 Jan 2024 00:00:00 GMT"}),
    "region": (301, "PermanentRedirect", "The bucket must be addressed elsewhere.", {"x-amz-bucket-region": "eu-other-1"}),
    "unsupported": (501, "NotImplemented", "A header you provided implies functionality that is not implemented.", {}),
    "late-error": (200, "InternalError", "We encountered an internal error.", {}),
}


class Orders:
    def __init__(self, order, log):
        self.order, self.log = pathlib.Path(order), pathlib.Path(log)
        self.lock, self.nonce, self.used = threading.Lock(), None, 0

    def fault(self, method, target):
        with self.lock:
            words = self.order.read_text().split()
            if len(words) != 4:
                return None
            nonce, fault, wanted, count = words
            if nonce != self.nonce:
                self.nonce, self.used = nonce, 0
            fits = wanted in ("*", method) or (wanted == "COMPLETE" and method == "POST" and "uploadId" in target)
            if not fits or self.used >= int(count):
                return None
            self.used += 1
            return fault

    def note(self, *words):
        with self.lock, self.log.open("a") as log:
            log.write(" ".join(str(word) for word in words) + "\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    orders = upstream = secret_key = None

    def log_message(self, *_):
        pass

    def hang_up(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def answer(self, status, headers, body, length=None):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def without_condition(self):
        """As a server that never heard of If-None-Match: signed anew, since the signature covers it."""
        if self.headers.get("If-None-Match") is None:
            return
        del self.headers["If-None-Match"]
        signed = [(n.lower(), v) for n, v in self.headers.items() if n.lower() == "host" or n.lower().startswith("x-amz-")]
        path, _, query = self.path.partition("?")
        scope = self.headers["Authorization"].split("Credential=")[1].split(",")[0].split("/")
        values = dict(signed)
        self.headers.replace_header("Authorization", s3_request.authorization(
            self.command, path, urllib.parse.parse_qsl(query, keep_blank_values=True), signed, values["x-amz-content-sha256"],
            scope[0], self.secret_key, scope[2], values["x-amz-date"]))

    def handle_request(self):
        fault = self.orders.fault(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if fault == "cut-upload":
            self.rfile.read(length // 2)
            self.orders.note(self.command, self.path, "-", fault)
            return self.hang_up()
        body = self.rfile.read(length)
        if fault in ANSWERS:
            status, code, message, extra = ANSWERS[fault]
            text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message><RequestId>R1</RequestId></Error>"
            self.orders.note(self.command, self.path, status, fault)
            return self.answer(status, {"Date": self.date_time_string()} | extra, text.encode())
        if fault in ("reset", "stall"):
            self.orders.note(self.command, self.path, "-", fault)
            if fault == "stall":
                time.sleep(4)
            return self.hang_up()
        if fault == "unconditional":
            self.without_condition()
        if fault == "flip-upload" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        upstream = http.client.HTTPConnection(self.upstream, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers.items()))
        reply = upstream.getresponse()
        headers, content = dict(reply.getheaders()), reply.read()
        upstream.close()
        self.orders.note(self.command, self.path, reply.status, fault or "-")
        if fault == "lost-answer":
            return self.hang_up()
        if fault == "slow":
            time.sleep(1)
        if fault == "short-head":
            return self.answer(reply.status, headers, b"", max(int(headers.get("Content-Length", 0)) - 1, 0))
        if fault == "truncated":  # whole by its headers: only a digest tells
            content = content[: len(content) // 2]
        if fault == "flip-download" and content:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if fault == "cut-download":
            self.answer(reply.status, headers, content[: len(content) // 2], len(content))
            return self.hang_up()
        if self.command == "HEAD":
            return self.answer(reply.status, headers, b"", int(headers.get("Content-Length", 0)))
        return self.answer(reply.status, headers, content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_request


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that hung up, which is what some tests want


def start(upstream, order, log, secret_key):
    """Serves in a thread; returns the endpoint."""
    pathlib.Path(order).write_text("")
    pathlib.Path(log).write_text("")
    handler = type("Ordered", (Handler,), {"orders": Orders(order, log), "upstream": urllib.parse.urlsplit(upstream).netloc,
                                           "secret_key": secret_key})
    server = Server(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}"
