"""The fence (G6): DELETE, deadlines, and what they can not undo."""

from framework import case
from framework.sending import AMOUNT_SAT, COIN_SAT, SendCase

YEAR_2100 = 4_102_444_800_000


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
        self.assert_answer(self.api.get("w-1", wait=60, until="final"), 200, outcome="never")

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


class Deadline(SendCase):
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
        created = self.submit_short_of_funds()
        self.restart()
        answer = self.api.get("w-1", wait=60, until="sent")
        self.assert_answer(answer, 200, outcome="never", state="expired")
        self.assertGreaterEqual(answer["updated_at"], created + 3_000)
        self.promises.never("w-1")
        self.node.fund(self.wallet, ["1"])
        self.submit("w-2")
        self.finish("w-2")
        self.check_payments(self.node)

    def submit_short_of_funds(self):
        now = self.api.put("probe", self.new_send(self.node, "probe", AMOUNT_SAT))["created_at"]
        self.promises.accepted("probe")
        body = {**self.new_send(self.node, "w-1", 20 * COIN_SAT), "not_after": now + 3_000}
        self.assert_answer(self.api.put("w-1", body), 201, outcome="pending")
        return now

    def test_far_away(self):
        body = {**self.new_send(self.node, "w-1", AMOUNT_SAT), "not_after": YEAR_2100}
        self.submit("w-1", body)
        self.finish("w-1")
        self.check_payments(self.node)


if __name__ == "__main__":
    case.main()
