"""One id stands for one content and one payment, whoever asks and however often (G2, G4)."""

import copy

from framework import case, faults
from framework.sending import AMOUNT_SAT, WAIT_S, SendCase, at_once
from framework.waiting import wait_until

CONNECTIONS = 50
YEAR_2100 = 4_102_444_800_000


def content_of(answer):
    """What the caller gave, of what an answer shows: the rest grows while the send is on its way."""
    return [(each["address"], each["amount_sat"]) for each in answer["outputs"]], answer["reference"]


class AtOnce(SendCase):
    wallet_coins = 10  # one for each send: change is not spent before it is confirmed

    def assert_one_is_new(self, answers):
        statuses = sorted(each.status for each in answers)
        self.assertEqual(statuses, [200] * (len(answers) - 1) + [201])
        for each in answers:
            self.assertEqual(each["replayed"], each.status == 200)
        for what in (lambda each: each["created_at"], content_of):
            self.assertEqual(len({str(what(each)) for each in answers}), 1)

    def test_fifty_connections(self):
        body = self.new_send(self.node, "w-1")
        self.promises.accepted("w-1")
        self.assert_one_is_new(at_once([lambda: self.api.put("w-1", body)] * CONNECTIONS))
        self.finish("w-1")
        self.assertEqual(self.records("w-1").count("SendRecorded"), 1)
        self.check_payments(self.node)

    def test_fifty_connections_that_wait(self):
        body = self.new_body("w-1", (AMOUNT_SAT, 2 * AMOUNT_SAT), reference="all the same")
        self.promises.accepted("w-1")
        answers = at_once([lambda: self.api.put("w-1", body, wait=WAIT_S)] * CONNECTIONS)
        self.assert_one_is_new([each for each in answers])
        self.assertEqual({each["outcome"] for each in answers}, {"sent"})
        self.assertEqual(len({each["txid"] for each in answers}), 1)
        self.check_payments(self.node)

    def test_several_ids_each_from_several_connections(self):
        bodies = {f"w-{number}": self.new_send(self.node, f"w-{number}") for number in range(10)}
        ids = list(bodies) * 5
        answers = at_once([lambda i=each: self.api.put(i, bodies[i]) for each in ids])
        for send_id in bodies:
            self.promises.accepted(send_id)
            self.assert_one_is_new([a for i, a in zip(ids, answers) if i == send_id])
            self.wait_for(send_id, "sent", outcome="sent")
        self.check_payments(self.node)

    def test_two_contents_at_once(self):
        """One of the two is the id's content, and all of the other kind are refused."""
        one, other = (self.new_body(send_id) for send_id in ("w-1", "w-2"))
        answers = at_once([lambda body=body: self.api.put("race", body)
                           for body in [one, other] * (CONNECTIONS // 2)])
        groups = answers[::2], answers[1::2]
        won, lost = groups if groups[0][0].status != 409 else groups[::-1]
        self.assert_one_is_new(won)
        for each in lost:
            self.assert_problem(each, 409, "id_reused", "outputs[0].address")
        self.promises.accepted("w-1" if won is groups[0] else "w-2")
        self.promises.never("w-2" if won is groups[0] else "w-1")
        self.wait_for("race", "sent", outcome="sent")
        self.check_payments(self.node)


def _changed(body, path, value):
    """A copy of the body with another value there; None takes the field away."""
    copied = copy.deepcopy(body)
    *parents, last = path
    place = copied
    for each in parents:
        place = place[each]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copied


class OtherContent(SendCase):
    wallet_coins = 8  # one for each send: change is not spent before it is confirmed

    def full_body(self, send_id):
        return self.new_body(
            send_id, (AMOUNT_SAT, 2 * AMOUNT_SAT), fee={"rate_sat_vb": 5}, max_fee_sat=20_000,
            batch=True, not_after=YEAR_2100, reference="order 1")

    def changes(self, body):
        """Pairs of a body and the field that the refusal has to name."""
        def change(path, value):
            return _changed(body, path, value)

        elsewhere = self.new_address(self.node)
        more = {"address": elsewhere, "amount_sat": AMOUNT_SAT}
        return [
            (change(("outputs", 0, "address"), elsewhere), "outputs[0].address"),
            (change(("outputs", 1, "amount_sat"), AMOUNT_SAT), "outputs[1].amount_sat"),
            (change(("outputs",), body["outputs"][:1]), "outputs"),
            (change(("outputs",), [*body["outputs"], more]), "outputs"),
            (change(("outputs",), body["outputs"][::-1]), "outputs[0].address"),
            (change(("fee",), {"rate_sat_vb": 5.001}), "fee.rate_sat_vb"),
            (change(("fee",), {"conf_target": 5}), "fee.conf_target"),
            (change(("fee",), None), "fee"),
            (change(("max_fee_sat",), 20_001), "max_fee_sat"),
            (change(("max_fee_sat",), None), "max_fee_sat"),
            (change(("batch",), False), "batch"),
            (change(("batch",), None), "batch"),
            (change(("not_after",), YEAR_2100 + 1), "not_after"),
            (change(("not_after",), None), "not_after"),
            (change(("reference",), "order 2"), "reference"),
            (change(("reference",), None), "reference"),
        ]

    def assert_refused(self, body, changes):
        stored = self.api.get("w-1").json
        for changed, field in changes:
            with self.subTest(field):
                answer = self.api.put("w-1", changed, wait=WAIT_S, until="final")
                self.assert_problem(answer, 409, "id_reused", field)
                self.assertEqual({**answer["send"], "replayed": False}, stored)
        self.assertEqual(self.api.get("w-1").json, stored)
        self.assert_answer(self.api.put("w-1", body), 200, replayed=True)

    def test_each_field_in_each_state_and_after_a_restart(self):
        body = self.full_body("w-1")
        changes = self.changes(body)
        self.submit("w-1", body, wait=WAIT_S)
        self.assert_refused(body, changes)
        self.restart()
        self.assert_refused(body, changes)
        self.finish("w-1")
        self.assert_refused(body, changes)
        self.restart()
        self.assert_refused(body, changes)
        self.assertEqual(self.records("w-1").count("SendRecorded"), 1)
        self.check_payments(self.node)

    def test_an_absent_field_is_not_its_default(self):
        body = self.new_body("w-1")
        self.submit("w-1", body, wait=WAIT_S)
        added = {"fee": {"conf_target": 6}, "max_fee_sat": 10_000_000, "batch": True,
                 "not_after": YEAR_2100, "reference": ""}
        self.assert_refused(body, [({**body, name: value}, name) for name, value in added.items()])
        self.check_payments(self.node)

    def test_the_same_content_written_in_another_way(self):
        body = self.new_body("w-1", reference="Zürich", fee={"rate_sat_vb": 5})
        self.submit("w-1", body, wait=WAIT_S)
        (output,) = body["outputs"]
        upper = {"amount_sat": AMOUNT_SAT, "address": output["address"].upper()}  # BIP 173
        spelt = f"""{{ "fee": {{"rate_sat_vb": 5.000}}, "reference": "Z\\u00fcrich",
                       "outputs": [{{"amount_sat": {AMOUNT_SAT},
                                     "address": "{upper['address']}"}}]}}"""
        self.assert_answer(self.api.put("w-1", spelt), 200, replayed=True, outcome="sent")
        self.assert_answer(self.api.request("PUT", "/v1/sends/%77-1", body), 200, id="w-1")
        self.check_payments(self.node)

    def test_ids_that_differ_in_anything_are_others(self):
        for send_id in ("w-1", "W-1", "w-1.", "~w:1_", "x" * 128):
            self.submit(send_id)
        for send_id in self.promises.ids():
            self.wait_for(send_id, "sent", id=send_id, outcome="sent")
        self.check_payments(self.node)


class NewOnesRefused(SendCase):
    """While new ids are refused, known ones are answered from the log as ever."""

    with_proxy = True

    def assert_only_known(self, body, code):
        answer = self.api.put("new", self.new_send(self.node, "new"))
        self.assert_problem(answer, 503, code)
        self.assertIn("retry-after", answer.headers)
        self.promises.never("new")
        self.assert_problem(self.api.get("new"), 404, "unknown_id")
        self.assert_answer(self.api.put("w-1", body), 200, replayed=True)
        other = self.api.put("w-1", {**body, "reference": "other"})
        self.assert_problem(other, 409, "id_reused", "reference")

    def test_with_a_full_backlog(self):
        self.daemon.restart(*self.options, "-maxbacklog=1")
        rule = self.proxy.on("fundrawtransaction", faults.DropRequest())
        body = self.new_send(self.node, "w-1")
        self.submit("w-1", body)
        self.assert_only_known(body, "overloaded")
        self.proxy.remove(rule)
        self.wait_for("w-1", "sent", outcome="sent")
        self.submit("w-2", wait=WAIT_S)
        self.check_payments(self.node, self.proxy)

    def test_before_the_log_was_compared_with_the_wallet(self):
        body = self.new_send(self.node, "w-1")
        self.submit("w-1", body, wait=WAIT_S)
        self.daemon.stop()
        self.proxy.on("*", faults.DropRequest())
        self.daemon.launch(*self.options)
        self.daemon.wait_alive()
        wait_until(lambda: self.api.status()["stalled"], "it says what it waits for")
        self.assert_only_known(body, "starting")
        self.proxy.clear()
        self.daemon.wait_ready()
        self.check_payments(self.node, self.proxy)


if __name__ == "__main__":
    case.main()
