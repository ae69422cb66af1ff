"""HTTP messages on an asyncio stream, as far as the tests' own traffic goes: with Content-Length, or
without a body.
"""

import json
import re
from dataclasses import dataclass

LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Message:
    head: bytes
    body: bytes

    @property
    def raw(self):
        return self.head + self.body

    @property
    def status(self):
        return int(self.head.split(b" ", 2)[1])

    @property
    def json(self):
        return json.loads(self.body)

    def with_body(self, status, body):
        """This reply with another status and JSON body."""
        data = json.dumps(body).encode()
        head = re.sub(rb"^HTTP/1.1 \d+", b"HTTP/1.1 %d" % status, self.head)
        head = LENGTH.sub(b"\r\nContent-Length: %d" % len(data), head)
        return Message(head, data)


async def read_message(reader):
    """Raises EOFError (asyncio's IncompleteReadError) at the end of the stream."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    body = await reader.readexactly(int(length.group(1))) if length else b""
    return Message(head, body)


def request_bytes(method, path, authorization, number, body=None):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {authorization}",
             f"X-Call: {number}"]
    data = b""
    if body is not None:
        data = json.dumps(body).encode()
        lines.append("Content-Type: application/json")
    lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data
