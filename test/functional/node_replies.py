"""What can become of a call to the node and of its reply, for each RPC that a send uses: the send is
paid exactly once, by itself, with no further call (G2, G5, R5).

A proxy between sendonced and bitcoind spoils the calls, and keeps every signed transaction that it
saw, dropped replies included: those of one id have to conflict pairwise.
"""

import threading

from framework import case, faults
from framework.sending import BRISK, WAIT_S, SendCase
from framework.waiting import wait_until

TIME_LIMIT_S = 3600
STRIKES = 2  # on end, then the line is good again
TOO_LATE_S = 1.2
# Without these no send is paid, and confirmed: if they are not found in use, the finding is broken.
WITNESSES = {"gettxout", "fundrawtransaction", "testmempoolaccept", "lockunspent",
             "signrawtransactionwithwallet", "sendrawtransaction", "getblock", "listunspent",
             "listsinceblock"}


class RepliesCase(SendCase):
    with_proxy = True

    def pay_and_confirm(self, send_id):
        self.submit(send_id)
        self.wait_for(send_id, "sent", outcome="sent")
        self.node.mine()
        self.wait_for(send_id, "confirmed", outcome="sent")

    def methods_of_a_send(self):
        """From its submit to its first confirmation, and what the daemon reads after that."""
        seen = len(self.proxy.calls())
        self.pay_and_confirm("clean")

        def methods():
            return {each.method for each in self.proxy.calls()[seen:]}

        wait_until(lambda: methods() >= WITNESSES, "all of it was asked")
        return sorted(methods())


class Replies(RepliesCase):
    """Each test: one fault, at each RPC in turn, a send for each."""

    options = (*BRISK, "-rpcclienttimeout=1")

    def strike_each(self, fault, strikes=STRIKES):
        for method in self.methods_of_a_send():
            with self.subTest(method):
                rule = self.proxy.on(method, fault, first=strikes)
                self.pay_and_confirm(method)
                wait_until(lambda: rule.hits == strikes, f"{method} was struck")
                self.proxy.remove(rule)
        self.daemon.wait_ready()
        self.check_payments(self.node, self.proxy)

    def test_the_request_is_lost(self):
        self.strike_each(faults.DropRequest())

    def test_the_reply_is_lost(self):
        self.strike_each(faults.DropReply())

    def test_the_reply_is_cut_in_the_middle(self):
        self.strike_each(faults.CutReply())

    def test_the_reply_is_garbage(self):
        self.strike_each(faults.Garble())

    def test_the_reply_is_another_calls(self):
        self.strike_each(faults.WrongId())

    def test_the_work_queue_is_full(self):
        self.strike_each(faults.WORK_QUEUE_FULL)

    def test_the_cookie_is_refused(self):
        self.strike_each(faults.UNAUTHORIZED)

    def test_the_node_is_warming_up(self):
        self.strike_each(faults.WARMING_UP)

    def test_the_node_breaks_down_over_it(self):
        self.strike_each(faults.BROKEN)

    def test_the_request_is_executed_after_its_caller_has_given_up(self):
        self.strike_each(faults.DelayRequest(TOO_LATE_S), strikes=1)

    def test_the_reply_comes_after_its_caller_has_given_up(self):
        self.strike_each(faults.DelayReply(TOO_LATE_S), strikes=1)

    def test_the_reply_comes_byte_by_byte(self):
        self.strike_each(faults.Trickle(pause_per_byte_s=1), strikes=1)


class Endless(RepliesCase):
    """A fault that does not go away while something else happens."""

    def test_the_same_bytes_are_given_to_sign_and_to_send_however_often(self):
        for method in ("signrawtransactionwithwallet", "sendrawtransaction"):
            with self.subTest(method):
                body = self.new_send(self.node, method)
                script = case.script_of(self.node, body["outputs"][0]["address"])
                rule = self.proxy.on(method, faults.DropReply())
                self.submit(method, body)
                wait_until(lambda: len(self.given(method, script)) >= 5, "again and again")
                self.assertEqual(len(set(self.given(method, script))), 1)
                self.proxy.remove(rule)
                self.wait_for(method, "sent", outcome="sent")
        self.check_payments(self.node, self.proxy)

    def given(self, method, script):
        """The transactions in its calls that pay the script: others are sent again meanwhile."""
        return [each.params[0] for each in self.proxy.calls(method) if script in each.params[0]]

    def test_no_reply_to_sending_is_ever_heard_and_the_block_tells(self):
        self.proxy.on("sendrawtransaction", faults.DropReply())
        self.submit("w-1")
        self.proxy.wait_for_call("sendrawtransaction")  # and the node has it
        self.node.mine(6)
        self.wait_for("w-1", "final", outcome="sent", confirmations=6)
        self.check_payments(self.node, self.proxy)


class Hanging(RepliesCase):
    """The node takes calls and answers none, for longer than anybody waits."""

    options = (*BRISK, "-rpcclienttimeout=600")

    def setUp(self):
        super().setUp()
        self.body = self.new_send(self.node, "known")
        self.submit("known", self.body, wait=WAIT_S)
        self.fresh_body = self.new_send(self.node, "new")  # while the node still makes addresses
        self.hold = faults.HoldRequest()

    def hold_everything(self):
        self.proxy.on("*", self.hold)
        self.hold.wait_reached()

    def assert_answered(self):
        """All that is answered from the log, while no call to the node comes back."""
        self.assert_answer(self.api.get("known"), 200, outcome="sent")
        self.assert_answer(self.api.put("known", self.body), 200, replayed=True)
        other = self.api.put("known", {**self.body, "batch": False})
        self.assert_problem(other, 409, "id_reused", "batch")
        new = self.submit("new", self.fresh_body)
        self.assert_answer(new, 201, outcome="pending", state="recorded")
        self.assert_problem(self.api.get("nobody"), 404, "unknown_id")
        self.assert_answer(self.api.delete("burnt"), 200, outcome="never")
        self.assert_problem(self.api.delete("known"), 409, "too_late")
        self.assertIn("BatchReserved", self.records("known"))
        for path in ("/v1/status", "/v1/funds", "/v1/alarms", "/healthz", "/metrics"):
            self.assertEqual(self.api.request("GET", path).status, 200, path)

    def finish_both(self):
        self.wait_for("new", "sent", outcome="sent")
        self.finish("known")
        self.check_payments(self.node, self.proxy)

    def test_requests_are_held(self):
        self.hold_everything()
        self.assert_answered()
        self.proxy.clear()
        self.hold.release()
        self.finish_both()

    def test_replies_are_held(self):
        self.hold = faults.HoldReply()
        self.hold_everything()
        self.assert_answered()
        self.proxy.clear()
        self.hold.release()
        self.finish_both()

    def test_the_signature_is_held(self):
        """The payment of one send hangs in the middle: the others are answered all the same."""
        self.proxy.on("signrawtransactionwithwallet", self.hold)
        self.submit("held")
        self.hold.wait_reached()
        self.assert_answered()
        self.assert_problem(self.api.delete("held"), 409, "too_late")
        self.proxy.clear()
        self.hold.release()
        self.wait_for("held", "sent", outcome="sent")
        self.finish_both()

    def test_the_whole_node_hangs(self):
        self.node.hang()
        try:
            before = self.proxy.begun()  # the answers to these may still be on their way here
            self.assert_answered()
            replies = [each.reply for each in self.proxy.calls() if each.number > before]
            self.assertEqual([each for each in replies if each], [])
        finally:
            self.node.resume()
        self.finish_both()

    def test_sigterm_is_obeyed(self):
        self.hold_everything()
        self.submit("new", self.fresh_body)
        self.daemon.stop()
        self.proxy.clear()
        self.hold.release()
        self.daemon.start(*self.options)
        self.finish_both()

    def test_a_caller_who_waits_hears_of_it_when_it_goes_on(self):
        self.hold_everything()
        answers = []
        call = threading.Thread(
            target=lambda: answers.append(self.api.put("new", self.fresh_body, wait=WAIT_S)))
        call.start()
        wait_until(lambda: self.api.get("new").status == 200, "it is recorded")
        self.promises.accepted("new")
        self.assertEqual(answers, [])
        self.proxy.clear()
        self.hold.release()
        call.join()
        self.assert_answer(answers[0], 201, outcome="sent")
        self.finish_both()


class Start(RepliesCase):
    def start_with(self, fault):
        """A start at which each RPC that it makes is struck, one after the other."""
        self.submit("w-1", wait=WAIT_S)
        self.daemon.stop()
        seen = len(self.proxy.calls())
        self.daemon.start(*self.options)

        def methods_so_far():
            return {each.method for each in self.proxy.calls()[seen:]}

        last_ones = {"getzmqnotifications", "listunspent"}
        wait_until(lambda: methods_so_far() >= last_ones, "all of it was asked")
        methods = sorted(methods_so_far())
        for method in methods:
            with self.subTest(method):
                self.daemon.stop()
                rule = self.proxy.on(method, fault, first=STRIKES)
                self.daemon.start(*self.options)
                wait_until(lambda: rule.hits == STRIKES, f"{method} was struck")
                self.proxy.remove(rule)
        self.finish("w-1")
        self.check_payments(self.node, self.proxy)

    def test_replies_are_lost(self):
        self.start_with(faults.DropReply())

    def test_the_node_is_warming_up(self):
        self.start_with(faults.WARMING_UP)


if __name__ == "__main__":
    case.main()
