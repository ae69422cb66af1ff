"""Copies of a log that somebody has tampered with, who knows the format as well as the auditor does:
records changed and the chain of hashes made anew, index keys taken away, the anchor written to fit.
"""

import hashlib
import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

from .bitcoind import SOURCE_DIR

# The codec of records is the auditor's own: what it does not read as the document says would be
# seen on the logs that a daemon has written.
sys.path.insert(0, str(SOURCE_DIR / "contrib" / "audit-log.d"))

import keys  # noqa: E402
import records  # noqa: E402
from transactions import parse  # noqa: E402,F401
from wire import without_comments  # noqa: E402,F401

EDITOR = Path(__file__).with_name("leveldb_edit.py")
HEAD = struct.Struct("<BQq32s")
STUB_HASH = slice(9, 41)


def stub_of(frame):
    """What pruning leaves of a frame."""
    _, seq, _, _ = HEAD.unpack_from(frame)
    return (b"\2" + seq.to_bytes(8, "little") + hashlib.sha256(frame).digest() +
            frame[HEAD.size:HEAD.size + 1])


class Record:
    """One that can be changed before the copy is written."""

    def __init__(self, value):
        _, self.seq, self.at_ms, _ = HEAD.unpack_from(value)
        self.payload = value[HEAD.size:]

    @property
    def name(self):
        return records.RECORDS.get(self.payload[0], (None, None))[0]

    @property
    def fields(self):
        return records.decode_record(self.payload)[1]

    def become(self, name, **fields):
        self.payload = records.encode_record(name, fields)

    def change(self, **fields):
        self.become(self.name, **{**self.fields, **fields})

    def frame(self, previous):
        return HEAD.pack(1, self.seq, self.at_ms, previous) + self.payload


class Forgery:
    """A copy of log and anchor in a folder of its own."""

    def __init__(self, wal, anchor, folder):
        self.wal, self.anchor = folder / "wal", folder / "anchor"
        shutil.copytree(wal, self.wal)
        shutil.copy(anchor, self.anchor)
        self.entries = {}
        self.edit({})
        rows = {keys.number_at_end(key): value for key, value in self.entries.items()
                if key[:1] == b"r"}
        self.stubs = {seq for seq, value in rows.items() if value[0] == 2}
        self.records = {seq: None if seq in self.stubs else Record(value)
                        for seq, value in rows.items()}

    def edit(self, changes):
        """Key to value, or None: gone. In the database and nowhere else."""
        text = json.dumps({key.hex(): value if value is None else value.hex()
                           for key, value in changes.items()})
        done = subprocess.run([EDITOR, self.wal], input=text, capture_output=True, text=True,
                              check=True)
        self.entries = {bytes.fromhex(key): bytes.fromhex(value)
                        for key, value in json.loads(done.stdout).items()}

    # --- records

    def of(self, name, **fields):
        """The records of a type with these fields, oldest first."""
        found = [each for _, each in sorted(self.records.items()) if each and each.name == name]
        return [each for each in found
                if all(each.fields.get(key) == value for key, value in fields.items())]

    def append(self, name, **fields):
        """A new record at the end."""
        seq = max(self.records) + 1
        self.records[seq] = Record(HEAD.pack(1, seq, self.records[seq - 1].at_ms, bytes(32)))
        self.records[seq].become(name, **fields)
        return self.records[seq]

    def write(self, with_anchor=True):
        """The chain of hashes, and the anchor, as they would be if the records had always been so.
        """
        changes, previous = {}, bytes(32)
        for seq, record in sorted(self.records.items()):
            key = keys.record(seq)
            if record is None:
                previous = self.entries[key][STUB_HASH]
                continue
            changes[key] = record.frame(previous)
            previous = hashlib.sha256(changes[key]).digest()
        self.edit(changes)
        if with_anchor:
            self.write_anchor(max(self.records), previous)

    # --- anchor

    def write_anchor(self, seq, frame_hash, wal_id=None):
        wal_id = wal_id or self.of("WalCreated")[0].fields["wal_id"]
        text = (f"sendonce anchor 1\nwal {wal_id.hex()}\nseq {seq}\n"
                f"hash {frame_hash.hex()}\n")
        self.anchor.write_text(text + f"checksum {hashlib.sha256(text.encode()).hexdigest()}\n")
