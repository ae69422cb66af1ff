"""The log cannot quietly become shorter, empty, older or another's: sendonced refuses and names what
is wrong and the way out; where it can run, it tells what it knows, pays nothing, promises nothing.
"""

import shutil

from framework import case, faults
from framework.rpc import to_btc
from framework.sendonced import EXIT_REFUSED
from framework.waiting import wait_until

KNOWN, LATER, NEW = "known", "later", "new"


class WalTest(case.Case):
    """A daemon, stopped, whose log knows one send that is paid."""

    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=6)
        self.proxy = self.start_proxy(self.node)
        self.daemon = self.start_sendonced(self.node, self.proxy)
        self.bodies = {}
        self.pay(KNOWN)
        self.daemon.stop()

    def tearDown(self):
        self.check_payments(self.node, self.proxy)

    def submit(self, send_id, **query):
        if send_id not in self.bodies:
            self.bodies[send_id] = self.new_send(self.node, send_id)
        return self.daemon.api.put(send_id, self.bodies[send_id], **query)

    def pay(self, send_id):
        answer = self.submit(send_id, wait=600, until="sent")
        self.assertEqual((answer.status, answer["outcome"]), (201, "sent"), answer)
        self.promises.accepted(send_id)

    def assert_refuses(self, *words):
        """It refuses to start, and says each of the words."""
        said = self.daemon.refuses()
        for each in words:
            self.assertIn(str(each), said)

    def assert_pays_nothing_because(self, code, new_ids="not_paying"):
        """It runs, and pays nothing; it still tells what it knows, and promises nothing new."""
        def stall():
            stalled = self.daemon.api.status()["stalled"]
            return stalled if stalled and stalled["code"] == code else None

        self.daemon.wait_alive()
        wait_until(stall, f"nothing is paid because of {code}")
        self.assertEqual(self.daemon.api.request("GET", "/readyz").status, 503)
        self.assertEqual(self.daemon.api.get(KNOWN)["outcome"], "sent")
        self.assertEqual((self.submit(KNOWN).status, self.submit(KNOWN)["replayed"]), (200, True))
        self.assert_promises_nothing(new_ids)

    def assert_promises_nothing(self, code):
        for refused in (self.submit(NEW), self.daemon.api.delete(NEW)):
            self.assertEqual((refused.status, refused["code"]), (503, code), refused)
            self.assertIn("retry-after", refused.headers)
        self.assertEqual(self.daemon.api.get(NEW)["code"], "unknown_id")

    def copy_aside(self, *paths):
        for each in paths:
            copy = shutil.copytree if each.is_dir() else shutil.copy
            copy(each, self.folder / each.name)

    def copy_back(self, *paths):
        for each in paths:
            if each.is_dir():
                shutil.rmtree(each)
            (self.folder / each.name).rename(each)


class MissingTest(WalTest):
    def test_no_wal(self):
        shutil.rmtree(self.daemon.wal_path)
        self.assert_refuses("There is no WAL in", self.daemon.wal_path, "from a copy", "init")
        self.assertFalse(self.daemon.wal_path.exists())

    def test_empty_wal(self):
        shutil.rmtree(self.daemon.wal_path)
        self.daemon.wal_path.mkdir()
        self.assert_refuses("holds no WAL", self.daemon.wal_path, "from a copy", "init")
        self.assertEqual(list(self.daemon.wal_path.iterdir()), [])

    def test_no_anchor(self):
        self.copy_aside(self.daemon.anchor_path)
        self.daemon.anchor_path.unlink()
        self.assert_refuses(self.daemon.anchor_path, "is missing", "Put it back")
        self.copy_back(self.daemon.anchor_path)
        self.daemon.start()
        self.pay(NEW)

    def test_damaged_anchor(self):
        text = self.daemon.anchor_path.read_text()
        self.daemon.anchor_path.write_text(text.replace("seq ", "seq 1"))
        self.assert_refuses(self.daemon.anchor_path, "is damaged", "Put it back")

    def test_anchor_of_another_wal(self):
        other = self.new_sendonced(self.node)
        self.node.create_wallet("other")
        other.wallet = "other"
        other.init()
        shutil.copy(other.anchor_path, self.daemon.anchor_path)
        self.assert_refuses(self.daemon.anchor_path, self.daemon.wal_path, "belongs to WAL")

    def test_a_daemon_that_was_never_initialised(self):
        self.node.create_wallet("other")
        fresh = self.new_sendonced(self.node)
        self.assertRegex(fresh.refuses(), "There is no WAL in .*sendonced init")
        self.assertFalse(fresh.wal_path.exists())


class DamagedTest(WalTest):
    """Each file of the log is spoilt in several ways: refused or harmless, no wrong answer."""

    SPOILERS = {
        "removed": lambda data: None,
        "emptied": lambda data: b"",
        "cut in half": lambda data: data[: len(data) // 2],
        "cut by a byte": lambda data: data[:-1],
        "a bit flipped in the middle": lambda data: flip(data, len(data) // 2),
        "a bit flipped near the end": lambda data: flip(data, len(data) - 2),
    }
    HARMLESS = ("LOCK", "LOG", "LOG.old")  # LevelDB reads none of them

    def spoil_each_file(self):
        self.copy_aside(self.daemon.wal_path, self.daemon.anchor_path)
        for name in sorted(each.name for each in self.daemon.wal_path.iterdir()):
            for how, spoil in self.SPOILERS.items():
                with self.subTest(f"{name} {how}"):
                    self.put_back_copies()
                    self.spoil(name, spoil)
                    self.look(name)

    def put_back_copies(self):
        shutil.rmtree(self.daemon.wal_path)
        shutil.copytree(self.folder / "wal", self.daemon.wal_path)
        shutil.copy(self.folder / "anchor", self.daemon.anchor_path)

    def spoil(self, name, spoil):
        path = self.daemon.wal_path / name
        data = spoil(path.read_bytes())
        if data is None:
            path.unlink()
        else:
            path.write_bytes(data)

    def look(self, name):
        self.daemon.announce(r"\[wal\]")
        self.daemon.launch()
        if self.daemon.comes_up():
            self.assertEqual(self.daemon.api.get(KNOWN)["outcome"], "sent")
            return self.daemon.stop()
        self.assertEqual(self.daemon.wait_exit(), EXIT_REFUSED, self.daemon.last_words())
        self.assertIn(str(self.daemon.wal_path), self.daemon.last_words())
        self.assertNotIn(name, self.HARMLESS)

    def test_log_file(self):
        """What was written since the last start is in LevelDB's own log."""
        self.spoil_each_file()

    def test_table_file(self):
        """At the start LevelDB turns its log into a table."""
        self.daemon.start()
        self.daemon.stop()
        self.spoil_each_file()


def flip(data, at):
    if not data:
        return data
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


class OlderTest(WalTest):
    """The log is copied back from yesterday; since then another send was paid."""

    def copies_of_the_log(self):
        return self.daemon.wal_path, self.daemon.anchor_path

    def test_without_its_anchor(self):
        """The anchor knows better."""
        self.copy_aside(self.daemon.wal_path)
        self.daemon.start()
        self.pay(LATER)
        self.daemon.stop()
        self.copy_back(self.daemon.wal_path)
        self.assert_refuses(
            self.daemon.wal_path, self.daemon.anchor_path, "5 records are missing", "newest copy"
        )

    def test_with_its_anchor(self):
        """Only the wallet knows better: a spend that no record explains."""
        self.copy_aside(*self.copies_of_the_log())
        self.daemon.start()
        self.pay(LATER)
        self.daemon.stop()
        self.copy_back(*self.copies_of_the_log())
        self.daemon.launch()
        self.assert_pays_nothing_because("wal_behind_wallet")
        self.assertEqual(self.submit(LATER)["code"], "not_paying")
        self.accept_alarms(count=1)
        self.daemon.wait_ready()
        self.pay(NEW)

    def test_with_its_anchor_and_a_send_that_waits(self):
        """Yesterday it was recorded, not yet bound to coins, and it was paid since: it waits for an
        operator, and is not paid again.
        """
        self.daemon.start()
        self.keep_waiting_at("fundrawtransaction", "recorded")
        self.daemon.launch()
        self.assert_pays_nothing_because("wal_behind_wallet")
        waiting = self.daemon.api.get(LATER)
        self.assertEqual((waiting["outcome"], waiting["state"]), ("pending", "recorded"))
        self.assertEqual(waiting["stalled"]["code"], "wal_behind_wallet")

    def test_with_its_anchor_and_a_send_that_has_its_coins(self):
        """Yesterday it was bound to coins: the transaction that spends them is its own."""
        self.daemon.start()
        self.keep_waiting_at("lockunspent", "reserved")
        self.daemon.start()
        self.daemon.api.wait_for_state(LATER, "broadcast")
        self.assertEqual(self.daemon.api.alarms()["alarms"], [])

    def test_with_its_anchor_and_a_send_that_was_paid_from_other_coins(self):
        """What it is bound to was never given to sign: `adopt` gives it the payment that was made."""
        self.daemon.start()
        broken = self.proxy.on("lockunspent", faults.DropRequest())
        self.assertEqual(self.submit(LATER).status, 201)
        self.promises.accepted(LATER)
        self.daemon.api.wait_for_state(LATER, "reserved")
        reserved = next(each for each in self.daemon.api.funds()["reservations"]
                        if LATER in each["ids"])
        self.daemon.stop()
        self.proxy.remove(broken)
        txid = self.pay_by_hand(LATER, reserved["coins"])
        self.daemon.launch()
        self.assert_pays_nothing_because("wal_behind_wallet")
        self.assertEqual(self.daemon.api.get(LATER)["state"], "reserved")
        adopted = wait_until(lambda: self.adopted(LATER, txid), "its spends are looked at")
        self.assertEqual((adopted.status, adopted["txid"]), (200, txid), adopted)
        self.daemon.wait_ready()
        self.pay(NEW)
        self.assertEqual(self.daemon.api.get(LATER)["txid"], txid)

    def adopted(self, send_id, txid):
        answer = self.daemon.api.adopt(send_id, txid)
        return answer if answer.status == 200 else None

    def pay_by_hand(self, send_id, but_not):
        taken = {(each["txid"], each["vout"]) for each in but_not}
        wallet = self.node.wallet(case.WALLET)
        coin = next({"txid": each["txid"], "vout": each["vout"]} for each in wallet.listunspent(6)
                    if (each["txid"], each["vout"]) not in taken)
        (output,) = self.bodies[send_id]["outputs"]
        made = wallet.send([{output["address"]: to_btc(output["amount_sat"])}], None, "unset", 5,
                           {"inputs": [coin], "add_inputs": False})
        return made["txid"]

    def keep_waiting_at(self, method, state):
        """LATER cannot go on; the log is copied; LATER is paid; the copy is put back."""
        broken = self.proxy.on(method, faults.DropRequest())
        self.assertEqual(self.submit(LATER).status, 201)
        self.promises.accepted(LATER)
        self.daemon.api.wait_for_state(LATER, state)
        self.daemon.stop()
        self.copy_aside(*self.copies_of_the_log())
        self.proxy.remove(broken)
        self.daemon.start()
        self.daemon.api.wait_for_outcome(LATER, "sent")
        self.daemon.stop()
        self.copy_back(*self.copies_of_the_log())

    def accept_alarms(self, count):
        alarms = self.daemon.api.alarms()["alarms"]
        self.assertEqual(len(alarms), count, alarms)
        for each in alarms:
            path = f"/v1/alarms/{each['number']}/accept"
            accepted = self.daemon.api.request("POST", path, {"reason": "looked at, it was later"})
            self.assertEqual(accepted.status, 200, accepted)


class BoundTest(WalTest):
    """One payer for each wallet, one wallet for each log."""

    def other_wallet(self):
        wallet = self.node.create_wallet("other")
        self.node.fund(wallet, ["1"])
        return "other"

    def test_another_wallet(self):
        self.daemon.wallet = self.other_wallet()
        self.daemon.launch()
        self.assert_pays_nothing_because("wallet_not_bound")
        self.assertIn("-rpcwallet", self.daemon.api.status()["stalled"]["detail"])

    def test_a_wallet_that_a_second_log_is_bound_to(self):
        """The label of an address is the binding: somebody copied it by hand."""
        address = self.node.wallet(case.WALLET).getnewaddress("sendonce:" + "ab" * 16)
        self.daemon.launch()
        self.assert_pays_nothing_because("wallet_bound_twice")
        self.node.wallet(case.WALLET).setlabel(address, "")
        self.daemon.wait_ready()
        self.pay(NEW)

    def test_a_second_log_for_the_wallet(self):
        second = self.new_sendonced(self.node)
        done = second.init(check=False)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertRegex(done.stderr, "bound already .*sendonce:.*Use that WAL, or another wallet")
        self.assertFalse(second.wal_path.exists())
        self.daemon.start()
        self.pay(NEW)

    def test_two_daemons_on_one_log(self):
        self.daemon.start()
        pid = str(self.daemon.process.pid)
        said = self.daemon.twin(self.ports).refuses()
        self.assertIn(f"{self.daemon.wal_path} is in use by process {pid}", said)
        self.assertEqual((self.daemon.datadir / "sendonced.pid").read_text().strip(), pid)
        self.pay(NEW)

    def test_init_twice(self):
        done = self.daemon.init(check=False)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn(str(self.daemon.wal_path), done.stderr)
        self.assertIn("without init", done.stderr)
        self.daemon.start()
        self.pay(NEW)

    def test_init_beside_a_lost_wal(self):
        """The anchor and the wallet's binding tell that there was one."""
        shutil.rmtree(self.daemon.wal_path)
        done = self.daemon.init(check=False)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn(str(self.daemon.anchor_path), done.stderr)
        self.daemon.anchor_path.unlink()
        self.assertIn("is bound already", self.daemon.init(check=False).stderr)

    def test_init_after_one_that_was_interrupted(self):
        """Its message's way out works."""
        wallet = self.node.wallet(self.other_wallet())
        address = wallet.getnewaddress("sendonce:" + "ab" * 16)
        fresh = self.new_sendonced(self.node)
        fresh.wallet = "other"
        said = fresh.init(check=False).stderr
        self.assertIn("setlabel <address>", said)
        self.assertEqual(list(wallet.getaddressesbylabel("sendonce:" + "ab" * 16)), [address])
        wallet.setlabel(address, "")
        fresh.init()

    def test_init_with_a_wallet_that_cannot_sign(self):
        self.node.create_wallet("watching", disable_private_keys=True)
        fresh = self.new_sendonced(self.node)
        fresh.wallet = "watching"
        done = fresh.init(check=False)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertRegex(done.stderr, "has no private keys .*-rpcwallet")


class OtherChainTest(WalTest):
    def test_a_node_with_another_history(self):
        """Same genesis, and even the same wallet, but no block that the log has read."""
        other = self.start_node()
        other.mine(self.node.rpc.getblockcount() + 10)
        self.move_wallet_to(other)
        self.daemon.launch()
        self.assert_pays_nothing_because("chain_unknown", new_ids="starting")

    def test_a_node_with_less_work(self):
        other = self.start_node()
        other.mine(1)
        self.move_wallet_to(other)
        self.daemon.launch()
        self.assert_pays_nothing_because("node_behind", new_ids="starting")

    def move_wallet_to(self, other):
        backup = self.folder / "backup"
        self.node.wallet(case.WALLET).backupwallet(str(backup))
        other.rpc.restorewallet(case.WALLET, str(backup))
        self.daemon.use_node(other)

    def test_a_log_of_another_network(self):
        self.copy_aside(self.daemon.wal_path, self.daemon.anchor_path)
        (self.daemon.datadir / "signet").mkdir()
        for each in ("wal", "anchor"):
            (self.folder / each).rename(self.daemon.datadir / "signet" / each)
        self.daemon.chain = "signet"
        said = self.daemon.refuses()
        self.assertIn(str(self.daemon.datadir / "signet" / "wal"), said)
        self.assertIn("belongs to regtest; start sendonced with -chain=regtest", said)

    def test_init_with_a_node_of_another_network(self):
        fresh = self.new_sendonced(self.node)
        fresh.chain = "signet"
        done = fresh.init(check=False)
        self.assertEqual(done.returncode, EXIT_REFUSED)
        self.assertIn("'regtest', not 'signet': choose with -chain=regtest", done.stderr)


if __name__ == "__main__":
    case.main()
