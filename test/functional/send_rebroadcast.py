"""A payment that has left the mempool, or the wallet's memory, before it was mined is sent again: the
same bytes, by itself, for as long as it takes.
"""

import signal
import time

from framework import case, drafts, faults
from framework.chain import Chain
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, BRISK, WAIT_S, SendCase
from framework.waiting import wait_until

# Nobody but sendonce brings a transaction back into the mempool.
QUIET = ("-walletbroadcast=0",)
FORGETFUL = (*QUIET, "-persistmempool=0")
SMALLEST_MEMPOOL = ("-maxmempool=5",)
NOBODYS_SCRIPT = "0014" + "11" * 20
HOUR_S, DAY_S = 3_600, 86_400
NEVER_MS = 86_400_000  # the longest interval that the options take
NO_ZMQ = ("-nozmqpubrawtx", "-nozmqpubsequence")


class RebroadcastCase(SendCase):
    with_proxy = True

    def setUp(self):
        super().setUp()
        self.addCleanup(self.node.restart)  # as the other tests find it
        self.raws = {}  # txid to the bytes that went out first
        self.signed_before = self.signatures()  # the probe of `init`

    def tearDown(self):
        self.check_payments(self.node, self.proxy)
        self.check_bytes()
        super().tearDown()

    def check_bytes(self):
        """All that ever went out is what went out first, and one signature was asked for each."""
        sent = {call.params[0] for call in self.proxy.calls("sendrawtransaction")}
        self.assertEqual(sent, set(self.raws.values()))
        self.assertEqual(self.signatures() - self.signed_before, len(self.raws))

    def signatures(self):
        return len(self.proxy.calls("signrawtransactionwithwallet"))

    def pay(self, send_id="w-1", **fields):
        sent = self.submit(send_id, self.new_body(send_id, **fields), wait=WAIT_S)
        self.assert_answer(sent, 201, outcome="sent")
        self.raws[sent["txid"]] = self.wallet.gettransaction(sent["txid"])["hex"]
        return sent["txid"]

    def is_there(self, txid):
        return txid in self.node.rpc.getrawmempool()

    def comes_back(self, txid):
        wait_until(lambda: self.is_there(txid), f"{txid} is in the mempool again")

    def hold_back(self):
        """Nothing is sent until the rule is removed."""
        return self.proxy.on("sendrawtransaction", faults.DropRequest())

    def confirm(self, *ids):
        block = self.node.mine()[0]
        for send_id in ids:
            self.wait_for(send_id, "confirmed", state="confirmed", block_hash=block)

    def still_sent(self, send_id="w-1"):
        """What has left the mempool can come back and be mined: it may not be paid again."""
        answer = self.api.get(send_id)
        self.assert_answer(answer, 200, outcome="sent", state="broadcast", confirmations=0)


class LeftTheMempool(RebroadcastCase):
    def refused_again(self):
        """Waits until the node has refused it once more, and looks at what is told meanwhile."""
        seen = len(self.refusals())
        wait_until(lambda: len(self.refusals()) > seen + 1, "it is tried again")
        self.still_sent()

    def refusals(self):
        return [call for call in self.proxy.calls("sendrawtransaction")
                if call.reply and call.reply["error"]]

    def test_evicted_by_dearer_ones_until_the_mempools_minimum_has_fallen(self):
        dearer = self.dearer_ones()
        self.node.restart(*QUIET, *SMALLEST_MEMPOOL)
        txid = self.pay()
        for raw in dearer:
            self.node.rpc.sendrawtransaction(raw)
            if not self.is_there(txid):
                break
        self.refused_again()
        self.assertFalse(self.is_there(txid))
        self.node.mine()  # from here on the minimum falls by half in twelve hours
        self.refused_again()
        self.time_passes(7 * DAY_S)
        self.comes_back(txid)
        self.time_passes(0)
        self.confirm("w-1")

    def time_passes(self, seconds):
        """On the node's clock, from now. A block from the future must not be left behind."""
        self.node.rpc.setmocktime(int(time.time()) + seconds if seconds else 0)

    def dearer_ones(self):
        """Forty transactions of 100 kvB, more than the smallest mempool holds, each dearer than the
        one before.
        """
        wallet = self.node.create_wallet(f"{self.wallet_name}-rich")
        self.node.fund(wallet, ["1"] * 40)
        return [
            drafts.sign(wallet, drafts.unsigned([coin], [(NOBODYS_SCRIPT, 30_000 - nth)] * 3_100))
            for nth, coin in enumerate(wallet.listunspent())
        ]

    def test_expired(self):
        self.node.restart(*QUIET, "-mempoolexpiry=1")
        txid = self.pay()
        held = self.hold_back()
        self.time_passes(2 * HOUR_S)
        self.send_something_else()
        self.assertFalse(self.is_there(txid))
        self.still_sent()
        self.proxy.remove(held)
        self.comes_back(txid)
        self.time_passes(0)
        self.confirm("w-1")

    def send_something_else(self):
        """bitcoind looks for what has expired when something new comes."""
        miner = self.node.wallet("miner")
        txid = miner.send([{self.new_address(self.node): to_btc(AMOUNT_SAT)}])["txid"]
        self.node.rpc.sendrawtransaction(miner.gettransaction(txid)["hex"])

    def test_refused_because_of_a_higher_minimum_for_as_long_as_it_holds(self):
        txid = self.pay()
        self.node.restart(*QUIET, "-minrelaytxfee=0.001")
        self.refused_again()
        self.restart()
        self.refused_again()
        self.assertFalse(self.is_there(txid))
        self.node.restart(*QUIET)
        self.comes_back(txid)
        self.confirm("w-1")


class LostByTheNode(RebroadcastCase):
    """A restart that is over before sendonce looks again. Sending again has no interval that could
    help here: it is seen that the node was started again, over ZMQ at once, without it with the
    next reconciliation.
    """

    options = (*BRISK, f"-rebroadcastinterval={NEVER_MS}")

    def test_with_zmq(self):
        self.daemon.restart(*self.options, f"-reconcileinterval={NEVER_MS}")
        self.lose_and_find()

    def test_without_zmq(self):
        self.daemon.restart(*self.options, *NO_ZMQ)
        self.lose_and_find()

    def lose_and_find(self):
        txids = [self.pay(f"w-{number}") for number in range(3)]
        wait_until(lambda: self.node.rpc.uptime() > 2, "one start can be told from the next")
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.node.restart(*FORGETFUL)
        self.assertEqual(self.node.rpc.getrawmempool(), [])
        self.daemon.process.send_signal(signal.SIGCONT)
        for txid in txids:
            self.comes_back(txid)
        self.confirm("w-0", "w-1", "w-2")

    def test_while_sendonce_was_down_too(self):
        txid = self.pay()
        self.daemon.stop()
        self.node.restart(*FORGETFUL)
        self.daemon.start(*self.options)
        self.comes_back(txid)
        self.confirm("w-1")


class LostByTheWallet(RebroadcastCase):
    """Coins that the wallet counts as its own again stay the send's."""

    def lose(self, forget):
        """The wallet forgets the payment while it is in no mempool."""
        txid = self.pay()
        held = self.hold_back()
        self.node.restart(*FORGETFUL)
        forget(txid)
        self.still_sent()
        return txid, held

    def see_it_through(self, txid, held):
        self.proxy.remove(held)
        self.comes_back(txid)
        self.confirm("w-1")
        self.assertEqual(self.wallet.gettransaction(txid)["confirmations"], 1)
        self.assertEqual(self.api.alarms()["alarms"], [])

    def test_abandoned(self):
        self.see_it_through(*self.lose(self.wallet.abandontransaction))

    def test_removed(self):
        txid, held = self.lose(self.wallet.removeprunedfunds)
        self.assertNotIn(txid, [each["txid"] for each in self.wallet.listtransactions()])
        self.see_it_through(txid, held)

    def test_the_next_send_takes_other_coins(self):
        txid, held = self.lose(self.wallet.abandontransaction)
        self.submit("w-2")
        self.api.wait_for_state("w-2", "signed")
        self.restart()
        second = self.api.get("w-2")["txid"]
        self.proxy.remove(held)
        for each in (txid, second):
            self.comes_back(each)
            self.node.rpc.syncwithvalidationinterfacequeue()  # the wallet hears of it after that
            self.raws[each] = self.wallet.gettransaction(each)["hex"]
        self.confirm("w-1", "w-2")
        chain = Chain(self.node.rpc).transactions
        self.assertFalse(chain[txid][0].coins & chain[second][0].coins)


if __name__ == "__main__":
    case.main()
