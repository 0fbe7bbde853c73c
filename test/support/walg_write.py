#!/usr/bin/python3
"""Writes a base backup as wal-g would, from what pg_basebackup takes: for tests of what we make of foreign backups.

walg_write.py STORE PG_BASEBACKUP_FOLDER [--split N]
  The folder is pg_basebackup's of -Fp with -X none; its backup_label stands in it.
"""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from datetime import datetime, timezone


def lsn(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def member(tar, name, path=None, data=None):
    info = tarfile.TarInfo(name)
    info.mode = 0o600
    if path and os.path.isdir(path):
        info.type, info.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(info)
        return
    if data is None:
        with open(path, "rb") as file:
            data = file.read()
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def put(store, key, tar_bytes):
    path = os.path.join(store, key)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    done = subprocess.run(["zstd", "-q", "-c"], input=tar_bytes, stdout=subprocess.PIPE, check=True)
    with open(path, "wb") as file:
        file.write(done.stdout)


def main():
    store, data = sys.argv[1:3]
    parts = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    label = open(os.path.join(data, "backup_label"), encoding="utf-8").read()
    start, wal = re.search(r"START WAL LOCATION: (\S+) \(file (\S+)\)", label).groups()
    name = "base_" + wal
    folder = f"basebackups_005/{name}"
    map_file = os.path.join(data, "tablespace_map")
    tablespace_map = open(map_file, encoding="utf-8").read() if os.path.exists(map_file) else ""
    members = []
    for root, folders, files in os.walk(data, followlinks=True):
        inner = os.path.relpath(root, data)
        inner = "/" if inner == "." else "/" + inner
        members.append((inner, root))
        folders.sort()
        for file in sorted(files):
            if file in ("backup_manifest", "backup_label", "tablespace_map", "postmaster.pid") or inner == "/pg_wal":
                continue
            members.append((inner.rstrip("/") + "/" + file, os.path.join(root, file)))
    members = [m for m in members if m[0] != "/global/pg_control"]
    sets = {}
    for part in range(parts):
        buffer = io.BytesIO()
        mine = members[part::parts]
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for inner, path in mine:
                member(tar, inner, path)
        key = f"part_{part + 1:03}.tar.zst"
        sets[key] = [inner for inner, path in mine]
        put(store, f"{folder}/tar_partitions/{key}", buffer.getvalue())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member(tar, "/global/pg_control", os.path.join(data, "global/pg_control"))
    put(store, f"{folder}/tar_partitions/pg_control.tar.zst", buffer.getvalue())
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member(tar, "tablespace_map", data=tablespace_map.encode())
        member(tar, "backup_label", data=label.encode())
    put(store, f"{folder}/tar_partitions/backup_label.tar.zst", buffer.getvalue())
    sets["backup_label.tar.zst"] = ["tablespace_map", "backup_label"]
    finish = os.environ["FINISH_LSN"]
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    size = sum(os.path.getsize(p) for i, p in members if os.path.isfile(p))
    sentinel = {
        "LSN": lsn(start), "PgVersion": int(os.environ["PG_VERSION_NUM"]), "FinishLSN": lsn(finish),
        "SystemIdentifier": int(os.environ["SYSTEM_IDENTIFIER"]), "UncompressedSize": size, "CompressedSize": size,
        "ChkpNum": None, "Version": 2, "StartTime": now, "FinishTime": now, "DateFmt": "%Y-%m-%dT%H:%M:%S.%fZ",
        "Hostname": "test", "DataDir": data, "IsPermanent": False}
    if tablespace_map:
        spec = {"base_prefix": data, "tablespaces": []}
        for line in tablespace_map.splitlines():
            oid, place = line.split(" ", 1)
            spec["tablespaces"].append(oid)
            spec[oid] = {"loc": place, "link": f"pg_tblspc/{oid}"}
        sentinel["Spec"] = spec
    files = {i: {"IsIncremented": False, "IsSkipped": False, "MTime": now, "UpdatesCount": 0} for i, p in members}
    documents = {
        f"{folder}/files_metadata.json": {"Files": files, "TarFileSets": sets},
        f"{folder}/metadata.json": {"start_time": now, "finish_time": now, "is_permanent": False},
        f"basebackups_005/{name}_backup_stop_sentinel.json": sentinel}
    for key, document in documents.items():
        with open(os.path.join(store, key), "w", encoding="utf-8") as file:
            json.dump(document, file)
    print(name)


main()
