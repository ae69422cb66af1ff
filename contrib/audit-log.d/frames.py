"""The frames of the log: one after the other from record 1, each with the hash of the one before."""

import hashlib
import struct
from dataclasses import dataclass

import keys
from wire import Malformed

FRAME, STUB = 1, 2
_HEAD = struct.Struct("<BQq32s")
_STUB = struct.Struct("<BQ32sB")
NO_HASH = bytes(32)
CHECK = "chain of hashes"


@dataclass(frozen=True)
class Frame:
    seq: int
    at_ms: int
    previous: bytes
    payload: bytes


@dataclass(frozen=True)
class Stub:
    seq: int
    frame_hash: bytes
    type: int
    raw: bytes


def _parse(value):
    if value[:1] == bytes([STUB]):
        if len(value) != _STUB.size:
            raise Malformed("its stub has another size than stubs have")
        _, seq, frame_hash, kind = _STUB.unpack(value)
        return Stub(seq, frame_hash, kind, value)
    if value[:1] != bytes([FRAME]):
        raise Malformed("its format is not known")
    if len(value) < _HEAD.size:
        raise Malformed("its frame ends too early")
    _, seq, at_ms, previous = _HEAD.unpack_from(value)
    return Frame(seq, at_ms, previous, value[_HEAD.size:])


def hash_of(value):
    return hashlib.sha256(value).digest()


class HashChain:
    """Takes the entries under `r` in order; gives back frames and stubs; tells what does not link.

    last_seq and last_hash are those of the newest record that was taken; hash_at those of a seq
    that was asked for before (the anchor's).
    """

    def __init__(self, report, anchor_seq=None):
        self._report = report
        self._anchor_seq = anchor_seq
        self.last_seq = 0
        self.last_hash = NO_HASH
        self.hash_at_anchor = None
        self.whole = True

    def take(self, key, value):
        """The frame or stub; None if it can not be read."""
        seq = keys.number_at_end(key)
        link = None
        try:
            link = _parse(value)
            if len(key) != 1 + keys.SEQ_SIZE or link.seq != seq:
                raise Malformed(f"it says of itself that it is record {link.seq}")
        except Malformed as error:
            self._broken(f"{keys.name_of(key)} can not be read: {error}", seq)
            link = None
        if seq != self.last_seq + 1:
            self._broken(f"{_range(self.last_seq + 1, seq - 1)} missing", seq)
        elif isinstance(link, Frame) and link.previous != self.last_hash:
            self._broken("it does not carry the hash of the record before it: one of the two was "
                         "changed", seq)
        self._move(seq, link.frame_hash if isinstance(link, Stub) else hash_of(value))
        return link

    def _move(self, seq, frame_hash):
        self.last_seq, self.last_hash = seq, frame_hash
        if seq == self._anchor_seq:
            self.hash_at_anchor = frame_hash

    def _broken(self, text, seq):
        self.whole = False
        self._report.find(CHECK, text, seq)


def _range(first, last):
    return f"record {first} is" if first == last else f"records {first} to {last} are"
