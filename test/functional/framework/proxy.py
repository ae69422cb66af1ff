"""An HTTP proxy that sendonced takes for bitcoind: it forwards, spoils what it is told to, and
remembers every signed transaction that went through, also in replies that it then dropped.
"""

import contextlib
import http.client
import http.server
import json
import socket
import socketserver
import struct
import sys
import threading
from dataclasses import dataclass

from .faults import Cut, Reply
from .waiting import PATIENCE_S, wait_until

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time: close() sends RST
ANY_METHOD = "*"


@dataclass(frozen=True)
class Call:
    """One JSON-RPC call as it went by. reply is None if no answer of the node was seen. number: of
    the HTTP request, in the order in which they came.
    """

    number: int
    method: str
    params: object
    path: str
    reply: dict | None


class Rule:
    """Which calls a fault strikes. Matching calls are counted from when the rule was added."""

    def __init__(self, method, fault, first, nth):
        self.fault = fault
        self._method = method
        self._first = first
        self._nth = nth
        self.seen = 0  # matching calls
        self.hits = 0  # those that were struck

    def strikes(self, exchange):
        """Counts the exchange if it matches; says if the fault is for it. Proxy's lock held."""
        methods = [each.get("method") for each in exchange.requests]
        if self._method != ANY_METHOD and self._method not in methods:
            return False
        self.seen += 1
        struck = self._chosen()
        self.hits += struck
        return struck

    def _chosen(self):
        if self._nth is not None:
            return self.seen == self._nth
        return self._first is None or self.seen <= self._first


class Exchange:
    """One HTTP request on its way: what a fault may look at, and how it waits."""

    def __init__(self, path, headers, body, stopping):
        self.path = path
        self.headers = headers
        self.body = body
        self._stopping = stopping
        self.requests = _requests_in(body)
        self.number = 0

    @property
    def is_batch(self):
        return self.body.lstrip().startswith(b"[")

    def pause(self, seconds):
        """Waits; ends early, by Cut, when the proxy stops."""
        if self._stopping.wait(seconds):
            raise Cut

    def wait_for(self, event, timeout_s):
        """Waits for a test's event; Cut when the proxy stops or the time is up."""
        wait_until(lambda: event.is_set() or self._stopping.is_set(), "a held call", timeout_s)
        self.pause(0)


def _requests_in(body):
    try:
        parsed = json.loads(body)
    except ValueError:
        return [{}]
    requests = parsed if isinstance(parsed, list) else [parsed]
    return [each for each in requests if isinstance(each, dict)] or [{}]


class Proxy:
    """Listens on its own port for sendonced. Public methods are thread-safe.

    target_port can be set while it runs. If the node cannot be reached, the client's connection is
    reset.
    """

    def __init__(self, ports, target_port):
        self.port = ports.take()
        self.target_port = target_port
        self._lock = threading.Lock()
        self._rules = []
        self._calls = []
        self._signed = {}  # an ordered set
        self._begun = 0
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", self.port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    # --- rules

    def on(self, method, fault, first=None, nth=None):
        """From now on, fault strikes calls of method ("*": any): all, the first n, or the nth.

        Of several rules that strike one call the oldest wins. Returns the rule, which counts.
        """
        assert first is None or nth is None, "first or nth, not both"
        rule = Rule(method, fault, first, nth)
        with self._lock:
            self._rules.append(rule)
        return rule

    def remove(self, rule):
        with self._lock:
            self._rules.remove(rule)

    def clear(self):
        """Removes all rules: a clean line from here on."""
        with self._lock:
            self._rules.clear()

    # --- what was seen

    def calls(self, method=None):
        """Calls that have ended so far, oldest first."""
        with self._lock:
            return [each for each in self._calls if method in (None, each.method)]

    def begun(self):
        """The number of the newest HTTP request that has come, answered or not."""
        with self._lock:
            return self._begun

    def signed(self):
        """Every signed transaction seen so far, as hex, in order, each once."""
        with self._lock:
            return list(self._signed)

    def wait_for_call(self, method, count=1, timeout_s=PATIENCE_S):
        """Waits until so many calls of a method have ended; returns the last of them."""
        def enough():
            return len(self.calls(method)) >= count

        wait_until(enough, f"{count} calls of {method} through the proxy", timeout_s)
        return self.calls(method)[count - 1]

    # --- life

    def close(self):
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self._thread.join()

    # --- used by the connections' threads

    def stops_within(self, seconds):
        """Waits; says whether the proxy is to stop."""
        return self._stopping.wait(seconds)

    def handle(self, path, headers, body):
        """Takes one request through the rules and the node. Returns the Reply, or raises Cut."""
        exchange = Exchange(path, headers, body, self._stopping)
        fault = self._fault_for(exchange)
        reply, answered = None, False
        try:
            reply = fault.before(exchange) if fault else None
            if reply is None:
                reply, answered = self._forward(exchange), True
        finally:
            self._record(exchange, reply if answered else None)
        return fault.after(exchange, reply) if fault and answered else reply

    def _fault_for(self, exchange):
        with self._lock:
            self._begun += 1
            exchange.number = self._begun
            striking = [rule for rule in self._rules if rule.strikes(exchange)]
        return striking[0].fault if striking else None

    def _forward(self, exchange):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.target_port, timeout=PATIENCE_S
        )
        try:
            connection.request("POST", exchange.path, exchange.body, exchange.headers)
            reply = connection.getresponse()
            content_type = reply.getheader("Content-Type", "")
            return Reply(reply.status, content_type, reply.read())
        except (OSError, http.client.HTTPException):
            raise Cut from None
        finally:
            connection.close()

    def _record(self, exchange, reply):
        answers = _answers_by_id(reply)
        with self._lock:
            for each in exchange.requests:
                answer = answers.get(json.dumps(each.get("id")))
                call = Call(exchange.number, each.get("method"), each.get("params"),
                            exchange.path, answer)
                self._calls.append(call)
                for raw in _signed_in(call):
                    self._signed[raw] = None


def _answers_by_id(reply):
    if reply is None:
        return {}
    try:
        parsed = json.loads(reply.body)
    except ValueError:
        return {}
    answers = parsed if isinstance(parsed, list) else [parsed]
    return {json.dumps(each.get("id")): each for each in answers if isinstance(each, dict)}


def _signed_in(call):
    """Signed transactions that a call asks to send, and those that its reply brings."""
    if call.method == "sendrawtransaction":
        yield _first_parameter(call.params, "hexstring")
    result = (call.reply or {}).get("result")
    if isinstance(result, dict) and result.get("complete") is True and result.get("hex"):
        yield result["hex"]


def _first_parameter(params, name):
    return params[name] if isinstance(params, dict) else params[0]


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address, proxy):
        self.proxy = proxy
        self._open = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Connection)

    def process_request(self, request, client_address):
        """Before its own thread runs, which may be late: all that was accepted is dropped at the end."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def remove_connection(self, connection):
        with self._open_lock:
            self._open.discard(connection)

    def drop_connections(self):
        with self._open_lock:
            for each in self._open:
                with contextlib.suppress(OSError):  # gone already
                    each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        """A client that went away is daily bread; anything else is a bug of the proxy: shown."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Connection(http.server.BaseHTTPRequestHandler):
    """One client connection, kept open over many requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def finish(self):
        self.server.remove_connection(self.connection)
        super().finish()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        passed_on = ("Authorization", "Content-Type")
        headers = {name: self.headers[name] for name in passed_on if name in self.headers}
        try:
            self._send(self.server.proxy.handle(self.path, headers, body))
        except Cut:
            self._reset()

    def _send(self, reply):
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.pause_per_byte_s:
            self._trickle(reply)
        elif reply.cut_after is not None:
            self.wfile.write(reply.body[: reply.cut_after])
            self.close_connection = True  # an orderly end, so that the first part does arrive
        else:
            self.wfile.write(reply.body)

    def _trickle(self, reply):
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            if self.server.proxy.stops_within(reply.pause_per_byte_s):
                return

    def _reset(self):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.connection.close()

    def log_message(self, *_):
        """The proxy's memory is calls(); its client's log is enough to read."""
