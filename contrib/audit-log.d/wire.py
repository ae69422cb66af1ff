"""Bytes into values and back, by descriptions written as in doc/wal-format.md: "id text, content?".

A struct becomes a dict, T[] a list, T? the value or None. A position is a tuple (height, hash); an
outpoint stays the 36 bytes that it is, so that it can be a key. Every value has one encoding; what
is not exactly that is Malformed.
"""

import re
import struct


class Malformed(ValueError):
    """These bytes are no such value."""


_FIXED = {"u8": "<B", "u32": "<I", "u64": "<Q", "i32": "<i", "i64": "<q"}
_LENGTH = struct.Struct("<I")
_POSITION = struct.Struct("<i32s")
OUTPOINT_SIZE = 36


class _Fixed:
    """A value of one struct format."""

    def __init__(self, layout):
        self._struct = struct.Struct(layout)

    def decode(self, data, at):
        end = at + self._struct.size
        if end > len(data):
            raise Malformed("it ends too early")
        return self._struct.unpack_from(data, at)[0], end

    def encode(self, value, out):
        out += self._struct.pack(value)


class _Raw:
    """So many bytes, as they are."""

    def __init__(self, size):
        self._size = size

    def decode(self, data, at):
        end = at + self._size
        if end > len(data):
            raise Malformed("it ends too early")
        return data[at:end], end

    def encode(self, value, out):
        out += value


class _Position:
    def decode(self, data, at):
        end = at + _POSITION.size
        if end > len(data):
            raise Malformed("it ends too early")
        return _POSITION.unpack_from(data, at), end

    def encode(self, value, out):
        out += _POSITION.pack(*value)


class _Choice:
    """One byte that is one of some numbers; shown by its name."""

    def __init__(self, names):
        self._names = names
        self._numbers = {name: number for number, name in names.items()}

    def decode(self, data, at):
        if at >= len(data) or data[at] not in self._names:
            raise Malformed("a number of a kind is not known")
        return self._names[data[at]], at + 1

    def encode(self, value, out):
        out.append(self._numbers[value])


def _length_at(data, at):
    end = at + _LENGTH.size
    if end > len(data):
        raise Malformed("it ends too early")
    return _LENGTH.unpack_from(data, at)[0], end


class _Bytes:
    def decode(self, data, at):
        size, at = _length_at(data, at)
        if at + size > len(data):
            raise Malformed("a length does not fit what is there")
        return data[at:at + size], at + size

    def encode(self, value, out):
        out += _LENGTH.pack(len(value))
        out += value


class _Text(_Bytes):
    """surrogateescape: whatever the bytes are, they come out again as they were."""

    def decode(self, data, at):
        value, at = super().decode(data, at)
        return value.decode("utf-8", "surrogateescape"), at

    def encode(self, value, out):
        super().encode(value.encode("utf-8", "surrogateescape"), out)


class _List:
    def __init__(self, element):
        self._element = element

    def decode(self, data, at):
        count, at = _length_at(data, at)
        if count > len(data) - at:
            raise Malformed("a count does not fit what is there")
        values = []
        for _ in range(count):
            value, at = self._element.decode(data, at)
            values.append(value)
        return values, at

    def encode(self, values, out):
        out += _LENGTH.pack(len(values))
        for value in values:
            self._element.encode(value, out)


class _Times:
    """So many of a kind, without a count."""

    def __init__(self, element, count):
        self._element, self._count = element, count

    def decode(self, data, at):
        values = []
        for _ in range(self._count):
            value, at = self._element.decode(data, at)
            values.append(value)
        return values, at

    def encode(self, values, out):
        for value in values:
            self._element.encode(value, out)


class _Optional:
    def __init__(self, element):
        self._element = element

    def decode(self, data, at):
        if at >= len(data) or data[at] > 1:
            raise Malformed("a flag is neither 0 nor 1")
        return self._element.decode(data, at + 1) if data[at] else (None, at + 1)

    def encode(self, value, out):
        out.append(value is not None)
        if value is not None:
            self._element.encode(value, out)


class _Struct:
    def __init__(self, fields):
        self._fields = fields

    def decode(self, data, at):
        value = {}
        for name, kind in self._fields:
            value[name], at = kind.decode(data, at)
        return value, at

    def encode(self, value, out):
        for name, kind in self._fields:
            kind.encode(value[name], out)


def without_comments(description):
    """A description as it counts: without what stands in brackets, but for sizes."""
    return re.sub(r"\s*\((?!\d+ bytes)[^()]*\)", "", description).strip()


class Kinds:
    """Compiles descriptions. parts and choices are those of the document."""

    def __init__(self, parts, choices):
        self._parts, self._choices = parts, choices
        self._known = {name: _Fixed(layout) for name, layout in _FIXED.items()}
        self._known |= {
            "bool": _Choice({0: False, 1: True}), "bytes": _Bytes(), "text": _Text(),
            "hash": _Raw(32), "outpoint": _Raw(OUTPOINT_SIZE), "position": _Position(),
        }

    def struct(self, description):
        fields = re.split(r",\s*(?![^()]*\))", without_comments(description))
        return _Struct([self._field(each) for each in fields if each])

    def _field(self, text):
        sized = re.fullmatch(r"(\w+) \((\d+) bytes[^()]*\)", text)
        if sized:
            return sized.group(1), _Raw(int(sized.group(2)))
        repeated = re.fullmatch(r"(\w+) (\w+) times (\d+)", text)
        if repeated:
            name, kind, count = repeated.groups()
            return name, _Times(self._kind(kind), int(count))
        name, _, kind = text.partition(" ")
        return re.match(r"\w+", name).group(), self._kind(kind or name)

    def _kind(self, text):
        if text not in self._known:
            self._known[text] = self._compile(text)
        return self._known[text]

    def _compile(self, text):
        if text.endswith("[]"):
            return _List(self._kind(text[:-2]))
        if text.endswith("?"):
            return _Optional(self._kind(text[:-1]))
        if text in self._choices:
            return _Choice(self._choices[text])
        return self.struct(self._parts[text])


def decode_all(kind, data, at=0):
    """The one value that the bytes are, from there to their end."""
    value, end = kind.decode(data, at)
    if end != len(data):
        raise Malformed(f"{len(data) - end} bytes stand behind its end")
    return value


def encode(kind, value):
    out = bytearray()
    kind.encode(value, out)
    return bytes(out)
