"""Copies of a log that somebody has tampered with: contrib/audit-log refutes each, for what was done
to it.
"""

import shutil

from framework import audit, case
from framework.forgery import keys, parse, records, stub_of
from framework.sending import AMOUNT_SAT
from framework.story import Story

TIME_LIMIT_S = 3600


class Stored:
    """What is stored is not what was written."""

    def middle(self, log):
        return log.of("SendRecorded", id="bumped")[0].seq

    def test_a_flipped_byte(self):
        with self.forged("chain of hashes", "does not carry the hash") as log:
            key = keys.record(self.middle(log))
            value = bytearray(log.entries[key])
            value[-1] ^= 1
            log.edit({key: bytes(value)})

    def test_a_flipped_byte_in_a_file(self):
        with self.forged("chain of hashes", "LevelDB") as log:
            path = max(log.wal.glob("*.l[do][bg]"), key=lambda each: each.stat().st_size)
            data = bytearray(path.read_bytes())
            data[len(data) // 2] ^= 0x20
            path.write_bytes(data)

    def test_a_missing_record(self):
        with self.forged("chain of hashes", "is missing") as log:
            log.edit({keys.record(self.middle(log)): None})

    def test_a_missing_end(self):
        with self.forged("anchor", "2 missing at the end") as log:
            log.edit({keys.record(max(log.records) - number): None for number in (0, 1)})

    def test_another_number_in_a_record(self):
        with self.forged("chain of hashes", "it says of itself") as log:
            log.edit({keys.record(self.middle(log)): log.entries[keys.record(2)]})

    def test_a_record_made_anew_with_the_chain_behind_it(self):
        """Nothing but its time, which is in no snapshot: only the anchor knows."""
        with self.forged("anchor", "was made anew") as log:
            log.of("ChainMoved")[-3].at_ms += 1
            log.write(with_anchor=False)
            told, _ = self.report(log)
            self.assertEqual({each["check"] for each in told["findings"]}, {"anchor"})

    def test_bytes_behind_a_record(self):
        with self.forged("records", "1 bytes stand behind its end") as log:
            log.records[self.middle(log)].payload += b"\0"
            log.write()

    def test_a_record_of_no_known_type(self):
        with self.forged("records", "type 99") as log:
            log.records[max(log.records)].payload = b"\x63"
            log.write()

    def test_a_number_of_no_known_kind(self):
        with self.forged("records", "is not known") as log:
            record = log.of("SendEnded", id="never-seen")[0]
            record.payload = record.payload[:-1] + b"\x09"
            log.write()

    def test_an_anchor_from_the_future(self):
        with self.forged("anchor", "missing at the end") as log:
            log.write_anchor(max(log.records) + 5, bytes(32))

    def test_an_anchor_of_another_log(self):
        with self.forged("anchor", "belongs to WAL " + "07" * 16) as log:
            last = max(log.records)
            log.write_anchor(last, bytes(32), wal_id=b"\x07" * 16)

    def test_no_anchor(self):
        with self.forged("anchor", "there is none") as log:
            log.anchor.unlink()

    def test_a_damaged_anchor(self):
        with self.forged("anchor", "damaged") as log:
            log.anchor.write_text(log.anchor.read_text().replace("seq ", "seq 9"))

    def test_a_stub_that_is_another_one(self):
        with self.forged("pruning", "is not what was pruned") as log:
            self.assertTrue(log.stubs)
            seq = next(each for each in sorted(log.stubs) if each + 1 in log.stubs)
            stub = bytearray(log.entries[keys.record(seq)])
            stub[-2] ^= 1  # of its hash, which no frame carries
            log.edit({keys.record(seq): bytes(stub)})

    def test_a_stub_that_nothing_justifies(self):
        """A stub keeps the chain whole: only what was pruned may be one."""
        with self.forged("pruning", "no record says that it was pruned") as log:
            seq = log.of("SendRecorded", id="waits")[0].seq
            frame = log.entries[keys.record(seq)]
            log.edit({keys.record(seq): stub_of(frame)})


class Rules:
    """Records that the rules forbid, in a log that is whole, chain, anchor and all."""

    def batch_of(self, log, send_id):
        return next(each for each in log.of("BatchReserved") if send_id in each.fields["sends"])

    def signed(self, log, send_id):
        return log.of("VersionSigned", batch=self.batch_of(log, send_id).seq)

    def test_coins_of_another_batch_signed(self):
        with self.forged("rules", "VersionSigned", "differs from the reserved transaction") as log:
            other = self.signed(log, "moved")[0].fields["raw_tx"]
            self.signed(log, "sent")[0].change(raw_tx=other)
            log.write()

    def test_signed_what_differs_in_an_amount(self):
        with self.forged("rules", "VersionSigned", "differs from the reserved transaction") as log:
            record = self.signed(log, "sent")[0]
            raw_tx = record.fields["raw_tx"]
            amount = AMOUNT_SAT.to_bytes(8, "little")
            self.assertIn(amount, raw_tx)
            record.change(raw_tx=raw_tx.replace(amount, (AMOUNT_SAT + 1).to_bytes(8, "little")))
            log.write()

    def test_signed_without_a_request(self):
        with self.forged("rules", "VersionSigned", "never asked for (R1)") as log:
            batch = self.batch_of(log, "sent").seq
            self.make_nothing_of(log, log.of("SignatureRequested", batch=batch)[0])
            log.write()

    def test_requested_without_a_reservation(self):
        with self.forged("rules", "SignatureRequested", "never reserved (R1)") as log:
            log.of("SignatureRequested", batch=self.batch_of(log, "sent").seq)[0].change(version=1)
            log.write()

    def test_accepted_without_a_signature(self):
        with self.forged("rules", "VersionAccepted", "no signed version of the batch") as log:
            self.make_nothing_of(log, self.signed(log, "sent")[0])
            log.write()

    def test_a_coin_of_another_live_batch(self):
        with self.forged("rules", "belongs to live batch", "(R2)") as log:
            batch = self.batch_of(log, "sent")
            log.append("SendRecorded", id="thief", content=log.of("SendRecorded", id="sent")[0]
                       .fields["content"])
            log.append("BatchReserved", **{**batch.fields, "sends": ["thief"]})
            log.write()

    def test_a_payment_to_somebody_else(self):
        with self.forged("rules", "BatchReserved", "not in its transaction") as log:
            record = self.batch_of(log, "sent")
            script = log.of("SendRecorded", id="sent")[0].fields["content"]["outputs"][0]["script"]
            wrong = script[:-1] + bytes([script[-1] ^ 1])
            record.change(unsigned_tx=record.fields["unsigned_tx"].replace(script, wrong))
            log.write()

    def test_an_output_that_nobody_asked_for(self):
        with self.forged("rules", "neither a payment nor change") as log:
            self.batch_of(log, "sent").change(change_vout=None)
            log.write()

    def test_another_fee(self):
        with self.forged("rules", "the fee is") as log:
            record = self.batch_of(log, "sent")
            record.change(fee_sat=record.fields["fee_sat"] + 1)
            log.write()

    def rebuilt(self, log):
        """The reservation that pays "taken" again."""
        return [each for each in log.of("BatchReserved") if each.fields["exclusions"]][-1]

    def test_a_second_payment_without_a_reason(self):
        with self.forged("rules", "is not excluded (R4): no reason is given") as log:
            self.rebuilt(log).change(exclusions=[])
            log.write()

    def test_a_second_payment_for_a_coin_that_is_not_shared(self):
        with self.forged("rules", "is not excluded (R4)", "not spent by both") as log:
            record = self.rebuilt(log)
            exclusion = record.fields["exclusions"][0]
            self.assertEqual(exclusion["reason"], "shared coin")
            record.change(exclusions=[{**exclusion, "coin": bytes(36)}])
            log.write()

    def test_a_second_payment_for_a_rival_that_nobody_saw(self):
        for reason in ("descends from rival", "deep rival"):
            with self.subTest(reason), self.forged("rules", "(R4)", "no rival") as log:
                record = self.rebuilt(log)
                exclusion = {**record.fields["exclusions"][0], "reason": reason,
                             "rival": b"\x05" * 32}
                record.change(exclusions=[exclusion])
                log.write()

    def test_a_second_payment_for_a_rival_that_is_not_deep(self):
        with self.forged("rules", "(R4)", "not 10 deep") as log:
            self.rebuilt(log).change(exclusions=[self.exclusion_by_rival(log, "deep rival")])
            log.write()

    def test_a_second_payment_for_a_rival_whose_output_it_does_not_spend(self):
        with self.forged("rules", "(R4)", "is not the rival's, or is not spent") as log:
            exclusion = self.exclusion_by_rival(log, "descends from rival")
            self.rebuilt(log).change(exclusions=[exclusion])
            log.write()

    def exclusion_by_rival(self, log, reason):
        rival = log.of("RivalSeen")[-1].fields["raw_tx"]
        return {**self.rebuilt(log).fields["exclusions"][0], "reason": reason,
                "rival": parse(rival).txid}

    def test_a_second_payment_by_a_verdict_that_nobody_gave(self):
        with self.forged("rules", "(R4)", "no verdict names it") as log:
            record = self.rebuilt(log)
            record.change(exclusions=[{**record.fields["exclusions"][0], "reason": "verdict"}])
            log.write()

    def test_an_id_that_may_be_paid_twice(self):
        """Whatever the rules said: at the end all that may pay it is compared."""
        with self.forged("payments", "send sent may be paid twice (G2)") as log:
            batch, request, signed = self.another_payment(log)
            log.append("BatchReserved", **batch)
            number = max(log.records)
            log.append("SignatureRequested", batch=number, version=0)
            log.append("VersionSigned", batch=number, version=0, raw_tx=signed)
            log.write()

    def another_payment(self, log):
        """Reservation and signed transaction for "sent", from a coin that is out of nowhere."""
        fields = self.batch_of(log, "sent").fields
        old = fields["coins"][0]["outpoint"]
        new = b"\x05" * 32 + old[32:]
        coins = [{**fields["coins"][0], "outpoint": new}, *fields["coins"][1:]]
        unsigned = fields["unsigned_tx"].replace(old, new)
        signed = self.signed(log, "sent")[0].fields["raw_tx"].replace(old, new)
        return {**fields, "coins": coins, "unsigned_tx": unsigned}, None, signed

    def test_an_id_that_is_paid_twice(self):
        with self.forged("rules", "BatchConfirmed", "paid twice") as log:
            first = self.batch_of(log, "taken").seq
            txid = log.of("VersionAccepted", batch=first)[0].fields["txid"]
            block = log.of("BatchConfirmed")[-1].fields["block"]
            log.append("BatchConfirmed", batch=first, txid=txid, block=block)
            log.write()

    def test_an_id_recorded_twice(self):
        with self.forged("rules", "send sent is recorded already (G4)") as log:
            log.append("SendRecorded", **log.of("SendRecorded", id="sent")[0].fields)
            log.write()

    def test_a_pruned_id_recorded_again(self):
        with self.forged("rules", "send old is recorded already (G4)") as log:
            content = log.of("SendRecorded", id="sent")[0].fields["content"]
            log.append("SendRecorded", id="old", content=content)
            log.write()

    def test_cancelled_after_a_signature(self):
        with self.forged("rules", "may pay it (G6)") as log:
            log.append("SendEnded", id="sent", ending="cancelled")
            log.write()

    def test_dropped_after_a_signature(self):
        with self.forged("rules", "BatchDropped", "(R4)") as log:
            log.append("BatchDropped", batch=self.batch_of(log, "sent").seq)
            log.write()

    def test_a_version_without_the_first_coins(self):
        with self.forged("rules", "VersionReserved", "first and in order (R3)") as log:
            record = log.of("VersionReserved")[0]
            coin = self.batch_of(log, "bumped").fields["coins"][0]["outpoint"]
            other = b"\x05" * 32 + coin[32:]
            record.change(unsigned_tx=record.fields["unsigned_tx"].replace(coin, other))
            log.write()

    def test_a_version_that_pays_no_higher_fee(self):
        with self.forged("rules", "VersionReserved", "pays no lower fee (R3)") as log:
            first = self.batch_of(log, "bumped").fields
            log.of("VersionReserved")[0].change(fee_sat=first["fee_sat"])
            log.write()

    def test_final_before_it_is_confirmed(self):
        with self.forged("rules", "BatchFinal", "is not confirmed, or is final already") as log:
            log.append("BatchFinal", batch=self.batch_of(log, "sent").seq)
            log.write()

    def test_a_verdict_where_none_is_needed(self):
        with self.forged("rules", "VerdictGiven", "does not name") as log:
            log.append("VerdictGiven", id="sent", verdict="never", excluded=[], reason="cash")
            log.write()

    def test_a_payment_bound_that_does_not_pay(self):
        with self.forged("rules", "PaymentAdopted", "not in its transaction") as log:
            record = log.of("PaymentAdopted")[0]
            record.change(vouts=[1 - record.fields["vouts"][0]])
            log.write()

    def test_a_rival_that_takes_no_coin(self):
        with self.forged("rules", "RivalSeen", "spends no coin of batch") as log:
            other = self.signed(log, "sent")[0].fields["raw_tx"]
            log.of("RivalSeen")[0].change(raw_tx=other)
            log.write()

    def test_blocks_that_do_not_follow_each_other(self):
        with self.forged("rules", "ChainMoved", "do not follow each other") as log:
            record = log.of("ChainMoved")[-1]
            record.change(blocks=[(height + 1, block) for height, block in record.fields["blocks"]])
            log.write()

    def test_pruned_too_early(self):
        with self.forged("rules", "DetailPruned", "deep in the chain") as log:
            record = log.of("DetailPruned")[0]
            batch, = record.fields["batches"]
            height, block = batch["payment"]["block"]
            payment = {**batch["payment"], "block": (height + 100, block)}
            record.change(batches=[{**batch, "payment": payment}])
            log.write()


class Forbidden:
    """Records that stand in no place where they could: at the end of the log. By the words of the
    objection.
    """

    def forbidden(self, log):
        def batch_of(send_id):
            return next(each for each in log.of("BatchReserved")
                        if send_id in each.fields["sends"])

        sent, moved = batch_of("sent"), batch_of("moved")
        content = log.of("SendRecorded", id="sent")[0].fields["content"]
        signed = log.of("VersionSigned", batch=sent.seq)[0].fields
        nothing = {"outputs": [], **{name: None for name in content if name != "outputs"}}
        verdict = {"verdict": "pay again", "excluded": [], "reason": "cash"}
        return {
            "begins with WalCreated, once": ("WalCreated", log.of("WalCreated")[0].fields),
            "is no id": ("SendRecorded", {"id": "a b", "content": content}),
            "pays nothing": ("SendRecorded", {"id": "a", "content": nothing}),
            "only cancelled and expired": ("SendEnded", {"id": "a", "ending": "declared paid"}),
            "has ended, or is paid, already": ("SendEnded", {"id": "moved", "ending": "cancelled"}),
            "a send of it is not open (R2)": ("BatchReserved", {**sent.fields, "sends": ["moved"]}),
            "a send stands twice in it": ("BatchReserved", {**sent.fields,
                                                            "sends": ["sent", "sent"]}),
            "is not open": ("VerdictGiven", {"id": "moved", **verdict}),
            "the verdict has no reason": ("VerdictGiven", {"id": "sent", **verdict, "reason": ""}),
            "it is not the next version": ("VersionReserved", {
                **log.of("VersionReserved")[0].fields, "batch": sent.seq, "version": 7}),
            "the batch to be signed is not live": (
                "SignatureRequested", {"batch": moved.seq, "version": 0}),
            "the version is signed already": ("VersionSigned", signed),
            "it is a version already": ("VersionAdopted", {
                "batch": sent.seq, "raw_tx": signed["raw_tx"], "paid": sent.fields["paid"]}),
            "there is no such rival": ("RivalGone", {"batch": sent.seq, "txid": bytes(32)}),
            "the batch is confirmed already": ("BatchConfirmed",
                                               log.of("BatchConfirmed", batch=moved.seq)[-1].fields),
            "not confirmed in that block": ("BatchReopened", {"batch": sent.seq,
                                                              "block": (1, bytes(32))}),
            "the fork at height": ("ChainMoved", {"fork_height": 1 << 20, "blocks": [],
                                                  "work": bytes(32)}),
            "there is no such open alarm": ("AlarmAccepted", {"alarm": 1, "reason": "cash"}),
            "the batch has no locks": ("LocksReleased", {"batch": moved.seq}),
            "a coin is none of the batch": ("CoinsVanished", {"batch": sent.seq,
                                                              "coins": [bytes(36)]}),
            "is paid, or may be, by something else": (
                "PaymentAdopted", {**log.of("PaymentAdopted")[0].fields, "id": "sent"}),
        }

    def forbidden_words(self):
        log = self.forgery()
        shutil.rmtree(self.folder / "copy")
        return list(self.forbidden(log))

    def check_forbidden(self, words):
        with self.forged("rules", words) as log:
            name, fields = self.forbidden(log)[words]
            log.append(name, **fields)
            log.write()

    def test_records_where_they_can_not_be(self):
        for words in self.forbidden_words():
            with self.subTest(words):
                self.check_forbidden(words)


class Indexes:
    """The records are whole, and the indexes are other ones."""

    def keys_of_each_kind(self, log):
        found = {}
        for key in log.entries:
            if key[:1] != b"r":
                found[key[:2] if key[:1] in b"oi" else key[:1]] = key
        self.assertEqual(set(found), {b"s", b"b", b"os", b"ob", b"h", b"t", b"is", b"ib", b"a",
                                      b"c"})
        return found.values()

    def test_each_kind_of_key_missing(self):
        log = self.forgery()
        for key in self.keys_of_each_kind(log):
            with self.subTest(key[:2]):
                before = log.entries[key]
                log.edit({key: None})
                self.assert_refuted(log, "indexes", keys.name_of(key), "missing")
                log.edit({key: before})
        self.assertEqual(self.report(log)[1], audit.PROVED)

    def test_each_kind_of_key_too_many(self):
        log = self.forgery()
        for key in self.keys_of_each_kind(log):
            others = (key[:-1] + bytes([each]) for each in range(ord("a"), ord("z")))
            other = next(each for each in others if each not in log.entries)
            with self.subTest(key[:2]):
                log.edit({other: log.entries[key]})
                self.assert_refuted(log, "indexes", keys.name_of(other), "no record gives it")
                log.edit({other: None})

    def test_each_kind_of_value_changed(self):
        log = self.forgery()
        for key in self.keys_of_each_kind(log):
            before = log.entries[key]
            with self.subTest(key[:2]):
                log.edit({key: before[:-1] + bytes([before[-1] ^ 1]) if before else b"x"})
                self.assert_refuted(log, "indexes", keys.name_of(key), "not what the records give")
                log.edit({key: before})


class Chain:
    """The log claims of the chain what is not there."""

    @property
    def words(self):
        return audit.node_words(self.node)

    def test_confirmed_in_another_block(self):
        with self.forged("confirmations", "does not hold it", words=self.words) as log:
            record = log.of("BatchConfirmed")[-1]
            height, _ = record.fields["block"]
            other = self.node.rpc.getblockhash(height - 1)
            record.change(block=(height - 1, bytes.fromhex(other)[::-1]))
            log.write()

    def test_confirmed_in_a_block_that_is_not_there(self):
        with self.forged("confirmations", "is not in the chain", words=self.words) as log:
            record = log.of("BatchConfirmed")[-1]
            record.change(block=(record.fields["block"][0], b"\x05" * 32))
            log.write()

    def test_a_pruned_payment_that_is_not_there(self):
        with self.forged("confirmations", "does not hold it", words=self.words) as log:
            record = log.of("DetailPruned")[0]
            batch, = record.fields["batches"]
            payment = {**batch["payment"], "txid": b"\x05" * 32}
            record.change(batches=[{**batch, "payment": payment}])
            log.write()

    def test_another_chain(self):
        with self.forged("chain", "other genesis", words=self.words) as log:
            log.of("WalCreated")[0].change(genesis=b"\x05" * 32)
            log.write()

    def test_an_alarm_that_nobody_has_accepted(self):
        with self.forged("spends", "no record explains it", "was not accepted",
                         words=self.words) as log:
            self.make_nothing_of(log, log.of("AlarmAccepted")[-1])
            log.write()

    def test_an_output_that_no_send_has_asked_for(self):
        with self.forged("spends", "pays somebody, and no send has asked for it",
                         words=self.words) as log:
            adopted = log.of("PaymentAdopted")[0]
            adopted.change(vouts=[1 - adopted.fields["vouts"][0]])
            txid = parse(adopted.fields["raw_tx"]).txid
            alarm, = log.of("AlarmRaised", txid=txid)
            self.make_nothing_of(log, log.of("AlarmAccepted", alarm=alarm.seq)[0])
            log.write()

    def test_an_output_that_is_two_payments(self):
        with self.forged("spends", "is the payment of two sends", words=self.words) as log:
            adopted = log.of("PaymentAdopted")[0]
            log.append("PaymentAdopted", **{**adopted.fields, "id": "again"})
            log.write()

    def test_an_id_that_the_chain_pays_twice(self):
        with self.forged("paid once", "send moved is paid 2 times in the chain (G2)",
                         words=self.words) as log:
            adopted = log.of("PaymentAdopted")[0]
            log.append("PaymentAdopted", **{**adopted.fields, "id": "moved"})
            log.write()

    def test_a_signature_that_was_never_asked_for(self):
        with self.forged("spends", "no record explains it", words=self.words) as log:
            batch = next(each for each in log.of("BatchReserved")
                         if "moved" in each.fields["sends"]).seq
            self.make_nothing_of(log, log.of("SignatureRequested", batch=batch)[0])
            log.write()


class Forged(Stored, Rules, Forbidden, Indexes, Chain, Story):
    """All of them on one log."""


if __name__ == "__main__":
    case.main()
