"""sendonce-cli: what it asks, shows and returns, and that it asks until it has an answer."""

import json
import signal
import socket
import subprocess

from framework import case
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, COIN_SAT, SendCase
from framework.stand_in import StandIn
from framework.waiting import PATIENCE_S, wait_until

# src/cli/exit_code.h
DONE, USAGE, REFUSED, PENDING, NEVER, NO_ANSWER, UNKNOWN_ID = range(7)
YEAR_2100 = 4_102_444_800_000
ALL_OF_IT = 9 * COIN_SAT  # more than a wallet here has


class CliCase(SendCase):
    wallet_coins = 2

    def setUp(self):
        super().setUp()
        self.addresses = {}

    def address_of(self, send_id, amount_sat=AMOUNT_SAT):
        """Of the send, the same each time; the id is known to self.promises from here."""
        if send_id not in self.addresses:
            body = self.new_send(self.node, send_id, amount_sat)
            self.addresses[send_id] = body["outputs"][0]["address"]
        return self.addresses[send_id]

    def send_words(self, send_id, amount_sat=AMOUNT_SAT):
        return "send", send_id, self.address_of(send_id, amount_sat), str(amount_sat)

    def run_cli(self, code, *words):
        """Runs it, expects the exit code, and returns its standard output and error."""
        done = self.daemon.cli(*words)
        self.assertEqual(done.returncode, code, done)
        return done.stdout, done.stderr

    def run_json(self, code, *words):
        out, _ = self.run_cli(code, *words, "--json")
        self.assertEqual(out.count("\n"), 1)
        return json.loads(out)

    def run_table(self, code, *words):
        """Its rows: first word to the rest."""
        out, _ = self.run_cli(code, *words)
        return dict((line.split(None, 1) + [""])[:2] for line in out.splitlines())

    def start_cli(self, *words):
        """Runs it in the background."""
        running = subprocess.Popen(
            self.daemon.cli_command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self.addCleanup(running.communicate)
        self.addCleanup(running.kill)
        return running

    def assert_ends(self, running, code):
        out, error = running.communicate(timeout=PATIENCE_S)
        self.assertEqual(running.returncode, code, out + error)
        return out


class Commands(CliCase):
    def test_send_and_send_again(self):
        words = self.send_words("w-1")
        self.promises.accepted("w-1")
        first = self.run_table(DONE, *words)
        self.assertEqual((first["id"], first["replayed"]), ("w-1", "no"))
        again = self.run_json(DONE, *words, "--wait=600")
        self.assertEqual((again["replayed"], again["outcome"]), (True, "sent"))
        self.assertEqual(again, {**self.api.get("w-1").json, "replayed": True})
        self.check_payments(self.node)

    def test_wait_as_far_as_asked_for(self):
        sent = self.run_table(DONE, *self.send_words("w-1"), "--wait=600")
        self.assertEqual(sent["state"], "broadcast")
        self.promises.accepted("w-1")
        self.run_cli(PENDING, "get", "w-1", "--wait=1", "--until=confirmed")
        self.node.mine()
        waited = self.run_table(DONE, "get", "w-1", "--wait=600", "--until=confirmed")
        self.assertEqual((waited["state"], waited["confirmations"]), ("confirmed", "1"))
        self.node.mine(5)
        self.run_cli(DONE, *self.send_words("w-1"), "--wait=600", "--until=final")
        self.check_payments(self.node)

    def test_what_waits_is_pending_and_what_is_cancelled_is_never(self):
        words = self.send_words("w-1", ALL_OF_IT)
        self.run_cli(DONE, *words)
        self.run_cli(PENDING, *words, "--wait=1")
        self.run_cli(PENDING, "get", "w-1")
        self.assertEqual(self.run_table(DONE, "cancel", "w-1")["outcome"], "never")
        self.promises.never("w-1")
        self.run_cli(DONE, "cancel", "w-1")
        self.run_cli(NEVER, "get", "w-1")
        self.run_cli(NEVER, *words)
        self.run_cli(NEVER, *words, "--wait=600", "--until=final")
        self.check_payments(self.node)

    def test_an_unknown_id_and_its_fence(self):
        self.run_cli(UNKNOWN_ID, "get", "w-1")
        self.run_cli(UNKNOWN_ID, "history", "w-1")
        self.run_cli(DONE, "cancel", "w-1")
        self.assertIn("id_cancelled", self.run_cli(REFUSED, *self.send_words("w-1"))[1])
        self.promises.never("w-1")
        self.check_payments(self.node)

    def test_what_sendonced_refuses(self):
        self.run_cli(DONE, *self.send_words("w-1"), "--wait=600")
        self.promises.accepted("w-1")
        shown, error = self.run_cli(REFUSED, *self.send_words("w-1")[:3], str(AMOUNT_SAT + 1))
        self.assertIn("id_reused (outputs[0].amount_sat)", error)
        self.assertIn("broadcast", shown)  # the send as it is recorded
        problem = self.run_json(REFUSED, "cancel", "w-1")
        self.assertEqual((problem["code"], problem["send"]["id"]), ("too_late", "w-1"))
        _, error = self.run_cli(REFUSED, "send", "w-2", "nobody", "150000")
        self.assertIn("bad_address (outputs[0].address)", error)
        self.check_payments(self.node)

    def test_every_option_of_send_arrives(self):
        options = ("--fee-rate=7.25", "--max-fee-sat=5000", "--nobatch",
                   f"--not-after={YEAR_2100}", "--reference=order 1")
        self.run_cli(DONE, *self.send_words("w-1"), *options)
        self.run_cli(DONE, *self.send_words("w-2"), "--conf-target=12", "--batch")
        bodies = {
            "w-1": {"fee": {"rate_sat_vb": 7.25}, "max_fee_sat": 5000, "batch": False,
                    "not_after": YEAR_2100, "reference": "order 1"},
            "w-2": {"fee": {"conf_target": 12}, "batch": True},
        }
        for send_id, fields in bodies.items():
            output = {"address": self.address_of(send_id), "amount_sat": AMOUNT_SAT}
            answer = self.api.put(send_id, {"outputs": [output], **fields})
            self.assert_answer(answer, 200, replayed=True)
            self.promises.accepted(send_id)
            self.wait_for(send_id, "sent", outcome="sent")
        self.check_payments(self.node)

    def test_what_it_shows_of_the_daemon(self):
        self.run_cli(DONE, *self.send_words("w-1"), "--wait=600")
        status = self.run_table(DONE, "status")
        self.assertEqual((status["paying"], status["name"]), ("yes", self.wallet_name))
        self.assertEqual(self.run_json(DONE, "funds"), self.api.funds().json)
        self.assertEqual(self.run_cli(DONE, "alarms")[0], "none\n")
        history = self.run_cli(DONE, "history", "w-1")[0]
        for record in self.records("w-1"):
            self.assertIn(record, history)
        self.assertEqual(self.run_json(DONE, "history", "w-1"), self.api.history("w-1").json)

    def test_alarms(self):
        self.wallet.sendtoaddress(self.new_address(self.node), to_btc(AMOUNT_SAT))
        self.node.mine()
        (alarm,) = wait_until(lambda: self.api.alarms()["alarms"], "an alarm")
        self.assertIn("unexplained_spend", self.run_cli(DONE, "alarms")[0])
        number = str(alarm["number"])
        self.run_cli(REFUSED, "accept-alarm", "999999", "no such")
        accepted = self.run_json(DONE, "accept-alarm", number, "by hand")
        self.assertEqual(accepted["accepted"]["reason"], "by hand")
        self.assertEqual(self.api.status()["open_alarms"], 0)


class Usage(CliCase):
    def test_nothing_is_asked(self):
        address = self.new_address(self.node)
        for words in (
            (),
            ("pay", "w-1", address, "1000"),
            ("send", "w-1", address),
            ("send", "w-1", address, "1000", "more"),
            ("send", "w-1", address, "0"),
            ("send", "w-1", address, "-1000"),
            ("send", "w-1", address, "0.001"),
            ("send", "w-1", address, "1e3"),
            ("send", "w-1", address, "2100000000000001"),
            ("send", "a b", address, "1000"),
            ("send", "..", address, "1000"),
            ("send", "x" * 129, address, "1000"),
            ("send", "w-1", address, "1000", "--until=final"),
            ("send", "w-1", address, "1000", "--wait=x"),
            ("send", "w-1", address, "1000", "--wait=5", "--until=soon"),
            ("send", "w-1", address, "1000", "--fee-rate=1.0001"),
            ("send", "w-1", address, "1000", "--fee-rate=2", "--conf-target=2"),
            ("send", "w-1", address, "1000", "--reference=" + "x" * 257),
            ("send", "w-1", address, "1000", "--unknown=1"),
            ("get", "w-1", "--fee-rate=2"),
            ("cancel", "w-1", "--wait=5"),
            ("status", "w-1"),
            ("accept-alarm", "x", "reason"),
            ("bump", "w-1", "0"),
            ("bump", "w-1", "2", "--fee-rate=2"),
            ("adopt", "w-1", "00"),
            ("adopt", "w-1", "00" * 32, address),
            ("adopt", "w-1", "00" * 32, address, "0.001"),
            ("verdict", "w-1", "pay_again", "reason"),
            ("verdict", "w-1", "never", ""),
            ("import", "/nowhere/paid-before.csv"),
            ("import",),
        ):
            with self.subTest(" ".join(words)[:80]):
                out, error = self.run_cli(USAGE, *words)
                self.assertEqual(out, "")
                self.assertTrue(error.startswith("sendonce-cli: "), error)
        self.assertEqual(self.api.get("w-1")["code"], "unknown_id")

    def test_help_and_version(self):
        self.assertIn("send <id> <address> <amount_sat>", self.run_cli(DONE, "-help")[0])
        self.assertTrue(self.run_cli(DONE, "-version")[0].startswith("sendonce-cli version"))


class Repeats(CliCase):
    def wait_until_it_has_no_answer(self, running):
        self.assertIn("no answer yet", running.stderr.readline())

    def test_until_the_daemon_is_there(self):
        self.daemon.stop()
        running = self.start_cli(*self.send_words("w-1"), "--wait=600", "--json")
        self.wait_until_it_has_no_answer(running)
        self.daemon.start(*self.options)
        answer = json.loads(self.assert_ends(running, DONE))
        self.assertEqual((answer["id"], answer["outcome"]), ("w-1", "sent"))
        self.promises.accepted("w-1")
        self.check_payments(self.node)

    def test_while_the_daemon_is_killed_under_it(self):
        """It waits in a call, is cut off, and asks again: with the new cookie, the same id."""
        running = self.start_cli(*self.send_words("w-1"), "--wait=600", "--until=final")
        self.promises.accepted("w-1")
        for blocks in (0, 1):
            wait_until(lambda: self.api.get("w-1").status == 200, "it is recorded")
            self.daemon.kill()
            self.daemon.start(*self.options)
            self.wait_for("w-1", "sent")
            self.node.mine(blocks)
        self.node.mine(5)
        self.assertIn("final", self.assert_ends(running, DONE))
        self.assertEqual(self.records("w-1").count("SendRecorded"), 1)
        self.check_payments(self.node)

    def test_many_of_them_at_once_while_it_starts(self):
        self.daemon.stop()
        words = self.send_words("w-1")
        running = [self.start_cli(*words, "--json") for _ in range(8)]
        for each in running:
            self.wait_until_it_has_no_answer(each)
        self.daemon.start(*self.options)
        answers = [json.loads(self.assert_ends(each, DONE)) for each in running]
        self.promises.accepted("w-1")
        self.assertEqual(sorted(each["replayed"] for each in answers), [False] + [True] * 7)
        self.finish("w-1")
        self.check_payments(self.node)

    def test_a_time_limit_and_an_interruption_are_no_answer(self):
        self.daemon.stop()
        self.run_cli(NO_ANSWER, *self.send_words("w-1"), "--timeout=1")
        running = self.start_cli(*self.send_words("w-1"))
        self.wait_until_it_has_no_answer(running)
        running.send_signal(signal.SIGINT)
        self.assertEqual(self.assert_ends(running, NO_ANSWER), "")

    def test_the_place_of_the_daemon_is_read_from_its_configuration(self):
        conf = self.daemon.datadir / "sendonce.conf"
        conf.write_text(f"chain=regtest\nrpcwallet=for sendonced alone\n"
                        f"[regtest]\nport={self.daemon.port}\n")
        program = self.daemon.cli_command()[0]
        done = subprocess.run([program, f"-datadir={conf.parent}", "status"],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, DONE, done)


class OverIpv6(case.Case):
    """The node, the daemon and the client are at ::1 for each other."""

    def test_a_send(self):
        if has_ipv6():
            self.send_over_it()
        else:
            self.assert_refused_without()

    def assert_refused_without(self):
        daemon = self.new_sendonced(self.start_funded_node())
        daemon.init()
        self.assertIn("::1", daemon.refuses("-bind=::1"))

    def send_over_it(self):
        node = self.start_funded_node("-rpcbind=127.0.0.1", "-rpcbind=::1",
                                      "-rpcallowip=127.0.0.1", "-rpcallowip=::1", coins=2)
        (output,) = self.new_send(node, "w-1", AMOUNT_SAT)["outputs"]
        daemon = self.new_sendonced(node)
        daemon.init("-rpcconnect=::1")
        daemon.launch("-rpcconnect=::1", "-bind=::1")
        words = ("send", "w-1", output["address"], str(AMOUNT_SAT), "--wait=600")
        for place in ("--bind=::1", "--bind=[::]", "--rpcconnect=::1"):
            done = daemon.cli(*words, place)
            self.assertEqual(done.returncode, DONE, done)
        self.promises.accepted("w-1")
        node.mine()
        self.check_payments(node)


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def send_json(send_id, outcome, state):
    return json.dumps({"id": send_id, "outcome": outcome, "state": state, "txids": []})


def refusal_json(code, send):
    return json.dumps({"status": 409, "code": code, "detail": "", "send": json.loads(send)})


class Strangers(CliCase):
    """Who listens on the port may be somebody else, or may mix up what it was asked: only what is
    about this id, in the words of the contract, is an answer."""

    ODD = [
        (200, "{}"),
        (201, json.dumps({"result": None, "error": None, "id": 1})),
        (200, send_json("w-2", "never", "cancelled")),
        (200, send_json("w-2", "sent", "final")),
        (200, send_json("w-1", "failed", "cancelled")),
        (409, refusal_json("too_late", send_json("w-2", "sent", "final"))),
    ]

    def replies(self, *replies):
        """Where the next commands find these replies, the last one for ever."""
        stand_in = StandIn(self.ports.take(), replies)
        self.addCleanup(stand_in.close)
        return stand_in

    def words_of_all(self):
        return (
            self.send_words("w-1"), ("bump", "w-1", "2"), ("cancel", "w-1"),
            ("get", "w-1", "--wait=1", "--until=final"), ("adopt", "w-1", "11" * 32),
            ("verdict", "w-1", "never", "a test"),
        )

    def test_what_is_about_another_send_is_no_answer(self):
        for words, odd in zip(self.words_of_all(), self.ODD, strict=True):
            with self.subTest(words[0], odd=odd):
                running = self.start_cli(*words, f"-port={self.replies(odd).port}")
                self.assertIn("no answer to what was asked", running.stderr.readline())
                running.send_signal(signal.SIGINT)
                self.assertEqual(self.assert_ends(running, NO_ANSWER), "")

    def test_the_same_is_asked_until_the_answer_is_about_it(self):
        for code, words, answer in (
            (DONE, self.send_words("w-1"), send_json("w-1", "pending", "recorded")),
            (NEVER, self.send_words("w-1"), send_json("w-1", "never", "cancelled")),
            (DONE, ("cancel", "w-1"), send_json("w-1", "never", "cancelled")),
            (PENDING, ("get", "w-1"), send_json("w-1", "pending", "recorded")),
        ):
            with self.subTest(words[0], answer=answer):
                stand_in = self.replies(*self.ODD[:3], (200, answer))
                out, _ = self.run_cli(code, *words, f"-port={stand_in.port}", "--json")
                self.assertEqual(out, answer + "\n")
                self.assertEqual(len(stand_in.seen), 4)
                self.assertEqual(len(set(stand_in.seen)), 1)


if __name__ == "__main__":
    case.main()
