"""Another wallet takes the bound one's place while it is read: what it does not list may have been
spent all the same, and its coins are not ours.
"""

import shutil

from framework import case, faults
from framework.sending import BRISK, SendCase
from framework.waiting import wait_until


class Swapped(SendCase):
    """The log is put back from before the send "lost"; the start reads the wallet's spends."""

    options = BRISK
    with_proxy = True

    def setUp(self):
        super().setUp()
        self.daemon.stop()
        shutil.copytree(self.daemon.wal_path, self.folder / "wal")
        shutil.copy(self.daemon.anchor_path, self.folder / "anchor")
        self.daemon.start(*self.options)
        self.body = self.new_body("lost")
        self.submit("lost", self.body)
        self.first = self.wait_for("lost", "sent", outcome="sent")["txid"]
        self.node.mine(3)
        self.wait_for("lost", "confirmed", state="confirmed")
        self.daemon.stop()
        shutil.rmtree(self.daemon.wal_path)
        (self.folder / "wal").rename(self.daemon.wal_path)
        (self.folder / "anchor").rename(self.daemon.anchor_path)

    def start_and_hold(self, method):
        """Up to that call of the comparison."""
        hold = faults.HoldRequest()
        self.proxy.on(method, hold, first=1)
        self.daemon.launch(*self.options)
        hold.wait_reached()
        return hold

    def wait_read(self, method, before):
        """More of it were answered than before."""
        wait_until(lambda: len(self.proxy.calls(method)) > before, "it is answered")

    def assert_it_is_noticed(self):
        wait_until(lambda: (self.api.status()["stalled"] or {}).get("code") == "wal_behind_wallet",
                   "the log is behind the wallet")
        (alarm,) = (each for each in self.api.alarms()["alarms"] if not each["accepted"])
        self.assertEqual(alarm["txid"], self.first)
        self.assert_problem(self.api.put("lost", self.body), 503, "not_paying")
        self.assert_problem(self.api.delete("lost"), 503, "not_paying")

    def test_without_a_name_the_logs_wallet_is_asked(self):
        """It would have been "the one that is loaded"."""
        self.daemon.wallet = None
        others = [each for each in self.node.rpc.listwallets() if each != self.wallet_name]
        for each in others:
            self.node.rpc.unloadwallet(each)
        hold = self.start_and_hold("listsinceblock")
        answered = len(self.proxy.calls("listsinceblock"))
        self.wallet.unloadwallet()
        self.node.rpc.loadwallet(others[0])
        hold.release()
        self.wait_read("listsinceblock", answered)
        for each in (*others[1:], self.wallet_name):
            self.node.rpc.loadwallet(each)
        self.assert_it_is_noticed()

    def test_another_one_of_the_same_name(self):
        for method in ("listsinceblock", "listunspent"):
            with self.subTest(method):
                self.swap_at(method)
                self.assert_it_is_noticed()
                self.daemon.stop()

    def swap_at(self, method):
        hold = self.start_and_hold(method)
        answered = len(self.proxy.calls("listlabels"))
        (folder,) = self.node.datadir.glob(f"regtest/**/{self.wallet_name}")
        aside = folder.with_name("aside")
        self.wallet.unloadwallet()
        folder.rename(aside)
        self.node.create_wallet(self.wallet_name)
        hold.release()
        self.wait_read("listlabels", answered)
        self.node.rpc.unloadwallet(self.wallet_name)
        shutil.rmtree(folder)
        aside.rename(folder)
        self.node.rpc.loadwallet(self.wallet_name)


if __name__ == "__main__":
    case.main()
