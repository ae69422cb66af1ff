"""The rules of the protocol, judged for each record before it is applied: whether it was allowed by
what stood in the log until then. One function for each type of record; each yields what is wrong.

G and R are the guarantees and rules of the design (doc/guarantees.md, doc/states.md).
"""

import re

import transactions
from exclusion import Excluder, waits_for_verdict
from ledger import (confirmed_version, is_live, is_open_send, paid_of, signature_asked,
                    transaction_of, version_with)

ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:~-]{1,128}\Z")
MAX_REPLACEABLE_SEQUENCE = 0xFFFFFFFD  # BIP 125
NO_RELATIVE_LOCK = 1 << 31  # BIP 68
MAX_CHANGE_OUTPUTS = 10
MIN_PRUNE_DEPTH = 1000
LOWEST_CONFLICT_DEPTH = 10  # what -conflictdepth takes at least; the log does not hold the option


def outputs_of(contents):
    return [(each["script"], each["amount_sat"]) for content in contents
            for each in content["outputs"]]


class Rules:
    def __init__(self, ledger, conflict_depth=LOWEST_CONFLICT_DEPTH):
        self._ledger = ledger
        self._conflict_depth = conflict_depth

    def objections(self, seq, name, fields):
        """All that is wrong with the next record."""
        if (name == "WalCreated") != (seq == 1):
            yield "a log begins with WalCreated, once"
        number = fields.get("batch")
        if number is not None and name != "AlarmRaised":
            batch = self._ledger.batch(number)
            if batch is None or (batch["end"] == "dropped" and name != "LocksReleased"):
                yield f"there is no batch {number}, or it was dropped"
                return
            yield from getattr(self, "_" + name)(fields, batch)
        else:
            yield from getattr(self, "_" + name)(fields)

    # --- sends

    def _WalCreated(self, fields):
        return ()

    def _SendRecorded(self, fields):
        yield from self._new_id(fields)
        if self._ledger.send(fields["id"]):
            yield f"send {fields['id']} is recorded already (G4)"

    def _new_id(self, fields):
        if not ID.match(fields["id"]):
            yield f"{fields['id']!r} is no id"
        outputs = fields["content"]["outputs"]
        if not outputs:
            yield f"send {fields['id']} pays nothing"
        if any(not 0 < each["amount_sat"] <= transactions.MAX_MONEY_SAT for each in outputs):
            yield f"send {fields['id']} has an amount that is none"

    def _SendEnded(self, fields):
        send = self._ledger.send(fields["id"])
        if fields["ending"] not in ("cancelled", "expired"):
            yield "only cancelled and expired are endings without a verdict"
        if send is None:
            return
        if not is_open_send(send):
            yield f"send {send['id']} has ended, or is paid, already"
        excluder = Excluder(self._ledger, send, self._conflict_depth)
        for _, version in self._ledger.may_pay(send):
            if not excluder.is_excluded_for_good(version):
                yield (f"send {send['id']} is ended although "
                       f"{transactions.text_of(version['txid'])} may pay it (G6)")
        if self._ledger.may_pay(send) and waits_for_verdict(self._ledger, send):
            yield f"send {send['id']} is ended although only a verdict can say if it is paid (R7)"

    def _VerdictGiven(self, fields):
        send = self._ledger.send(fields["id"])
        if send is None or not is_open_send(send):
            yield f"send {fields['id']} is not open"
            return
        if not fields["reason"]:
            yield "the verdict has no reason"
        for batch, version in self._ledger.may_pay(send):
            if version["txid"] not in fields["excluded"]:
                yield f"the verdict does not name {transactions.text_of(version['txid'])} (R4 d)"
            if fields["verdict"] != "paid" and confirmed_version(batch) is version:
                yield f"{transactions.text_of(version['txid'])} pays the send and is in the chain"

    def _PaymentAdopted(self, fields):
        send = self._ledger.send(fields["id"])
        yield from self._new_id(fields)
        if send and (send["batches"] or not is_open_send(send)):
            yield f"send {fields['id']} is paid, or may be, by something else"
        if send and send["content"] and not _same_content(send["content"], fields["content"]):
            yield f"send {fields['id']} is recorded with another content (G4)"
        transaction = transactions.parse(fields["raw_tx"])
        yield from _misplaced([fields["vouts"]], [fields["content"]], transaction)
        for number in self._batches_with(transaction):
            version = version_with(self._ledger.batch(number), transaction.txid)
            if version and set(fields["vouts"]) & set(sum(version["paid"], [])):
                yield f"an output of it pays for batch {number} already"

    def _batches_with(self, transaction):
        return {number for each in transaction.inputs
                for number in self._ledger.claims.get(each.outpoint, ())}

    # --- batches

    def _BatchReserved(self, fields):
        sends = [self._ledger.send(each) for each in fields["sends"]]
        if not sends or not fields["coins"]:
            yield "a batch needs a send and a coin"
        if len(set(fields["sends"])) != len(sends):
            yield "a send stands twice in it (R2)"
        if not all(each and is_open_send(each) for each in sends):
            yield "a send of it is not open (R2)"
            return
        left = {each["live_batch"] for each in sends}
        if len(left) > 1:
            yield "its sends come from different batches (R4)"
        yield from self._coins_claimed_elsewhere(fields, left)
        contents = [each["content"] for each in sends]
        yield from _not_what_is_asked_for(fields, fields["coins"], contents)
        for send in sends:
            yield from self._paid_again(send, fields)

    def _coins_claimed_elsewhere(self, fields, left):
        """R2, and that a batch that not all leave keeps its coins."""
        free = set()
        for number in left - {None}:
            batch = self._ledger.batch(number)
            all_leave = set(self._ledger.living(batch)) <= set(fields["sends"])
            if not signature_asked(batch):
                yield f"batch {number} has no signature yet: it is dropped, not left"
            if not all_leave and _has_unknown_signature(batch):
                yield f"a signature of batch {number} is not known: all leave it together (R4)"
            free |= {number} if all_leave else set()
        outpoints = [each["outpoint"] for each in fields["coins"]]
        if len(set(outpoints)) != len(outpoints):
            yield "a coin stands twice in it (R2)"
        for coin in outpoints:
            for owner in self._ledger.claims.get(coin, set()) - free:
                yield f"coin {transactions.coin_text(coin)} belongs to live batch {owner} (R2)"

    def _paid_again(self, send, fields):
        """R4, pair by pair."""
        may_pay = self._ledger.may_pay(send)
        if not may_pay:
            return
        if waits_for_verdict(self._ledger, send):
            yield f"only a verdict can say whether send {send['id']} is paid (R7)"
        coins = {each["outpoint"] for each in fields["coins"]}
        yield from self._not_excluded(send, may_pay, coins, fields["exclusions"])

    def _not_excluded(self, send, may_pay, coins, exclusions):
        excluder = Excluder(self._ledger, send, self._conflict_depth)
        for batch, version in may_pay:
            text = transactions.text_of(version["txid"])
            if confirmed_version(batch) is version:
                yield f"{text} pays send {send['id']} and is in the chain (R4)"
                continue
            objection = excluder.objection(version, coins, exclusions)
            if objection:
                yield f"{text}, which may pay send {send['id']}, is not excluded (R4): {objection}"

    def _VersionReserved(self, fields, batch):
        if not is_live(batch) or batch["confirmation"]:
            yield "the batch is not live, or is confirmed"
        if fields["version"] != len(batch["versions"]) or len(fields["paid"]) != len(batch["sends"]):
            yield "it is not the next version of the batch"
            return
        known = {each["outpoint"] for each in batch["coins"]}
        for coin in (each["outpoint"] for each in fields["added"]):
            if coin in known or version_with(batch, coin[:32]):
                yield f"coin {transactions.coin_text(coin)} is the batch's own already (R3)"
            if self._ledger.claims.get(coin):
                yield f"coin {transactions.coin_text(coin)} belongs to a live batch (R2)"
            known.add(coin)
        yield from self._no_replacement(fields, batch)

    def _no_replacement(self, fields, batch):
        """R3: every coin of version 0, first and in order; nobody back who was left out; more for
        the fee; no change taken away that another batch has reserved."""
        coins = {each["outpoint"]: each for each in batch["coins"] + fields["added"]}
        spent = [each.outpoint for each in transactions.parse(fields["unsigned_tx"]).inputs]
        core = [each["outpoint"] for each in batch["coins"][:batch["core_coins"]]]
        if spent[:len(core)] != core:
            yield "it does not spend every coin of version 0, first and in order (R3)"
        paid_ids = [each for each, vouts in zip(batch["sends"], fields["paid"]) if vouts]
        if not paid_ids or not set(paid_ids) <= set(self._ledger.living(batch)):
            yield "it pays nobody, or a send that has left the batch"
        contents = [self._ledger.send(each)["content"] for each in paid_ids]
        whole = {**fields, "paid": [each for each in fields["paid"] if each]}
        yield from _not_what_is_asked_for(whole, [coins[each] for each in spent if each in coins],
                                          contents)
        for version in (each for each in batch["versions"] if not each["adopted"]):
            if not version["raw_tx"] or version["fee_sat"] >= fields["fee_sat"]:
                yield "a version before it is not signed, or pays no lower fee (R3)"
            if any(new and not old for new, old in zip(fields["paid"], version["paid"])):
                yield "a send that was left out comes back (R3)"
            if any(self._ledger.claims.get(each) for each in _change_of(version)):
                yield "another batch has reserved change of a version before it (R3)"

    def _SignatureRequested(self, fields, batch):
        version = _version_at(batch, fields)
        if version is None or not version["unsigned_tx"]:
            yield f"version {fields['version']} was never reserved (R1)"
            return
        if not is_live(batch):
            yield "the batch to be signed is not live"
        core = {each["outpoint"] for each in batch["coins"][:batch["core_coins"]]}
        for send_id, vouts in zip(batch["sends"], version["paid"]):
            send = self._ledger.send(send_id)
            if not vouts or send["live_batch"] != batch["id"]:
                if vouts and not version["signature_asked"]:
                    yield f"it pays send {send_id}, which has left the batch or has ended"
                continue
            yield from self._second_payment(send, batch, version, core)

    def _second_payment(self, send, batch, version, core):
        """R4 again: what may pay the send can have become more since the reservation. What came
        with later batches is excluded by their records, which rest on coins of this one."""
        may_pay = self._ledger.may_pay(send)
        if any(confirmed_version(other) is one for other, one in may_pay):
            yield f"send {send['id']} is paid in the chain already (R4)"
        place = send["batches"].index(batch["id"])
        before = [pair for pair in may_pay if send["batches"].index(pair[0]["id"]) < place]
        if before and not version["signature_asked"] and waits_for_verdict(self._ledger, send):
            yield f"only a verdict can say whether send {send['id']} is paid (R7)"
        yield from self._not_excluded(send, before, core, batch["exclusions"])

    def _VersionSigned(self, fields, batch):
        version = _version_at(batch, fields)
        if version is None or not version["unsigned_tx"]:
            yield f"version {fields['version']} was never reserved (R1)"
            return
        if not version["signature_asked"]:
            yield "its signature was never asked for (R1)"
        if version["raw_tx"]:
            yield "the version is signed already"
        signed = transactions.parse(fields["raw_tx"])
        if signed.core() != transactions.parse(version["unsigned_tx"]).core():
            yield (f"{transactions.text_of(signed.txid)} differs from the reserved transaction in "
                   "more than signatures")
        if not all(each.script_sig or each.witness for each in signed.inputs):
            yield "an input of it is not signed"

    def _BatchDropped(self, fields, batch):
        if batch["end"] != "open" or signature_asked(batch):
            yield "a signature was asked for, or the batch is not open (R4)"

    # --- what is seen

    def _VersionAccepted(self, fields, batch):
        version = version_with(batch, fields["txid"])
        if version is None or not version["raw_tx"]:
            yield f"{transactions.text_of(fields['txid'])} is no signed version of the batch (R1)"

    def _VersionAdopted(self, fields, batch):
        yield from _spends_nothing_of(batch, fields)
        if len(fields["paid"]) != len(batch["sends"]):
            yield "it does not say for each send whether it pays it"
            return
        contents = [self._ledger.send(each)["content"] for each in batch["sends"]]
        judged = [(vouts, content) for vouts, content in zip(fields["paid"], contents) if vouts]
        transaction = transactions.parse(fields["raw_tx"])
        yield from _misplaced([vouts for vouts, _ in judged], [each for _, each in judged],
                              transaction)
        known = version_with(batch, transaction.txid)
        if known and known["raw_tx"]:
            yield "it is a version already"

    def _RivalSeen(self, fields, batch):
        yield from _spends_nothing_of(batch, fields)

    def _RivalGone(self, fields, batch):
        if all(each["txid"] != fields["txid"] for each in batch["rivals"]):
            yield "there is no such rival"

    def _BatchConfirmed(self, fields, batch):
        yield from self._VersionAccepted(fields, batch)
        if batch["confirmation"]:
            yield "the batch is confirmed already"
        version = version_with(batch, fields["txid"])
        for send_id, vouts in zip(batch["sends"], version["paid"] if version else ()):
            if vouts:
                yield from self._paid_elsewhere(self._ledger.send(send_id), batch, fields["txid"])

    def _paid_elsewhere(self, send, batch, txid):
        """G2: two transactions that pay one id stand in the chain."""
        for other in self._ledger.batches_of(send):
            version = confirmed_version(other) if other is not batch else None
            if version and version["txid"] != txid and paid_of(other, version, send["id"]):
                yield (f"send {send['id']} is paid twice: by {transactions.text_of(txid)} and by "
                       f"{transactions.text_of(version['txid'])} (G2)")

    def _BatchReopened(self, fields, batch):
        if not batch["confirmation"] or batch["confirmation"]["block"] != fields["block"]:
            yield "the batch is not confirmed in that block"

    def _BatchFinal(self, fields, batch):
        version = confirmed_version(batch)
        if version is None or batch["end"] != "open":
            yield "the batch is not confirmed, or is final already"
            return
        for send_id in self._ledger.living(batch):
            if not paid_of(batch, version, send_id):
                yield f"send {send_id} is not paid by what confirmed"

    def _ChainMoved(self, fields):
        first, tip = self._ledger.locator[0][0], self._ledger.tip_height()
        lowest = max(first, self._ledger.pruned_up_to or first)
        if not lowest <= fields["fork_height"] <= tip:
            yield f"the fork at height {fields['fork_height']} is not between {lowest} and {tip}"
        heights = [height for height, _ in fields["blocks"]]
        begin = fields["fork_height"] + 1
        if heights != list(range(begin, begin + len(heights))):
            yield "its blocks do not follow each other"

    def _AlarmRaised(self, fields):
        return ()

    def _AlarmAccepted(self, fields):
        alarm = self._ledger.alarms.get(fields["alarm"])
        if alarm is None or alarm["accepted_reason"] is not None:
            yield "there is no such open alarm"

    def _LocksReleased(self, fields, batch):
        if not batch["locked"]:
            yield "the batch has no locks"

    def _CoinsVanished(self, fields, batch):
        if not set(fields["coins"]) <= {each["outpoint"] for each in batch["coins"]}:
            yield "a coin is none of the batch"

    def _DetailPruned(self, fields):
        """That the records are stubs, and the right ones, is judged with the frames."""
        for batch in fields["batches"]:
            depth = self._ledger.tip_height() - batch["payment"]["block"][0] + 1
            if depth < MIN_PRUNE_DEPTH:
                yield f"batch {batch['id']} is only {depth} deep in the chain"
            if self._ledger.batch(batch["id"]):
                yield f"batch {batch['id']} has records that are not pruned"
            if len(batch["sends"]) != batch["payment"]["batch_size"]:
                yield f"batch {batch['id']} has another number of sends than it was paid for"
            for send in batch["sends"]:
                if self._ledger.send(send["id"]):
                    yield f"send {send['id']} is recorded a second time (G4)"


# --- without the ledger


def _same_content(one, other):
    """Addresses count by script."""
    def bare(content):
        return {**content, "outputs": outputs_of([content])}

    return bare(one) == bare(other)


def _has_unknown_signature(batch):
    return any(each["signature_asked"] and not each["raw_tx"] for each in batch["versions"])


def _version_at(batch, fields):
    versions = batch["versions"]
    return versions[fields["version"]] if fields["version"] < len(versions) else None


def _change_of(version):
    """Its outpoints that are our own change."""
    if version["change_vout"] is None:
        return []
    count = len(transaction_of(version).outputs)
    return [version["txid"] + vout.to_bytes(4, "little")
            for vout in range(version["change_vout"], count)]


def _spends_nothing_of(batch, fields):
    coins = {each["outpoint"] for each in batch["coins"]}
    transaction = transactions.parse(fields["raw_tx"])
    if not coins & transaction.coins:
        yield f"{transactions.text_of(transaction.txid)} spends no coin of batch {batch['id']}"


def _misplaced(paid, contents, transaction):
    """Each payment is where the record says, with its script and amount, none counted twice."""
    used = sum(paid, [])
    if len(set(used)) != len(used) or any(vout >= len(transaction.outputs) for vout in used):
        yield "an output is counted twice, or is not there"
        return
    for vouts, content in zip(paid, contents):
        if [transaction.outputs[vout] for vout in vouts] != outputs_of([content]):
            yield "a payment is not in its transaction as its send asked for it"


def _not_what_is_asked_for(fields, coins, contents):
    """Step 2 of the design: the exact coins, each payment once and in front, nothing else but our
    change, the fee as recorded, no signature and no lock."""
    transaction = transactions.parse(fields["unsigned_tx"])
    if [each.outpoint for each in transaction.inputs] != [each["outpoint"] for each in coins]:
        yield "the transaction does not spend exactly the reserved coins"
    if any(each.script_sig or each.witness for each in transaction.inputs):
        yield "the transaction is signed already"
    if transaction.locktime or any(each.sequence > MAX_REPLACEABLE_SEQUENCE or
                                   not each.sequence & NO_RELATIVE_LOCK
                                   for each in transaction.inputs):
        yield "the transaction is locked, or can not be replaced"
    if len(fields["paid"]) != len(contents):
        yield "it does not say for each send where it is paid"
        return
    yield from _misplaced(fields["paid"], contents, transaction)
    yield from _strange_outputs(fields, transaction)
    left = sum(each["amount_sat"] for each in coins) - sum(sat for _, sat in transaction.outputs)
    if left != fields["fee_sat"] or left < 0:
        yield f"the fee is {left} sat, recorded are {fields['fee_sat']}"


def _strange_outputs(fields, transaction):
    used, count = set(sum(fields["paid"], [])), len(transaction.outputs)
    change = fields["change_vout"]
    behind = set(range(count if change is None else change, count))
    if used & behind or used | behind != set(range(count)):
        yield "an output is neither a payment nor change"
    if len(behind) > MAX_CHANGE_OUTPUTS or (change is not None and not behind):
        yield "the change is not as recorded"
