"""The two acts: one withdrawal by sendtoaddress, one by sendonce, and misfortune for both."""

from dataclasses import dataclass

from callers import PATIENCE_S, Caller
from system import NAIVE_WALLET

from framework import faults
from framework.api import Api
from framework.proxy import Proxy
from framework.rpc import to_btc

AMOUNT_SAT = 15_000_000
SEND_ID = "withdrawal-1"
SLOW_CALLS = 3
SLOW_S = 2.5  # longer than the caller's patience
TRIES_AFTER_SUCCESS = 3


@dataclass(frozen=True)
class Withdrawal:
    """What was asked for, by how many tries. What came of it is for the chain to say."""

    paid_with: str
    address: str
    tries: int


def tell(text):
    print(f"   {text}", flush=True)


def new_customer(node):
    """An address outside the wallets that pay."""
    if "customers" not in node.rpc.listwallets():
        node.create_wallet("customers")
    return node.wallet("customers").getnewaddress("", "bech32")


def by_sendtoaddress(system):
    """The connection holds requests up, as bitcoind's work queue does when it is full. They are
    executed all the same, whether or not the caller still listens.
    """
    node = system.node
    address = new_customer(node)
    caller = Caller(tell)
    proxy = Proxy(system.ports, node.rpc_port)
    try:
        proxy.on("sendtoaddress", faults.DelayRequest(SLOW_S), first=SLOW_CALLS)
        wallet = node.rpc.at_port(proxy.port).with_timeout(PATIENCE_S).wallet(NAIVE_WALLET)

        def submit():
            txid = wallet.sendtoaddress(address, to_btc(AMOUNT_SAT))
            return True, f"paid by transaction {txid[:16]}..."

        caller.insist(submit)
        proxy.wait_for_call("sendtoaddress", caller.tries)
    finally:
        proxy.close()
    node.mine()
    return Withdrawal("sendtoaddress", address, caller.tries)


def by_sendonce(system):
    """Worse luck: the caller's socket is cut, sendonced dies by SIGKILL between signing and
    broadcasting, and bitcoind is restarted.
    """
    act = _SendonceAct(system)
    proxy = Proxy(system.ports, system.node.rpc_port)
    try:
        act.cut_the_socket_and_kill_before_broadcast(proxy)
    finally:
        proxy.close()  # the held broadcast goes with it: the node never sees it
    act.recover()
    system.node.mine()
    act.insist()
    return Withdrawal("sendonce", act.address, act.caller.tries)


class _SendonceAct:
    def __init__(self, system):
        self._system = system
        self.address = new_customer(system.node)
        self.caller = Caller(tell)
        self._body = {"outputs": [{"address": self.address, "amount_sat": AMOUNT_SAT}]}

    def cut_the_socket_and_kill_before_broadcast(self, proxy):
        broadcast = faults.HoldRequest()
        proxy.on("sendrawtransaction", broadcast)
        self._system.start_daemon(proxy.port)
        self.caller.try_once(self._submit_and_cut)
        broadcast.wait_reached()
        tell("sendonced has signed and is about to broadcast: kill -9")
        self._system.daemon.kill()

    def recover(self):
        self.caller.try_once(self._submit)
        tell("bitcoind is restarted")
        self._system.node.restart()
        self.caller.try_once(self._submit)
        tell("sendonced is started again")
        self._system.start_daemon_again()
        self.caller.insist(self._submit)

    def insist(self):
        """To be sure, as callers are."""
        for _ in range(TRIES_AFTER_SUCCESS):
            self.caller.try_once(self._submit)

    def _submit(self):
        daemon = self._system.daemon
        api = Api(daemon.port, daemon.cookie_path, PATIENCE_S)
        answer = api.put(SEND_ID, self._body)
        if answer.status not in (200, 201):
            return False, str(answer)
        again = "known already" if answer["replayed"] else "recorded"
        return answer["outcome"] == "sent", f"{again}, {answer['outcome']} ({answer['state']})"

    def _submit_and_cut(self):
        self._system.daemon.api.put_and_cut(SEND_ID, self._body, "after body")
        return False, "socket cut after the request was sent"
