"""Submits, cancels and look-ups of the same ids from many connections, while calls to the node get
lost and the daemon dies: no two answers contradict each other or the chain (G3, G6).
"""

import http.client
import os
import random
import threading

from framework import case, faults
from framework.sending import BRISK, SendCase
from framework.waiting import wait_until

SEED_VARIABLE = "SENDONCE_TEST_SEED"
IDS = 40
CALLS_PER_ID = 6
KILLS = 6
LOSS = 0.03  # of the requests, and of the replies
# When a caller cancels: at once, or when it sees that the send has come that far.
MOMENTS = ("unknown", "recorded", "reserved", "signed", "broadcast")
ORDER = ("recorded", "reserved", "signed", "broadcast", "confirmed", "final", "conflicted",
         "cancelled", "expired")


class Sometimes(faults.Fault):
    """Strikes some calls: their request or their reply is lost."""

    def __init__(self, chance, seed):
        self._chance = chance
        self._random = random.Random(seed)

    def before(self, exchange):
        self._cut_or_not()

    def after(self, exchange, reply):
        self._cut_or_not()
        return reply

    def _cut_or_not(self):
        if self._random.random() < self._chance:
            raise faults.Cut


class Witness:
    """All answers about all ids. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._heard = {}

    def hear(self, send_id, answer):
        with self._lock:
            self._heard.setdefault(send_id, []).append(answer)

    def said(self, send_id):
        """What the answers promise, in a word each: "never", "paid", or nothing."""
        return {word for word in map(promise_in, self._heard.get(send_id, [])) if word}


def promise_in(answer):
    if answer.status in (200, 201):
        return {"never": "never", "sent": "paid"}.get(answer["outcome"])
    return {"id_cancelled": "never", "too_late": "paid"}.get(answer["code"])


class Races(SendCase):
    wallet_coins = IDS + 10  # one for each send: change is not spent before it is confirmed
    with_proxy = True
    options = (*BRISK, "-rpcclienttimeout=2")

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get(SEED_VARIABLE, random.randrange(2**32)))
        print(f"{SEED_VARIABLE}={self.seed}")
        self.random = random.Random(self.seed)
        self.witness = Witness()
        self.bodies = {f"w-{n}": self.new_send(self.node, f"w-{n}") for n in range(IDS)}

    # --- callers

    def ask(self, send_id, request):
        """As a caller has to: until there is an answer. A 503 says nothing of the id."""
        def answered():
            try:
                answer = request()
            except (OSError, http.client.HTTPException):
                return None
            return answer if answer.status != 503 else None

        answer = wait_until(answered, f"an answer about {send_id}")
        self.witness.hear(send_id, answer)
        return answer

    def submit_again_and_again(self, send_id):
        for _ in range(CALLS_PER_ID):
            self.ask(send_id, lambda: self.api.put(send_id, self.bodies[send_id]))

    def cancel_when(self, send_id, moment):
        """Two cancels in a row: the second one has to say what the first one said."""
        def come_that_far():
            answer = self.ask(send_id, lambda: self.api.get(send_id))
            return answer.status == 200 and ORDER.index(answer["state"]) >= ORDER.index(moment)

        if moment != "unknown":
            wait_until(come_that_far, f"{send_id} is {moment}")
        for _ in range(2):
            self.ask(send_id, lambda: self.api.delete(send_id))

    def look(self, send_id):
        for _ in range(CALLS_PER_ID):
            self.ask(send_id, lambda: self.api.get(send_id))

    def race(self, meanwhile=lambda: None):
        """Four callers for each id at once; meanwhile() runs beside them."""
        moments = {send_id: self.random.choice(MOMENTS) for send_id in self.bodies}
        jobs = [(self.submit_again_and_again, send_id) for send_id in self.bodies]
        jobs += [(self.cancel_when, send_id, moments[send_id]) for send_id in self.bodies] * 2
        jobs += [(self.look, send_id) for send_id in self.bodies]
        self.random.shuffle(jobs)
        failed = []

        def run(call, *arguments):
            try:
                call(*arguments)
            except Exception as error:  # told by the test's own thread
                failed.append(f"{arguments}: {error}")

        threads = [threading.Thread(target=run, args=job) for job in jobs]
        for each in threads:
            each.start()
        meanwhile()
        for each in threads:
            each.join()
        self.assertEqual(failed, [])

    # --- what must hold

    def check_everything(self):
        """Each id was promised one thing, and the chain shows it."""
        self.proxy.clear()
        self.daemon.wait_ready()
        ends = {}
        for send_id in self.bodies:
            said = self.witness.said(send_id)
            self.assertEqual(len(said), 1, (send_id, said))
            ends[send_id] = said.pop()
            if ends[send_id] == "never":
                self.promises.never(send_id)
                self.assert_answer(self.api.get(send_id), 200, outcome="never")
            else:
                self.promises.accepted(send_id)
        self.see_paid([send_id for send_id, end in ends.items() if end == "paid"])
        self.check_payments(self.node, self.proxy)
        return set(ends.values())

    def see_paid(self, ids):
        for send_id in ids:
            self.wait_for(send_id, "sent", outcome="sent")
        self.node.mine(6)
        for send_id in ids:
            self.wait_for(send_id, "final", outcome="sent")
            self.assert_problem(self.api.delete(send_id), 409, "too_late")

    def kill_now_and_then(self):
        for _ in range(KILLS):
            self.api.get("w-0")  # it has come up, and was at work
            self.daemon.kill()
            self.daemon.launch(*self.options)
            self.daemon.wait_alive()
            self.daemon.wait_ready()

    def test_with_each_other(self):
        self.race()
        self.assertEqual(self.check_everything(), {"never", "paid"})

    def test_with_a_node_that_loses_calls(self):
        self.proxy.on("*", Sometimes(LOSS, self.seed))
        self.race()
        self.check_everything()

    def test_with_deaths_of_the_daemon(self):
        self.race(self.kill_now_and_then)
        self.check_everything()

    def test_with_both(self):
        self.proxy.on("*", Sometimes(LOSS, self.seed))
        self.race(self.kill_now_and_then)
        self.check_everything()


if __name__ == "__main__":
    case.main()
