"""On a slow disk new ids are refused before anything is recorded; what was acknowledged is kept, and
known ids are answered meanwhile (G1, G2, G4).
"""

import threading

from framework import case
from framework.ordeal import FAULTY
from framework.sending import AMOUNT_SAT, SendCase
from framework.waiting import wait_until

CALLERS = 4
ENOUGH = 20  # of each kind of answer
SYNC_MS = 60
MOST_WAIT_MS = 20  # shorter than a sync: whatever comes during one is refused


class Caller:
    """Submits one new id after the other, and asks again for the last that it knows."""

    def __init__(self, case, number):
        self.accepted, self.refused, self.strange = [], [], []
        self.answered_meanwhile = 0
        self._case, self._number = case, number

    def run(self, is_enough):
        while not is_enough():
            send_id = f"w-{self._number}-{len(self.accepted) + len(self.refused)}"
            answer = self._case.api.put(send_id, self._case.body_of(send_id))
            if answer.status == 201:
                self.accepted.append(send_id)
            elif answer.status == 503 and answer["code"] == "overloaded":
                self._note_refused(send_id, answer)
            else:
                self.strange.append(answer)

    def _note_refused(self, send_id, answer):
        self.refused.append(send_id)
        if int(answer.headers["retry-after"]) != answer["retry_after_s"]:
            self.strange.append(answer)
        if self.accepted:
            known = self.accepted[-1]
            again = self._case.api.put(known, self._case.body_of(known))
            self.answered_meanwhile += again.status == 200
            self.strange += [again] if again.status != 200 else []


class SlowDisk(SendCase):
    def setUp(self):
        super().setUp()
        self.address = self.new_address(self.node)
        self.amounts_sat = {}
        self.lock = threading.Lock()

    def body_of(self, send_id):
        """Each id pays the same address, and an amount of its own."""
        with self.lock:
            fresh_sat = AMOUNT_SAT // 100 + len(self.amounts_sat)
            amount_sat = self.amounts_sat.setdefault(send_id, fresh_sat)
        return {"outputs": [{"address": self.address, "amount_sat": amount_sat}]}

    def start_slow(self):
        self.daemon.stop()
        self.daemon.program = FAULTY
        self.daemon.environment = {
            "SENDONCE_DISK": str(self.daemon.wal_path.parent), "SENDONCE_SYNC_MS": str(SYNC_MS),
        }
        self.daemon.start(*self.options, f"-maxcommitwait={MOST_WAIT_MS}")

    def overload(self):
        """Submits from several callers until there are enough answers of each kind."""
        callers = [Caller(self, number) for number in range(CALLERS)]
        done = threading.Event()
        threads = [threading.Thread(target=each.run, args=(done.is_set,)) for each in callers]
        for each in threads:
            each.start()
        try:
            wait_until(lambda: self.has_enough(callers), "answers of each kind")
        finally:
            done.set()
            for each in threads:
                each.join()
        return callers

    def has_enough(self, callers):
        counts = (
            sum(len(each.accepted) for each in callers), sum(len(each.refused) for each in callers),
            sum(each.answered_meanwhile for each in callers),
        )
        return min(counts) >= ENOUGH or any(each.strange for each in callers)

    def test_what_is_refused_is_not_recorded_and_what_is_acknowledged_is_kept(self):
        self.start_slow()
        callers = self.overload()
        self.assertEqual([str(each) for caller in callers for each in caller.strange], [])
        accepted = [send_id for each in callers for send_id in each.accepted]
        refused = [send_id for each in callers for send_id in each.refused]
        self.daemon.kill()
        self.daemon.environment = {}
        self.daemon.start(*self.options)
        self.promise(accepted, refused)
        self.assertEqual({each["status"] for each in self.look_up(refused)}, {404})
        self.assertEqual({each["status"] for each in self.look_up(accepted)}, {200})
        wait_until(lambda: self.are_sent(accepted), "all that was acknowledged is sent")
        self.node.mine()
        self.check_payments(self.node)

    def look_up(self, ids):
        return self.api.look_up(ids[:1_000])["results"]

    def are_sent(self, ids):
        self.node.mine()  # change is not spent before it is confirmed
        return all(each["send"]["outcome"] == "sent" for each in self.look_up(ids))

    def promise(self, accepted, refused):
        script = case.script_of(self.node, self.address)
        for send_id in accepted + refused:
            self.promises.submitted(send_id, [(script, self.amounts_sat[send_id])])
        for send_id in accepted:
            self.promises.accepted(send_id)
        for send_id in refused:
            self.promises.never(send_id)


if __name__ == "__main__":
    case.main()
