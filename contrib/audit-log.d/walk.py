"""The whole log, from record 1 to the last: chain of hashes, records, rules, and at the end the
indexes and the payments of each send.
"""

import hashlib

import anchor
import frames
import keys
import records
import transactions
from database import entries
from exclusion import Pairs
from ledger import Ledger, confirmed_version, paid_of
from rules import Rules
from wire import Malformed

RECORDS, RULES, INDEXES, PRUNED, PAYMENTS = "records", "rules", "indexes", "pruning", "payments"
# In the side database.
RAW, STUB, PRUNED_BATCH = b"x", b"p", b"P"


class Walk:
    """expected, side: Scratches. The ledger is complete while `applies` is true."""

    def __init__(self, database, expected, side, report, anchor_file, conflict_depth):
        self._database, self._expected, self._side = database, expected, side
        self._report = report
        self._anchor = anchor.read(anchor_file, report)
        self._chain = frames.HashChain(report, self._anchor and self._anchor.seq)
        self.ledger = Ledger(expected)
        self._rules = Rules(self.ledger, conflict_depth)
        self.applies = True
        self.sends_paid_to = None  # called with each id and its content

    def all(self):
        self._read_records()
        self._check_anchor()
        if self.applies:
            self.ledger.write()
            self._compare_indexes()
            self._check_payments()
        else:
            self._report.cannot_judge(INDEXES, "the records could not be applied to the end")

    # --- records

    def _read_records(self):
        before = self._report.find_count()
        for key, value in entries(self._database, prefix=keys.RECORD):
            self._take(self._chain.take(key, value))
            self._report.progress("record", self._chain.last_seq)
        self._check_stubs()
        if self._chain.last_seq == 0:
            self._report.find(frames.CHECK, "there is no record in the log")
        self._report.counts["records"] = self._chain.last_seq
        self._report.holds("records", "each is whole, decodes to its end, carries the hash of the "
                           "one before it, and was allowed when it was written", before)

    def _take(self, link):
        if isinstance(link, frames.Stub):
            self._report.count("pruned records")
            self._side.put(STUB + keys.big(link.seq), link.raw)
        elif link is not None:
            self._take_frame(link)
        self.applies &= self._chain.whole

    def _take_frame(self, frame):
        try:
            name, fields = records.decode_record(frame.payload)
        except Malformed as error:
            self._report.find(RECORDS, f"it does not decode: {error}", frame.seq)
            self.applies = False
            return
        self._report.count(name)
        if self.applies:
            self._judge_and_apply(frame, name, fields)

    def _judge_and_apply(self, frame, name, fields):
        try:
            for objection in self._rules.objections(frame.seq, name, fields):
                self._report.find(RULES, f"{name}: {objection}", frame.seq)
            if name == "DetailPruned":
                self._take_stubs(frame.seq, fields)
            self._keep_for_later(name, fields)
            self.ledger.apply(frame.seq, frame.at_ms, name, fields)
        except (LookupError, ValueError, TypeError) as error:
            self._report.find(RULES, f"{name} can not follow what stands before it: {error}",
                              frame.seq)
            self.applies = False

    def _keep_for_later(self, name, fields):
        """Rivals go from the snapshots when they go from the chain; reasons rest on them still."""
        if name in ("SendRecorded", "SendEnded", "PaymentAdopted"):
            self._report.count("sends", int(self.ledger.send(fields["id"]) is None))
        if name == "RivalSeen":
            self._side.put(RAW + transactions.parse(fields["raw_tx"]).txid, fields["raw_tx"])
        if name in ("SendRecorded", "PaymentAdopted") and self.sends_paid_to:
            self.sends_paid_to(fields["id"], fields["content"])

    # --- pruning

    def _take_stubs(self, seq, fields):
        for batch in fields["batches"]:
            self._report.count("sends", len(batch["sends"]))
            height = batch["payment"]["block"][0]
            self._side.put(PRUNED_BATCH + keys.big(height, 4) + keys.big(batch["id"]),
                           batch["payment"]["txid"] + batch["payment"]["block"][1])
            wanted = sorted({*batch["records"], *(each["recorded_seq"] for each in batch["sends"])})
            stubs = [self._side.get(STUB + keys.big(each)) for each in wanted]
            for number in wanted:
                self._side.delete(STUB + keys.big(number))
            if None in stubs:
                self._report.find(PRUNED, f"record {wanted[stubs.index(None)]} of batch "
                                          f"{batch['id']} is no stub, or was pruned before", seq)
            elif hashlib.sha256(b"".join(stubs)).digest() != batch["stubs_hash"]:
                self._report.find(PRUNED, f"what stands in the place of the records of batch "
                                          f"{batch['id']} is not what was pruned", seq)

    def _check_stubs(self):
        if not self.applies:
            return
        for key, _ in self._side.entries(prefix=STUB):
            self._report.find(PRUNED, "it is a stub, and no record says that it was pruned",
                              keys.number_at_end(key))

    # --- anchor

    def _check_anchor(self):
        if self._anchor is None:
            return
        before = self._report.find_count()
        wal_id = self.ledger.created and self.ledger.created["wal_id"]
        anchor.compare(self._anchor, wal_id, self._chain, self._report)
        self._report.holds(anchor.CHECK, f"it names record {self._anchor.seq}, and that is the one "
                           "in the log", before)
        behind = self._chain.last_seq - self._anchor.seq
        if behind > 0:
            self._report.note(f"the last {behind} records are younger than the anchor: that they "
                              "were not made anew only the chain of hashes says")

    # --- indexes

    def _compare_indexes(self):
        before = self._report.find_count()
        found = ((key, value) for key, value in entries(self._database)
                 if key[:1] != keys.RECORD)
        count = 0
        for key, wanted, there in _merged(self._expected.entries(), found):
            count += 1
            if wanted is None:
                self._report.find(INDEXES, f"{keys.name_of(key)}: no record gives it")
            elif there is None:
                self._report.find(INDEXES, f"{keys.name_of(key)}: missing")
            elif wanted != there:
                self._report.find(INDEXES, f"{keys.name_of(key)}: not what the records give")
            self._report.progress("index key", count)
        self._report.counts["index keys"] = count
        self._report.holds(INDEXES, f"{count} keys are the ones that the records give, and no "
                           "other is there", before)

    # --- payments

    def _check_payments(self):
        """G2, whatever the rules have let through: send by send, over all of the log."""
        before = self._report.find_count()
        pairs = Pairs(self.ledger, self._raw)
        for send in self.sends_of_interest():
            self._check_send(send, pairs)
            self._report.progress("payments of send", send["id"])
        self._report.holds(PAYMENTS, "all that may pay one send excludes each other", before)

    def sends_of_interest(self):
        """Those that more than one transaction may pay."""
        for key, raw in self._expected.entries(prefix=b"s"):
            if len(records.decode_snapshot("send", raw)["batches"]) > 1:
                yield self.ledger.send(keys.send_id(key))
        for number, batch in self.batches():
            if len(batch["versions"]) > 1:
                sends = (self.ledger.send(each) for each in batch["sends"])
                yield from (each for each in sends if each["batches"] == [number])

    def batches(self):
        """(number, batch) of each that was not pruned, oldest first."""
        for key, _ in self._expected.entries(prefix=b"b"):
            self.ledger.trim()
            yield keys.number_at_end(key), self.ledger.batch(keys.number_at_end(key))

    def _raw(self, txid):
        raw = self._side.get(RAW + txid)
        if raw is not None:
            return raw
        for key, _ in self._expected.entries(prefix=b"t" + txid):
            batch = self.ledger.batch(keys.number_at_end(key))
            for version in batch["versions"] if batch else ():
                if version["txid"] == txid:
                    return version["raw_tx"] or version["unsigned_tx"]
        return None

    def _check_send(self, send, pairs):
        for one, other in pairs.compatible(send):
            if not self._accepted_by_an_operator(one, other):
                self._report.find(PAYMENTS, f"send {send['id']} may be paid twice (G2): "
                                  f"{transactions.text_of(one['txid'])} and "
                                  f"{transactions.text_of(other['txid'])} do not exclude each other")
        confirmed = {version["txid"] for batch in self.ledger.batches_of(send)
                     for version in [confirmed_version(batch)]
                     if version and paid_of(batch, version, send["id"])}
        if len(confirmed) > 1:
            self._report.count("sends paid twice")
            self._report.find(PAYMENTS, f"send {send['id']} is paid twice (G2): "
                              + ", ".join(map(transactions.text_of, sorted(confirmed))))

    def _accepted_by_an_operator(self, *versions):
        """What others have made and signed excludes nothing by our rules; an alarm told of it."""
        accepted = {alarm["txid"] for alarm in self.ledger.alarms.values()
                    if alarm["accepted_reason"] is not None}
        return any(each["adopted"] and each["txid"] in accepted for each in versions)


def _merged(wanted, found):
    """(key, wanted value or None, found value or None) of two ordered rows of entries."""
    end = (None, None)
    one, other = next(wanted, end), next(found, end)
    while one != end or other != end:
        if other == end or (one != end and one[0] < other[0]):
            yield one[0], one[1], None
            one = next(wanted, end)
        elif one == end or other[0] < one[0]:
            yield other[0], None, other[1]
            other = next(found, end)
        else:
            yield one[0], one[1], other[1]
            one, other = next(wanted, end), next(found, end)
