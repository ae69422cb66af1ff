"""Many callers, few ids, and everything that can go wrong around them (framework/concurrent_calls.py
lists it): what callers saw of each id must be the behaviour of one id that is asked one call after
the other (doc/http-api.md), and the chain must have paid each id exactly as its final answer
says (G1 to G6).

SENDONCE_TEST_SEED repeats a run's decisions, SENDONCE_TEST_SECONDS makes it longer or shorter,
SENDONCE_TEST_CONNECTIONS changes the number of connections.
"""

import os
import random
import time

from framework import case
from framework.concurrent_calls import ConcurrentCase
from framework.lies import Liar

SECONDS = int(os.environ.get("SENDONCE_TEST_SECONDS", "15"))
LIED_ABOUT = 2  # ids, for each kind of lie
MANY = 6  # one of so many is found: a single lie may be lost on the way, or be a possible answer
TIME_LIMIT_S = 3600


class Concurrent(ConcurrentCase):
    def test_each_id_behaves_as_if_it_were_asked_one_call_after_the_other(self):
        deadline = time.monotonic() + SECONDS
        self.play(lambda: time.monotonic() > deadline)
        self.come_to_rest()
        findings = self.findings()
        shown = "\n".join(map(str, findings[:3]))
        self.assertEqual(len(findings), 0, f"ids that misbehave, for example:\n{shown}")
        self.check_chain()


class Lies(ConcurrentCase):
    def test_a_service_that_answers_wrongly_is_found_out(self):
        """Most wrong answers are found, and no id is suspected whose answers were right."""
        liar = Liar(random.Random(self.seed + 3))
        self.play(lambda: liar.has_told(LIED_ABOUT), liar)
        self.come_to_rest()
        suspects = {each.send_id for each in self.findings()}
        for kind, names in liar.told.items():
            print(f"{kind}: {len(names & suspects)} of {len(names)} ids found")
        self.assertEqual(suspects - set().union(*liar.told.values()), set())
        self.assertGreater(len(suspects) * 2, len(set().union(*liar.told.values())))
        for kind, names in liar.told.items():
            with self.subTest(kind):
                self.assertTrue(names & suspects or len(names) < MANY)
        self.check_chain()


if __name__ == "__main__":
    case.main()
