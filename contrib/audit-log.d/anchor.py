"""The anchor: how far the log had come, outside of it."""

import hashlib
import re
from dataclasses import dataclass

CHECK = "anchor"
LAYOUT = re.compile(r"sendonce anchor 1\nwal ([0-9a-f]{32})\nseq (0|[1-9]\d*)\n"
                    r"hash ([0-9a-f]{64})\nchecksum ([0-9a-f]{64})\n")


@dataclass(frozen=True)
class Anchor:
    wal_id: bytes
    seq: int
    frame_hash: bytes


def read(path, report):
    """The anchor in the file; None, and a finding, if there is none that is whole."""
    try:
        text = path.read_bytes().decode("ascii", "replace")
    except OSError as error:
        report.find(CHECK, f"there is none to be read at {path} ({error.strerror}): that the end "
                           "of the log is missing, or was made anew, nobody can tell")
        return None
    found = LAYOUT.fullmatch(text)
    body = text[:text.rfind("checksum ")].encode()
    if not found or hashlib.sha256(body).hexdigest() != found.group(4):
        report.find(CHECK, f"the file {path} is damaged")
        return None
    wal_id, seq, frame_hash, _ = found.groups()
    return Anchor(bytes.fromhex(wal_id), int(seq), bytes.fromhex(frame_hash))


def compare(anchor, wal_id, chain, report):
    """The anchor against the identity in record 1 and the HashChain that was read."""
    if wal_id is not None and anchor.wal_id != wal_id:
        report.find(CHECK, f"it belongs to WAL {anchor.wal_id.hex()}, the log is WAL {wal_id.hex()}")
    elif anchor.seq > chain.last_seq:
        report.find(CHECK, f"it knows record {anchor.seq}, the log ends with record "
                           f"{chain.last_seq}: {anchor.seq - chain.last_seq} missing at the end")
    elif chain.hash_at_anchor != anchor.frame_hash:
        report.find(CHECK, f"record {anchor.seq} is not the one that it names: it, or one before "
                           "it, was made anew", anchor.seq)
