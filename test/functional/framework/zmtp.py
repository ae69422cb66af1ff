"""bitcoind's ZMQ notifications, to hear them, to send them, and to stand in between: ZMTP 3.0, NULL
mechanism, nothing else.

https://rfc.zeromq.org/spec/23/
"""

import contextlib
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlparse

from .waiting import PATIENCE_S, wait_until

GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY_AS = b"\x05READY\x0bSocket-Type\x00\x00\x00\x03"
MORE, LONG, COMMAND = 1, 2, 4
LONGEST_SHORT = 255


def _frame(flags, body):
    if len(body) <= LONGEST_SHORT:
        return bytes([flags, len(body)]) + body
    return bytes([flags | LONG]) + len(body).to_bytes(8, "big") + body


def _read_frame(stream):
    flags = _exactly(stream, 1)[0]
    size = int.from_bytes(_exactly(stream, 8 if flags & LONG else 1), "big")
    return flags, _exactly(stream, size)


def _exactly(stream, size):
    data = stream.read(size)
    if len(data) != size:
        raise EOFError("the connection is closed")
    return data


def _hang_up(connection):
    with contextlib.suppress(OSError):  # the other side was quicker
        connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Notification:
    topic: str
    body: bytes
    counter: int


class Subscriber:
    """Subscribed to one topic of one endpoint. The publisher hears of it some time after the
    constructor has returned: what it tells before is lost.
    """

    def __init__(self, endpoint, topic, timeout_s=PATIENCE_S):
        address = urlparse(endpoint)
        self._socket = socket.create_connection((address.hostname, address.port), timeout_s)
        self._stream = self._socket.makefile("rb")
        self._socket.sendall(GREETING)
        self._stream.read(len(GREETING))
        self._socket.sendall(_frame(COMMAND, READY_AS + b"SUB"))
        _read_frame(self._stream)  # the publisher's READY
        self._socket.sendall(_frame(0, b"\x01" + topic.encode()))

    def receive(self):
        """The next notification; blocks, and raises TimeoutError."""
        frames, flags = [], MORE
        while flags & MORE:
            flags, body = _read_frame(self._stream)
            frames.append(body)
        topic, body, counter = frames
        return Notification(topic.decode(), body, int.from_bytes(counter, "little"))

    def close(self):
        """Ends a receive() that waits on another thread, too."""
        _hang_up(self._socket)
        self._stream.close()
        self._socket.close()


class Publisher:
    """Listens at a port as a node's publisher does, and says what a test wants, to all who have
    subscribed. close() frees the port.
    """

    def __init__(self, port):
        self.endpoint = f"tcp://127.0.0.1:{port}"
        self._lock = threading.Lock()
        self._subscribers = {}  # connection to its topics
        self._server = socket.create_server(("127.0.0.1", port))
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def wait_subscribed(self, *topics):
        def all_are():
            with self._lock:
                heard = set().union(*self._subscribers.values())
            return heard >= set(topics)

        wait_until(all_are, f"subscribed to {topics} at {self.endpoint}")

    def send(self, topic, body, counter):
        """What bitcoind would send."""
        self.send_frames(topic.encode(), body, counter.to_bytes(4, "little"))

    def send_frames(self, *frames):
        """Any message, to those who subscribed to what it begins with."""
        wire = b"".join(_frame(MORE, each) for each in frames[:-1]) + _frame(0, frames[-1])
        with self._lock:
            for connection, topics in self._subscribers.items():
                if any(frames[0].startswith(topic.encode()) for topic in topics):
                    with contextlib.suppress(OSError):  # it has gone
                        connection.sendall(wire)

    def close(self):
        _hang_up(self._server)
        self._accepting.join()
        self._server.close()
        with self._lock:
            for connection in self._subscribers:
                _hang_up(connection)

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        """Says hello, then hears what it subscribes to, until one of both closes."""
        with connection, connection.makefile("rb") as stream:
            try:
                connection.sendall(GREETING)
                stream.read(len(GREETING))
                _read_frame(stream)  # the subscriber's READY
                connection.sendall(_frame(COMMAND, READY_AS + b"PUB"))
                self._hear(connection, stream)
            except (OSError, EOFError):
                pass
            with self._lock:
                self._subscribers.pop(connection, None)

    def _hear(self, connection, stream):
        while True:
            flags, body = _read_frame(stream)
            if not flags & COMMAND and body[:1] == b"\x01":
                with self._lock:
                    self._subscribers.setdefault(connection, set()).add(body[1:].decode())


class Relay:
    """Between a node and its subscriber: passes the news on, holds it back, or loses it."""

    def __init__(self, node_endpoints, port):
        """node_endpoints: by topic. Both topics come out of the one port."""
        self.publisher = Publisher(port)
        self._lock = threading.Lock()
        self._held = None  # a list while news is held back
        self._losing = False
        self._taken = []  # what was held or lost
        self._subscribers = [Subscriber(at, topic, None) for topic, at in node_endpoints.items()]
        self._threads = [
            threading.Thread(target=self._pass_on, args=(each,)) for each in self._subscribers
        ]
        for each in self._threads:
            each.start()

    def hold(self):
        with self._lock:
            self._held = []

    def release(self):
        with self._lock:
            for each in self._held:
                self.publisher.send(each.topic, each.body, each.counter)
            self._held = None

    def lose(self, losing=True):
        with self._lock:
            self._losing = losing

    def wait_taken(self, **bodies):
        """Until news with these bodies, by topic, has come to be held or lost."""
        def all_are():
            with self._lock:
                taken = {(each.topic, each.body) for each in self._taken}
            return taken >= set(bodies.items())

        wait_until(all_are, f"the relay has the news of {', '.join(bodies)}")

    def close(self):
        for each in self._subscribers:
            each.close()
        for each in self._threads:
            each.join()
        self.publisher.close()

    def _pass_on(self, subscriber):
        while True:
            try:
                note = subscriber.receive()
            except (OSError, EOFError, ValueError):
                return  # one of both has closed
            with self._lock:
                if self._held is not None or self._losing:
                    self._taken.append(note)
                if self._held is not None:
                    self._held.append(note)
                elif not self._losing:
                    self.publisher.send(note.topic, note.body, note.counter)
