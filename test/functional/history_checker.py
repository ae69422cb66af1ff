"""The checker of concurrent histories, checked: by hand-made histories, good and bad, by generated
ones that are good by their making, by the same with one answer spoilt, and by a second checker that
tries every order.

SENDONCE_TEST_SEED repeats a run; SENDONCE_TEST_HISTORIES says how many are generated.
"""

import dataclasses
import itertools
import os
import random

from framework import case, linearizability
from framework.history import (
    CANCEL, LOOK_UP, SUBMIT, Call, Finding, check_id, steps_of,
)
from framework.linearizability import Step
from framework.one_id import Cancel, OneId, Submit
from framework.simulated_service import CONTENTS, Service, simulate

HISTORIES = int(os.environ.get("SENDONCE_TEST_HISTORIES", "1500"))
A, B = "plain", "dearer"
SMALL = 6  # calls of which every order can be tried


def send(seq, state="recorded", content=A, txids=(), created_at=5, replayed=False):
    outcome = {"recorded": "pending", "reserved": "pending", "signed": "pending",
               "cancelled": "never", "expired": "never"}.get(state, "sent")
    body = CONTENTS[content] if content else {}
    return {"seq": seq, "state": state, "outcome": outcome, "outputs": body.get("outputs", []),
            "reference": body.get("reference", ""), "txids": list(txids),
            "created_at": created_at, "replayed": replayed}


def found(shown):
    return {"status": 200, "send": shown}


def problem(status, code, field=None, shown=None):
    return {"status": status, "code": code, "field": field, "send": shown}


NOTHING = problem(404, "unknown_id")
NEW = {"status": 201, "send": send(1)}
REPLAY = found(send(1, replayed=True))
REUSED = problem(409, "id_reused", "outputs[0].amount_sat", send(1))
TOO_LATE = problem(409, "too_late", None, send(4, "signed", txids=("t",)))
CANCELLED = found(send(2, "cancelled"))
BURNT = found(send(1, "cancelled", content=None))
SENT = found(send(3, "broadcast", txids=("t",)))
NOT_NOW = problem(503, "stopping")


def history(*calls):
    """Calls as (begin, end, kind, answer[, content]); an end of None has no answer."""
    return [Call(number, kind, "w", begin, *(rest or (A if kind == SUBMIT else None,)), end, answer)
            for number, (begin, end, kind, answer, *rest) in enumerate(calls)]


GOOD = {
    "one after the other": history((0, 1, LOOK_UP, NOTHING), (2, 3, SUBMIT, NEW),
                                   (4, 5, SUBMIT, REPLAY), (6, 7, LOOK_UP, SENT),
                                   (8, 9, CANCEL, TOO_LATE)),
    "a replay that is answered first": history((0, 9, SUBMIT, NEW), (1, 2, SUBMIT, REPLAY)),
    "nothing found while it is recorded": history((0, 9, SUBMIT, NEW), (1, 2, LOOK_UP, NOTHING)),
    "a submit without answer, and its effect": history((0, None, SUBMIT, None),
                                                       (1, 2, LOOK_UP, NOTHING),
                                                       (3, 4, LOOK_UP, REPLAY)),
    "a submit without answer or effect": history((0, None, SUBMIT, None), (9, 10, LOOK_UP, NOTHING)),
    "a late submit after a fence": history((0, None, SUBMIT, None), (1, 2, CANCEL, BURNT),
                                           (3, 4, SUBMIT, problem(409, "id_cancelled"))),
    "a cancel without answer": history((0, 1, SUBMIT, NEW), (2, None, CANCEL, None),
                                       (3, 4, LOOK_UP, REPLAY), (5, 6, LOOK_UP, CANCELLED)),
    "other content": history((0, 1, SUBMIT, NEW), (2, 3, SUBMIT, REUSED, B)),
    "other content that was first, unseen": history((0, None, SUBMIT, None, A),
                                                    (1, 2, SUBMIT, REUSED, B)),
    "cancelled, and asked for again": history((0, 1, SUBMIT, NEW), (2, 3, CANCEL, CANCELLED),
                                              (4, 5, SUBMIT, CANCELLED | {"send": send(
                                                  2, "cancelled", replayed=True)}),
                                              (6, 7, SUBMIT, problem(409, "id_cancelled"), B)),
    "sent, and pending again": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, SENT),
                                       (4, 5, LOOK_UP, found(send(4, "signed", txids=("t",))))),
    "refused, then taken": history((0, 1, SUBMIT, NOT_NOW), (2, 3, SUBMIT, NEW)),
}

BAD = {
    "recorded twice": history((0, 1, SUBMIT, NEW), (2, 3, SUBMIT, NEW)),
    "a replay of nothing": history((0, 1, SUBMIT, REPLAY)),
    "acknowledged, then lost": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, NOTHING)),
    "seen, then lost": history((0, None, SUBMIT, None), (1, 2, LOOK_UP, REPLAY),
                               (3, 4, LOOK_UP, NOTHING)),
    "a replay of other content": history((0, 1, SUBMIT, NEW), (2, 3, SUBMIT, REPLAY, B)),
    "the same content refused": history((0, 1, SUBMIT, NEW), (2, 3, SUBMIT, REUSED)),
    "a field that does not differ": history((0, 1, SUBMIT, NEW), (2, 3, SUBMIT, problem(
        409, "id_reused", "reference", send(1)), B)),
    "never is not final": history((0, 1, SUBMIT, NEW), (2, 3, CANCEL, CANCELLED),
                                  (4, 5, LOOK_UP, found(send(3)))),
    "never, then sent": history((0, 1, SUBMIT, NEW), (2, 3, CANCEL, CANCELLED),
                                (4, 5, LOOK_UP, SENT)),
    "fenced, then recorded": history((0, 1, CANCEL, BURNT), (2, 3, SUBMIT, NEW)),
    "too late, then cancelled": history((0, 1, SUBMIT, NEW), (2, 3, CANCEL, TOO_LATE),
                                        (4, 5, CANCEL, found(send(9, "cancelled")))),
    "sent, then cancelled": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, SENT),
                                    (4, 5, CANCEL, found(send(9, "cancelled")))),
    "too late for nothing": history((0, 1, CANCEL, TOO_LATE)),
    "an older view after a newer one": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, SENT),
                                               (4, 5, LOOK_UP, REPLAY)),
    "two views of one seq": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, SENT),
                                    (4, 5, LOOK_UP, found(send(3, "signed", txids=("t",))))),
    "a version forgotten": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, SENT),
                                   (4, 5, LOOK_UP, found(send(4, "broadcast", txids=("u",))))),
    "recorded at another time": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, found(
        send(1, created_at=6)))),
    "a content that nobody gave": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, found(
        send(2, content=B)))),
    "a known id refused": history((0, 1, SUBMIT, NEW), (2, 3, SUBMIT, NOT_NOW)),
    "an answer to a submit that came later": history((0, 1, LOOK_UP, REPLAY),
                                                     (2, None, SUBMIT, None)),
    "paid for by a request that was cut off": history((0, None, SUBMIT, None),
                                                      (1, 2, LOOK_UP, REPLAY)),
    "expired without a deadline": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, found(
        send(2, "expired")))),
    "an outcome that the state denies": history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, found(
        send(2) | {"outcome": "sent"}))),
    "an answer that is not in the contract": history((0, 1, SUBMIT, problem(500, "oh"))),
}
BAD["paid for by a request that was cut off"][0].undelivered = True


class ByHand(case.Case):
    def test_good_histories(self):
        for name, calls in GOOD.items():
            with self.subTest(name):
                result = check_id("w", calls, CONTENTS)
                self.assertNotIsInstance(result, Finding, str(result))

    def test_bad_histories(self):
        for name, calls in BAD.items():
            with self.subTest(name):
                self.assertIsInstance(check_id("w", calls, CONTENTS), Finding)

    def test_a_deadline(self):
        calls = history((0, 1, SUBMIT, NEW), (2, 3, LOOK_UP, found(send(2, "expired"))))
        self.assertNotIsInstance(check_id("w", calls, CONTENTS, [(A, 2.5)]), Finding)
        self.assertIsInstance(check_id("w", calls, CONTENTS, [(A, 3.5)]), Finding)
        self.assertIsInstance(check_id("w", calls, CONTENTS, [(B, 2.5)]), Finding)

    def test_the_parts_of_a_call_are_in_order(self):
        first = Call(1, SUBMIT, "w", 0, A, 1, NEW, part=0)
        second = Call(1, SUBMIT, "w", 0, A, 1, REPLAY, part=1)
        self.assertNotIsInstance(check_id("w", [first, second], CONTENTS), Finding)
        swapped = [dataclasses.replace(first, part=1), dataclasses.replace(second, part=0)]
        self.assertIsInstance(check_id("w", swapped, CONTENTS), Finding)


def any_order(steps, initial, apply):
    """The checker in its most naive form: every choice of optional steps, every order."""
    def can(left, state):
        if all(steps[each].optional for each in left):
            return True
        for each in left:
            step, others = steps[each], left - {each}
            early = all(steps[other].end >= step.begin for other in others)
            after = apply(state, step.what) if early and step.after not in others else None
            if after is not None and can(others, after):
                return True
        return False

    return can(frozenset(range(len(steps))), initial)


def every_step_of(calls):
    """As steps_of, with a step of its own for each call without an answer."""
    unseen = [Step(Cancel(None) if each.kind == CANCEL else Submit(each.content, None), each.begin,
                   optional=True)
              for each in calls if each.answer is None and each.kind != LOOK_UP]
    return steps_of([each for each in calls if each.answer]) + unseen


class Generated(case.Case):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SENDONCE_TEST_SEED", random.randrange(2**32)))
        print(f"SENDONCE_TEST_SEED={self.seed}")
        self.dice = random.Random(self.seed)

    def test_what_a_correct_service_answers_is_accepted(self):
        for number in range(HISTORIES):
            calls = simulate(self.dice, Service, count=self.dice.randint(2, 60))
            result = check_id(f"history {number}", calls, CONTENTS)
            self.assertNotIsInstance(result, Finding, str(result))

    def test_what_a_wrong_service_answers_is_refused(self):
        """Each bug is found, again and again: some histories do not come across it."""
        for bug in Service.BUGS:
            with self.subTest(bug):
                refused = 0
                for number in range(HISTORIES // 10):
                    calls = simulate(self.dice, Service, count=40, bug=bug)
                    refused += isinstance(check_id(f"history {number}", calls, CONTENTS), Finding)
                print(f"{bug}: {refused} of {HISTORIES // 10} histories refused")
                self.assertGreater(refused, HISTORIES // 100)

    def test_it_agrees_with_trying_every_order(self):
        """On short histories, spoilt at random by moving answers from call to call."""
        accepted = 0
        for number in range(HISTORIES):
            calls = simulate(self.dice, Service, count=self.dice.randint(2, SMALL))
            self.spoil(calls)
            naive = any_order(every_step_of(calls), OneId.INITIAL, OneId(CONTENTS).apply)
            quick = linearizability.check(steps_of(calls), OneId.INITIAL, OneId(CONTENTS).apply)
            self.assertEqual(quick.is_linearizable, naive, "\n".join(map(str, calls)))
            accepted += naive
        print(f"{accepted} of {HISTORIES} spoilt histories are good all the same")
        self.assertLess(HISTORIES // 20, accepted)
        self.assertLess(accepted, HISTORIES * 19 // 20)

    def spoil(self, calls):
        """Two calls of a kind change their answers, or a call is moved in time."""
        alike = [(one, two) for one, two in itertools.combinations(calls, 2)
                 if one.kind == two.kind and one.answer and two.answer]
        if alike and self.dice.random() < 0.6:
            one, two = self.dice.choice(alike)
            one.answer, two.answer = two.answer, one.answer
        else:
            moved = self.dice.choice(calls)
            by = self.dice.uniform(-20, 20)
            moved.begin += by
            moved.end = moved.end and moved.end + by


class Order(case.Case):
    def test_it_is_between_begin_and_end(self):
        dice = random.Random(7)
        for _ in range(100):
            steps = steps_of(simulate(dice, Service, count=30))
            verdict = linearizability.check(steps, OneId.INITIAL, OneId(CONTENTS).apply)
            self.assert_is_an_order(steps, verdict.order)

    def assert_is_an_order(self, steps, order):
        state = OneId.INITIAL
        for place, each in enumerate(order):
            for later in order[place:]:
                self.assertLessEqual(steps[each].begin, steps[later].end)
            state = OneId(CONTENTS).apply(state, steps[each].what)
            self.assertIsNotNone(state)
        needed = {number for number, each in enumerate(steps) if not each.optional}
        self.assertLessEqual(needed, set(order))


if __name__ == "__main__":
    case.main()
