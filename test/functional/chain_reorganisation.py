"""Blocks come, leave and come back, with a payment or without: a send is `confirmed` and `final` as
long as the chain says so, at any depth, and it is paid once whatever the chain does.
"""

import contextlib
import threading

from framework import case, drafts, transactions
from framework.chain import Chain
from framework.sending import AMOUNT_SAT, BRISK, COIN_SAT, WAIT_S, SendCase
from framework.waiting import wait_until

FINALITY = 3
# Deeper than what bitcoind gives back to its mempool by itself (10 blocks).
DEEP = 14
# Nobody but sendonce brings a transaction back into the mempool.
FORGETFUL = ("-persistmempool=0", "-walletbroadcast=0")
CONFIRMED_AGAIN = ["BatchReopened", "BatchConfirmed"]


class ChainCase(SendCase):
    options = (*BRISK, f"-finality={FINALITY}")

    def meanwhile(self):
        """What the chain does within it, the daemon follows."""
        return contextlib.nullcontext()

    def tearDown(self):
        self.check_payments(self.node)
        super().tearDown()

    # --- what the chain does

    def raw(self, txid):
        return self.wallet.gettransaction(txid)["hex"]

    def height(self):
        return self.node.rpc.getblockcount()

    def fall_back(self, block_hash, *transactions):
        """The block leaves the chain, with all above it. A longer one takes its place, with these
        transactions and no other. Returns the block that they are in.
        """
        height = self.height()
        self.node.rpc.invalidateblock(block_hash)
        taking = self.node.rpc.generateblock(self.new_address(self.node), list(transactions))
        self.node.mine_empty(max(0, height + 1 - self.height()))
        return taking["hash"]

    # --- what is told

    def pay(self, send_id="w-1"):
        return self.submit(send_id, wait=WAIT_S)

    def confirm(self, send_id="w-1", blocks=1):
        """Returns the block that it is in."""
        block = self.node.mine(blocks)[0]
        self.wait_for(send_id, "confirmed", block_hash=block)
        return block

    def make_final(self, send_id="w-1"):
        block = self.node.mine(FINALITY)[0]
        self.wait_for(send_id, "final", state="final", block_hash=block)
        return block

    def assert_fallen_out(self, txid, send_id="w-1"):
        answer = self.api.wait_for_state(send_id, "broadcast")
        self.assert_answer(answer, 200, outcome="sent", confirmations=0, block_hash=None,
                           block_height=None, txid=txid)

    def assert_in_block(self, block_hash, state="confirmed", send_id="w-1", **expected):
        """It stands in this block, with the confirmations that the node counts."""
        def there():
            answer = self.api.get(send_id)
            stands = answer["block_hash"], answer["confirmations"], answer["state"]
            return answer if stands == (block_hash, block["confirmations"], state) else None

        block = self.node.rpc.getblock(block_hash)
        answer = wait_until(there, f"{send_id} is in {block_hash}")
        self.assert_answer(answer, 200, outcome="sent", state=state, stalled=None,
                           block_height=block["height"], **expected)


class Reorganised(ChainCase):
    def test_confirmed_and_back(self):
        txid = self.pay()["txid"]
        before = self.confirm()
        with self.meanwhile():
            self.fall_back(before)
        self.assert_fallen_out(txid)
        self.assert_in_block(self.confirm(), txid=txid)
        self.make_it_final()
        self.assertEqual(self.records("w-1")[-4:],
                         ["BatchConfirmed", *CONFIRMED_AGAIN, "BatchFinal"])

    def make_it_final(self):
        self.node.mine(FINALITY - 1)
        self.wait_for("w-1", "final", state="final", confirmations=FINALITY)

    def test_final_and_back(self):
        txid = self.pay()["txid"]
        before = self.make_final()
        with self.meanwhile():
            self.fall_back(before)
        self.assert_fallen_out(txid)
        self.assert_in_block(self.make_final(), state="final", txid=txid)
        self.assertEqual(self.records("w-1")[-5:],
                         ["BatchConfirmed", "BatchFinal", *CONFIRMED_AGAIN, "BatchFinal"])

    def test_final_and_back_from_where_no_mempool_takes_it_up(self):
        """bitcoind drops what it finds that deep; sendonce sends it again."""
        txid = self.pay()["txid"]
        before = self.make_final()
        self.node.mine(DEEP)
        self.restart()  # and it is final in the log alone
        self.wait_for("w-1", "final", confirmations=FINALITY + DEEP)
        with self.meanwhile():
            self.fall_back(before)
        self.assert_fallen_out(txid)
        wait_until(lambda: txid in self.node.rpc.getrawmempool(), "it is sent again")
        self.assert_in_block(self.make_final(), state="final", txid=txid)

    def test_of_several_sends_those_above_the_fork_fall_out(self):
        paid = [(self.pay(f"w-{number}")["txid"], self.make_final(f"w-{number}"))
                for number in range(3)]
        with self.meanwhile():
            self.fall_back(paid[1][1])
        for number in (1, 2):
            self.assert_fallen_out(paid[number][0], f"w-{number}")
        self.assert_in_block(paid[0][1], state="final", send_id="w-0", txid=paid[0][0])
        block = self.make_final("w-1")
        self.assert_in_block(block, state="final", send_id="w-2", txid=paid[2][0])

    def test_it_moves_to_another_block(self):
        txid = self.pay()["txid"]
        raw = self.raw(txid)
        before = self.confirm()
        with self.meanwhile():
            after = self.fall_back(before, raw)
        self.assert_in_block(after, txid=txid, txids=[txid])
        self.assertEqual(self.records("w-1")[-2:], CONFIRMED_AGAIN)

    def test_a_final_one_moves_to_another_block(self):
        txid = self.pay()["txid"]
        raw = self.raw(txid)
        before = self.make_final()
        with self.meanwhile():
            after = self.fall_back(before, raw)
        self.assert_in_block(after, state="final", txid=txid)

    def test_its_old_block_comes_back(self):
        txid = self.pay()["txid"]
        before = self.confirm()
        with self.meanwhile():
            self.fall_back(before)
        self.assert_fallen_out(txid)
        tip = self.height()
        with self.meanwhile():
            self.node.rpc.invalidateblock(self.node.rpc.getblockhash(tip - 1))
            self.node.rpc.reconsiderblock(before)
            self.node.mine_empty(tip + 1 - self.height())
        self.assert_in_block(before, state="final", txid=txid)

    def test_its_coins_leave_the_chain_with_it(self):
        """Parent and payment lose their blocks, and both find others."""
        fork = self.height() - 5  # the block that made the wallet's coins
        sent = self.pay()
        self.confirm()
        with self.meanwhile():
            self.fall_back(self.node.rpc.getblockhash(fork))
        self.assert_fallen_out(sent["txid"])
        parents = {txid for txid, _ in Chain(self.node.rpc).transactions[sent["txid"]][0].coins}
        self.assertLessEqual(parents, set(self.node.rpc.getrawmempool()))
        self.assert_in_block(self.make_final(), state="final", txid=sent["txid"])

    def test_change_and_its_parent_fall_out_of_chain_and_mempool(self):
        """Each of two sends, one of which spends the other's change, is sent again: the parent
        first, or the child is refused until then (R11).
        """
        everything = self.new_body("w-1", (4 * COIN_SAT - 500_000,))
        parent = self.submit("w-1", everything, wait=WAIT_S)["txid"]
        before = self.confirm()
        child = self.pay("w-2")["txid"]
        self.confirm("w-2")
        with self.meanwhile():
            self.lose_with_mempool(before)
        for txid in (parent, child):
            wait_until(lambda: txid in self.node.rpc.getrawmempool(), f"{txid} is sent again")
        block = self.make_final("w-2")
        self.assert_in_block(block, state="final", send_id="w-1", txid=parent)
        self.assert_in_block(block, state="final", send_id="w-2", txid=child)

    def lose_with_mempool(self, block_hash):
        """Only the wallet's records and sendonce's remember what stood in the blocks from there."""
        height = self.height()
        self.node.rpc.invalidateblock(block_hash)
        self.addCleanup(self.node.restart)  # the other tests' node forgets nothing
        self.node.restart(*FORGETFUL)
        self.node.mine_empty(height + 1 - self.height())


class ReorganisedWhileDown(Reorganised):
    """All of it again, and the daemon finds it at its next start."""

    @contextlib.contextmanager
    def meanwhile(self):
        self.daemon.stop()
        yield
        self.daemon.start(*self.options)


class OtherVersion(ChainCase):
    """An operator's bumpfee made a second version of the payment: either of them may confirm."""

    def setUp(self):
        super().setUp()
        self.ours = self.pay()["txid"]
        self.bumped = self.wallet.bumpfee(self.ours)["txid"]
        self.raws = {txid: self.raw(txid) for txid in (self.ours, self.bumped)}
        self.txids = [self.ours, self.bumped]
        wait_until(lambda: self.api.get("w-1")["txids"] == self.txids, "the bump is adopted")

    def mine_version(self, txid):
        block = self.node.rpc.generateblock(self.new_address(self.node), [self.raws[txid]])["hash"]
        self.assert_in_block(block, txid=txid, txids=self.txids, fee_sat=self.fee_sat(txid))
        return block

    def test_one_confirms_then_the_other_then_the_first(self):
        block = self.mine_version(self.ours)
        for txid, state in ((self.bumped, "confirmed"), (self.ours, "final")):
            block = self.fall_back(block, self.raws[txid])
            self.assert_in_block(block, state=state, txid=txid, txids=self.txids,
                                 fee_sat=self.fee_sat(txid))

    def test_a_final_one_is_replaced_by_the_other(self):
        block = self.mine_version(self.ours)
        self.node.mine(FINALITY - 1)
        self.wait_for("w-1", "final", state="final", txid=self.ours)
        self.restart()
        block = self.fall_back(block, self.raws[self.bumped])
        self.assert_in_block(block, state="final", txid=self.bumped, txids=self.txids)
        self.restart()
        self.assert_in_block(block, state="final", txid=self.bumped, txids=self.txids)

    def test_the_other_confirms_while_sendonce_is_down(self):
        block = self.mine_version(self.bumped)
        self.daemon.stop()
        block = self.fall_back(block, self.raws[self.ours])
        self.daemon.start(*self.options)
        self.assert_in_block(block, txid=self.ours, txids=self.txids)

    def test_neither_is_in_the_chain_and_one_of_them_is_sent_again(self):
        block = self.mine_version(self.ours)
        self.fall_back(block)
        answer = self.api.wait_for_state("w-1", "broadcast")
        self.assert_answer(answer, 200, outcome="sent", txids=self.txids, block_hash=None)
        wait_until(lambda: set(self.txids) & set(self.node.rpc.getrawmempool()), "one is there")
        self.node.mine(FINALITY)
        final = self.wait_for("w-1", "final", state="final")
        self.assertIn(final["txid"], self.txids)


class Waits(ChainCase):
    """What is waited for has to hold at once: confirmations in a chain that is gone do not count."""

    def hold(self, until):
        """A call that waits, on a thread of its own; returns both, and its answer in a list."""
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(self.api.get("w-1", wait=WAIT_S, until=until)))
        thread.start()
        self.addCleanup(thread.join)
        return thread, answers

    def test_final_is_waited_for_across_a_reorganisation(self):
        txid = self.pay()["txid"]
        thread, answers = self.hold("final")
        self.fall_back(self.confirm(blocks=FINALITY - 1))
        self.assert_fallen_out(txid)
        self.assertEqual(answers, [])
        block = self.make_final()
        thread.join()
        self.assert_answer(answers[0], 200, state="final", block_hash=block, txid=txid)

    def test_a_send_that_fell_out_is_waited_for_again(self):
        txid = self.pay()["txid"]
        self.fall_back(self.make_final())
        self.assert_fallen_out(txid)
        for until in ("confirmed", "final"):
            answer = self.api.get("w-1", wait=1, until=until)
            self.assert_answer(answer, 200, state="broadcast", confirmations=0)
        confirmed, final = self.hold("confirmed"), self.hold("final")
        block = self.make_final()
        for thread, answers in (confirmed, final):
            thread.join()
            self.assertEqual(answers[0]["block_hash"], block)
        self.assertEqual(final[1][0]["state"], "final")


class TwoNodes(ChainCase):
    """A peer that was cut off comes back with a longer chain of its own."""

    def setUp(self):
        super().setUp()
        self.peer = self.start_node()
        self.node.connect(self.peer)

    def cut_off(self):
        self.node.rpc.setnetworkactive(False)
        wait_until(lambda: not self.peer.rpc.getpeerinfo(), "both are alone")

    def meet(self):
        self.node.rpc.setnetworkactive(True)
        self.node.connect(self.peer)

    def pay_and_confirm_apart(self):
        """The peer does not hear of the block, and has the payment in its mempool."""
        txid = self.pay()["txid"]
        self.cut_off()
        self.peer.rpc.sendrawtransaction(self.raw(txid))
        return txid, self.confirm(blocks=FINALITY)

    def test_the_peers_chain_does_not_have_it(self):
        txid, _ = self.pay_and_confirm_apart()
        self.peer.mine_empty(FINALITY + 1)
        self.meet()
        self.assert_fallen_out(txid)
        block = self.peer.mine(FINALITY)[0]
        self.node.wait_for_same_tip(self.peer)
        self.assert_in_block(block, state="final", txid=txid)

    def test_the_peers_chain_has_it_elsewhere(self):
        txid, before = self.pay_and_confirm_apart()
        self.peer.mine_empty(FINALITY)
        after = self.peer.mine()[0]
        self.meet()
        self.assert_in_block(after, txid=txid, txids=[txid])
        self.assertNotEqual(before, after)

    def test_the_peers_shorter_chain_changes_nothing(self):
        txid, before = self.pay_and_confirm_apart()
        self.peer.mine_empty(FINALITY - 1)
        self.meet()
        self.assert_in_block(before, state="final", txid=txid)

    def test_the_peers_chain_has_another_version(self):
        """Which nobody here has seen before its block."""
        txid = self.pay()["txid"]
        self.cut_off()
        other = self.dearer_version(txid)
        self.make_final()
        after = self.peer.rpc.generateblock(self.new_address(self.peer), [other.raw.hex()])["hash"]
        self.peer.mine_empty(FINALITY)
        self.meet()
        self.assert_in_block(after, state="final", txid=other.txid, txids=[txid, other.txid])

    def dearer_version(self, txid):
        """The same coins and payment, less change."""
        ours = transactions.parse(self.raw(txid))
        outputs = [(each.script.hex(), each.amount_sat - (each.amount_sat != AMOUNT_SAT) * 1000)
                   for each in ours.outputs]
        coins = [{"txid": each.txid, "vout": each.vout} for each in ours.inputs]
        return transactions.parse(drafts.sign(self.wallet, drafts.unsigned(coins, outputs)))


if __name__ == "__main__":
    case.main()
