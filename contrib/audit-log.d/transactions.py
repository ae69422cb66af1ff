"""Bitcoin's transactions (BIP 144), as far as an auditor of payments needs them."""

import functools
import hashlib
import struct
from dataclasses import dataclass

PARSED_KEPT = 64  # one can have thousands of outputs
MAX_MONEY_SAT = 21_000_000 * 100_000_000


@dataclass(frozen=True)
class Input:
    outpoint: bytes  # 36, as it is serialised
    script_sig: bytes
    sequence: int
    witness: tuple = ()


@dataclass(frozen=True)
class Transaction:
    version: int
    inputs: tuple  # of Input
    outputs: tuple  # of (script, amount in satoshi)
    locktime: int
    txid: bytes  # in the order of its bytes

    @property
    def coins(self):
        return {each.outpoint for each in self.inputs}

    def conflicts_with(self, other):
        """No chain holds both."""
        return self.txid != other.txid and bool(self.coins & other.coins)

    def core(self):
        """All of it but what a signature may change."""
        inputs = tuple((each.outpoint, each.sequence) for each in self.inputs)
        return self.version, inputs, self.outputs, self.locktime


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        end = self.at + size
        if end > len(self.data):
            raise ValueError("the transaction ends too early")
        taken, self.at = self.data[self.at:end], end
        return taken

    def count(self):
        first = self.take(1)[0]
        if first < 253:
            return first
        return int.from_bytes(self.take({253: 2, 254: 4, 255: 8}[first]), "little")

    def sized(self):
        return self.take(self.count())

    def input(self):
        return Input(self.take(36), self.sized(), int.from_bytes(self.take(4), "little"))

    def output(self):
        amount = int.from_bytes(self.take(8), "little", signed=True)
        if not 0 <= amount <= MAX_MONEY_SAT:
            raise ValueError("an output is no amount of money")
        return self.sized(), amount


@functools.lru_cache(maxsize=PARSED_KEPT)
def parse(raw):
    """The transaction that these bytes are; ValueError if they are none."""
    reader = _Reader(raw)
    version, = struct.unpack("<i", reader.take(4))
    has_witness = raw[4:6] == b"\0\1"
    if has_witness:
        reader.take(2)
    begin = reader.at
    inputs = [reader.input() for _ in range(reader.count())]
    outputs = tuple(reader.output() for _ in range(reader.count()))
    end = reader.at
    if has_witness:
        inputs = [Input(each.outpoint, each.script_sig, each.sequence, _witness(reader))
                  for each in inputs]
    locktime = reader.take(4)
    if reader.at != len(raw) or not inputs:
        raise ValueError("these bytes are no transaction")
    stripped = raw[:4] + raw[begin:end] + locktime
    txid = hashlib.sha256(hashlib.sha256(stripped).digest()).digest()
    return Transaction(version, tuple(inputs), outputs, int.from_bytes(locktime, "little"), txid)


def _witness(reader):
    return tuple(reader.sized() for _ in range(reader.count()))


def text_of(hash_bytes):
    """A txid or block hash as people see it."""
    return hash_bytes[::-1].hex()


def bytes_of(text):
    return bytes.fromhex(text)[::-1]


def coin_text(outpoint):
    return f"{text_of(outpoint[:32])}:{int.from_bytes(outpoint[32:], 'little')}"
