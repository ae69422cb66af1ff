"""The detail of sends that were final long ago is given up (-prune): they answer as before, their ids
stay bound to what was asked for, and no chain is followed that forks off below them.
"""

import json

from framework import case
from framework.sending import BRISK, WAIT_S, SendCase
from framework.waiting import wait_until

# The least that -prune takes, in blocks of which a day has 144.
DAYS, DEPTH = 7, 1008
# What an answer says of a send when its detail is gone.
PRUNED = {"outputs": [], "reference": "", "pruned": True}
GROWING = ("confirmations", "replayed")


class PrunedCase(SendCase):
    """Two sends are old enough; "young" is not."""

    options = (*BRISK, f"-prune={DAYS}")

    def setUp(self):
        super().setUp()
        self.bodies = {each: self.new_body(each, (70_000, 80_000), reference=f"for {each}")
                       for each in ("old-1", "old-2")}
        for send_id, body in self.bodies.items():
            self.submit(send_id, body)
        for send_id in self.bodies:
            self.wait_for(send_id, "sent")
        self.payments_in = self.node.mine(6)[0]
        self.before = {each: self.wait_for(each, "final") for each in self.bodies}
        # While it is stopped: so it is this life that prunes, and counts it, not the one before.
        self.daemon.stop()
        self.node.mine(DEPTH - 6)
        self.daemon.start(*self.options)
        self.submit("young", wait=WAIT_S)
        self.finish("young")
        for send_id in self.bodies:
            wait_until(lambda each=send_id: self.api.get(each).json.get("pruned"), "it is pruned")

    def tearDown(self):
        self.check_payments(self.node)
        super().tearDown()


class Pruned(PrunedCase):
    def assert_as_before(self):
        for send_id, body in self.bodies.items():
            before = {**self.before[send_id].json, **PRUNED, "amount_sat": 150_000}
            answer = self.api.put(send_id, body)
            self.assert_answer(answer, 200, replayed=True)
            same = {name: before[name] for name in before if name not in GROWING}
            self.assert_answer(answer, 200, **same)

    def test_a_replay_is_answered_as_before(self):
        self.assert_as_before()
        metrics = self.api.request("GET", "/metrics").body.decode().splitlines()
        self.assertIn("sendonce_pruned_sends_total 2", metrics)
        self.restart()
        self.assert_as_before()
        self.assertIsNone(self.api.get("young").json.get("pruned"))

    def test_the_id_stays_bound(self):
        body = self.bodies["old-1"]
        body["outputs"][1]["amount_sat"] += 1
        self.assert_problem(self.api.put("old-1", body), 409, "id_reused", "outputs")
        other = {**self.bodies["old-2"], "reference": "for another"}
        self.assert_problem(self.api.put("old-2", other), 409, "id_reused", "reference")
        self.assert_problem(self.api.delete("old-1"), 409, "too_late")
        adopted = self.api.adopt("new", self.before["old-1"]["txid"],
                                 outputs=self.bodies["old-2"]["outputs"])
        self.assert_problem(adopted, 422, "not_paid")
        history = self.api.history("old-1")
        self.assert_answer(history, 200, records=[], pruned=True)

    def test_the_log_is_whole_and_shows_what_was_pruned(self):
        of_young = [each["seq"] for each in self.api.history("young")["records"]]
        self.daemon.stop()
        verified = self.daemon.wal_tool("verify")
        self.assertEqual(verified.returncode, 0, verified)
        dumped = self.daemon.wal_tool("dump").stdout.splitlines()
        records = {record["seq"]: record for record in map(json.loads, dumped)}
        for send_id in self.bodies:
            self.assertNotIn(send_id, str([each for each in records.values()
                                           if each["type"] != "DetailPruned"]))
        for seq in of_young:
            self.assertNotIn("pruned", records[seq])
        self.daemon.start(*self.options)


class Reorganised(PrunedCase):
    def test_nothing_is_paid_on_a_chain_that_forks_off_below(self):
        last = self.api.status()["wal"]["durable_seq"]
        self.node.rpc.invalidateblock(self.payments_in)
        other = self.node.mine_empty(DEPTH + 20)[0]
        wait_until(lambda: (self.api.status()["stalled"] or {}).get("code") == "pruned_below",
                   "the chain is not followed")
        self.assertEqual(self.api.status()["stalled"]["retry"], "operator")
        self.assertEqual(self.api.status()["wal"]["durable_seq"], last)
        self.assert_answer(self.api.get("old-1"), 200, outcome="sent", state="final")
        self.node.rpc.invalidateblock(other)
        self.node.rpc.reconsiderblock(self.payments_in)
        self.submit("later", wait=WAIT_S)
        self.finish("later")


if __name__ == "__main__":
    case.main()
