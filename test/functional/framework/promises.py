"""What callers were told, held against the chain: each id paid exactly once, nothing lost.

The chain carries no ids, so a test gives each id an address, or an amount at it, of its own.
"""

import collections
import enum

from . import transactions
from .compared import Compared


class Told(enum.Enum):
    """What the caller knows of an id; so what the chain may show for it."""

    NOTHING = "no reply was seen: paid once or not at all"
    ACCEPTED = "acknowledged: paid exactly once"
    NEVER = "answered `never`, or refused: not paid"


class Promises:
    """Collects ids and answers while a test runs; then checks them. Not thread-safe.

    Outputs are pairs of script (hex) and amount in satoshi. Two ids may have the same script, if
    the amounts differ.
    """

    def __init__(self):
        self._told = {}
        self._outputs = {}
        self._by_others = set()

    def submitted(self, send_id, outputs):
        """To be called before the first try of an id."""
        pairs = [(script, amount_sat) for script, amount_sat in outputs]
        if send_id in self._outputs:
            assert self._outputs[send_id] == pairs, f"{send_id} was submitted with other outputs"
            return
        for other, used in self._outputs.items():
            assert not set(used) & set(pairs), f"{send_id} and {other} cannot be told apart"
        self._outputs[send_id] = pairs
        self._told[send_id] = Told.NOTHING

    def accepted(self, send_id):
        """A 2xx was seen whose outcome is not `never`."""
        assert self._told[send_id] is not Told.NEVER, f"{send_id} was answered `never` before"
        self._told[send_id] = Told.ACCEPTED

    def never(self, send_id):
        """The caller was told that it will not be paid, and may refund."""
        self._told[send_id] = Told.NEVER

    def not_accepted(self, send_id):
        """An operator has declared it paid: whether it is, is his affair."""
        self._told[send_id] = Told.NOTHING

    def also_paid(self, script, amount_sat):
        """Somebody else pays that to a watched script."""
        self._by_others.add((script, amount_sat))

    def ids(self):
        return list(self._outputs)

    def payments(self, send_id, chain):
        """Where the chain pays an id, wholly or in part."""
        pairs = self._outputs[send_id]
        return [each for each in chain.payments if (each.script, each.amount_sat) in pairs]

    def check(self, chain, all_paid=True):
        """Raises AssertionError with every broken promise. all_paid=False: some may still wait."""
        problems = []
        for send_id in self._outputs:
            problems += self._problems_of(send_id, chain, all_paid)
        problems += self._strange_payments(chain)
        if problems:
            raise AssertionError("; ".join(problems))

    def check_signatures(self, signed_hex, chain=None, others_hex=(), compared=None):
        """All signed transactions that pay an id, sent or not, must exclude each other pairwise.

        signed_hex: what the proxy recorded. chain, others_hex: where else ancestors may be found.
        compared: counts them.
        """
        signed = [transactions.parse(each) for each in signed_hex]
        elsewhere = chain.parsed() if chain else []
        elsewhere += [transactions.parse(each) for each in others_hex]
        paying = {send_id: [each for each in signed if _touches(each, outputs)]
                  for send_id, outputs in self._outputs.items()}
        (compared or Compared()).check(signed, paying, elsewhere)

    def _problems_of(self, send_id, chain, all_paid):
        outputs = self._outputs[send_id]
        touching = [
            each for each, _ in chain.transactions.values() if _touches(each, outputs)
        ]
        at_most = 0 if self._told[send_id] is Told.NEVER else 1
        at_least = 1 if all_paid and self._told[send_id] is Told.ACCEPTED else 0
        for each in touching:
            if not _pays_once(each, outputs):
                yield f"{send_id}: {each.txid} pays it in part, or several times"
        if not at_least <= len(touching) <= at_most:
            paid_by = [each.txid for each in touching] or "nothing"
            yield f"{send_id} ({self._told[send_id].value}) is paid by {paid_by}"

    def _strange_payments(self, chain):
        promised = {pair for outputs in self._outputs.values() for pair in outputs}
        scripts = {script for script, _ in promised}
        promised |= self._by_others
        for each in chain.payments:
            if each.script in scripts and (each.script, each.amount_sat) not in promised:
                yield f"{each.txid} pays {each.amount_sat} to {each.script}, which nobody asked for"


def _touches(transaction, outputs):
    """Whether it holds any of the outputs: half a payment is one too."""
    return any((each.script.hex(), each.amount_sat) in outputs for each in transaction.outputs)


def _pays_once(transaction, outputs):
    held = collections.Counter((each.script.hex(), each.amount_sat) for each in transaction.outputs)
    wanted = collections.Counter(outputs)
    return all(held[pair] == count for pair, count in wanted.items())
