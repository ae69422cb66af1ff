"""A subscriber of bitcoind's ZMQ notifications: ZMTP 3.0, NULL mechanism, nothing else.

https://rfc.zeromq.org/spec/23/
"""

import socket
from dataclasses import dataclass
from urllib.parse import urlparse

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
MORE, LONG, COMMAND = 1, 2, 4


@dataclass(frozen=True)
class Notification:
    topic: str
    body: bytes
    counter: int


class Subscriber:
    """Subscribed to one topic of one endpoint, once the constructor has returned."""

    def __init__(self, endpoint, topic, timeout_s=30):
        address = urlparse(endpoint)
        self._socket = socket.create_connection((address.hostname, address.port), timeout_s)
        self._stream = self._socket.makefile("rb")
        self._socket.sendall(GREETING)
        self._stream.read(len(GREETING))
        self._send(COMMAND, b"\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB")
        self._read_frame()  # the publisher's READY
        self._send(0, b"\x01" + topic.encode())

    def receive(self):
        """The next notification; blocks, and raises TimeoutError."""
        frames, flags = [], MORE
        while flags & MORE:
            flags, body = self._read_frame()
            frames.append(body)
        topic, body, counter = frames
        return Notification(topic.decode(), body, int.from_bytes(counter, "little"))

    def close(self):
        self._stream.close()
        self._socket.close()

    def _send(self, flags, body):
        self._socket.sendall(bytes([flags, len(body)]) + body)

    def _read_frame(self):
        flags = self._exactly(1)[0]
        size = int.from_bytes(self._exactly(8 if flags & LONG else 1), "big")
        return flags, self._exactly(size)

    def _exactly(self, size):
        data = self._stream.read(size)
        if len(data) != size:
            raise EOFError("the publisher has closed the connection")
        return data
