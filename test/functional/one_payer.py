"""One payer for each wallet, one wallet for each log, and neither older than the other: else nothing
is paid and nothing is promised, what is known is told, and the way out works.
"""

import re
import shutil
import time

from framework import case, faults
from framework.chain import Chain
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, SendCase, at_once
from framework.waiting import wait_until

FORGETFUL = ("-persistmempool=0", "-walletbroadcast=0")
HOUR_S = 3_600
CONCURRENT_INITS = 3


class PayerCase(SendCase):
    """A daemon that has paid the send "known"."""

    with_proxy = True

    def setUp(self):
        super().setUp()
        self.known = self.new_send(self.node, "known")
        self.submit("known", self.known)
        self.finish("known")

    def tearDown(self):
        if self._passed_so_far():
            self.check_payments(self.node, self.proxy)

    def assert_refuses(self, daemon, code, says):
        """Nothing is paid and nothing promised; what is known is told."""
        daemon.wait_alive()

        def refusal():
            stalled = daemon.api.status()["stalled"] or {}
            return stalled if stalled.get("code") == code else None

        stalled = wait_until(refusal, f"nothing is paid because of {code}")
        self.assertEqual(stalled["retry"], "operator")
        self.assertRegex(stalled["detail"], says)
        self.assertEqual(daemon.api.request("GET", "/readyz").status, 503)
        body = {"outputs": [{**self.known["outputs"][0], "amount_sat": 2 * AMOUNT_SAT}]}
        for answer in (daemon.api.put("refused", body), daemon.api.delete("refused")):
            self.assert_problem(answer, 503, "not_paying")
            self.assertIn("retry-after", answer.headers)
        self.assert_problem(daemon.api.get("refused"), 404, "unknown_id")
        return stalled

    def assert_known_is_told(self):
        self.assert_answer(self.api.get("known"), 200, outcome="sent", state="final")
        self.assert_answer(self.api.put("known", self.known), 200, replayed=True, outcome="sent")
        self.assert_problem(self.api.delete("known"), 409, "too_late")

    def assert_pays(self, send_id):
        self.daemon.wait_ready()
        self.submit(send_id)
        self.finish(send_id)

    def launch(self):
        self.daemon.launch(*self.options)


class RestoredWallet(PayerCase):
    def new_wallet(self, coins):
        wallet = super().new_wallet(coins)
        self.unbound = self.folder / "unbound"
        wallet.backupwallet(str(self.unbound))
        return wallet

    def restore(self, backup):
        """The wallet is lost, and made again from a backup."""
        self.wallet.unloadwallet()
        (folder,) = self.node.datadir.glob(f"regtest/**/{self.wallet_name}")
        shutil.rmtree(folder)
        self.node.rpc.restorewallet(self.wallet_name, str(backup), True)

    def test_from_before_it_was_bound(self):
        self.restore(self.unbound)
        stalled = self.assert_refuses(self.daemon, "wallet_not_bound", "older backup, bind it")
        self.assert_known_is_told()
        self.daemon.stop()
        self.launch()
        self.assert_refuses(self.daemon, "wallet_not_bound", "-rpcwallet")
        self.assert_known_is_told()
        self.wallet.getnewaddress(re.search("sendonce:[0-9a-f]{32}", stalled["detail"]).group())
        self.assert_pays("w-1")
        self.assertEqual(self.api.alarms()["alarms"], [])

    def test_from_before_the_latest_payments(self):
        """It shows coins as free that are spent: one in a block, one by what only the log knows."""
        bound = self.folder / "bound"
        self.wallet.backupwallet(str(bound))
        self.submit("w-1")
        self.wait_for("w-1", "sent")
        self.node.mine()
        self.submit("w-2")
        before = self.wait_for("w-2", "sent")
        self.wait_for("w-1", "confirmed")
        spent = set(Chain(self.node.rpc).transactions[before["txid"]][0].coins)
        self.daemon.stop()
        self.addCleanup(self.node.restart)
        self.node.restart(*FORGETFUL)
        self.restore(bound)
        free = {(each["txid"], each["vout"]) for each in self.wallet.listunspent()}
        self.assertLessEqual(spent, free)
        self.daemon.start(*self.options)
        self.submit("w-3")
        self.wait_for("w-3", "sent")
        self.assert_answer(self.api.get("w-2"), 200, outcome="sent", txid=before["txid"])
        wait_until(lambda: before["txid"] in self.node.rpc.getrawmempool(), "w-2 is sent again")
        self.assertEqual(self.api.alarms()["alarms"], [])
        for send_id in ("w-2", "w-3"):
            self.finish(send_id)


class BehindWallet(PayerCase):
    """The log is of yesterday; the wallet has paid since."""

    def copy_log(self):
        shutil.copytree(self.daemon.wal_path, self.folder / "wal")
        shutil.copy(self.daemon.anchor_path, self.folder / "anchor")

    def put_log_back(self):
        shutil.rmtree(self.daemon.wal_path)
        (self.folder / "wal").rename(self.daemon.wal_path)
        (self.folder / "anchor").rename(self.daemon.anchor_path)

    def open_alarms(self):
        return [each for each in self.api.alarms()["alarms"] if not each["accepted"]]

    def accept(self, alarm):
        path = f"/v1/alarms/{alarm['number']}/accept"
        answer = self.api.request("POST", path, {"reason": "the caller's books have it"})
        self.assertEqual(answer.status, 200, answer)

    def test_every_unexplained_spend_must_be_set_aside(self):
        self.daemon.stop()
        self.copy_log()
        self.daemon.start(*self.options)
        for send_id in ("later-1", "later-2"):
            self.submit(send_id)
            self.finish(send_id)
        self.daemon.stop()
        self.put_log_back()
        self.launch()
        for count in (2, 1):
            self.assert_refuses(self.daemon, "wal_behind_wallet", "newest WAL.*alarm")
            self.assert_known_is_told()
            self.assertEqual(len(self.open_alarms()), count)
            self.daemon.stop()
            self.launch()
            self.assert_refuses(self.daemon, "wal_behind_wallet", "newest WAL.*alarm")
            self.accept(self.open_alarms()[0])
        self.assert_pays("w-1")
        self.daemon.restart(*self.options)
        self.assert_pays("w-2")

    def test_what_may_be_paid_already_is_never_called_never(self):
        """Yesterday it waited. It was paid since, and its deadline passes."""
        not_after = int((time.time() + HOUR_S) * 1000)
        lost = self.proxy.on("fundrawtransaction", faults.DropRequest())
        self.submit("w-1", {**self.new_send(self.node, "w-1"), "not_after": not_after})
        self.daemon.stop()
        self.copy_log()
        self.proxy.remove(lost)
        self.daemon.start(*self.options)
        self.finish("w-1")
        self.daemon.stop()
        self.put_log_back()
        self.daemon.use_clock()
        self.daemon.put_forward(2 * HOUR_S)
        self.launch()
        self.assert_refuses(self.daemon, "wal_behind_wallet", "newest WAL.*alarm")
        self.assert_problem(self.api.delete("w-1"), 503, "not_paying")
        self.assert_answer(self.api.get("w-1"), 200, outcome="pending", state="recorded")

    def test_a_spend_while_it_runs_keeps_nothing_up(self):
        """Neither then nor after a restart, though nobody has accepted it."""
        self.wallet.sendtoaddress(self.new_address(self.node), to_btc(AMOUNT_SAT))
        self.node.mine()
        wait_until(self.open_alarms, "an alarm")
        self.assert_pays("w-1")
        self.daemon.restart(*self.options)
        self.assertEqual(len(self.open_alarms()), 1)
        self.assert_pays("w-2")


class Second(PayerCase):
    def test_a_daemon_with_another_log(self):
        """It is pointed at the wallet while the first one pays from it."""
        self.node.create_wallet(f"{self.wallet_name}-other")
        second = self.new_sendonced(self.node, wallet=f"{self.wallet_name}-other")
        second.init()
        second.wallet = self.wallet_name
        second.launch(*self.options)
        self.assert_refuses(second, "wallet_not_bound", "-rpcwallet")
        self.assert_pays("w-1")
        self.assert_refuses(second, "wallet_not_bound", "-rpcwallet")

    def test_a_second_binding_while_it_runs(self):
        label = "sendonce:" + "ab" * 16
        address = self.wallet.getnewaddress(label)
        self.assert_refuses(self.daemon, "wallet_bound_twice", "none of them may pay")
        self.assert_known_is_told()
        self.wallet.setlabel(address, "")
        self.assert_pays("w-1")

    def test_two_that_are_made_at_once(self):
        """At most one of them is bound; where all refuse, none is."""
        name = f"{self.wallet_name}-contested"
        wallet = self.node.create_wallet(name)
        self.node.fund(wallet, ["1"])
        daemons = [self.new_sendonced(self.node, wallet=name) for _ in range(CONCURRENT_INITS)]
        done = at_once([lambda each=each: each.init(check=False) for each in daemons])
        made = [daemon for daemon, each in zip(daemons, done) if each.returncode == 0]
        self.assertLessEqual(len(made), 1)
        self.assertEqual([each.wal_path.exists() for each in daemons],
                         [each in made for each in daemons])
        labels = [each for each in wallet.listlabels() if each.startswith("sendonce:")]
        self.assertGreaterEqual(len(labels), 1)
        for each in made:
            each.launch(*self.options)
            if len(labels) > 1:
                self.assert_refuses(each, "wallet_bound_twice", "none of them may pay")
            else:
                each.wait_ready()


if __name__ == "__main__":
    case.main()
