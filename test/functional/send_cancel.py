"""The fence (G6): DELETE, deadlines, and what they can not undo."""

import time

from framework import case, faults
from framework.sending import AMOUNT_SAT, COIN_SAT, SendCase
from framework.waiting import wait_until

YEAR_2100 = 4_102_444_800_000
HOUR_S = 3_600
# Which call of a send is held, and whether the node has carried it out.
BEFORE_A_SIGNATURE = (
    ("gettxout", faults.HoldRequest),
    ("fundrawtransaction", faults.HoldRequest),
    ("fundrawtransaction", faults.HoldReply),
    ("testmempoolaccept", faults.HoldReply),
    ("lockunspent", faults.HoldRequest),
    ("lockunspent", faults.HoldReply),
)
NAMELESS = ("gettxout", "lockunspent")  # calls that do not show which send they are about
AFTER_IT_WAS_ASKED_FOR = (
    ("signrawtransactionwithwallet", faults.HoldRequest),
    ("signrawtransactionwithwallet", faults.HoldReply),
    ("sendrawtransaction", faults.HoldRequest),
    ("sendrawtransaction", faults.HoldReply),
)


class Cancel(SendCase):
    wallet_coins = 1

    def submit_unaffordable(self, send_id, **fields):
        """A send that waits in `recorded`, because the wallet has less."""
        body = {**self.new_send(self.node, send_id, 2 * COIN_SAT), **fields}
        self.assert_answer(self.api.put(send_id, body), 201, outcome="pending")
        return body

    def test_what_waits(self):
        body = self.submit_unaffordable("w-1")
        self.wait_for_stall("w-1", "insufficient_funds")
        for _ in range(2):
            self.assert_answer(self.api.delete("w-1"), 200, outcome="never", state="cancelled")
        self.promises.never("w-1")
        self.assert_answer(self.api.put("w-1", body), 200, outcome="never", replayed=True)
        self.restart()
        self.assert_answer(self.api.get("w-1"), 200, outcome="never", state="cancelled")
        self.node.fund(self.wallet, ["1"])
        self.submit("w-2")
        self.finish("w-2")
        self.check_payments(self.node)

    def test_a_wait_ends_when_the_send_does(self):
        self.submit_unaffordable("w-1")
        self.assert_answer(self.api.delete("w-1"), 200, outcome="never")
        self.promises.never("w-1")
        self.assert_answer(self.api.get("w-1", wait=600, until="final"), 200, outcome="never")

    def test_an_unknown_id_is_burnt(self):
        self.assert_answer(self.api.delete("w-1"), 200, outcome="never", outputs=[])
        body = self.new_send(self.node, "w-1", AMOUNT_SAT)
        self.promises.never("w-1")
        self.assert_problem(self.api.put("w-1", body), 409, "id_cancelled")
        self.restart()
        self.assert_problem(self.api.put("w-1", body), 409, "id_cancelled")
        self.submit("w-2")
        self.finish("w-2")
        self.check_payments(self.node)

    def test_too_late(self):
        self.submit("w-1")
        self.wait_for("w-1", "sent", outcome="sent")
        answer = self.api.delete("w-1")
        self.assertEqual((answer.status, answer["code"]), (409, "too_late"), answer)
        self.assertEqual(answer["send"]["outcome"], "sent")
        self.finish("w-1")
        answer = self.api.delete("w-1")
        self.assertEqual((answer.status, answer["code"]), (409, "too_late"), answer)
        self.check_payments(self.node)


class DeadlineCase(SendCase):
    """Deadlines are an hour away, and pass when the test says so."""

    def setUp(self):
        super().setUp()
        self.ahead_s = 0  # the daemon's clock
        self.daemon.stop()
        self.daemon.use_clock()
        self.daemon.start(*self.options)

    def in_an_hour(self):
        return int((time.time() + self.ahead_s + HOUR_S) * 1000)

    def pass_deadline(self):
        self.ahead_s += 2 * HOUR_S
        self.daemon.put_forward(self.ahead_s)


class Deadline(DeadlineCase):
    wallet_coins = 1

    def test_in_the_past(self):
        body = {**self.new_send(self.node, "w-1", AMOUNT_SAT), "not_after": 1_000}
        self.promises.never("w-1")
        self.assert_answer(self.api.put("w-1", body), 201, outcome="never", state="expired")
        self.assert_answer(self.api.put("w-1", body), 200, outcome="never", replayed=True)
        self.submit("w-2")
        self.finish("w-2")
        self.check_payments(self.node)

    def test_while_it_waits(self):
        """Funds never suffice before the deadline, across a restart."""
        not_after = self.submit_short_of_funds()
        self.restart()
        self.assert_answer(self.api.get("w-1"), 200, outcome="pending")
        self.pass_deadline()
        answer = self.api.get("w-1", wait=600, until="sent")
        self.assert_answer(answer, 200, outcome="never", state="expired")
        self.assertGreaterEqual(answer["updated_at"], not_after)
        self.promises.never("w-1")
        self.node.fund(self.wallet, ["1"])
        self.submit("w-2")
        self.finish("w-2")
        self.check_payments(self.node)

    def submit_short_of_funds(self):
        self.submit("probe")
        not_after = self.in_an_hour()
        body = {**self.new_send(self.node, "w-1", 20 * COIN_SAT), "not_after": not_after}
        self.assert_answer(self.api.put("w-1", body), 201, outcome="pending")
        return not_after

    def test_far_away(self):
        body = {**self.new_send(self.node, "w-1", AMOUNT_SAT), "not_after": YEAR_2100}
        self.submit("w-1", body)
        self.finish("w-1")
        self.check_payments(self.node)


class PhasesCase(SendCase):
    """A send is stopped at one call, and cancelled there or overtaken by its deadline."""

    wallet_coins = 14
    with_proxy = True

    def hold_at(self, method, hold_class, send_id, body=None):
        """Submits a send, and returns the hold that it hangs in, it and no other where the call
        names what it is about.
        """
        body = body or self.new_send(self.node, send_id)
        script = case.script_of(self.node, body["outputs"][0]["address"])
        hold = hold_class()
        fault = hold if method in NAMELESS else faults.Naming(script, hold)
        self.rule = self.proxy.on(method, fault)
        self.submit(send_id, body)
        hold.wait_reached()
        return hold

    def let_go(self, hold):
        self.proxy.remove(self.rule)
        hold.release()

    def assert_never(self, send_id, state):
        self.promises.never(send_id)
        for answer in (self.api.get(send_id), self.api.delete(send_id)):
            self.assert_answer(answer, 200, outcome="never", state=state, txid=None)

    def assert_too_late(self, send_id):
        answer = self.api.delete(send_id)
        self.assert_problem(answer, 409, "too_late")
        self.assertEqual((answer["send"]["id"], answer["send"]["outcome"]), (send_id, "pending"))

    def check_all(self, *paid):
        """The paid ones become final; no lock stays behind, and nothing else is paid."""
        for send_id in paid:
            self.wait_for(send_id, "sent", outcome="sent")
        self.node.mine(6)
        for send_id in paid:
            self.wait_for(send_id, "final", outcome="sent")
        wait_until(lambda: not self.wallet.listlockunspent(), "no coin is locked")
        self.check_payments(self.node, self.proxy)


class CancelAtEachPhase(PhasesCase):
    def ids(self, phases):
        for method, hold_class in phases:
            yield f"{method}.{hold_class.__name__}", method, hold_class

    def test_before_a_signature_is_asked_for(self):
        for send_id, method, hold_class in self.ids(BEFORE_A_SIGNATURE):
            with self.subTest(send_id):
                body = self.new_send(self.node, send_id)
                hold = self.hold_at(method, hold_class, send_id, body)
                self.assert_answer(self.api.delete(send_id), 200, outcome="never")
                self.assert_never(send_id, "cancelled")
                self.let_go(hold)
                self.assert_answer(self.api.put(send_id, body), 200, outcome="never")
        self.restart()
        for send_id, _, _ in self.ids(BEFORE_A_SIGNATURE):
            self.assert_never(send_id, "cancelled")
        self.submit("another")
        self.check_all("another")
        self.assertEqual(len(self.proxy.signed()), 2, "another, and the probe of init")

    def test_after_it_was_asked_for(self):
        for send_id, method, hold_class in self.ids(AFTER_IT_WAS_ASKED_FOR):
            with self.subTest(send_id):
                hold = self.hold_at(method, hold_class, send_id)
                self.assert_too_late(send_id)
                self.let_go(hold)
        self.check_all(*self.promises.ids())

    def test_after_it_was_asked_for_and_the_daemon_was_killed(self):
        for send_id, method, hold_class in self.ids(AFTER_IT_WAS_ASKED_FOR):
            with self.subTest(send_id):
                hold = self.hold_at(method, hold_class, send_id)
                self.daemon.kill()
                self.daemon.launch(*self.options)
                self.daemon.wait_alive()
                answer = self.api.delete(send_id)
                self.assert_problem(answer, 409, "too_late")
                self.let_go(hold)
                self.daemon.wait_ready()
        self.check_all(*self.promises.ids())

    def test_its_company_is_paid(self):
        """One of two whose coins are reserved already is cancelled."""
        first = self.hold_at("fundrawtransaction", faults.HoldRequest, "w-0")
        lock = faults.HoldRequest()
        rule = self.proxy.on("lockunspent", lock, nth=2)  # w-0's is the first
        for send_id in ("w-1", "w-2"):
            self.submit(send_id)
        self.let_go(first)
        lock.wait_reached()
        for send_id in ("w-1", "w-2"):
            self.assert_answer(self.api.get(send_id), 200, state="reserved", batch_size=2)
        self.assert_answer(self.api.delete("w-1"), 200, outcome="never")
        self.proxy.remove(rule)
        lock.release()
        self.assert_never("w-1", "cancelled")
        self.check_all("w-0", "w-2")


class DeadlineAtEachPhase(DeadlineCase, PhasesCase):
    def with_deadline(self, send_id):
        return {**self.new_send(self.node, send_id), "not_after": self.in_an_hour()}

    def test_before_a_signature_is_asked_for(self):
        for method in ("fundrawtransaction", "lockunspent"):
            with self.subTest(method):
                hold = self.hold_at(method, faults.HoldReply, method, self.with_deadline(method))
                self.pass_deadline()
                self.wait_for(method, "sent", outcome="never", state="expired")
                self.let_go(hold)
                self.assert_never(method, "expired")
        self.submit("another")
        self.check_all("another")

    def test_after_it_was_asked_for(self):
        for method in ("signrawtransactionwithwallet", "sendrawtransaction"):
            with self.subTest(method):
                hold = self.hold_at(method, faults.HoldRequest, method, self.with_deadline(method))
                self.pass_deadline()
                self.wait_for_look()
                self.assert_too_late(method)
                self.let_go(hold)
        self.check_all(*self.promises.ids())

    def wait_for_look(self):
        """It has done something that it does by its clock, as that stands now."""
        seen = self.proxy.begun()
        wait_until(lambda: self.proxy.begun() > seen + 1, "more calls to the node")

    def test_after_it_was_asked_for_and_the_daemon_was_killed(self):
        hold = self.hold_at("signrawtransactionwithwallet", faults.HoldReply, "w-1",
                            self.with_deadline("w-1"))
        self.daemon.kill()
        self.pass_deadline()
        self.let_go(hold)
        self.daemon.start(*self.options)
        self.check_all("w-1")

    def test_while_the_coins_are_locked_and_in_company(self):
        """What expires is taken out; its company is paid."""
        first = self.hold_at("fundrawtransaction", faults.HoldRequest, "w-0")
        lock = faults.HoldRequest()
        rule = self.proxy.on("lockunspent", lock, nth=2)
        self.submit("w-1", self.with_deadline("w-1"))
        self.submit("w-2")
        self.let_go(first)
        lock.wait_reached()
        self.pass_deadline()
        self.wait_for("w-1", "sent", outcome="never", state="expired")
        self.proxy.remove(rule)
        lock.release()
        self.assert_never("w-1", "expired")
        self.check_all("w-0", "w-2")

    def test_while_the_node_is_away(self):
        lost = self.proxy.on("*", faults.DropRequest())
        self.submit("w-1", self.with_deadline("w-1"))
        self.pass_deadline()
        self.wait_for("w-1", "sent", outcome="never", state="expired")
        self.proxy.remove(lost)
        self.assert_never("w-1", "expired")
        self.check_all()

    def test_while_the_daemon_is_away(self):
        """Nothing is said before the log was compared with the wallet, and nothing paid after."""
        lost = self.proxy.on("fundrawtransaction", faults.DropRequest())
        self.submit("w-1", self.with_deadline("w-1"))
        self.daemon.stop()
        self.pass_deadline()
        self.proxy.on("*", faults.DropRequest())
        self.proxy.remove(lost)
        self.daemon.launch(*self.options)
        self.daemon.wait_alive()
        self.assert_problem(self.api.delete("w-1"), 503, "starting")
        self.assert_answer(self.api.get("w-1"), 200, outcome="pending", state="recorded")
        self.proxy.clear()
        self.wait_for("w-1", "sent", outcome="never", state="expired")
        self.assert_never("w-1", "expired")
        self.check_all()


if __name__ == "__main__":
    case.main()
