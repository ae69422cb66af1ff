"""contrib/audit-log on the log of a daemon that has seen much: proved, and not touched. What it can not
judge; and a chain on which somebody has paid again by hand.
"""

import json
import re
import shutil

from framework import audit, case
from framework.bitcoind import SOURCE_DIR
from framework.forgery import records, without_comments
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, BRISK
from framework.story import Story


class Log(Story):
    def test_log_and_chain(self):
        told, status = audit.report(self.made / "wal", self.made / "anchor",
                                    *audit.node_words(self.node))
        self.assertEqual(status, audit.PROVED, json.dumps(told, indent=1))
        self.assertEqual({each["check"] for each in told["checked"]},
                         {"records", "anchor", "indexes", "payments", "confirmations", "spends",
                          "paid once"})
        self.assertEqual(told["counts"]["sends"], 13)
        missing = {name for name, _ in records.RECORDS.values()} - set(told["counts"])
        self.assertLessEqual(missing, {"RivalGone", "VersionAdopted", "VerdictGiven",
                                       "BatchDropped", "LocksReleased", "CoinsVanished"})

    def files(self, folder):
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ctime_ns)
                for path in folder.iterdir()}

    def test_the_folder_is_as_before(self):
        for words in ((), ("--copy",), audit.node_words(self.node)):
            before = self.files(self.made / "wal")
            self.assertEqual(audit.run(*words, self.made / "wal").returncode, audit.PROVED)
            self.assertEqual(self.files(self.made / "wal"), before)

    def test_what_it_says_to_people(self):
        done = audit.run(self.made / "wal")
        self.assertEqual(done.stdout.splitlines()[-1], "PROVED")
        self.assertIn("holds       indexes: ", done.stdout)
        log = self.forgery()
        log.edit({b"c": None})
        done = audit.run(log.wal)
        self.assertEqual(done.stdout.splitlines()[-1], "REFUTED")
        self.assertIn("finding     indexes: the chain: missing", done.stdout)

    def assert_not_judged(self, *words, text):
        done = audit.run(*words)
        self.assertEqual(done.returncode, audit.NOT_JUDGED, done)
        self.assertIn(text, done.stdout + done.stderr)

    def wal(self):
        return self.made / "wal"

    def test_no_log(self):
        self.assert_not_judged(self.folder, text="holds no log")
        self.assert_not_judged(self.folder / "nowhere", text="holds no log")

    def test_a_node_that_gives_no_answer(self):
        self.assert_not_judged("--rpcport=1", self.wal(), text="gives no answer")
        self.assert_not_judged(f"-datadir={self.folder}", self.wal(), text="gives no answer")

    def test_a_node_that_is_behind_or_has_another_chain(self):
        words = audit.node_words(self.node)
        tip = self.node.rpc.getbestblockhash()
        self.node.rpc.invalidateblock(tip)
        self.assert_not_judged(*words, self.wal(), text="the node is behind")
        other = self.node.mine_empty(2)[0]
        self.assert_not_judged(*words, self.wal(), text="forks off above height")
        self.node.rpc.invalidateblock(other)
        self.node.rpc.reconsiderblock(tip)

    def test_a_wallet_that_is_not_there(self):
        words = audit.node_words(self.node)
        self.assert_not_judged(*words, "--rpcwallet=nobody", self.wal(),
                               text="the wallet can not be read")

    def test_a_log_in_use(self):
        daemon = self.new_sendonced(self.node, wallet="miner")
        daemon.init()
        daemon.start(*BRISK)
        self.assert_not_judged(daemon.wal_path, text="is in use by a running sendonced")
        daemon.stop()
        self.assertEqual(audit.run(daemon.wal_path).returncode, audit.PROVED)

    def test_usage(self):
        self.assertEqual(audit.run().returncode, audit.NOT_JUDGED)
        shown = audit.run("--help").stdout
        for word in ("examples:", "exit status: 0 proved", "--rpccookiefile", "--json"):
            self.assertIn(word, shown)


class ByHand(Story):
    """The chain holds what the log does not know."""

    def test_a_payment_made_again_by_hand(self):
        address, = self.addresses_of(b"sent")
        txid = self.wallet.sendtoaddress(address, to_btc(AMOUNT_SAT), fee_rate=5)
        log = self.forgery()
        words = audit.node_words(self.node)
        for _ in ("in the mempool", "in a block"):
            told = self.assert_refuted(log, "spends", f"{txid} spends from the wallet, and no "
                                       "record explains it; it pays what send sent asked for",
                                       words=words)
            self.node.mine()
        self.assertEqual(self.report(log)[1], audit.PROVED, "only the chain knows")
        self.assertEqual(len(told["findings"]), 1, told)

    def addresses_of(self, send_id):
        log = self.forgery()
        shutil.rmtree(self.folder / "copy")
        send = records.decode_snapshot("send", log.entries[b"s" + send_id])
        return [each["address"] for each in send["content"]["outputs"]]


class Tables(case.Case):
    """The auditor's tables of records, parts and snapshots against the document's."""

    def rows(self, columns):
        """Of the document's tables with so many columns."""
        text = (SOURCE_DIR / "doc" / "wal-format.md").read_text()
        rows = [line.strip("| ").split(" | ") for line in text.splitlines()
                if line.startswith("| ")]
        return [[cell.strip() for cell in row] for row in rows if len(row) == columns]

    def test_records(self):
        told = {int(number): (name.strip("`"), without_comments(fields))
                for number, name, _, fields in self.rows(4) if number.isdigit()}
        held = {number: (name, without_comments(fields))
                for number, (name, fields) in records.RECORDS.items()}
        self.assertEqual(told, held)
        self.assertEqual(len(told), 23)

    def test_parts_and_snapshots(self):
        told = {name: without_comments(fields).split(": ")[0] for name, fields in self.rows(2)}
        for name, fields in {**records.PARTS, **records.SNAPSHOTS}.items():
            fields = fields.replace("locator position[], work (32 bytes, big-endian), pruned",
                                    "the same, and pruned")
            with self.subTest(name):
                self.assertEqual(told[name], without_comments(fields))

    def test_kinds(self):
        told = dict(self.rows(2))
        for name, heading in (("network", "network (u8)"), ("ending", "ending (u8)"),
                              ("verdict", "verdict (u8)"), ("reason", "reason (u8)"),
                              ("kind", "kind of alarm (u8)")):
            with self.subTest(name):
                listed = re.sub(r"\s*\([^()]*\)", "", told[heading]).split(", ")
                held = [f"{number} {words}" for number, words in records.CHOICES[name].items()]
                self.assertEqual(listed, held)
        self.assertIn("end (u8: 0 open, 1 final, 2 dropped)", told["batch"])


if __name__ == "__main__":
    case.main()
