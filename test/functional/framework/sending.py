"""The base of tests that submit sends: one node for all tests of a class, and for each test a wallet
of its own with a daemon of its own, so that no test finds what another one left.
"""

import itertools
import threading

from . import case
from .rpc import to_btc, to_sat
from .waiting import wait_until

COIN_SAT = 10_000_000
AMOUNT_SAT = 100_000
# Longer than a call may take here: a wait that does not end when it should is a failed test.
WAIT_S = 600
# What a daemon does by the clock, it does soon.
# Change in one piece, so that coins can be counted.
WHOLE_CHANGE = "-targetcoins=0"
BRISK = ("-reconcileinterval=300", "-rebroadcastinterval=500", "-retrymin=20", "-retrymax=200",
         WHOLE_CHANGE)

_wallet_numbers = itertools.count(1)


class SendCase(case.SharedNodeCase):
    """setUp makes self.wallet (its RPC client), self.daemon (ready to pay from it) and self.api.

    A class can set how many coins the wallet has, the daemon's options, and with_proxy: then there
    is self.proxy between daemon and node.
    """

    coins = 0
    wallet_coins = 4
    options = BRISK
    with_proxy = False

    def setUp(self):
        super().setUp()
        self.proxy = self.start_proxy(self.node) if self.with_proxy else None
        self.wallet = self.new_wallet(self.wallet_coins)
        self.daemon = self.new_sendonced(self.node, self.proxy, wallet=self.wallet_name)
        self.daemon.init()
        self.daemon.start(*self.options)
        self.api = self.daemon.api

    def new_wallet(self, coins):
        """A wallet with that many confirmed coins of COIN_SAT. Sets self.wallet_name."""
        self.wallet_name = f"w{next(_wallet_numbers)}"
        wallet = self.node.create_wallet(self.wallet_name)
        if coins:
            self.node.fund(wallet, [to_btc(COIN_SAT)] * coins)
        return wallet

    def restart(self):
        self.daemon.restart(*self.options)

    # --- sends

    def submit(self, send_id, body=None, **query):
        """A new send, to a fresh address unless the body is given; returns the answer, a 201."""
        body = body or self.new_send(self.node, send_id, AMOUNT_SAT)
        answer = self.api.put(send_id, body, **query)
        self.assert_answer(answer, 201)
        self.promises.accepted(send_id)
        return answer

    def new_body(self, send_id, amounts_sat=(AMOUNT_SAT,), kinds=("bech32",), alike=1, **fields):
        """The body of a submit with an output for each amount, the first one so many times, and
        any other fields.
        """
        kinds = itertools.cycle(kinds)
        outputs = [
            {"address": self.new_address(self.node, next(kinds)), "amount_sat": amount_sat}
            for amount_sat in amounts_sat
        ]
        outputs = outputs[:1] * alike + outputs[1:]
        pairs = [
            (case.script_of(self.node, each["address"]), each["amount_sat"]) for each in outputs
        ]
        self.promises.submitted(send_id, pairs)
        return {"outputs": outputs, **fields}

    def wait_for(self, send_id, until, **expected):
        """Holds a call until the send is that far; returns the answer."""
        answer = self.api.get(send_id, wait=WAIT_S, until=until)
        self.assert_answer(answer, 200, **expected)
        return answer

    def wait_for_stall(self, send_id, code):
        last = None

        def stalled():
            nonlocal last
            last = self.api.get(send_id)
            return last if (last["stalled"] or {}).get("code") == code else None

        try:
            return wait_until(stalled, f"{send_id} is stalled: {code}")
        except TimeoutError as late:
            raise TimeoutError(f"{late}; it stands at: {last}") from None

    def finish(self, send_id):
        """Mines until it is final; returns the answer."""
        self.wait_for(send_id, "sent", outcome="sent")
        self.node.mine(6)
        return self.wait_for(send_id, "final", state="final")

    # --- what is seen

    def assert_answer(self, answer, status, **fields):
        self.assertEqual(answer.status, status, answer)
        told = {name: answer.json.get(name) for name in fields}
        self.assertEqual(told, fields, answer)

    def assert_problem(self, answer, status, code, field=None):
        """A refusal as RFC 9457 and doc/http-api.md have it."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["content-type"], "application/problem+json")
        self.assertEqual((answer["status"], answer["code"]), (status, code), answer)
        self.assertEqual(answer.json.get("field"), field, answer)
        self.assertTrue(answer["detail"], answer)

    def fee_sat(self, txid):
        """What the node says that a transaction of the wallet costs."""
        return -to_sat(self.wallet.gettransaction(txid)["fee"])

    def records(self, send_id):
        """The types of the send's records, oldest first."""
        return [each["type"] for each in self.api.history(send_id)["records"]]


def at_once(calls):
    """Runs all calls at the same time, each on a thread; returns what each returned or raised."""
    results = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number):
        start.wait()
        try:
            results[number] = calls[number]()
        except Exception as error:  # handed to the test, which knows what it expects
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return results
