"""The auditor without one of its checks passes a copy that was tampered with: so it is that check
which refutes the copy, and audit_forgeries tells the two apart.
"""

import contextlib
import re
import shutil

import audit_forgeries
from framework import audit, case

TIME_LIMIT_S = 3600

# (file, what is there, what takes its place, the test that has to fail then)
REPLACED = [
    ("frames.py", "link.previous != self.last_hash", "False", "a_flipped_byte"),
    ("frames.py", "if seq != self.last_seq + 1:", "if False:", "a_missing_record"),
    ("frames.py", "or link.seq != seq", "", "another_number_in_a_record"),
    ("wire.py", "if end != len(data):", "if False:", "bytes_behind_a_record"),
    ("anchor.py", "elif chain.hash_at_anchor != anchor.frame_hash:", "elif False:",
     "a_record_made_anew_with_the_chain_behind_it"),
    ("anchor.py", "elif anchor.seq > chain.last_seq:", "elif False:", "a_missing_end"),
    ("anchor.py", "elif anchor.seq > chain.last_seq:", "elif False:",
     "an_anchor_from_the_future"),
    ("anchor.py", "wal_id is not None and anchor.wal_id != wal_id", "False",
     "an_anchor_of_another_log"),
    ("anchor.py", 'report.find(CHECK, f"there is none', '(CHECK, f"there is none', "no_anchor"),
    ("anchor.py", "or hashlib.sha256(body).hexdigest() != found.group(4)", "",
     "a_damaged_anchor"),
    ("walk.py", 'elif hashlib.sha256(b"".join(stubs)).digest() != batch["stubs_hash"]:',
     "elif False:", "a_stub_that_is_another_one"),
    ("walk.py", "        self._check_stubs()\n", "", "a_stub_that_nothing_justifies"),
    ("walk.py", "if wanted is None:", "if wanted is None and False:",
     "each_kind_of_key_too_many"),
    ("walk.py", "elif there is None:", "elif there is None and key == b'':",
     "each_kind_of_key_missing"),
    ("walk.py", "elif wanted != there:", "elif False:", "each_kind_of_value_changed"),
    ("walk.py", "self._check_send(send, pairs)", "pass", "an_id_that_may_be_paid_twice"),
    ("exclusion.py", "coin not in coins or coin not in excluded.coins", "False",
     "a_second_payment_for_a_coin_that_is_not_shared"),
    ("exclusion.py", 'named = txid in self._send["excluded_by_verdict"]', "named = True",
     "a_second_payment_by_a_verdict_that_nobody_gave"),
    ("exclusion.py", '>= self._conflict_depth', ">= 0",
     "a_second_payment_for_a_rival_that_is_not_deep"),
    ("exclusion.py", 'coin not in coins or coin[:32] != exclusion["rival"]', "False",
     "a_second_payment_for_a_rival_whose_output_it_does_not_spend"),
    ("exclusion.py", "if rival not in self._rivals:", "if rival not in self._rivals: return None\n"
     "        if False:", "a_second_payment_for_a_rival_that_nobody_saw"),
    ("node_comparison.py", "transactions.text_of(txid) not in txids", "False",
     "confirmed_in_another_block"),
    ("node_comparison.py", "transactions.text_of(txid) not in txids", "False",
     "a_pruned_payment_that_is_not_there"),
    ("node_comparison.py", "if txids is None or", "if txids is not None and",
     "confirmed_in_a_block_that_is_not_there"),
    ("node_comparison.py", 'rpc.call("getblockhash", 0) != ', "False and ", "another_chain"),
    ("node_comparison.py", "elif accepted:", "elif alarms:",
     "an_alarm_that_nobody_has_accepted"),
    ("node_comparison.py", "if not accepted and not self._is_change(versions, vout):",
     "if False:", "an_output_that_no_send_has_asked_for"),
    ("node_comparison.py", "if bound.count(vout) > 1", "if False",
     "an_output_that_is_two_payments"),
    ("node_comparison.py", "if len(there) > 1:", "if False:",
     "an_id_that_the_chain_pays_twice"),
    ("node_comparison.py", 'version and version["signature_asked"]', "version",
     "a_signature_that_was_never_asked_for"),
]

# Of rules.py: words of an objection that is not made, and the test.
UNSAID = [
    ("differs from the reserved transaction", "coins_of_another_batch_signed"),
    ("differs from the reserved transaction", "signed_what_differs_in_an_amount"),
    ("was never asked for (R1)", "signed_without_a_request"),
    ("was never reserved (R1)", "requested_without_a_reservation"),
    ("is no signed version of the batch (R1)", "accepted_without_a_signature"),
    ("belongs to live batch {owner} (R2)", "a_coin_of_another_live_batch"),
    ("a payment is not in its transaction", "a_payment_to_somebody_else"),
    ("a payment is not in its transaction", "a_payment_bound_that_does_not_pay"),
    ("an output is neither a payment nor change", "an_output_that_nobody_asked_for"),
    ("the fee is {left} sat", "another_fee"),
    ("is not excluded (R4)", "a_second_payment_without_a_reason"),
    ("is paid twice: by", "an_id_that_is_paid_twice"),
    ("is recorded already (G4)", "an_id_recorded_twice"),
    ("is recorded already (G4)", "a_pruned_id_recorded_again"),
    ("may pay it (G6)", "cancelled_after_a_signature"),
    ("a signature was asked for, or the batch is not open", "dropped_after_a_signature"),
    ("first and in order (R3)", "a_version_without_the_first_coins"),
    ("pays no lower fee (R3)", "a_version_that_pays_no_higher_fee"),
    ("the batch is not confirmed, or is final", "final_before_it_is_confirmed"),
    ("the verdict does not name", "a_verdict_where_none_is_needed"),
    ("spends no coin of batch", "a_rival_that_takes_no_coin"),
    ("its blocks do not follow each other", "blocks_that_do_not_follow_each_other"),
    ("deep in the chain", "pruned_too_early"),
]


def unsaid(text, words):
    """The program without the statement that yields these words."""
    at = text.index(words)
    begin = text.rindex("yield", 0, at)
    assert not re.search(r"\n\s*(if|for|def|yield)\b", text[begin:at]), words
    return text[:begin] + "if 0: " + text[begin:]


class Mutants(audit_forgeries.Forged):
    def program_with(self, name, change):
        """A copy of the auditor in which one file is another one."""
        folder = self.folder / "mutant"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(audit.PROGRAM, folder)
        shutil.copytree(f"{audit.PROGRAM}.d", folder / "audit-log.d")
        path = folder / "audit-log.d" / name
        text = path.read_text()
        changed = change(text)
        self.assertNotEqual(changed, text)
        path.write_text(changed)
        return folder / audit.PROGRAM.name

    def is_caught(self, name, change, test):
        """Whether the test still refutes its copy."""
        audit.PROGRAM, whole = self.program_with(name, change), audit.PROGRAM
        self.subTest = contextlib.nullcontext  # the first part that fails is enough
        try:
            _, status = audit.report(self.made / "wal", self.made / "anchor")
            if status != audit.PROVED:
                raise RuntimeError("the mutant does not work at all")
            test()
        except AssertionError:
            return False
        finally:
            audit.PROGRAM = whole
            del self.subTest
            shutil.rmtree(self.folder / "copy", ignore_errors=True)
        return True

    def test_each_check_is_needed(self):
        for name, old, new, test in REPLACED:
            with self.subTest(f"{name}: {old}"):
                self.assertFalse(self.is_caught(name, lambda text: text.replace(old, new, 1),
                                                self.whole_test(test)))

    def test_each_rule_is_needed(self):
        for words, test in UNSAID:
            with self.subTest(words):
                self.assertFalse(self.is_caught("rules.py", lambda text: unsaid(text, words),
                                                self.whole_test(test)))

    def test_each_rule_is_needed_where_records_can_not_be(self):
        for words in self.forbidden_words():
            with self.subTest(words):
                self.assertFalse(self.is_caught("rules.py", lambda text: unsaid(text, words),
                                                lambda: self.check_forbidden(words)))

    def whole_test(self, name):
        return getattr(super(), f"test_{name}")


# The tests of the whole auditor run in audit_forgeries.
for _name in [each for each in dir(audit_forgeries.Forged) if each.startswith("test_")]:
    setattr(Mutants, _name, None)


if __name__ == "__main__":
    case.main()
