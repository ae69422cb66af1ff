"""Many ids held against the chain at once: which transactions pay each, and with what."""

import collections

from . import transactions


class PaidIds:
    """owners: (script, amount) to the one id that may be paid with it. chain: a Chain."""

    def __init__(self, owners, chain):
        self._owners = owners
        self._chain = chain
        self._scripts = {script for script, _ in owners}
        self.by_id = collections.defaultdict(dict)  # id: {txid: Counter of the pairs}
        for transaction, height in chain.transactions.values():
            self._add(transaction, height)

    def _add(self, transaction, height):
        for each in transaction.outputs:
            pair = (each.script.hex(), each.amount_sat)
            if pair[0] not in self._scripts:
                continue
            assert pair in self._owners, f"{transaction.txid} pays {pair}, which nobody asked for"
            paid = self.by_id[self._owners[pair]].setdefault(transaction.txid, collections.Counter())
            paid[pair] += 1

    def problems(self, expected):
        """expected: id to the pairs that it is to be paid with, once; None or absent: not at all.
        Yields what is not so, in words."""
        for name in self.by_id.keys() | expected.keys():
            wanted, paid = expected.get(name), self.by_id.get(name, {})
            if len(paid) != (1 if wanted else 0):
                yield f"{name} is paid by {sorted(paid) or 'nothing'}, expected {wanted}"
            elif wanted and list(paid.values()) != [collections.Counter(wanted)]:
                yield f"{name} is paid {paid}, expected {wanted}"

    def check_signatures(self, signed_hex, compared):
        """All signed transactions that pay an id, sent or not, exclude each other pairwise."""
        signed = {each.txid: each for each in map(transactions.parse, signed_hex)}
        paying = collections.defaultdict(dict)
        for each in signed.values():
            for output in each.outputs:
                name = self._owners.get((output.script.hex(), output.amount_sat))
                if name:
                    paying[name][each.txid] = each
        paying = {name: list(several.values()) for name, several in paying.items()}
        compared.check(list(signed.values()), paying, self._chain.parsed())
        return sum(len(each) > 1 for each in paying.values())
