"""A bitcoind, asked over JSON-RPC with its cookie; only calls that change nothing."""

import base64
import http.client
import json
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from report import CannotJudge

PORTS = {"main": 8332, "testnet4": 48332, "signet": 38332, "regtest": 18443}
FOLDERS = {"main": "", "testnet4": "testnet4", "signet": "signet", "regtest": "regtest"}
TIMEOUT_S = 600
SATOSHI_PER_BITCOIN = 100_000_000


class RpcError(Exception):
    """The node answered with an error."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error.get('message')}")
        self.code = error.get("code")


class Rpc:
    """One connection, made anew where the node has closed it. Amounts come as Decimal."""

    def __init__(self, host, port, cookie_file, wallet):
        self._place = host, port
        self._cookie_file = cookie_file
        self.wallet = wallet
        self._connection = None

    def call(self, method, *params, of_wallet=False):
        """The result. RpcError; CannotJudge if nobody answers."""
        path = "/wallet/" + quote(self.wallet, safe="") if of_wallet else "/"
        body = json.dumps({"id": 1, "method": method, "params": params})
        for is_last in (False, True):
            try:
                return self._answer(method, self._post(path, body))
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._connection = None
                if is_last:
                    host, port = self._place
                    raise CannotJudge(f"bitcoind at {host}:{port} gives no answer to {method}: "
                                      f"{error}") from None

    def _post(self, path, body):
        if self._connection is None:
            self._connection = http.client.HTTPConnection(*self._place, timeout=TIMEOUT_S)
        token = base64.b64encode(self._cookie_file.read_bytes().strip()).decode()
        headers = {"Authorization": "Basic " + token, "Content-Type": "application/json"}
        self._connection.request("POST", path, body, headers)
        reply = self._connection.getresponse()
        return reply.status, reply.read()

    def _answer(self, method, status_and_body):
        status, body = status_and_body
        if status in (401, 403):
            raise http.client.HTTPException(f"HTTP {status}: the cookie is not the right one")
        reply = json.loads(body, parse_float=Decimal)
        if reply["error"]:
            raise RpcError(method, reply["error"])
        return reply["result"]


def is_named(arguments):
    """Whether the command line names a node."""
    return any(each is not None for each in (
        arguments.rpcconnect, arguments.rpcport, arguments.rpccookiefile, arguments.datadir,
        arguments.rpcwallet))


def connect(arguments, created):
    """The node that the arguments name."""
    if created is None:
        raise CannotJudge("the log does not say which chain and wallet it belongs to")
    folder = Path(arguments.datadir or Path.home() / ".bitcoin") / FOLDERS[created["network"]]
    port = int(arguments.rpcport or PORTS[created["network"]])
    wallet = created["wallet_name"] if arguments.rpcwallet is None else arguments.rpcwallet
    # As bitcoind does: a cookie file without a whole path is one of the network's folder.
    cookie_file = folder / (arguments.rpccookiefile or ".cookie")
    return Rpc(arguments.rpcconnect or "127.0.0.1", port, cookie_file, wallet)
