"""What can go wrong between sendonced and its node: the vocabulary of the proxy's rules.

A fault may act before a request is forwarded (then the node may never see it), and on the reply
(then the node has executed it). Both are called on the connection's own thread and may block.
"""

import json
import threading
from dataclasses import dataclass, replace

from .waiting import PATIENCE_S


class Cut(Exception):
    """Raised by a fault: the client's connection is reset, nothing more is sent on it."""


@dataclass(frozen=True)
class Reply:
    """An HTTP reply, and how it is put on the wire."""

    status: int
    content_type: str
    body: bytes
    cut_after: int | None = None  # bytes of the body that are sent before the connection ends
    pause_per_byte_s: float = 0


class Fault:
    """No fault at all; the others override one of its methods."""

    def before(self, exchange):
        """Returns None to have the request forwarded, a Reply to answer instead; may raise Cut."""

    def after(self, exchange, reply):
        """Returns the reply that the client gets in place of the node's; may raise Cut."""
        return reply


class DropRequest(Fault):
    """The request gets lost: not executed, connection reset."""

    def before(self, exchange):
        raise Cut


class DropReply(Fault):
    """Executed; the reply gets lost."""

    def after(self, exchange, reply):
        raise Cut


class DelayRequest(Fault):
    """Executed late, whether or not the caller still waits by then: as in a full work queue."""

    def __init__(self, seconds):
        self._seconds = seconds

    def before(self, exchange):
        exchange.pause(self._seconds)


class DelayReply(Fault):
    """Executed at once; the reply comes late."""

    def __init__(self, seconds):
        self._seconds = seconds

    def after(self, exchange, reply):
        exchange.pause(self._seconds)
        return reply


class Hold(Fault):
    """Blocks until the test says go. wait_reached() returns once a call hangs in it."""

    def __init__(self):
        self._reached = threading.Event()
        self._released = threading.Event()

    def wait_reached(self, timeout_s=PATIENCE_S):
        if not self._reached.wait(timeout_s):
            raise TimeoutError(f"no call reached the proxy's hold within {timeout_s} s")

    def release(self):
        self._released.set()

    def _hold(self, exchange):
        self._reached.set()
        exchange.wait_for(self._released, PATIENCE_S)


class HoldRequest(Hold):
    """Held before the node sees it; forwarded on release."""

    def before(self, exchange):
        self._hold(exchange)


class HoldReply(Hold):
    """Executed, and the reply held until release."""

    def after(self, exchange, reply):
        self._hold(exchange)
        return reply


class CutReply(Fault):
    """Executed; the connection ends in the middle of the reply's body."""

    def after(self, exchange, reply):
        return replace(reply, cut_after=len(reply.body) // 2)


class Trickle(Fault):
    """Executed; the reply comes byte by byte."""

    def __init__(self, pause_per_byte_s=1):
        self._pause_per_byte_s = pause_per_byte_s

    def after(self, exchange, reply):
        return replace(reply, pause_per_byte_s=self._pause_per_byte_s)


class Garble(Fault):
    """Executed; the reply is 200 and of the right length, and nonsense."""

    def after(self, exchange, reply):
        return replace(reply, status=200, body=b"\x00{" * (len(reply.body) // 2) or b"{")


class WrongId(Fault):
    """Executed; the reply is that of another call, going by its id."""

    def after(self, exchange, reply):
        answer = json.loads(reply.body)
        if isinstance(answer, list):
            spoilt = [{**each, "id": "not yours"} for each in answer]
        else:
            spoilt = {**answer, "id": "not yours"}
        return replace(reply, body=json.dumps(spoilt).encode())


class Answer(Fault):
    """Not executed: the proxy answers in the node's place."""

    def __init__(self, status, body=b"", content_type="text/html"):
        self._reply = Reply(status, content_type, body)

    def before(self, exchange):
        return self._reply


class Refuse(Fault):
    """Not executed: a JSON-RPC error as bitcoind writes it."""

    def __init__(self, code, message, status=500):
        self._code, self._message, self._status = code, message, status

    def before(self, exchange):
        error = {"code": self._code, "message": self._message}
        answers = [
            {"result": None, "error": error, "id": each.get("id")} for each in exchange.requests
        ]
        if exchange.is_batch:  # bitcoind answers those with 200
            return Reply(200, "application/json", json.dumps(answers).encode())
        return Reply(self._status, "application/json", json.dumps(answers[0]).encode())


class Result(Fault):
    """Not executed: the proxy answers with a result of its own."""

    def __init__(self, result):
        self._result = result

    def before(self, exchange):
        (request,) = exchange.requests
        answer = {"result": self._result, "error": None, "id": request.get("id")}
        return Reply(200, "application/json", json.dumps(answer).encode())


class Flood(Fault):
    """Executed; the reply is longer than anybody can want to read."""

    def __init__(self, length):
        self._length = length

    def after(self, exchange, reply):
        return replace(reply, body=reply.body + b" " * (self._length - len(reply.body)))


class Naming(Fault):
    """Another fault, for those calls alone that name something: a script, a transaction."""

    def __init__(self, text, fault):
        self._text = text.encode()
        self._fault = fault

    def before(self, exchange):
        return self._fault.before(exchange) if self._text in exchange.body else None

    def after(self, exchange, reply):
        return self._fault.after(exchange, reply) if self._text in exchange.body else reply


WORK_QUEUE_FULL = Answer(503, b"Work queue depth exceeded")
UNAUTHORIZED = Answer(401)
BROKEN = Answer(500, b"Internal Server Error")
WARMING_UP = Refuse(-28, "Loading block index...")
