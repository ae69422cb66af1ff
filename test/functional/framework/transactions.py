"""A minimal reader of raw transactions, and the question whether two of them exclude each other."""

import dataclasses
import hashlib
import itertools
from dataclasses import dataclass

MAX_INPUTS_OR_OUTPUTS = 100_000  # more cannot fit into a block
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NULL_TXID = "00" * 32


@dataclass(frozen=True)
class Input:
    txid: str
    vout: int
    script_sig: bytes
    sequence: int
    witness: tuple = ()

    @property
    def coin(self):
        return self.txid, self.vout


@dataclass(frozen=True)
class Output:
    amount_sat: int
    script: bytes


@dataclass(frozen=True)
class Transaction:
    version: int
    inputs: tuple
    outputs: tuple
    locktime: int
    txid: str
    raw: bytes

    @property
    def coins(self):
        """What it spends. A block reward spends nothing: all of them have the same null input."""
        return frozenset(each.coin for each in self.inputs if each.txid != NULL_TXID)


class _Reader:
    def __init__(self, data):
        self._data = data
        self._at = 0

    def take(self, count):
        if self._at + count > len(self._data):
            raise ValueError("the transaction ends too early")
        self._at += count
        return self._data[self._at - count : self._at]

    def integer(self, size):
        return int.from_bytes(self.take(size), "little")

    def compact_size(self):
        first = self.integer(1)
        return first if first < 253 else self.integer({253: 2, 254: 4, 255: 8}[first])

    def count(self):
        count = self.compact_size()
        if count > MAX_INPUTS_OR_OUTPUTS:
            raise ValueError(f"{count} inputs or outputs")
        return count

    def bytes(self):
        return self.take(self.compact_size())

    def at_end(self):
        return self._at == len(self._data)


def _compact_size(number):
    if number < 253:
        return bytes([number])
    if number < 0x10000:
        return b"\xfd" + number.to_bytes(2, "little")
    return b"\xfe" + number.to_bytes(4, "little")


def serialise(version, inputs, outputs, locktime):
    """The bytes without witnesses: what an unsigned transaction is, and what a txid is made of."""
    parts = [version.to_bytes(4, "little"), _compact_size(len(inputs))]
    for each in inputs:
        parts += [bytes.fromhex(each.txid)[::-1], each.vout.to_bytes(4, "little")]
        parts += [_compact_size(len(each.script_sig)), each.script_sig]
        parts += [each.sequence.to_bytes(4, "little")]
    parts.append(_compact_size(len(outputs)))
    for each in outputs:
        parts += [each.amount_sat.to_bytes(8, "little"), _compact_size(len(each.script))]
        parts += [each.script]
    parts.append(locktime.to_bytes(4, "little"))
    return b"".join(parts)


def _txid(stripped):
    """BIP 141."""
    return hashlib.sha256(hashlib.sha256(stripped).digest()).digest()[::-1].hex()


def _read_input(reader):
    txid = reader.take(32)[::-1].hex()
    vout = reader.integer(4)
    script_sig = reader.bytes()
    return Input(txid, vout, script_sig, reader.integer(4))


def _read_output(reader):
    amount_sat = reader.integer(8)
    return Output(amount_sat, reader.bytes())


def parse(raw_hex):
    """Reads one transaction, with witnesses (BIP 144) or without. Raises ValueError on garbage."""
    raw = bytes.fromhex(raw_hex)
    reader = _Reader(raw)
    version = reader.integer(4)
    input_count = reader.count()
    has_witness = input_count == 0
    if has_witness:
        if reader.integer(1) != 1:
            raise ValueError("no inputs, or an unknown flag")
        input_count = reader.count()
    inputs = [_read_input(reader) for _ in range(input_count)]
    outputs = [_read_output(reader) for _ in range(reader.count())]
    if has_witness:
        inputs = [_with_witness(each, reader) for each in inputs]
    locktime = reader.integer(4)
    if not reader.at_end():
        raise ValueError("bytes after the end of the transaction")
    txid = _txid(serialise(version, inputs, outputs, locktime))
    return Transaction(version, tuple(inputs), tuple(outputs), locktime, txid, raw)


def _with_witness(each, reader):
    witness = tuple(reader.bytes() for _ in range(reader.count()))
    return dataclasses.replace(each, witness=witness)


def with_high_s(raw_hex):
    """A legacy transaction whose first signature (P2PKH) has the other of its two valid S.

    Same inputs and outputs, other txid; valid in a block, though no mempool takes it (BIP 62).
    """
    old = parse(raw_hex)
    reader = _Reader(old.inputs[0].script_sig)
    der, public_key = reader.bytes(), reader.bytes()
    twisted = _other_s(der[:-1]) + der[-1:]
    script_sig = bytes([len(twisted)]) + twisted + bytes([len(public_key)]) + public_key
    first = dataclasses.replace(old.inputs[0], script_sig=script_sig)
    return serialise(old.version, (first, *old.inputs[1:]), old.outputs, old.locktime).hex()


def _other_s(der):
    """DER: 30 length 02 length R 02 length S."""
    r_end = 4 + der[3]
    s = int.from_bytes(der[r_end + 2 :], "big")
    other = (SECP256K1_ORDER - s).to_bytes(33, "big")  # its first byte is the sign, if needed
    other = other if other[1] >= 0x80 else other[1:]
    body = der[2:r_end] + b"\x02" + bytes([len(other)]) + other
    return b"\x30" + bytes([len(body)]) + body


def _with_ancestors(transaction, known):
    """The transaction and all of its ancestors among the known ones (known: by txid)."""
    found, todo = {}, [transaction]
    while todo:
        each = todo.pop()
        if each.txid not in found:
            found[each.txid] = each
            todo += [known[coin.txid] for coin in each.inputs if coin.txid in known]
    return found.values()


def exclude_each_other(one, other, known=()):
    """Whether no chain can hold both: they, or ancestors that they need, spend the same coin.

    known: transactions to look for ancestors in. The same transaction twice is never a conflict.
    """
    by_txid = {each.txid: each for each in known}
    return any(
        a.txid != b.txid and a.coins & b.coins
        for a in _with_ancestors(one, by_txid)
        for b in _with_ancestors(other, by_txid)
    )


def compatible_pairs(transactions, known=()):
    """The pairs of different transactions that could both confirm: none, if all conflict."""
    distinct = list({each.txid: each for each in transactions}.values())
    return [
        (one, other)
        for one, other in itertools.combinations(distinct, 2)
        if not exclude_each_other(one, other, known)
    ]
