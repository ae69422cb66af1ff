"""Whether overlapping calls can be put in one order, each between its begin and its end, in which
every answer is the one that a sequential specification gives.

The search is that of Wing and Gong with Lowe's memory of what was tried. Two things keep it short
without losing an order: a step that the present state answers without changing is taken at once
(taken now, it is in nobody's way), and a state that was left without success is not entered again
with the same steps.
"""

import math
from dataclasses import dataclass

AT_ANY_TIME = math.inf


@dataclass(frozen=True)
class Step:
    """Something that takes place at one moment between begin and end. An optional one may as well
    never take place: what a call without an answer asked for. after: a step of the same history
    that takes place before this one; its number in the list.
    """

    what: object
    begin: float
    end: float = AT_ANY_TIME
    optional: bool = False
    after: int | None = None


@dataclass(frozen=True)
class Verdict:
    """order: numbers of the steps as they can have taken place, if there is such an order. Else
    the longest beginning of one, the state that it leads to, and what could not come next.
    """

    is_linearizable: bool
    order: tuple
    state: object
    stuck: tuple = ()


class _Search:
    def __init__(self, steps, initial, apply):
        self._steps = steps
        self._apply = apply
        self._by_begin = sorted(range(len(steps)), key=lambda number: steps[number].begin)
        self._initial = initial
        self._tried = set()
        self._best = Verdict(False, (), initial)

    def run(self):
        waiting = [((1 << len(self._steps)) - 1, self._initial, ())]
        while waiting:
            left, state, order = self._take_readings(*waiting.pop())
            if not any(not self._steps[each].optional for each in self._numbers(left)):
                return Verdict(True, order, state)
            if (left, state) in self._tried:
                continue
            self._tried.add((left, state))
            self._remember(left, state, order)
            waiting += self._next(left, state, order)
        return self._best

    def _numbers(self, left):
        return (each for each in self._by_begin if left >> each & 1)

    def _candidates(self, left):
        """Those that no other one has to precede."""
        steps = self._steps
        first_end = min(steps[each].end for each in self._numbers(left))
        for each in self._numbers(left):
            if steps[each].begin > first_end:
                return
            after = steps[each].after
            if after is None or not left >> after & 1:
                yield each

    def _take_readings(self, left, state, order):
        """Takes all steps that change nothing; an optional one of that kind is never needed."""
        found = True
        while found and left:
            found = [each for each in self._candidates(left)
                     if self._apply(state, self._steps[each].what) == state]
            for each in found:
                left &= ~(1 << each)
            order += tuple(found)
        return left, state, order

    def _next(self, left, state, order):
        """Backwards, so that the earliest is tried first."""
        ways = []
        for each in self._candidates(left):
            after = self._apply(state, self._steps[each].what)
            if after is not None:
                ways.append((left & ~(1 << each), after, (*order, each)))
        return reversed(ways)

    def _remember(self, left, state, order):
        """For the report: how far the best attempt came."""
        if len(order) >= len(self._best.order):
            stuck = tuple(each for each in self._candidates(left) if not self._steps[each].optional)
            self._best = Verdict(False, order, state, stuck)


def check(steps, initial, apply):
    """apply(state, what) is the state after it, or None if the specification does not allow it;
    states can be compared and hashed. Returns the Verdict.
    """
    return _Search(list(steps), initial, apply).run()
