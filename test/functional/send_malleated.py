"""A third party can give the payment of a legacy coin another txid: the same transaction with the other
one of two valid signatures, which a miner may take. It is the same payment.
"""

import shutil

from framework import audit, case, faults, transactions
from framework.chain import Chain
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, BRISK, COIN_SAT, WAIT_S, SendCase
from framework.waiting import wait_until

FINALITY = 2
LEGACY_SAT = COIN_SAT // 4  # more than a send, less than a native segwit coin


class LegacyCase(SendCase):
    """A wallet with legacy coins, and so many native segwit ones beside them."""

    options = (*BRISK, f"-finality={FINALITY}")
    with_proxy = True
    wallet_coins = 0

    def new_wallet(self, coins):
        wallet = super().new_wallet(coins + 1)
        own = [{wallet.getnewaddress("", "legacy"): to_btc(LEGACY_SAT)} for _ in range(3)]
        wallet.send(own, options={"change_type": "legacy", "fee_rate": 2})
        self.node.mine(6)
        self.legacy = {
            (each["txid"], each["vout"]) for each in wallet.listunspent()
            if each["desc"].startswith("pkh(")
        }
        return wallet

    def tearDown(self):
        self.check_payments(self.node, self.proxy)
        super().tearDown()

    def pay(self, send_id="w-1", **fields):
        return self.submit(send_id, self.new_body(send_id, **fields), wait=WAIT_S)

    def spent_by(self, txid):
        return Chain(self.node.rpc).transactions[txid][0].coins

    def signed(self):
        """The payment as the wallet signed it, which the proxy saw even if nobody else did."""
        return [each for each in map(transactions.parse, self.proxy.signed())
                if any(output.amount_sat == AMOUNT_SAT for output in each.outputs)]

    def ours(self):
        (signed,) = self.signed()
        self.assertLessEqual(signed.coins, self.legacy)
        return signed


class Malleated(LegacyCase):
    def mine(self, transaction):
        return self.node.rpc.generateblock(
            self.new_address(self.node), [transaction.raw.hex()])["hash"]

    def malleate(self):
        """Returns our transaction and the same with another signature."""
        ours = self.ours()
        return ours, transactions.parse(transactions.with_high_s(ours.raw.hex()))

    def fall_back(self, block_hash):
        self.node.rpc.invalidateblock(block_hash)
        self.node.mine_empty(2)
        answer = self.api.wait_for_state("w-1", "broadcast")
        self.assert_answer(answer, 200, outcome="sent", confirmations=0, block_hash=None)

    def assert_paid_by(self, transaction, block_hash, txids):
        """For good, in the log too, and nothing that an operator would have to look at."""
        wait_until(lambda: self.api.get("w-1")["block_hash"] == block_hash, "it is in that block")
        self.node.mine(FINALITY)
        expected = {"outcome": "sent", "state": "final", "block_hash": block_hash,
                    "txid": transaction.txid, "txids": txids}
        self.wait_for("w-1", "final", **expected)
        self.restart()
        self.assert_answer(self.api.get("w-1"), 200, **expected)
        self.assertEqual(self.api.alarms()["alarms"], [])

    def test_mined_in_place_of_ours(self):
        self.pay()
        ours, other = self.malleate()
        self.assert_paid_by(other, self.mine(other), [ours.txid, other.txid])

    def test_an_adopted_payment_is_mined_in_place_of_what_was_adopted(self):
        """What its coin brought sendonce does not know: no fee is made up of it."""
        body = self.new_body("w-1")
        (output,) = body["outputs"]
        txid, vout = sorted(self.legacy)[0]
        sent = self.wallet.send(
            [{output["address"]: to_btc(output["amount_sat"])}],
            options={"inputs": [{"txid": txid, "vout": vout}], "add_inputs": False, "fee_rate": 2})
        signed = self.wallet.gettransaction(sent["txid"])["hex"]
        self.assert_answer(self.api.adopt("w-1", sent["txid"], **body), 201, outcome="sent")
        self.promises.accepted("w-1")
        other = transactions.parse(transactions.with_high_s(signed))
        self.mine(other)
        self.node.mine(FINALITY)
        self.wait_for("w-1", "final", txid=other.txid, fee_sat=0)
        self.daemon.stop()
        audit.check(self.daemon, self.node)

    def test_mined_while_sendonce_is_down(self):
        self.pay()
        ours, other = self.malleate()
        self.daemon.stop()
        block = self.mine(other)
        self.daemon.start(*self.options)
        self.assert_paid_by(other, block, [ours.txid, other.txid])

    def test_mined_before_ours_was_sent(self):
        held = self.proxy.on("sendrawtransaction", faults.DropRequest())
        self.submit("w-1")
        self.api.wait_for_state("w-1", "signed")
        ours, other = self.malleate()
        block = self.mine(other)
        self.wait_for("w-1", "confirmed", txid=other.txid)
        self.proxy.remove(held)
        self.assert_paid_by(other, block, [ours.txid, other.txid])

    def test_mined_before_a_signature_was_heard_of(self):
        """The reply got lost, and what was signed came to a miner all the same."""
        held = self.proxy.on("signrawtransactionwithwallet", faults.DropReply())
        self.submit("w-1")
        wait_until(self.signed, "it is signed")
        _, other = self.malleate()
        block = self.mine(other)
        self.wait_for("w-1", "confirmed", state="confirmed", txid=other.txid)
        self.proxy.remove(held)
        self.assert_paid_by(other, block, [other.txid])

    def test_its_block_leaves_the_chain_and_ours_is_mined(self):
        """No mempool takes the other form: ours is sent again, and is as good."""
        self.pay()
        ours, other = self.malleate()
        block = self.mine(other)
        self.wait_for("w-1", "confirmed", txid=other.txid)
        self.fall_back(block)
        wait_until(lambda: ours.txid in self.node.rpc.getrawmempool(), "ours is sent again")
        self.assert_paid_by(ours, self.node.mine()[0], [ours.txid, other.txid])

    def test_its_block_leaves_the_chain_and_it_is_mined_again(self):
        self.pay()
        ours, other = self.malleate()
        block = self.mine(other)
        self.wait_for("w-1", "confirmed", txid=other.txid)
        self.fall_back(block)
        self.assert_paid_by(other, self.mine(other), [ours.txid, other.txid])

    def test_a_final_one_falls_back_too(self):
        self.pay()
        ours, other = self.malleate()
        block = self.mine(other)
        self.node.mine(FINALITY)
        self.wait_for("w-1", "final", txid=other.txid)
        self.node.rpc.invalidateblock(block)
        block = self.mine(ours)
        self.node.mine_empty(FINALITY + 1)
        self.assert_paid_by(ours, block, [ours.txid, other.txid])

    def test_its_change_is_spent(self):
        self.pay()
        _, other = self.malleate()
        self.mine(other)
        self.wait_for("w-1", "confirmed", txid=other.txid)
        second = self.pay("w-2", amounts_sat=(COIN_SAT - 2 * AMOUNT_SAT,))
        self.assertIn(other.txid, {txid for txid, _ in self.spent_by(second["txid"])})
        self.finish("w-2")


class ChosenLast(LegacyCase):
    """Coins whose payment nobody else can give another txid come first."""

    wallet_coins = 1

    def test_a_native_segwit_coin_is_taken_though_a_legacy_one_is_enough(self):
        first = self.spent_by(self.pay("w-1")["txid"])
        self.assertFalse(first & self.legacy)
        second = self.spent_by(self.pay("w-2")["txid"])  # its only other one is unconfirmed change
        self.assertLessEqual(second, self.legacy)

    def test_what_they_do_not_cover_is_taken_from_legacy_ones(self):
        spent = self.spent_by(self.pay("w-1", amounts_sat=(COIN_SAT + AMOUNT_SAT,))["txid"])
        self.assertEqual((len(spent - self.legacy), len(spent & self.legacy)), (1, 1))


class PutBack(LegacyCase):
    """The log is from before the signature was asked for; its txid then says nothing."""

    def files(self):
        return self.daemon.wal_path, self.daemon.anchor_path

    def test_a_log_that_was_put_back_knows_it_by_its_coins(self):
        broken = self.proxy.on("lockunspent", faults.DropRequest())
        self.submit("w-1")
        self.api.wait_for_state("w-1", "reserved")
        self.daemon.stop()
        for each in self.files():
            (shutil.copytree if each.is_dir() else shutil.copy)(each, self.folder / each.name)
        self.proxy.remove(broken)
        self.daemon.start(*self.options)
        self.api.wait_for_outcome("w-1", "sent")
        ours = self.ours()
        self.daemon.stop()
        shutil.rmtree(self.daemon.wal_path)
        for each in self.files():
            (self.folder / each.name).rename(each)
        self.daemon.start(*self.options)
        self.api.wait_for_state("w-1", "broadcast")
        self.assertEqual(self.api.get("w-1")["txid"], ours.txid)
        (alarm,) = self.api.alarms()["alarms"]
        self.assertIn("but for its signatures", alarm["accepted"]["reason"])
        self.assert_problem(self.api.delete("w-1"), 409, "too_late")


if __name__ == "__main__":
    case.main()
