"""The keys of the log's database (doc/wal-format.md, "Indexes"), and their names for people."""

from transactions import text_of

RECORD = b"r"
CHAIN = b"c"
SEQ_SIZE = 8


def big(number, size=SEQ_SIZE):
    return number.to_bytes(size, "big")


def _id(send_id):
    return send_id.encode("utf-8", "surrogateescape")


def record(seq):
    return RECORD + big(seq)


def send(send_id):
    return b"s" + _id(send_id)


def send_id(key):
    return key[1:].decode("utf-8", "surrogateescape")


def batch(number):
    return b"b" + big(number)


def open_send(send_id):
    return b"os" + _id(send_id)


def open_batch(number):
    return b"ob" + big(number)


def confirmed(height, number):
    return b"h" + big(height, 4) + big(number)


def txid(txid_bytes, number):
    return b"t" + txid_bytes + big(number)


def send_history(send_id, seq):
    return b"is" + _id(send_id) + b"\0" + big(seq)


def batch_history(number, seq):
    return b"ib" + big(number) + big(seq)


def alarm(number):
    return b"a" + big(number)


def number_at_end(key):
    return int.from_bytes(key[-SEQ_SIZE:], "big")


def _text(raw):
    return raw.decode("utf-8", "backslashreplace")


def name_of(key):
    """What the key is, in words."""
    number = number_at_end(key)
    sized = {b"r": (9, "record {}"), b"b": (9, "batch {}"), b"a": (9, "alarm {}")}
    size, words = sized.get(key[:1], (0, ""))
    if len(key) == size:
        return words.format(number)
    if key == CHAIN:
        return "the chain"
    if key[:1] == b"s":
        return f"send {_text(key[1:])}"
    if key[:2] == b"os":
        return f"open send {_text(key[2:])}"
    if key[:2] == b"ob" and len(key) == 10:
        return f"open batch {number}"
    if key[:1] == b"h" and len(key) == 13:
        return f"batch {number} confirmed at height {int.from_bytes(key[1:5], 'big')}"
    if key[:1] == b"t" and len(key) == 41:
        return f"transaction {text_of(key[1:33])} of batch {number}"
    if key[:2] == b"is" and len(key) > 11:
        return f"history of send {_text(key[2:-9])}, record {number}"
    if key[:2] == b"ib" and len(key) == 18:
        return f"history of batch {int.from_bytes(key[2:10], 'big')}, record {number}"
    return f"key {key.hex()}"
