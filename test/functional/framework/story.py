"""The log of a daemon that has seen much, and what contrib/audit-log says to copies of it."""

import contextlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from . import audit, case, faults
from .forgery import Forgery
from .rpc import to_btc
from .sending import AMOUNT_SAT, BRISK, COIN_SAT, WAIT_S, SendCase
from .waiting import wait_until

CONFLICT_DEPTH = 10
PRUNE_DAYS, PRUNE_DEPTH = 7, 1008
FEE_SAT = 10_000
TWO_COINS_SAT = COIN_SAT * 3 // 2


class Story(SendCase):
    """One log for all tests of the class, made by the first one that asks for it."""

    wallet_coins = 12
    with_proxy = True
    options = (*BRISK, f"-conflictdepth={CONFLICT_DEPTH}", f"-prune={PRUNE_DAYS}")
    made = None  # the folder of log and anchor

    def setUp(self):
        if self.made:
            case.SharedNodeCase.setUp(self)
            return
        super().setUp()
        folder = Path(tempfile.mkdtemp(prefix="story-", dir=os.environ.get(case.TMPDIR_VARIABLE)))
        self.addClassCleanup(shutil.rmtree, folder)
        self.tell()
        self.daemon.stop()
        shutil.copytree(self.daemon.wal_path, folder / "wal")
        shutil.copy(self.daemon.anchor_path, folder / "anchor")
        type(self).made = folder

    # --- what happens

    def tell(self):
        self.pruned()
        self.batch_of_three()
        self.bumped()
        self.rebuilt_around_a_rival()
        self.moved_to_another_block()
        self.by_hand()
        self.cancelled()
        self.submit("waits", self.new_body("waits", (90 * COIN_SAT,)))
        self.submit("sent", wait=WAIT_S)

    def pruned(self):
        self.submit("old", self.new_body("old", (70_000, 80_000), reference="long ago"))
        self.finish("old")
        self.node.mine(PRUNE_DEPTH)
        self.restart()
        wait_until(lambda: self.api.get("old").json.get("pruned"), "it is pruned")

    def batch_of_three(self):
        hold = faults.HoldRequest()
        self.proxy.on("fundrawtransaction", hold, first=1)
        self.submit("w-0")
        hold.wait_reached()
        for number in (1, 2, 3):
            self.submit(f"w-{number}")
        hold.release()
        for number in range(4):
            self.wait_for(f"w-{number}", "sent")
        self.finish("w-3")
        self.assert_answer(self.api.get("w-3"), 200, batch_size=3)

    def bumped(self):
        first = self.submit("bumped", wait=WAIT_S)["txid"]
        self.assert_answer(self.api.bump("bumped", 30), 200)
        wait_until(lambda: self.api.get("bumped")["txid"] != first, "it is replaced")
        self.finish("bumped")

    def rebuilt_around_a_rival(self):
        self.submit("taken", self.new_body("taken", (TWO_COINS_SAT,)), wait=WAIT_S)
        first = self.api.get("taken")["txid"]
        coin = next(each["coins"][0] for each in self.api.funds()["reservations"]
                    if "taken" in each["ids"])
        inputs = [{"txid": coin["txid"], "vout": coin["vout"]}]
        rest = to_btc(coin["amount_sat"] - FEE_SAT)
        raw = self.wallet.createrawtransaction(inputs, [{self.new_address(self.node): rest}])
        rival = self.wallet.signrawtransactionwithwallet(raw)["hex"]
        self.node.rpc.generateblock(self.new_address(self.node), [rival])

        def paid_again():
            answer = self.api.get("taken")
            return answer["txid"] != first and answer["outcome"] == "sent"

        wait_until(paid_again, "it is paid around the coin")
        self.finish("taken")
        self.accept_alarms("the other office")

    def moved_to_another_block(self):
        self.submit("moved", wait=WAIT_S)
        block = self.node.mine()[0]
        self.wait_for("moved", "confirmed", block_hash=block)
        self.node.rpc.invalidateblock(block)
        self.node.mine_empty(2)
        self.api.wait_for_state("moved", "broadcast")
        self.finish("moved")

    def by_hand(self):
        """One payment is bound to an id, the other one accepted for a reason."""
        address = self.new_address(self.node)
        body = [{"address": address, "amount_sat": 2 * AMOUNT_SAT}]
        txid = self.wallet.sendtoaddress(address, to_btc(2 * AMOUNT_SAT), fee_rate=5)
        self.node.mine()
        wait_until(lambda: self.open_alarms(), "it is seen")
        self.assert_answer(self.api.adopt("bound", txid, outputs=body), 201)
        wait_until(lambda: not self.open_alarms(), "it is explained")
        self.wallet.sendtoaddress(self.new_address(self.node), to_btc(AMOUNT_SAT), fee_rate=5)
        self.node.mine(6)
        wait_until(lambda: self.open_alarms(), "it is seen")
        self.accept_alarms("the auditors' fee")

    def cancelled(self):
        self.assert_answer(self.api.delete("never-seen"), 200, outcome="never")
        hold = faults.HoldRequest()
        self.proxy.on("fundrawtransaction", hold, first=1)
        self.submit("in-time")
        hold.wait_reached()
        answer = self.api.delete("in-time")
        hold.release()
        self.assert_answer(answer, 200, outcome="never")
        self.promises.never("in-time")

    def open_alarms(self):
        return [each for each in self.api.alarms()["alarms"] if not each["accepted"]]

    def accept_alarms(self, reason):
        for each in self.open_alarms():
            self.assert_answer(self.api.accept_alarm(each["number"], reason), 200)

    # --- the auditor

    def report(self, log, *words):
        """The whole report on a copy, and its exit status."""
        return audit.report(log.wal, log.anchor, *words)

    def forgery(self):
        return Forgery(self.made / "wal", self.made / "anchor", self.folder / "copy")

    def make_nothing_of(self, log, record):
        """Its place is taken by a record that says nothing."""
        moved = [each.fields for each in log.of("ChainMoved") if each.seq < record.seq][-1]
        tip = moved["blocks"][-1][0] if moved["blocks"] else moved["fork_height"]
        record.become("ChainMoved", fork_height=tip, blocks=[], work=bytes(32))

    @contextlib.contextmanager
    def forged(self, check, *texts, words=(), with_anchor=True):
        """A copy to be changed; then it is to be refuted by that check, with these words."""
        log = self.forgery()
        try:
            yield log
            self.assert_refuted(log, check, *texts, words=words)
        finally:
            shutil.rmtree(self.folder / "copy")

    def assert_refuted(self, log, check, *texts, words=()):
        told, status = self.report(log, *words)
        self.assertEqual((status, told["verdict"]), (audit.REFUTED, "refuted"), told)
        fitting = [each for each in told["findings"] if each["check"] == check and
                   all(text in f"record {each['record']}: {each['text']}" for text in texts)]
        self.assertTrue(fitting, f"nothing about {texts} in {json.dumps(told['findings'], indent=1)}")
        return told
