"""Many submits or look-ups in one call: each stands for itself, and is answered as the single call
is (G1, G3, G4).
"""

import http.client

from framework import case
from framework.ordeal import FAULTY, KILLED
from framework.sending import AMOUNT_SAT, SendCase
from framework.waiting import wait_until

MOST = 1_000


class BulkCase(SendCase):
    def new_sends(self, count, prefix="w"):
        """Elements of a call that pay one address, each another amount; to be accepted."""
        body = self.new_send(self.node, f"{prefix}-0", AMOUNT_SAT)
        sends = [{"id": f"{prefix}-0", **body}]
        script = case.script_of(self.node, body["outputs"][0]["address"])
        for number in range(1, count):
            amount_sat = AMOUNT_SAT // 100 + number
            self.promises.submitted(f"{prefix}-{number}", [(script, amount_sat)])
            output = {**body["outputs"][0], "amount_sat": amount_sat}
            sends.append({"id": f"{prefix}-{number}", "outputs": [output]})
        return sends

    def results(self, answer, *statuses):
        """The results of a call, which have these statuses."""
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual([each["status"] for each in answer["results"]], list(statuses), answer)
        return answer["results"]

    def accept(self, sends):
        for each in sends:
            self.promises.accepted(each["id"])

    def outcomes(self, ids):
        results = self.results(self.api.look_up(ids), *[200] * len(ids))
        return {each["send"]["outcome"] for each in results}

    def check_paid(self, sends):
        """Each of them is sent, and the chain pays each exactly once."""
        ids = [each["id"] for each in sends]
        wait_until(lambda: self.outcomes(ids) == {"sent"}, "all of them are sent")
        self.node.mine()
        self.check_payments(self.node)


class Results(BulkCase):
    def test_each_element_is_answered_as_the_single_call_is(self):
        known, burnt, other, new = (self.new_body(f"w-{number}") for number in range(4))
        self.submit("w-0", known, wait=600)
        self.api.delete("w-1")
        self.promises.never("w-1")
        self.promises.never("w-2")
        answer = self.api.put_many([
            {"id": "w-0", **known}, {"id": "w-1", **burnt}, {"id": "w-0", **other},
            {"id": "w 2", **other}, {"id": "w-2", "outputs": []}, {"id": "w-2", **other, "wait": 1},
            7, {"id": "w-3", **new}, {"id": "w-3", **new}, {"id": "w-3", **other},
        ])
        self.promises.accepted("w-3")
        results = self.results(answer, 200, 409, 409, 400, 400, 400, 400, 201, 200, 409)
        self.assertEqual([(each.get("code"), each.get("field")) for each in results], [
            (None, None), ("id_cancelled", None), ("id_reused", "outputs[0].address"),
            ("bad_id", "id"), ("bad_parameter", "outputs"), ("unknown_field", "wait"),
            ("bad_json", None), (None, None), (None, None), ("id_reused", "outputs[0].address"),
        ])
        self.assertEqual([results[number]["send"]["replayed"] for number in (0, 7, 8)],
                         [True, False, True])
        self.assertEqual(self.api.put("w-0", other).json, results[2])
        self.assert_problem(self.api.get("w-2"), 404, "unknown_id")
        self.check_paid([{"id": "w-3"}])

    def test_look_ups(self):
        body = self.new_body("w-1")
        self.submit("w-1", body)
        self.finish("w-1")
        self.restart()
        results = self.results(self.api.look_up(["w-1", "w-2", "w 3", 4]), 200, 404, 400, 400)
        self.assertEqual(results[0]["send"], self.api.get("w-1").json)
        self.assertEqual(results[1], self.api.get("w-2").json)
        self.assertEqual([each["code"] for each in results[2:]], ["bad_id", "bad_id"])
        self.check_payments(self.node)

    def test_a_call_that_is_wrong_as_a_whole_records_nothing(self):
        (good,) = self.new_sends(1)
        self.promises.never(good["id"])
        twice = '{"sends": [%s, {"id": "w-1", "id": "w-2"}]}' % str(good).replace("'", '"')
        for body, code, field in (
            ({"sends": [good], "wait": 1}, "unknown_field", "wait"),
            ({"sends": good}, "bad_parameter", "sends"),
            ({}, "missing_field", "sends"),
            (twice, "bad_json", "sends[1].id"),
            ('{"sends": [{"id": "w-1"}', "bad_json", None),
        ):
            answer = self.api.request("POST", "/v1/sends", body)
            self.assert_problem(answer, 400, code, field)
        answer = self.api.put_many([good] * (MOST + 1))
        self.assert_problem(answer, 422, "limit_exceeded", "sends")
        self.assert_problem(self.api.get(good["id"]), 404, "unknown_id")
        self.check_payments(self.node)

    def test_a_thousand(self):
        sends = self.new_sends(MOST)
        self.results(self.api.put_many(sends), *[201] * MOST)
        self.accept(sends)
        results = self.results(self.api.put_many(sends), *[200] * MOST)
        self.assertEqual([each["send"]["id"] for each in results], [each["id"] for each in sends])
        self.check_paid(sends)


class Killed(BulkCase):
    """Wherever the daemon dies, the same call again is the answer."""

    def put_and_die_at(self, point, sends):
        """Submits them to a daemon that is killed there; the call is not answered."""
        self.daemon.stop()
        self.daemon.program = FAULTY
        self.daemon.environment = {"SENDONCE_AT": point, "SENDONCE_THEN": "kill"}
        self.daemon.start(*self.options)
        with self.assertRaises((OSError, http.client.HTTPException)):
            self.api.put_many(sends)
        self.assertEqual(self.daemon.wait_exit(), KILLED)
        self.daemon.environment = {}
        self.daemon.start(*self.options)

    def test_before_the_records_are_written(self):
        sends = self.new_sends(5)
        self.put_and_die_at("append:SendRecorded#3", sends)
        ids = [each["id"] for each in sends]
        self.results(self.api.look_up(ids), *[404] * 5)
        self.results(self.api.put_many(sends), *[201] * 5)
        self.accept(sends)
        self.check_paid(sends)

    def test_before_the_answer(self):
        sends = self.new_sends(5)
        self.put_and_die_at("durable:SendRecorded#5", sends)
        self.results(self.api.put_many(sends), *[200] * 5)
        self.accept(sends)
        self.check_paid(sends)


if __name__ == "__main__":
    case.main()
