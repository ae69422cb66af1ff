"""sendonce-cli import: payments that were made before sendonce get their ids, each once, however
often and wherever the run is stopped.
"""

import json
import signal
import subprocess

from framework import case
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, SendCase
from framework.waiting import PATIENCE_S

# src/cli/exit_code.h
DONE, NO_ANSWER, NOT_ALL = 0, 5, 7
NOBODYS = "11" * 32


class Import(SendCase):
    """w-1 and w-2 were paid before the log was made, the latter with two outputs."""

    wallet_coins = 2

    def new_wallet(self, coins):
        wallet = super().new_wallet(coins)
        self.bodies, self.txids = {}, {}
        for send_id, amounts in (("w-1", (AMOUNT_SAT,)), ("w-2", (AMOUNT_SAT, 2 * AMOUNT_SAT))):
            body = self.new_body(send_id, amounts)
            paid = [{each["address"]: to_btc(each["amount_sat"])} for each in body["outputs"]]
            self.bodies[send_id] = body
            self.txids[send_id] = wallet.send(paid)["txid"]
            self.node.mine()
        return wallet

    def line(self, send_id, **changes):
        """A line of the file, with another txid or first amount if told."""
        fields = [send_id, changes.get("txid", self.txids[send_id])]
        for each in self.bodies[send_id]["outputs"]:
            fields += [each["address"], str(changes.pop("amount_sat", each["amount_sat"]))]
        return ",".join(fields)

    def write(self, *lines):
        path = self.daemon.datadir / "paid-before.csv"
        path.write_text("".join(line + "\n" for line in lines))
        return str(path)

    def run_import(self, code, *words):
        done = self.daemon.cli("import", *words)
        self.assertEqual(done.returncode, code, done)
        return done.stdout, done.stderr

    def start_import(self, path):
        running = subprocess.Popen(
            self.daemon.cli_command("import", path), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.communicate)
        self.addCleanup(running.kill)
        return running

    def assert_adopted(self, *send_ids):
        for send_id in send_ids:
            self.promises.accepted(send_id)
            answer = self.api.get(send_id)
            self.assert_answer(answer, 200, outcome="sent", txid=self.txids[send_id])
            again = self.api.put(send_id, self.bodies[send_id])
            self.assert_answer(again, 200, replayed=True, txid=self.txids[send_id])
            self.assertEqual(self.records(send_id).count("PaymentAdopted"), 1)
        self.node.mine(6)
        self.restart()
        self.check_payments(self.node)

    def test_each_line_is_recorded_once(self):
        path = self.write("id,txid,address,amount_sat", self.line("w-1"), "# two outputs",
                          self.line("w-2"))
        out, _ = self.run_import(DONE, path)
        self.assertEqual(out, "2 lines: 2 recorded, 0 already recorded, 0 not recorded\n")
        out, _ = self.run_import(DONE, path, "--json")
        told = [json.loads(line) for line in out.splitlines()]
        self.assertEqual([(each["line"], each["id"], each["result"]) for each in told],
                         [(2, "w-1", "already_recorded"), (4, "w-2", "already_recorded")])
        self.assert_adopted("w-1", "w-2")

    def test_lines_that_do_not_match_are_named_and_record_nothing(self):
        path = self.write(
            "nonsense", self.line("w-1", amount_sat=AMOUNT_SAT + 1), self.line("w-1", txid=NOBODYS),
            self.line("w-1").replace("w-1", "w-9"),  # takes the payment, so that w-1 finds none
            self.line("w-1"), self.line("w-2"))
        out, error = self.run_import(NOT_ALL, path)
        self.assertEqual(out, "6 lines: 2 recorded, 0 already recorded, 4 not recorded\n")
        reasons = {2: "not_paid", 3: "unknown_transaction", 5: "not_paid"}
        self.assertIn("line 1 is not recorded: a line is written so", error)
        for number, code in reasons.items():
            self.assertIn(f"line {number} is not recorded: {code}", error)
        self.assertEqual(self.api.get("w-1")["code"], "unknown_id")
        self.assert_answer(self.api.get("w-9"), 200, outcome="sent", txid=self.txids["w-1"])
        self.assert_adopted("w-2")

    def test_a_run_that_is_stopped_is_begun_again(self):
        self.run_import(DONE, self.write(self.line("w-1")))
        path = self.write(self.line("w-1"), self.line("w-2"))
        self.daemon.stop()
        running = self.start_import(path)
        self.assertIn("no answer yet", running.stderr.readline())
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=PATIENCE_S)
        self.assertEqual(running.returncode, NO_ANSWER, out + error)
        self.assertIn("stopped at line 1", error)
        running = self.start_import(path)
        self.assertIn("no answer yet", running.stderr.readline())
        self.daemon.start(*self.options)
        out, error = running.communicate(timeout=PATIENCE_S)
        self.assertEqual(running.returncode, DONE, out + error)
        self.assertEqual(out, "2 lines: 1 recorded, 1 already recorded, 0 not recorded\n")
        self.assert_adopted("w-1", "w-2")


if __name__ == "__main__":
    case.main()
