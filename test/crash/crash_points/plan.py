"""All points, each with the mishaps that lead to it, in a fixed order."""

import collections
import random
from dataclasses import dataclass

from framework.ordeal import Mishap

from .survey import LIVES

PARTS = ("failpoints", "calls", "failpoints-again", "calls-again")
PAIRS = ("failpoints-again", "calls-again")
_CLASSES = {each.__name__: each for each in LIVES}


@dataclass(frozen=True)
class Entry:
    """One life. The last mishap is at the point that it is about."""

    part: str
    life: str
    mishaps: tuple

    @property
    def life_class(self):
        return _CLASSES[self.life]

    @property
    def key(self):
        return " / ".join([self.part, self.life, *(str(each.point) for each in self.mishaps)])


class Plan:
    """Single kills in the order in which a life passes them; pairs in an order by the seed."""

    def __init__(self, survey, seed):
        entries = [Entry(*each) for each in _entries(survey)]
        single = [each for each in entries if each.part not in PAIRS]
        double = [each for each in entries if each.part in PAIRS]
        random.Random(seed).shuffle(double)
        self.entries = single + double

    def counts(self):
        return dict(collections.Counter(each.part for each in self.entries))

    def chosen(self, arguments, record):
        """Those that are to be lived through now."""
        wanted = [each for each in self.entries if arguments.part in (None, each.part)]
        if arguments.first is not None:
            wanted = wanted[arguments.first :]
        else:
            deaths = record.deaths
            wanted = [each for each in wanted if each.key not in deaths]
        return wanted[: arguments.count]


def _entries(survey):
    for life in _CLASSES:
        for each in survey.points[life]:
            yield "failpoints", life, (Mishap(each),)
        for each in survey.calls[life]:
            yield "calls", life, (Mishap(each),)
    for (life, first), again in survey.points_again.items():
        for each in again:
            yield "failpoints-again", life, (Mishap(first), Mishap(each))
    for (life, first), again in survey.calls_again.items():
        for each in again:
            yield "calls-again", life, (Mishap(first), Mishap(each))
