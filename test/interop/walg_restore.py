#!/usr/bin/env python3
"""A reader of wal-g's layout that shares no code with the program: written from the description of the format alone, it
restores what `backup base` has stored as wal-g itself would, and is stricter about what must be there.
   walg_restore.py STORE_FOLDER fetch NAME|LATEST TARGET [--tablespace OID=DIRECTORY]… [--key HEX]
   walg_restore.py STORE_FOLDER wal NAME DESTINATION [--key HEX]      for restore_command: 1 where there is none
   walg_restore.py STORE_FOLDER list"""
import argparse
import ctypes
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile

NAME = re.compile(r"base_[0-9A-F]{24}(_D_[0-9A-F]{24})?")
SENTINEL = "_backup_stop_sentinel.json"
HEADER, ABYTES, CHUNK, FINAL = 24, 17, 8192, 3
SENTINEL_KEYS = {  # what wal-g writes into each, with the types its structs have
    "LSN": int, "PgVersion": int, "FinishLSN": int, "SystemIdentifier": int, "UncompressedSize": int,
    "CompressedSize": int, "DataCatalogSize": int, "ChkpNum": type(None), "Version": int, "StartTime": str,
    "FinishTime": str, "DateFmt": str, "Hostname": str, "DataDir": str, "IsPermanent": bool}
METADATA_KEYS = {
    "start_time": str, "finish_time": str, "date_fmt": str, "hostname": str, "data_dir": str, "pg_version": int,
    "start_lsn": int, "finish_lsn": int, "is_permanent": bool, "system_identifier": int, "uncompressed_size": int,
    "compressed_size": int}


def must(condition, message):
    if not condition:
        sys.exit(f"walg_restore: {message}")


def unsealed(data, key):
    sodium = ctypes.CDLL("libsodium.so.23")
    state = ctypes.create_string_buffer(sodium.crypto_secretstream_xchacha20poly1305_statebytes())
    must(sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, data[:HEADER], key) == 0, "no sealed stream")
    plain, tag, at = io.BytesIO(), ctypes.c_ubyte(0), HEADER
    while at < len(data):
        chunk = data[at:at + CHUNK + ABYTES]
        out, length = ctypes.create_string_buffer(CHUNK), ctypes.c_ulonglong(0)
        must(tag.value != FINAL, "something follows the final chunk")
        must(sodium.crypto_secretstream_xchacha20poly1305_pull(state, out, ctypes.byref(length), ctypes.byref(tag), chunk,
                                                               ctypes.c_ulonglong(len(chunk)), None,
                                                               ctypes.c_ulonglong(0)) == 0, "a chunk is damaged")
        must(tag.value != FINAL or length.value < CHUNK, "wal-g refuses a final chunk that is full")
        plain.write(out.raw[:length.value])
        at += len(chunk)
    must(tag.value == FINAL, "the sealed stream is cut off")
    return plain.getvalue()


def content(path, key):
    data = path.read_bytes()
    if key:
        data = unsealed(data, key)
    program = {".zst": ["zstd", "-dc"], ".lz4": ["lz4", "-dc"]}.get(path.suffix)
    if program:
        data = subprocess.run(program, input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def check_types(document, keys, name):
    for key, kind in keys.items():
        must(key in document and type(document[key]) is kind, f"{name}: {key} is not as wal-g writes it")


def unpack(data, target):
    """As wal-g does it: names from the root, mode from the header, parents made on the way. The names."""
    names = []
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            # tarfile takes the slashes of a folder away, and that of the root with them.
            names.append(member.name or "/")
            must(member.isreg() or member.isdir(), f"{member.name} is neither file nor folder")
            path = target / member.name.lstrip("/")
            must(os.path.realpath(path).startswith(os.path.realpath(target)) or "/pg_tblspc/" in str(path),
                 f"{member.name} climbs out")
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
                path.write_bytes(tar.extractfile(member).read())
            path.chmod(member.mode)
    return names


def fetch(store, name, target, key, tablespaces):
    folder = store / "basebackups_005"
    if name == "LATEST":
        name = max(folder.glob("*" + SENTINEL), key=lambda p: p.stat().st_mtime_ns).name[:-len(SENTINEL)]
    must(NAME.fullmatch(name), f"{name} is no name of a backup")
    sentinel = json.loads((folder / (name + SENTINEL)).read_text())
    check_types(sentinel, SENTINEL_KEYS, "sentinel")
    must(sentinel["Version"] == 2, "the sentinel's version")
    metadata = json.loads((folder / name / "metadata.json").read_text())
    check_types(metadata, METADATA_KEYS, "metadata.json")
    must(metadata["start_lsn"] == sentinel["LSN"] and metadata["system_identifier"] == sentinel["SystemIdentifier"],
         "metadata.json and the sentinel differ")
    files = json.loads((folder / name / "files_metadata.json").read_text())
    must(target.is_dir() and not any(target.iterdir()), "the target must be an empty folder")
    for oid in sentinel.get("Spec", {}).get("tablespaces", []):
        place = pathlib.Path(tablespaces.get(oid, sentinel["Spec"][oid]["loc"]))
        must(sentinel["Spec"][oid]["link"] == f"pg_tblspc/{oid}", "a tablespace's link")
        place.mkdir(parents=True, exist_ok=True)
        (target / "pg_tblspc").mkdir(exist_ok=True)
        (target / "pg_tblspc" / oid).symlink_to(place)
    parts = sorted((folder / name / "tar_partitions").iterdir(), key=lambda p: not p.name.startswith("part_"))
    packed, sets = set(), {}
    for part in parts:
        must(re.fullmatch(r"(part_\d{3,}|pg_control|backup_label)\.tar(\.zst|\.lz4)?", part.name), f"{part.name}: a strange name")
        names = unpack(content(part, key), target)
        must(not packed & (set(names) - {"/global/pg_control"}), f"{part.name}: a file is there twice")
        packed |= set(names)
        if not part.name.startswith("pg_control.tar"):
            sets[part.name] = sorted(names)
    must(sets == {part: sorted(names) for part, names in files["TarFileSets"].items()},
         "TarFileSets are not what is in the parts")
    must(set(files["Files"]) == packed - {"/global/pg_control", "backup_label", "tablespace_map"},
         "Files are not what is in the parts")
    for entry in files["Files"].values():
        check_types(entry, {"IsIncremented": bool, "IsSkipped": bool, "MTime": str, "UpdatesCount": int}, "Files")
    for must_have in ("global/pg_control", "backup_label", "tablespace_map", "PG_VERSION"):
        must((target / must_have).is_file(), f"there is no {must_have}")
    if tablespaces:  # with a specification of his own, wal-g leaves the old map out
        (target / "tablespace_map").unlink()
    print(name)


def fetch_wal(store, name, destination, key):
    for suffix in (".lz4", ".lzma", ".gz", ".zst", ""):
        path = store / "wal_005" / (name + suffix)
        if path.is_file():
            destination.write_bytes(content(path, key))
            return
    sys.exit(1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=pathlib.Path)
    parser.add_argument("act", choices=["fetch", "wal", "list"])
    parser.add_argument("name", nargs="?")
    parser.add_argument("target", nargs="?", type=pathlib.Path)
    parser.add_argument("--tablespace", action="append", default=[])
    parser.add_argument("--key", type=bytes.fromhex)
    arguments = parser.parse_args()
    if arguments.act == "fetch":
        fetch(arguments.store, arguments.name, arguments.target, arguments.key,
              dict(each.split("=", 1) for each in arguments.tablespace))
    elif arguments.act == "wal":
        fetch_wal(arguments.store, arguments.name, arguments.target, arguments.key)
    else:
        for path in sorted((arguments.store / "basebackups_005").glob("*" + SENTINEL)):
            print(path.name[:-len(SENTINEL)])


if __name__ == "__main__":
    main()
