"""JSON-RPC to bitcoind. Amounts stay exact: Decimal in and out, never a float."""

import base64
import http.client
import json
from decimal import Decimal
from urllib.parse import quote

from .waiting import PATIENCE_S

SATOSHI_PER_BITCOIN = 100_000_000


def to_sat(bitcoin):
    """Satoshi of an amount as bitcoind writes it."""
    sat = Decimal(bitcoin) * SATOSHI_PER_BITCOIN
    if sat != int(sat):
        raise ValueError(f"{bitcoin} is not a whole number of satoshi")
    return int(sat)


def to_btc(sat):
    """The Decimal that bitcoind expects for an integer amount in satoshi."""
    if not isinstance(sat, int):
        raise TypeError(f"an amount in satoshi is an int, not {sat!r}")
    return Decimal(sat) / SATOSHI_PER_BITCOIN


def _encode(value):
    if isinstance(value, Decimal):
        return format(value, "f")  # bitcoind takes amounts as strings too, and reads them exactly
    raise TypeError(f"cannot send {value!r} as JSON")


class RpcError(Exception):
    """bitcoind answered with an error object."""

    def __init__(self, method, code, message, http_status):
        super().__init__(f"{method}: error {code}: {message} (HTTP {http_status})")
        self.method = method
        self.code = code
        self.message = message
        self.http_status = http_status


class HttpError(Exception):
    """bitcoind answered with something that is not JSON-RPC (401, 503, ...)."""

    def __init__(self, method, http_status, body):
        super().__init__(f"{method}: HTTP {http_status}: {body[:200]!r}")
        self.http_status = http_status
        self.body = body


class Rpc:
    """A client of one node, or of one of its wallets. Thread-safe: each call has a connection.

    The cookie is read anew for each call, because it changes with each start of the node. Transport
    errors come out as OSError or http.client.HTTPException.
    """

    def __init__(self, port, cookie_path, path="/", timeout_s=PATIENCE_S):
        self.port = port
        self.path = path
        self._cookie_path = cookie_path
        self._timeout_s = timeout_s

    def wallet(self, name):
        return Rpc(self.port, self._cookie_path, "/wallet/" + quote(name, safe=""), self._timeout_s)

    def with_timeout(self, timeout_s):
        return Rpc(self.port, self._cookie_path, self.path, timeout_s)

    def at_port(self, port):
        """The same node by another way: through a proxy."""
        return Rpc(port, self._cookie_path, self.path, self._timeout_s)

    def with_cookie(self, cookie_path):
        return Rpc(self.port, cookie_path, self.path, self._timeout_s)

    def post(self, body, headers=None):
        """Sends bytes as they are; returns HTTP status, content type and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._timeout_s)
        try:
            connection.request("POST", self.path, body, headers or self.headers())
            reply = connection.getresponse()
            return reply.status, reply.getheader("Content-Type", ""), reply.read()
        finally:
            connection.close()

    def call(self, method, *args, **named):
        """Calls with positional arguments, or with named ones, or with both (bitcoind's "args")."""
        params = {"args": list(args), **named} if args and named else named or list(args)
        request = {"version": "1.1", "id": 1, "method": method, "params": params}
        status, content_type, body = self.post(json.dumps(request, default=_encode).encode())
        if not content_type.startswith("application/json"):
            raise HttpError(method, status, body)
        reply = json.loads(body, parse_float=Decimal)
        if reply["error"] is not None:
            raise RpcError(method, reply["error"]["code"], reply["error"]["message"], status)
        return reply["result"]

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)
        return lambda *args, **named: self.call(method, *args, **named)

    def headers(self):
        """What goes with each request: the cookie as it stands now."""
        cookie = self._cookie_path.read_bytes().strip()
        token = base64.b64encode(cookie).decode()
        return {"Authorization": "Basic " + token, "Content-Type": "application/json"}
