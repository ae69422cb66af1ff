"""The ids that callers use: a few at a time, so that many calls meet on each, and now and then one
from long ago. Each comes with several contents, one of which is asked for most of the time.
"""

import itertools
import time
from dataclasses import dataclass

AMOUNT_SAT = 20_000
WINDOW = 16
USES = (5, 90)
OLD_ONE = 0.03
MAIN_CONTENT = 0.8
DEADLINE_S = (0.05, 3)
CLOCKS_DIFFER_S = 0.005  # one of the two clocks may be set right meanwhile


@dataclass
class Id:
    """expires_at: when the content that has a deadline can expire, on the clock of monotonic()."""

    name: str
    contents: dict
    main: str
    uses_left: int
    expires_at: float

    def pick(self, dice):
        """The name of a content."""
        return self.main if dice.random() < MAIN_CONTENT else dice.choice(list(self.contents))

    def outputs(self, content):
        return [(each["address"], each["amount_sat"]) for each in self.contents[content]["outputs"]]


class IdWindow:
    """addresses: two of them; ids are told apart by the amounts. For one thread."""

    def __init__(self, addresses, dice, prefix="w"):
        self._addresses = addresses
        self._dice = dice
        self._prefix = prefix
        self._amounts_sat = itertools.count(AMOUNT_SAT)
        self.ids = {}
        self._window = [self._new() for _ in range(WINDOW)]

    def pick(self, dice):
        if dice.random() < OLD_ONE:
            return self.ids[dice.choice(list(self.ids))]
        place = dice.randrange(WINDOW)
        picked = self._window[place]
        picked.uses_left -= 1
        if picked.uses_left <= 0:
            self._window[place] = self._new()
        return picked

    def expiries_of(self, name):
        return [("timed", self.ids[name].expires_at - CLOCKS_DIFFER_S)]

    def _new(self):
        name = f"{self._prefix}-{len(self.ids)}"
        deadline_s = self._dice.uniform(*DEADLINE_S)
        # First: whatever time passes before the other clock is read, it expires no earlier.
        expires_at = time.monotonic() + deadline_s
        contents = self._contents(int((time.time() + deadline_s) * 1000))
        main = self._dice.choice(list(contents))
        uses = self._dice.randint(*USES)
        self.ids[name] = Id(name, contents, main, uses, expires_at)
        return self.ids[name]

    def _contents(self, not_after):
        here, there = self._addresses
        plain, dearer = ([self._output(here)] for _ in range(2))
        elsewhere = [{**plain[0], "address": there}]
        return {
            "plain": {"outputs": plain}, "dearer": {"outputs": dearer},
            "elsewhere": {"outputs": elsewhere}, "two": {"outputs": dearer + elsewhere},
            "named": {"outputs": plain, "reference": "named"},
            "alone": {"outputs": plain, "batch": False},
            "timed": {"outputs": plain, "not_after": not_after},
        }

    def _output(self, address):
        return {"address": address, "amount_sat": next(self._amounts_sat)}
