"""Requests put together byte by byte, some of which two readers would read in two ways, each with a
whole second request hidden in it. For tests that the second one is never carried out.
"""

import base64
import json
import re
import socket

from .waiting import PATIENCE_S

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Writer:
    """Writes requests of somebody who has the cookie: what is refused is refused for its form."""

    def __init__(self, cookie, address):
        self._credentials = base64.b64encode(cookie.strip()).decode()
        self._address = address

    def head(self, method, path, *lines, end="\r\n"):
        """lines: further header lines, as they are to stand there."""
        usual = ["Host: 127.0.0.1", f"Authorization: Basic {self._credentials}",
                 "Content-Type: application/json"]
        text = end.join([f"{method} {path} HTTP/1.1", *usual, *lines, "", ""])
        return text.encode("latin-1")

    def body(self):
        output = {"address": self._address, "amount_sat": 100_000}
        return json.dumps({"outputs": [output]}).encode()

    def submit(self, send_id, *lines):
        """A whole, proper request."""
        return self.head("PUT", f"/v1/sends/{send_id}", *lines,
                         f"Content-Length: {len(self.body())}") + self.body()


def chunk(data, size=None, end=b"\r\n"):
    """size: how its length is written, if not properly."""
    written = b"%x" % len(data) if size is None else size
    return written + end + data + end


LAST_CHUNK = b"0\r\n\r\n"


def replies_to(port, data, last_words=b"", timeout_s=PATIENCE_S):
    """Sends the bytes and reads until the other side ends the connection; the statuses that it
    answered with. last_words: sent behind the data, such as a request that ends the connection.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        try:
            connection.sendall(data + last_words)
            while part := connection.recv(65536):
                received += part
        except ConnectionError:
            pass  # it had enough
    return _statuses(received)


def _statuses(received):
    """Statuses of the whole replies; those to HEAD are not understood."""
    statuses = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        statuses.append(int(head.split(b" ", 2)[1]))
        length = LENGTH.search(head)
        received = rest[int(length.group(1)) if length else 0:]
    return statuses
