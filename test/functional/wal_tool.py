"""sendonce-wal on the log of a daemon that has paid: what it shows, what it finds, and that it changes
nothing.
"""

import hashlib
import json
import shutil

from framework import case
from framework.sending import COIN_SAT, WAIT_S, SendCase

# src/cli/wal_tool.h
DONE, USAGE, UNREADABLE, DAMAGED = range(4)
BYTES_FLIPPED = 40  # of each file


def _fingerprint(folder):
    """Of every file in it."""
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*")) if path.is_file()
    }


class WalToolCase(SendCase):
    """The log holds a send that is final, one that is out, one that waits, one that is burnt."""

    def setUp(self):
        super().setUp()
        self.submit("final", wait=WAIT_S)
        self.finish("final")
        self.submit("sent", wait=WAIT_S)
        self.submit("waits", self.new_body("waits", (9 * COIN_SAT,)))
        self.assert_answer(self.api.delete("burnt"), 200, outcome="never")

    def run_tool(self, code, *words):
        """Runs it, expects the exit code, and returns its standard output and error."""
        done = self.daemon.wal_tool(*words)
        self.assertEqual(done.returncode, code, done)
        return done.stdout, done.stderr

    def dump(self, *words):
        return [json.loads(line) for line in self.run_tool(DONE, "dump", *words)[0].splitlines()]

    def copy_log(self, name="copy"):
        """The words that name a copy of log and anchor, and the copied log's folder."""
        folder = self.folder / name
        shutil.copytree(self.daemon.wal_path, folder / "wal")
        shutil.copy(self.daemon.anchor_path, folder / "anchor")
        return (f"-waldir={folder / 'wal'}", f"-anchorfile={folder / 'anchor'}"), folder / "wal"


class Whole(WalToolCase):
    def test_dump_shows_every_record_as_the_history_does(self):
        histories = [self.api.history(each)["records"]
                     for each in ("final", "sent", "waits", "burnt")]
        last = self.api.status()["wal"]["durable_seq"]
        self.daemon.stop()
        records = self.dump()
        self.assertEqual([each["seq"] for each in records], list(range(1, last + 1)))
        self.assertEqual(records[0]["type"], "WalCreated")
        for record in sum(histories, []):
            self.assertEqual(records[record["seq"] - 1], record)
        self.assertEqual(self.dump(f"-from={last - 2}"), records[-3:])
        self.assertEqual(self.dump(f"-from={last + 1}"), [])

    def test_verify_finds_nothing_and_neither_changes_anything(self):
        last = self.api.status()["wal"]["durable_seq"]
        self.daemon.stop()
        before = _fingerprint(self.daemon.datadir)
        shown, _ = self.run_tool(DONE, "verify")
        self.assertIn(f"records   {last}\n", shown)
        self.assertIn(f"wallet    {self.wallet_name}\n", shown)
        self.assertIn("\nverified ", shown)
        self.dump()
        self.assertEqual(_fingerprint(self.daemon.datadir), before)
        self.daemon.start(*self.options)
        self.finish("sent")
        self.assert_answer(self.api.delete("waits"), 200, outcome="never")
        self.promises.never("waits")
        self.check_payments(self.node)

    def test_after_a_kill(self):
        self.daemon.kill()
        self.assertIn("\nverified ", self.run_tool(DONE, "verify")[0])

    def test_a_copy_elsewhere(self):
        self.daemon.stop()
        words, _ = self.copy_log()
        shutil.rmtree(self.daemon.wal_path)
        self.run_tool(DONE, "verify", *words)
        self.assertEqual(self.dump(*words)[-1]["id"], "burnt")
        self.assertEqual(self.dump(words[0])[-1]["id"], "burnt")  # a dump needs no anchor


class Refused(WalToolCase):
    def test_a_log_in_use(self):
        for what in ("verify", "dump", "reanchor"):
            self.assertNotEqual(self.run_tool(UNREADABLE, what)[1], "")
        self.submit("goes-on", wait=WAIT_S)

    def test_no_log(self):
        self.daemon.stop()
        shutil.rmtree(self.daemon.wal_path)
        for what in ("verify", "dump"):
            error = self.run_tool(UNREADABLE, what)[1]
            self.assertIn(str(self.daemon.wal_path), error)
        self.assertFalse(self.daemon.wal_path.exists())

    def test_usage(self):
        self.daemon.stop()
        for words in ((), ("repair",), ("verify", "dump"), ("dump", "-from=0"), ("dump", "-from=x"),
                      ("verify", "-port=1"), ("verify", f"-waldir={self.daemon.wal_path}")):
            with self.subTest(words):
                shown, error = self.run_tool(USAGE, *words)
                self.assertEqual(shown, "")
                self.assertTrue(error.startswith("sendonce-wal: "), error)


class Damaged(WalToolCase):
    def setUp(self):
        super().setUp()
        self.daemon.stop()

    def assert_found(self, *words):
        """Something is wrong, and it is said in words."""
        done = self.daemon.wal_tool("verify", *words)
        self.assertIn(done.returncode, (UNREADABLE, DAMAGED), done)
        self.assertTrue("finding " in done.stdout or done.stderr, done)

    def test_each_of_many_flipped_bytes(self):
        words, folder = self.copy_log()
        files = [path for path in folder.iterdir() if path.suffix in (".log", ".ldb")]
        records = self.dump(*words)
        for path in files:
            whole = path.read_bytes()
            for at in range(0, len(whole), max(1, len(whole) // BYTES_FLIPPED)):
                with self.subTest(f"{path.name} at {at}"):
                    data = bytearray(whole)
                    data[at] ^= 0x20
                    path.write_bytes(data)
                    self.assert_found_or_not_read(path, words, records)
                    path.write_bytes(whole)
        self.run_tool(DONE, "verify", *words)

    def assert_found_or_not_read(self, path, words, records):
        """A table has a filter, and room at its end, that nobody reads who reads all records."""
        if path.suffix == ".ldb" and self.daemon.wal_tool("verify", *words).returncode == DONE:
            self.assertEqual(self.dump(*words), records)
        else:
            self.assert_found(*words)

    def test_a_log_from_before_the_anchor(self):
        old, _ = self.copy_log("old")
        self.daemon.start(*self.options)
        self.submit("later", wait=WAIT_S)
        self.daemon.stop()
        new, _ = self.copy_log("new")
        self.run_tool(DONE, "verify", *old)
        self.run_tool(DONE, "verify", *new)
        self.assert_found(old[0], new[1])
        self.check_payments(self.node, all_paid=False)

    def test_a_lost_anchor_is_found_and_can_be_written_anew(self):
        words, _ = self.copy_log()
        self.run_tool(UNREADABLE, "reanchor", *words)  # there is one that can be read
        (self.folder / "copy" / "anchor").unlink()
        self.assert_found(*words)
        self.run_tool(DONE, "reanchor", *words)
        self.run_tool(DONE, "verify", *words)

    def test_another_logs_anchor(self):
        other_wallet = self.new_wallet(1) and self.wallet_name
        other = self.new_sendonced(self.node, wallet=other_wallet)
        other.init()
        words, _ = self.copy_log()
        self.assert_found(words[0], f"-anchorfile={other.anchor_path}")


if __name__ == "__main__":
    case.main()
