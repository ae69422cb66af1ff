"""What the records give, one after the other: sends, batches, alarms, chain, and with them every key
of the indexes (doc/wal-format.md, "Indexes").

Memory holds what was looked at lately, and the coins of live batches; all else is in the database
of expected indexes, from which it is read again: a snapshot is all there is to know.
"""

import keys
import records
import transactions

CACHED = 20_000  # sends in memory, and sends named by batches in memory
NO_COIN = {"amount_sat": 0, "script": b""}
# Of the locator behind its first place stay: up to so deep those at heights of a multiple.
LOCATOR_STEPS = ((32, 1), (1024, 16), (16384, 256))
LOCATOR_LAST_STEP = 4096


def is_open_send(send):
    return send["ending"] == "none" and send["payment"] is None


def is_kept(batch):
    return batch["end"] == "open" or batch["left"] or batch["locked"]


def is_live(batch):
    """Its coins are claimed."""
    return batch["end"] == "open" and not batch["superseded"]


def signature_asked(batch):
    return any(each["signature_asked"] for each in batch["versions"])


def note_locks(batch):
    """Its coins may be locked in the node again; those of what was paid outside never are."""
    if not batch["versions"][0]["adopted"]:
        batch["locked"] = True


def version_with(batch, txid):
    return next((each for each in batch["versions"] if each["txid"] == txid), None)


def confirmed_version(batch):
    """The version in the chain; None if there is none."""
    return batch["confirmation"] and version_with(batch, batch["confirmation"]["txid"])


def paid_of(batch, version, send_id):
    """The outputs of the version that pay the send; none: it does not."""
    return version["paid"][batch["sends"].index(send_id)]


def transaction_of(version):
    return transactions.parse(version["raw_tx"] or version["unsigned_tx"])


class Ledger:
    """expected: a Scratch that takes what the indexes have to hold."""

    def __init__(self, expected):
        self.expected = expected
        self.created = None
        self.locator, self.work, self.pruned_up_to = [], bytes(32), None
        self.alarms = {}
        self.claims = {}  # coin: numbers of the live batches that it belongs to
        self._sends, self._batches, self._cached = {}, {}, 0
        self._changed_sends, self._changed_batches = set(), set()
        self._seq, self._at_ms = 0, 0

    # --- what is known

    def send(self, send_id):
        return self._known(self._sends, send_id, keys.send(send_id), "send")

    def batch(self, number):
        return self._known(self._batches, number, keys.batch(number), "batch")

    def tip_height(self):
        return self.locator[-1][0]

    def living(self, batch):
        """The sends that belong to the batch now."""
        return [each for each in batch["sends"]
                if self.send(each)["live_batch"] == batch["id"]]

    def batches_of(self, send):
        """Those that the send was ever in, that are known: what was pruned is not."""
        found = [self.batch(number) for number in send["batches"]]
        return [each for each in found if each]

    def may_pay(self, send):
        """(batch, version) of each transaction that pays the send and may have been signed."""
        return [(batch, version) for batch in self.batches_of(send)
                for version in batch["versions"]
                if version["signature_asked"] and paid_of(batch, version, send["id"])]

    def _known(self, cache, name, key, kind):
        if name not in cache:
            raw = self.expected.get(key)
            if raw is None:
                return None
            cache[name] = records.decode_snapshot(kind, raw)
            if kind == "send":
                _complete(cache[name])
            self._cached += 1 if kind == "send" else len(cache[name]["sends"])
        return cache[name]

    # --- applied

    def apply(self, seq, at_ms, name, fields):
        """The next record. What it does not find, or can not be, raises LookupError or ValueError."""
        self._seq, self._at_ms = seq, at_ms
        touched = self._changed_batches, self._changed_sends
        self._changed_batches, self._changed_sends = set(), set()
        getattr(self, "_" + name)(fields)
        self._index_history(name, fields)
        for number in self._changed_batches:
            self._claim(self.batch(number))
        self._changed_batches |= touched[0]
        self._changed_sends |= touched[1]
        self.trim()

    def trim(self):
        """Keeps what is in memory within bounds. What was handed out before is not to be used on."""
        if self._cached > CACHED:
            self.write()

    def write(self):
        """Puts what has changed into the expected indexes, and forgets it here."""
        for send_id in self._changed_sends:
            send = self._sends[send_id]
            self.expected.put(keys.send(send_id), records.encode_snapshot("send", send))
            self._mark(is_open_send(send), keys.open_send(send_id))
        for number in self._changed_batches:
            batch = self._batches[number]
            self.expected.put(keys.batch(number), records.encode_snapshot("batch", batch))
            self._mark(is_kept(batch), keys.open_batch(number))
        self._changed_sends, self._changed_batches = set(), set()
        self._sends, self._batches, self._cached = {}, {}, 0
        if self.locator:
            chain = {"locator": self.locator, "work": self.work, "pruned_up_to": self.pruned_up_to}
            self.expected.put(keys.CHAIN, records.encode_snapshot("chain", chain))

    def _mark(self, there, key):
        if there:
            self.expected.put(key)
        else:
            self.expected.delete(key)

    def _claim(self, batch):
        for coin in batch["coins"]:
            owners = self.claims.setdefault(coin["outpoint"], set())
            if is_live(batch):
                owners.add(batch["id"])
            else:
                owners.discard(batch["id"])
            if not owners:
                del self.claims[coin["outpoint"]]

    def _index_history(self, name, fields):
        """Whom the record is about by its own words."""
        if name in ("SendRecorded", "SendEnded", "VerdictGiven", "PaymentAdopted"):
            self.expected.put(keys.send_history(fields["id"], self._seq))
        if name == "BatchReserved":
            for send_id in fields["sends"]:
                self.expected.put(keys.send_history(send_id, self._seq))
        if name == "BatchDropped":
            for send_id in self.batch(fields["batch"])["sends"]:
                self.expected.put(keys.send_history(send_id, self._seq))
        number = fields.get("batch")
        if name in ("BatchReserved", "PaymentAdopted"):
            number = self._seq
        if name == "AlarmAccepted":
            number = self.alarms[fields["alarm"]]["batch"]
        if number is not None:
            self.expected.put(keys.batch_history(number, self._seq))

    # --- steps

    def _touch_send(self, send):
        send["seq"], send["updated_at_ms"] = self._seq, self._at_ms
        self._changed_sends.add(send["id"])

    def _touch_batch(self, batch):
        batch["seq"], batch["updated_at_ms"] = self._seq, self._at_ms
        self._changed_batches.add(batch["id"])

    def _touched_batch(self, fields):
        batch = self.batch(fields["batch"])
        if batch is None:
            raise LookupError(f"there is no batch {fields['batch']}")
        self._touch_batch(batch)
        return batch

    def _new_send(self, send_id, content):
        self._sends[send_id] = _complete({
            "id": send_id, "content": content, "ending": "none", "batches": [], "live_batch": None,
            "excluded_by_verdict": [], "payment": None, "created_at_ms": self._at_ms,
            "recorded_seq": self._seq})
        self._cached += 1
        self._touch_send(self._sends[send_id])
        return self._sends[send_id]

    def _new_batch(self, sends, coins, version, locked, exclusions=()):
        batch = {
            "id": self._seq, "sends": sends, "coins": coins, "core_coins": len(coins),
            "exclusions": list(exclusions), "versions": [version], "rivals": [], "vanished": [],
            "confirmation": None, "end": "open", "left": False, "superseded": False,
            "locked": locked, "created_at_ms": self._at_ms}
        self._batches[self._seq] = batch
        self._cached += len(sends)
        self._touch_batch(batch)
        self._index_txid(batch, version)
        for send_id in sends:
            self._join(self._send_named(send_id), batch)

    def _send_named(self, send_id):
        send = self.send(send_id)
        if send is None:
            raise LookupError(f"there is no send {send_id}")
        return send

    def _index_txid(self, batch, version):
        self.expected.put(keys.txid(version["txid"], batch["id"]))

    def _leave(self, send):
        if send["live_batch"] is None:
            return
        batch = self.batch(send["live_batch"])
        send["live_batch"] = None
        batch["left"] = True
        batch["superseded"] = not self.living(batch)
        self._touch_batch(batch)
        self._touch_send(send)

    def _join(self, send, batch):
        self._leave(send)
        if batch["id"] not in send["batches"]:
            send["batches"].append(batch["id"])
        send["live_batch"] = batch["id"]
        if batch["superseded"]:
            note_locks(batch)
        batch["superseded"] = False
        self._touch_batch(batch)
        self._touch_send(send)

    def _end(self, send, ending):
        self._leave(send)
        send["ending"] = ending
        self._touch_send(send)

    def _seen(self, batch, version):
        """R4': whom a version pays that is seen, belongs to its batch again."""
        paid = [self.send(send_id) for send_id, vouts in zip(batch["sends"], version["paid"])
                if vouts]
        for send in filter(is_open_send, paid):
            if version["txid"] in send["excluded_by_verdict"]:
                send["excluded_by_verdict"] = [each for each in send["excluded_by_verdict"]
                                               if each != version["txid"]]
                self._touch_send(send)
        if batch["left"]:
            for send in [each for each in paid if self._comes_back(each, batch)]:
                self._join(send, batch)

    def _comes_back(self, send, batch):
        if send["live_batch"] == batch["id"] or not is_open_send(send):
            return False
        live = self.batch(send["live_batch"]) if send["live_batch"] is not None else None
        confirmed = live and confirmed_version(live)
        return not (confirmed and paid_of(live, confirmed, send["id"]))

    # --- one for each record

    def _WalCreated(self, fields):
        self.created = fields
        self.locator, self.work = [fields["tip"]], fields["work"]

    def _SendRecorded(self, fields):
        self._new_send(fields["id"], fields["content"])

    def _SendEnded(self, fields):
        send = self.send(fields["id"]) or self._new_send(fields["id"], None)
        self._end(send, fields["ending"])

    def _BatchReserved(self, fields):
        self._new_batch(fields["sends"], list(fields["coins"]), _reserved_version(fields),
                        locked=True, exclusions=fields["exclusions"])

    def _VersionReserved(self, fields):
        batch = self._touched_batch(fields)
        batch["coins"] += fields["added"]
        batch["locked"] = True
        batch["versions"].append(_reserved_version(fields))
        self._index_txid(batch, batch["versions"][-1])

    def _SignatureRequested(self, fields):
        batch = self._touched_batch(fields)
        batch["versions"][fields["version"]]["signature_asked"] = True

    def _VersionSigned(self, fields):
        batch = self._touched_batch(fields)
        version = batch["versions"][fields["version"]]
        version["raw_tx"] = fields["raw_tx"]
        version["txid"] = transactions.parse(fields["raw_tx"]).txid
        self._index_txid(batch, version)

    def _VersionAccepted(self, fields):
        self._accepted(self._touched_batch(fields), fields["txid"])

    def _accepted(self, batch, txid):
        version = version_with(batch, txid)
        if version is None:
            raise LookupError("the transaction is no version of the batch")
        version["accepted"] = True
        batch["vanished"] = []
        self._seen(batch, version)

    def _VersionAdopted(self, fields):
        batch = self._touched_batch(fields)
        transaction = transactions.parse(fields["raw_tx"])
        version = version_with(batch, transaction.txid)
        if version is None:
            version = _adopted_version(fields["raw_tx"], fields["paid"],
                                       _fee_from(batch["coins"], transaction))
            batch["versions"].append(version)
            self._index_txid(batch, version)
        version.update(raw_tx=fields["raw_tx"], signature_asked=True, accepted=True)
        self._seen(batch, version)

    def _RivalSeen(self, fields):
        batch = self._touched_batch(fields)
        txid = transactions.parse(fields["raw_tx"]).txid
        known = next((each for each in batch["rivals"] if each["txid"] == txid), None)
        if known:
            known["block"] = fields["block"]
        else:
            batch["rivals"].append(
                {"raw_tx": fields["raw_tx"], "txid": txid, "block": fields["block"]})

    def _RivalGone(self, fields):
        batch = self._touched_batch(fields)
        batch["rivals"] = [each for each in batch["rivals"] if each["txid"] != fields["txid"]]

    def _BatchConfirmed(self, fields):
        batch = self._touched_batch(fields)
        batch["confirmation"] = {"txid": fields["txid"], "block": fields["block"]}
        self._accepted(batch, fields["txid"])
        self.expected.put(keys.confirmed(fields["block"][0], batch["id"]))

    def _BatchReopened(self, fields):
        batch = self._touched_batch(fields)
        batch["confirmation"] = None
        self.expected.delete(keys.confirmed(fields["block"][0], batch["id"]))
        if batch["end"] == "final":
            batch["end"] = "open"
            note_locks(batch)
            for send_id in self.living(batch):
                self.send(send_id)["payment"] = None
                self._touch_send(self.send(send_id))

    def _BatchFinal(self, fields):
        batch = self._touched_batch(fields)
        version = confirmed_version(batch)
        if version is None:
            raise LookupError("the batch is not confirmed")
        batch["end"] = "final"
        spent = transactions.parse(version["raw_tx"]).coins
        if spent >= {each["outpoint"] for each in batch["coins"]}:
            batch["locked"] = False
        for send_id in self.living(batch):
            send = self.send(send_id)
            send["payment"] = self._payment(send, batch, version)
            self._touch_send(send)

    def _payment(self, send, batch, version):
        txids = [each["txid"] for one in self.batches_of(send) for each in one["versions"]
                 if each["raw_tx"]]
        return {"txid": version["txid"], "txids": txids,
                "vouts": paid_of(batch, version, send["id"]), "fee_sat": version["fee_sat"],
                "batch_size": len(batch["sends"]), "block": batch["confirmation"]["block"]}

    def _BatchDropped(self, fields):
        batch = self._touched_batch(fields)
        batch.update(end="dropped", left=False, superseded=False)
        for send_id in batch["sends"]:
            self._go_back(self.send(send_id), batch)

    def _go_back(self, send, dropped):
        """Where R4 had brought it to the batch, to the last one that may pay it."""
        send["batches"] = [each for each in send["batches"] if each != dropped["id"]]
        self._touch_send(send)
        if send["live_batch"] != dropped["id"]:
            return
        send["live_batch"] = None
        before = [each for each in self.batches_of(send) if signature_asked(each)]
        if before:
            self._join(send, before[-1])

    def _ChainMoved(self, fields):
        first, *rest = self.locator
        rest = [each for each in rest if each[0] <= fields["fork_height"]] + fields["blocks"]
        tip_height = ([first] + rest)[-1][0]
        self.locator = [first] + [each for each in rest if _stays(each[0], tip_height)]
        self.work = max(self.work, fields["work"])

    def _AlarmRaised(self, fields):
        self._put_alarm({**fields, "number": self._seq, "raised_at_ms": self._at_ms,
                         "accepted_reason": None, "accepted_at_ms": 0})

    def _AlarmAccepted(self, fields):
        alarm = self.alarms[fields["alarm"]]
        self._put_alarm({**alarm, "accepted_reason": fields["reason"],
                         "accepted_at_ms": self._at_ms})

    def _put_alarm(self, alarm):
        self.alarms[alarm["number"]] = alarm
        self.expected.put(keys.alarm(alarm["number"]), records.encode_snapshot("alarm", alarm))

    def _VerdictGiven(self, fields):
        send = self._send_named(fields["id"])
        send["excluded_by_verdict"] = send["excluded_by_verdict"] + fields["excluded"]
        self._touch_send(send)
        if send["live_batch"] is not None:
            self._touch_batch(self.batch(send["live_batch"]))
        ending = {"never": "cancelled", "paid": "declared paid"}.get(fields["verdict"])
        if ending:
            self._end(send, ending)

    def _PaymentAdopted(self, fields):
        if self.send(fields["id"]) is None:
            self._new_send(fields["id"], fields["content"])
        coins = [{"outpoint": each.outpoint, **NO_COIN}
                 for each in transactions.parse(fields["raw_tx"]).inputs]
        version = _adopted_version(fields["raw_tx"], [fields["vouts"]], fields["fee_sat"])
        self._new_batch([fields["id"]], coins, version, locked=False)

    def _LocksReleased(self, fields):
        self._touched_batch(fields)["locked"] = False

    def _CoinsVanished(self, fields):
        self._touched_batch(fields)["vanished"] = fields["coins"]

    def _DetailPruned(self, fields):
        for batch in fields["batches"]:
            for send in batch["sends"]:
                self._sends[send["id"]] = _complete(_pruned_send(batch, send))
                self._changed_sends.add(send["id"])
            for txid in batch["payment"]["txids"] + batch["former_txids"]:
                self.expected.put(keys.txid(txid, batch["id"]))
            height = batch["payment"]["block"][0]
            self.pruned_up_to = max(height, self.pruned_up_to or height)


def _complete(send):
    """With the fields that one of the two formats does not have."""
    send.setdefault("content", None)
    send.setdefault("digest", None)
    send.setdefault("ending", "none")
    send.setdefault("excluded_by_verdict", [])
    return send


def _pruned_send(batch, send):
    return {"id": send["id"], "digest": send["digest"], "batches": [batch["id"]],
            "live_batch": batch["id"], "payment": batch["payment"],
            "created_at_ms": send["created_at_ms"], "updated_at_ms": batch["updated_at_ms"],
            "recorded_seq": send["recorded_seq"], "seq": batch["seq"]}


def _reserved_version(fields):
    return {"unsigned_tx": fields["unsigned_tx"], "raw_tx": b"",
            "txid": transactions.parse(fields["unsigned_tx"]).txid, "paid": fields["paid"],
            "change_vout": fields["change_vout"], "fee_sat": fields["fee_sat"],
            "signature_asked": False, "accepted": False, "adopted": False}


def _adopted_version(raw_tx, paid, fee_sat):
    return {"unsigned_tx": b"", "raw_tx": raw_tx, "txid": transactions.parse(raw_tx).txid,
            "paid": paid, "change_vout": None, "fee_sat": fee_sat, "signature_asked": True,
            "accepted": True, "adopted": True}


def _fee_from(coins, transaction):
    """What the coins leave for the fee; 0 if it spends others, or one of an amount not known."""
    known = {each["outpoint"]: each["amount_sat"] for each in coins if each["script"]}
    if not transaction.coins <= set(known):
        return 0
    paid_sat = sum(amount_sat for _, amount_sat in transaction.outputs)
    return sum(known[each.outpoint] for each in transaction.inputs) - paid_sat


def _stays(height, tip_height):
    for depth, step in LOCATOR_STEPS:
        if tip_height - height <= depth:
            return height % step == 0
    return height % LOCATOR_LAST_STEP == 0
