"""Signed transactions of one id, held against each other: no chain may hold two of them. Counts what it looked at."""

import itertools

from . import transactions


class Compared:
    """Each transaction and each pair counts once, however often it was looked at."""

    def __init__(self):
        self._signed, self._paying, self._pairs = set(), set(), set()

    def check(self, signed, paying, elsewhere=()):
        """signed: all that a proxy saw. paying: of each id those that pay it. elsewhere: where ancestors may be found too.
        Raises AssertionError for two of one id that could both confirm."""
        known = [*signed, *elsewhere]
        self._signed.update(each.txid for each in signed)
        for name, several in paying.items():
            for one, other in transactions.compatible_pairs(several, known):
                raise AssertionError(f"{name}: {one.txid} and {other.txid} can both confirm")
            txids = sorted({each.txid for each in several})
            self._paying.update(txids)
            self._pairs.update((name, *pair) for pair in itertools.combinations(txids, 2))

    def figures(self):
        return {"signed": len(self._signed), "paying": len(self._paying), "pairs": len(self._pairs)}


def words_of(figures):
    return (f"{figures['signed']} signed transactions that a proxy saw, {figures['paying']} of which pay an id;"
            f" {figures['pairs']} pairs of one id, each of which excludes the other")
