"""R4: whether two payments of one send exclude each other, and whether the reasons that stand in a
reservation hold. Judged from the transactions themselves: a record's word counts for nothing but
for what only a person can know (a verdict).
"""

import transactions
from ledger import confirmed_version, paid_of, transaction_of


def evidence(ledger, send):
    """{txid: (transaction, block or None, foreign)} of what the log knows beside the send's own
    payments: rivals, and versions of its batches that leave it out. What pays it is no rival.
    """
    found = {}
    for batch in ledger.batches_of(send):
        for rival in batch["rivals"]:
            found[rival["txid"]] = (transactions.parse(rival["raw_tx"]), rival["block"], True)
        for version in batch["versions"]:
            if version["signature_asked"] and not paid_of(batch, version, send["id"]):
                confirmed = confirmed_version(batch) is version
                block = batch["confirmation"]["block"] if confirmed else None
                found[version["txid"]] = (transaction_of(version), block, version["adopted"])
    for _, version in ledger.may_pay(send):
        found.pop(version["txid"], None)
    return found


def touches(transaction, send):
    """It pays to a script of the send, in whatever amount."""
    scripts = {each["script"] for each in send["content"]["outputs"]}
    return any(script in scripts for script, _ in transaction.outputs)


def waits_for_verdict(ledger, send):
    """R7: somebody else pays a script of the send in another amount: only a person can say what
    that was, and has where his verdict names it."""
    named = set(send["excluded_by_verdict"])
    unclear = any(foreign and touches(transaction, send) and txid not in named
                  for txid, (transaction, _, foreign) in evidence(ledger, send).items())
    return unclear and not all(version["txid"] in named for _, version in ledger.may_pay(send))


class Excluder:
    """Judges for one send, as the log stands now, what excludes transactions that may pay it."""

    def __init__(self, ledger, send, conflict_depth):
        self._send = send
        self._rivals = evidence(ledger, send)
        self._tip_height = ledger.tip_height()
        self._conflict_depth = conflict_depth

    def objection(self, excluded, coins, exclusions):
        """Why the excluded transaction T could confirm beside a batch that spends the coins; None
        if one reason holds. excluded: its version; coins: outpoints."""
        txid = excluded["txid"]
        given = [each for each in exclusions
                 if each["send"] == self._send["id"] and each["excluded"] == txid]
        if not given:
            return "no reason is given"
        objections = [self._objection_to(each, transaction_of(excluded), txid, coins)
                      for each in given]
        return None if None in objections else "; ".join(objections)

    def is_excluded_for_good(self, version):
        """By a deep rival or by a verdict, whatever is built (R4 c, d)."""
        return version["txid"] in self._send["excluded_by_verdict"] or any(
            self._objection_to_rival(txid, transaction_of(version)) is None and self._deep(txid)
            for txid in self._rivals)

    def _objection_to(self, exclusion, excluded, txid, coins):
        reason, coin = exclusion["reason"], exclusion["coin"]
        if reason == "shared coin":
            if coin not in coins or coin not in excluded.coins:
                return f"coin {transactions.coin_text(coin)} is not spent by both"
            return None
        if reason == "verdict":
            named = txid in self._send["excluded_by_verdict"]
            return None if named else "no verdict names it"
        objection = self._objection_to_rival(exclusion["rival"], excluded)
        if objection or (reason == "deep rival" and self._deep(exclusion["rival"])):
            return objection
        if reason == "deep rival":
            return f"the rival is not {self._conflict_depth} deep"
        if coin not in coins or coin[:32] != exclusion["rival"]:
            return f"coin {transactions.coin_text(coin)} is not the rival's, or is not spent"
        return None

    def _objection_to_rival(self, rival, excluded):
        text = transactions.text_of(rival)
        if rival not in self._rivals:
            return f"the log knows no rival {text}"
        transaction, _, foreign = self._rivals[rival]
        if foreign and touches(transaction, self._send):
            return f"rival {text} pays a script of the send itself"
        if not transaction.conflicts_with(excluded):
            return f"rival {text} shares no coin with it"
        return None

    def _deep(self, rival):
        block = self._rivals[rival][1]
        return block is not None and self._tip_height - block[0] + 1 >= self._conflict_depth


class Pairs:
    """At the end of the log: whether all that may pay one send excludes each other, two by two.

    find_raw: gives the bytes of any transaction that a record has shown, by txid, or None.
    """

    def __init__(self, ledger, find_raw):
        self._ledger, self._find_raw = ledger, find_raw

    def compatible(self, send):
        """Pairs of versions that one chain could hold, by all that the log knows."""
        versions = list({version["txid"]: (batch, version)
                         for batch, version in self._ledger.may_pay(send)}.values())
        return [(one[1], other[1]) for number, one in enumerate(versions)
                for other in versions[number + 1:] if not self._exclude(send, one, other)]

    def _exclude(self, send, one, other):
        first, second = transaction_of(one[1]), transaction_of(other[1])
        if first.conflicts_with(second):
            return True
        return (self._stands_on_a_rival(send, first, other) or
                self._stands_on_a_rival(send, second, one))

    def _stands_on_a_rival(self, send, first, other):
        """The other's batch has a reason against the first one: it spends an output of what
        conflicts with it, or a deep conflict or a verdict was on record."""
        batch, version = other
        for each in batch["exclusions"]:
            if each["send"] != send["id"]:
                continue
            if each["reason"] == "verdict" and each["excluded"] == first.txid:
                return True
            raw = self._find_raw(each["rival"])
            if raw is None or not transactions.parse(raw).conflicts_with(first):
                continue
            if each["reason"] == "deep rival" or each["coin"] in transaction_of(version).coins:
                return True
        return False
