"""Lives of sends whose coins, transactions or payments somebody else has a hand in: he has the keys,
or is the operator. What was spent while sendonce was down waits until somebody has looked at it.
"""

import http.client

from .case import WALLET
from .lives import Fenced, GivenUp, Paid, Reorganised, SentAndRaised
from .rpc import to_btc, to_sat

FOREIGN_DEPTH = 6  # confirmations before a coin from a stranger's transaction is spent (R9)
FEE_SAT = 10_000
THEIRS_SAT = 1_000_000


class AmongOthers(Paid):
    def before(self, ordeal):
        self.wallet = self.node.wallet(WALLET)
        self.submit(ordeal)
        self.submit_until_sent(ordeal)
        self.first = self.api.get(self.send_id)["txid"]
        self.first_hex = self.wallet.gettransaction(self.first)["hex"]

    def take_its_coins(self, change=False):
        """Somebody spends them in a block: to himself, and what is left to the wallet, or to him."""
        spent = self.node.rpc.decoderawtransaction(self.first_hex)["vin"]
        coins = [{"txid": each["txid"], "vout": each["vout"]} for each in spent]
        rest_sat = sum(map(self._amount_sat, coins)) - THEIRS_SAT - FEE_SAT
        to_whom = self.wallet.getnewaddress("", "bech32") if change else self._stranger()
        outputs = [{self._stranger(): to_btc(THEIRS_SAT)}, {to_whom: to_btc(rest_sat)}]
        raw = self.wallet.createrawtransaction(coins, outputs)
        return self.mine_only(self.wallet.signrawtransactionwithwallet(raw)["hex"])

    def mine_only(self, *transactions):
        """A block of these; returns its hash."""
        return self.node.rpc.generateblock(self._stranger(), list(transactions))["hash"]

    def look(self):
        """The send as it stands, once every alarm is accepted."""
        for each in self.api.alarms()["alarms"]:
            if not each["accepted"]:
                self.api.accept_alarm(each["number"])
        return self.api.get(self.send_id)

    def wait_in(self, ordeal, state, is_so=lambda answer: True):
        def known():
            answer = self.look()
            return answer if is_so(answer) else None

        return ordeal.send_in((state,), known)

    def _amount_sat(self, coin):
        parent = self.node.rpc.getrawtransaction(coin["txid"], True, self._block_of(coin["txid"]))
        return to_sat(parent["vout"][coin["vout"]]["value"])

    def _block_of(self, txid):
        return self.wallet.gettransaction(txid)["blockhash"]

    def _stranger(self):
        return self.test.new_address(self.node)


class Rebuilt(AmongOthers):
    """Its coins are taken in a block; it is paid from the taker's change (R4 b)."""

    LANDMARKS = ("append:RivalSeen", "append:AlarmRaised", "append:AlarmAccepted",
                 "append:BatchReserved", "append:SignatureRequested")

    def live(self, ordeal):
        self.take_its_coins(change=True)
        self.node.mine_empty(FOREIGN_DEPTH - 1)
        self.wait_in(ordeal, "broadcast", lambda answer: answer["txid"] != self.first)
        self.confirm(ordeal)
        self.finish(ordeal)


class TakenOver(AmongOthers):
    """The operator raises the fee with bitcoin-cli."""

    LANDMARKS = ("append:VersionAdopted", "append:AlarmRaised", "append:BatchConfirmed")

    def live(self, ordeal):
        ordeal.wait_for(self.hears, "it hears of transactions")
        # At no given rate: on a ground with many lives the estimates rise with each.
        bumped = self.wallet.bumpfee(self.first)["txid"]
        self.wait_in(ordeal, "broadcast", lambda answer: answer["txid"] == bumped)
        self.confirm(ordeal)
        self.finish(ordeal)


    def hears(self):
        """Else it looks for itself, later."""
        self.node.mine_empty()
        try:
            return all(each["messages"] for each in self.api.status()["zmq"])
        except (OSError, http.client.HTTPException):
            return False  # it has met its mishap


class PaidBefore(AmongOthers):
    """The operator has paid it already; the id is bound to that payment."""

    LANDMARKS = ("append:PaymentAdopted", "durable:PaymentAdopted", "answer")

    def before(self, ordeal):
        """Nothing yet: what is spent while sendonce is down keeps it from being ready."""
        self.wallet = self.node.wallet(WALLET)

    def live(self, ordeal):
        paid = {each["address"]: to_btc(each["amount_sat"]) for each in self.body["outputs"]}
        txid = self.wallet.send([paid])["txid"]
        self.node.mine()

        def adopt():
            self.look()
            answer = self.api.adopt(self.send_id, txid, **self.body)
            return answer if answer.status in (200, 201) else None

        ordeal.answer_to(adopt)
        self.promises.accepted(self.send_id)
        self.node.mine()
        self.wait_in(ordeal, "final")


class Judged(AmongOthers):
    """Its coins are taken; an operator declares that it will not be paid."""

    LANDMARKS = ("append:VerdictGiven", "durable:VerdictGiven")

    def live(self, ordeal):
        def judge():
            answer = self.api.verdict(self.send_id, "never")
            return answer if answer.status == 200 else self.look()

        self.take_its_coins()
        self.wait_in(ordeal, "conflicted")
        self.promises.never(self.send_id)
        ordeal.send_in(("cancelled",), judge)
        self.node.fund(self.wallet, ["1"])  # for those who live here after it


LIVES = (SentAndRaised, Reorganised, Fenced, GivenUp, Rebuilt, TakenOver, PaidBefore, Judged)
