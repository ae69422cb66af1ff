"""What in the wallet keeps a send from being paid (G5): no funds, a lock, no wallet, no key, no
change address, no fee rate. It is shown, others are not held up, and all are paid once it is over.
"""

import re

from framework import case, faults
from framework.blocking import BlockedCase
from framework.rpc import to_btc
from framework.sending import BRISK, COIN_SAT, at_once

KEYPOOL_RAN_OUT = faults.Refuse(-12, "Error: Keypool ran out, please call keypoolrefill first")
DEAR = {"feerate": 0.005, "blocks": 2}  # 500 sat/vB
CHEAP = {"feerate": 0.0001, "blocks": 2}


class EmptyHotWallet(BlockedCase):
    """The incident's own cause: withdrawals queue up before an empty wallet, and their callers ask
    again and again.
    """

    wallet_coins = 0

    def new_wallet(self, coins):
        self.node.mine()  # without any block the node has not caught up with the present
        return super().new_wallet(coins)

    def test_many_wait_and_are_asked_for_again_and_again(self):
        bodies = {f"w-{n}": self.new_send(self.node, f"w-{n}") for n in range(20)}
        for send_id, body in bodies.items():
            self.submit(send_id, body)
        for send_id in ("w-0", "w-19"):
            self.assert_all_short(send_id)
        self.ask_again(bodies)
        self.restart()
        self.ask_again(bodies)
        self.assert_all_short("w-7")
        self.node.fund(self.wallet, ["1"])
        self.assert_goes_on(*bodies)

    def assert_all_short(self, send_id):
        self.assert_blocked(send_id, "insufficient_funds", says="not enough coins.*/v1/funds")
        self.assertEqual(self.api.get(send_id)["state"], "recorded")

    def ask_again(self, bodies):
        calls = [lambda send_id=send_id, body=body: self.api.put(send_id, body)
                 for send_id, body in bodies.items() for _ in range(3)]
        for answer in at_once(calls):
            self.assert_answer(answer, 200, replayed=True, outcome="pending")


class Funds(BlockedCase):
    wallet_coins = 3

    def test_one_that_is_too_large_holds_up_nobody(self):
        self.submit("large", self.new_send(self.node, "large", 5 * COIN_SAT))
        self.assert_blocked("large", "insufficient_funds")
        self.submit("small")
        self.assert_goes_on("small")
        self.assert_blocked("large", "insufficient_funds")
        self.node.fund(self.wallet, [to_btc(4 * COIN_SAT)])
        self.assert_goes_on("large")

    def test_nothing_waits_since_before_it_was_there(self):
        self.submit("first", self.new_send(self.node, "first", 5 * COIN_SAT))
        self.assert_blocked("first", "insufficient_funds")
        created = self.submit("second", self.new_send(self.node, "second", 6 * COIN_SAT))
        second = self.wait_for_stall("second", "insufficient_funds")
        self.assertGreaterEqual(second["stalled"]["since"], created["created_at"])
        self.node.fund(self.wallet, [to_btc(15 * COIN_SAT)])
        self.assert_goes_on("first", "second")


class Locked(BlockedCase):
    def setUp(self):
        super().setUp()
        self.wallet.encryptwallet("secret")

    def unlock(self):
        self.wallet.walletpassphrase("secret", 10_000)

    def test_before_anything(self):
        self.submit("w-1")
        self.assert_all_blocked("w-1", "wallet_locked", says="walletpassphrase")
        self.restart_locked()
        self.assert_all_blocked("w-1", "wallet_locked", says="walletpassphrase")
        self.unlock()
        self.assert_goes_on("w-1")

    def restart_locked(self):
        self.daemon.stop()
        self.daemon.launch(*self.options)
        self.daemon.wait_alive()

    def test_between_the_reservation_and_the_signature(self):
        self.unlock()
        hold = faults.HoldRequest()
        self.proxy.on("signrawtransactionwithwallet", hold, first=1)
        self.submit("w-1")
        hold.wait_reached()
        self.wallet.walletlock()
        hold.release()
        self.assert_all_blocked("w-1", "wallet_locked")
        self.assertEqual(self.api.get("w-1")["state"], "reserved")
        self.unlock()
        self.assert_goes_on("w-1")

    def test_what_is_signed_goes_out_all_the_same(self):
        self.unlock()
        lost = self.proxy.on("sendrawtransaction", faults.DropRequest())
        self.submit("signed")
        self.proxy.wait_for_call("sendrawtransaction")
        self.wallet.walletlock()
        self.wait_for_words(self.api.status, "wallet_locked", ".")
        self.submit("waits")
        self.assert_all_blocked("waits", "wallet_locked")
        self.proxy.remove(lost)
        self.wait_for("signed", "sent", outcome="sent")
        self.assert_answer(self.api.get("waits"), 200, state="recorded")
        self.unlock()
        self.assert_goes_on("signed", "waits")


class Absent(BlockedCase):
    def test_unloaded(self):
        self.wallet.unloadwallet()
        self.submit("w-1")
        self.assert_all_blocked("w-1", "wallet_not_loaded", says="not loaded")
        self.node.rpc.loadwallet(self.wallet_name)
        self.assert_goes_on("w-1")

    def test_unloaded_at_each_step(self):
        for method in ("fundrawtransaction", "lockunspent", "signrawtransactionwithwallet"):
            with self.subTest(method):
                hold = faults.HoldRequest()
                rule = self.proxy.on(method, hold, first=1)
                self.submit(method)
                hold.wait_reached()
                self.wallet.unloadwallet()
                hold.release()
                self.assert_all_blocked(method, "wallet_not_loaded")
                self.proxy.remove(rule)
                self.node.rpc.loadwallet(self.wallet_name)
                self.assert_goes_on(method)

    def test_moved_away(self):
        """The node starts without it, and the daemon, too, while a send waits."""
        self.wallet.unloadwallet()
        self.submit("w-1")
        self.daemon.stop()
        (folder,) = self.node.datadir.glob(f"regtest/**/{self.wallet_name}")
        aside = folder.with_name("aside")
        folder.rename(aside)
        self.addCleanup(lambda: aside.exists() and aside.rename(folder))
        self.daemon.launch(*self.options)
        self.daemon.wait_alive()
        self.assert_all_blocked("w-1", "wallet_not_loaded")
        aside.rename(folder)
        self.node.rpc.loadwallet(self.wallet_name)
        self.assert_goes_on("w-1")

    def test_not_named_among_several(self):
        """The log knows which one it is."""
        self.leave_one_waiting("w-1")
        self.daemon.wallet = None
        self.daemon.start(*self.options)
        self.assert_goes_on("w-1")

    def test_another_one_is_named(self):
        self.leave_one_waiting("w-1")
        right, self.daemon.wallet = self.daemon.wallet, "miner"
        self.daemon.launch(*self.options)
        self.daemon.wait_alive()
        self.assert_all_blocked("w-1", "wallet_not_bound", "operator", says="-rpcwallet")
        self.daemon.wallet = right
        self.restart()
        self.assert_goes_on("w-1")

    def leave_one_waiting(self, send_id):
        """It is recorded, and its daemon has stopped."""
        lost = self.proxy.on("fundrawtransaction", faults.DropRequest())
        self.submit(send_id)
        self.proxy.wait_for_call("fundrawtransaction")
        self.daemon.stop()
        self.proxy.remove(lost)


class CannotSign(BlockedCase):
    def test_a_watch_only_wallet_in_its_place(self):
        """It has the name, the binding and the coins, and no keys."""
        self.wallet.unloadwallet()
        self.submit("w-1")
        (folder,) = self.node.datadir.glob(f"regtest/**/{self.wallet_name}")
        folder.rename(folder.with_name("with-keys"))
        self.node.rpc.loadwallet("with-keys")
        self.make_watch_only(self.node.wallet("with-keys"))
        self.assert_all_blocked("w-1", "cannot_sign", "operator", says="no private keys")
        self.assert_problem(self.api.delete("w-1"), 503, "not_paying")
        for name in (self.wallet_name, "with-keys"):
            self.node.rpc.unloadwallet(name)
        folder.rename(folder.with_name("without-keys"))
        folder.with_name("with-keys").rename(folder)
        self.node.rpc.loadwallet(self.wallet_name)
        self.assert_goes_on("w-1")

    def make_watch_only(self, original):
        watching = self.node.create_wallet(self.wallet_name, disable_private_keys=True, blank=True)
        watching.importdescriptors([
            {"desc": each["desc"], "active": each["active"], "internal": each["internal"],
             "range": each["range"], "timestamp": "now"}
            for each in original.listdescriptors()["descriptors"]
        ])
        (label,) = (each for each in original.listlabels() if each.startswith("sendonce:"))
        (address,) = original.getaddressesbylabel(label)
        watching.setlabel(address, label)

    def test_a_coin_that_needs_a_key_from_elsewhere(self):
        """The wallet lists it as spendable. Only the send that has got it waits."""
        ours, theirs = self.halves_of_a_pair()
        self.import_half(ours)
        self.deposit(self.node.rpc.deriveaddresses(ours)[0], 6 * COIN_SAT)
        self.submit("w-1", self.new_send(self.node, "w-1", 5 * COIN_SAT))
        self.assert_blocked("w-1", "cannot_sign", "operator", says="can not sign every input")
        self.assert_answer(self.api.get("w-1"), 200, state="reserved")
        self.submit("w-2")
        self.assert_goes_on("w-2")
        self.import_half(theirs)
        self.assert_goes_on("w-1")

    def halves_of_a_pair(self):
        """Descriptors of one script that wants two signatures, each with one of the keys."""
        (ours, our_public), (theirs, their_public) = map(
            self.extended_keys, (self.wallet, self.node.wallet("miner")))
        return [self.with_checksum(f"wsh(multi(2,{one}/7,{other}/7))")
                for one, other in ((ours, their_public), (our_public, theirs))]

    def extended_keys(self, wallet):
        """One of a wallet's, private and public."""
        listed = wallet.listdescriptors(True)["descriptors"][0]["desc"]
        private = re.search(r"tprv\w+", listed).group()
        told = self.node.rpc.getdescriptorinfo(f"pkh({private})")
        return private, re.search(r"tpub\w+", told["descriptor"]).group()

    def with_checksum(self, descriptor):
        told = self.node.rpc.getdescriptorinfo(descriptor)
        return f"{descriptor}#{told['checksum']}"

    def deposit(self, address, amount_sat):
        self.node.wallet("miner").sendtoaddress(address, to_btc(amount_sat))
        self.node.mine(6)

    def import_half(self, descriptor):
        (done,) = self.wallet.importdescriptors([{"desc": descriptor, "timestamp": "now"}])
        self.assertTrue(done["success"], done)


class NoChangeAddress(BlockedCase):
    def new_wallet(self, coins):
        """One that can make addresses for deposits, and none for change."""
        giver = super().new_wallet(0)
        self.for_deposits, self.for_change = (
            next(each["desc"] for each in giver.listdescriptors(True)["descriptors"]
                 if each["desc"].startswith("wpkh") and each["internal"] is internal)
            for internal in (False, True))
        self.wallet_name += "-deposits"
        wallet = self.node.create_wallet(self.wallet_name, blank=True)
        self.import_active(wallet, self.for_deposits, internal=False)
        self.node.fund(wallet, [to_btc(COIN_SAT)] * coins)
        return wallet

    def import_active(self, wallet, descriptor, internal):
        (done,) = wallet.importdescriptors([
            {"desc": descriptor, "active": True, "internal": internal, "timestamp": "now"}])
        self.assertTrue(done["success"], done)

    def test_the_wallet_makes_none(self):
        self.submit("w-1")
        self.assert_blocked("w-1", "keypool_empty", says="no available keys")
        self.import_active(self.wallet, self.for_change, internal=True)
        self.assert_goes_on("w-1")

    def test_the_keypool_ran_out(self):
        self.import_active(self.wallet, self.for_change, internal=True)
        rule = self.proxy.on("getrawchangeaddress", KEYPOOL_RAN_OUT)
        self.submit("w-1")
        self.assert_blocked("w-1", "keypool_empty", says="Keypool ran out")
        self.proxy.remove(rule)
        self.assert_goes_on("w-1")


class FeeRate(BlockedCase):
    options = (*BRISK, "-fallbackfee=0", "-maxtxfee=10000", "-maxfeerate=1000")

    def estimates(self, result):
        self.proxy.clear()
        self.proxy.on("estimatesmartfee", faults.Result(result))

    def test_no_estimate_and_no_fallback(self):
        """The node itself says that it has none. Who names a rate needs none."""
        self.submit("w-1")
        self.assert_blocked("w-1", "no_fee_estimate", says="no fee estimate.*no fallback")
        self.submit("w-2", self.new_body("w-2", fee={"rate_sat_vb": 3}))
        self.wait_for("w-2", "sent", outcome="sent")
        self.assert_blocked("w-1", "no_fee_estimate")
        self.estimates(CHEAP)
        self.assert_goes_on("w-1", "w-2")

    def test_no_estimate_until_a_fallback_is_set(self):
        self.submit("w-1")
        self.assert_blocked("w-1", "no_fee_estimate")
        self.daemon.restart(*self.options, "-fallbackfee=2")
        self.assert_goes_on("w-1")

    def test_the_estimate_is_over_the_highest_fee(self):
        self.estimates(DEAR)
        self.submit("w-1")
        self.assert_blocked("w-1", "fee_above_cap", says="-maxtxfee")
        self.submit("w-2", self.new_body("w-2", fee={"rate_sat_vb": 3}))
        self.wait_for("w-2", "sent", outcome="sent")
        self.assert_blocked("w-1", "fee_above_cap")
        self.estimates(CHEAP)
        self.assert_goes_on("w-1", "w-2")

    def test_the_estimate_is_over_what_one_send_may_cost(self):
        self.estimates(DEAR)
        self.daemon.restart(*self.options, "-maxtxfee=1000000")
        self.submit("w-1", self.new_body("w-1", max_fee_sat=5000))
        self.submit("w-2")
        self.wait_for("w-2", "sent", outcome="sent")
        self.assert_blocked("w-1", "fee_above_cap", says="share of the fee.*max_fee_sat")
        self.estimates(CHEAP)
        self.assert_goes_on("w-1", "w-2")

    def test_a_rate_that_is_over_the_highest_is_for_the_operator(self):
        self.submit("w-1", self.new_body("w-1", fee={"rate_sat_vb": 1001}))
        self.assert_blocked("w-1", "fee_above_cap", "operator")
        self.daemon.restart(*BRISK, "-maxfeerate=1001", "-maxtxfee=1000000", "-maxfeeshare=0")
        self.assert_goes_on("w-1")


if __name__ == "__main__":
    case.main()
