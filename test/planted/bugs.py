"""Bugs that tests have to fail with, see run. Those that fuzz targets have to find are in test/fuzz/planted_bug_list.py."""

from dataclasses import dataclass

# Which guarantee or rule each breaks stands in the page of doc/evidence that names it.
DAEMON = ("src/sendonced", "src/sendonce-wal", "test/fault/sendonced-faulty", "test/crash/kill-at-call")
FAULT_TESTS = ("test/fault/fault_tests",)


@dataclass(frozen=True)
class Test:
    """command: of the copy's build folder if it is a program, of the copy if it is a script. goals: what make has to build."""

    goals: tuple
    command: tuple


def fault(suite):
    return Test(FAULT_TESTS, ("test/fault/fault_tests", f"--run_test={suite}"))


def functional(file, *tests):
    return Test(DAEMON, (f"test/functional/{file}.py", *tests))


POWER_CUT = functional("crash_power_cut", "PowerCutTest.test_paid")
OUTBOX, LOG, DATABASE = "src/core/outbox.cpp", "src/wal/log.cpp", "src/wal/database.cpp"
HOLDS_EFFECT = "if (OnlyReads(effect) || ledger_.last_seq() <= durable_seq_) {"


@dataclass(frozen=True)
class Bug:
    name: str
    says: str
    changes: tuple  # file, what stands there once, what takes its place
    test: Test
    told: str  # a regular expression: what the test has to say, so that it did not fail of something else


def lets_go(effect):
    return ((OUTBOX, HOLDS_EFFECT, HOLDS_EFFECT.replace("if (", f"if (std::holds_alternative<{effect}>(effect) || ")),)


BUGS = (
    # The page on crash points.
    Bug("signed-batch-is-dropped", "a batch whose signature was asked for is dropped, and new coins are chosen; the objection is gone too",
        (("src/core/payer.cpp", "void Payer::Sign(const Batch& batch, uint32_t number, Attempt& attempt, Millis now_ms) {\n",
          "void Payer::Sign(const Batch& batch, uint32_t number, Attempt& attempt, Millis now_ms) {\n"
          "  if (SignatureAsked(batch)) return Drop(batch.id, now_ms);\n"),
         ("src/core/payer.cpp", "  assert(batch && !SignatureAsked(*batch));\n", ""),
         ("src/core/record_objection.cpp", '    if (SignatureAsked(*batch)) return "a signature may exist for the batch (R4)";\n', "")),
        POWER_CUT, "can both confirm"),
    Bug("answers-leave-early", "answers leave before their records are durable (G1)",
        ((OUTBOX, "  if (seq <= durable_seq_) {\n    released_.emplace_back(std::move(answer));",
          "  if (true) {\n    released_.emplace_back(std::move(answer));"),),
        POWER_CUT, r"201 not found in \(200, 503\)"),  # acknowledged, and recorded again
    Bug("broadcast-leaves-early", "a broadcast leaves before its record is durable (R1)", lets_go("Broadcast"), POWER_CUT, "write_ahead.py"),
    Bug("request-to-sign-leaves-early", "the request to sign leaves before its record is durable (R1)", lets_go("core::Sign"), POWER_CUT,
        "write_ahead.py"),
    Bug("all-effects-leave-early", "all effects on the node leave before their records are durable (R1)",
        ((OUTBOX, HOLDS_EFFECT, "if (OnlyReads(effect) || true) {"),), POWER_CUT, "write_ahead.py|can both confirm"),
    Bug("killer-reads-half-a-path", "the program that kills reads a path only up to the end of its page",
        (("test/crash/kill_at_call.cpp", "    address += length;\n", "    break;\n"),),
        functional("crash_calls", "Killer"), "AssertionError: Lists differ"),
    # The page on storage.
    Bug("no-latch", "what has failed is tried again",
        ((LOG, "    failed_ = true;\n", ""),), fault("storage_errors"), "failures? (is|are) detected"),
    Bug("anchor-is-not-compared", "a log that is shorter than its anchor starts",
        (("src/wal/start.cpp", "if (walk.last()->next_seq <= anchor.seq) {", "if (false) {"),), fault("corruption"),
        "failures? (is|are) detected"),
    Bug("no-checksums", "LevelDB compares no checksums",
        ((DATABASE, "options.verify_checksums = true;", "options.verify_checksums = false;"),
         (DATABASE, "options_.paranoid_checks = true;", "options_.paranoid_checks = false;")), fault("corruption"),
        "failures? (is|are) detected|signal: SIGABRT"),
    Bug("folder-is-not-synced", "new names are not made durable",
        ((DATABASE, "const auto error = disk_.SyncFolder(FolderOf(name));", "const auto error = name.empty() ? disk_.SyncFolder(FolderOf(name)) : std::nullopt;"),),
        fault("power_cut,random_power_cut"), "failures? (is|are) detected"),
    Bug("write-is-not-synced", "a record is not synced",
        ((DATABASE, "options.sync = true;", "options.sync = false;"),), fault("power_cut"), "failures? (is|are) detected"),
    Bug("table-name-is-not-synced", "a table's name is made durable when LevelDB does it",
        ((DATABASE, 'name.ends_with(".log") || name.ends_with(".ldb")', 'name.ends_with(".log")'),), fault("power_cut"),
        "failures? (is|are) detected"),
    Bug("anchor-leads", "the anchor names a record that is not there yet",
        ((LOG, "{wal_id_, seq, link_.hash}", "{wal_id_, seq + 1, link_.hash}"),), fault("power_cut"), "failures? (is|are) detected"),
    Bug("damage-is-an-error-of-the-disk", "what LevelDB calls a corruption is called an error of the disk",
        ((DATABASE, "if (status.IsCorruption() || status.IsNotFound()", "if (status.IsNotFound()"),), fault("random_power_cut"),
        "The disk refused an operation"),
    # The page on histories.
    Bug("cancel-is-granted-late", "a cancel is granted although a signature was asked for",
        (("src/core/call_desk.cpp", "if (send && (send->payment || !MayEnd(*send))) {", "if (send && send->payment) {"),),
        functional("send_cancel"), "FAILED"),
    # The page on hostile callers.
    Bug("requests-take-for-ever", "a request may take for ever",
        (("src/http/connections.cpp", "      return limits_.request_timeout_ms;", "      return INT64_MAX;"),),
        functional("hostile_callers", "HostileCallers.test_the_slow_are_cut_off_and_the_idle_are_in_nobodys_way"), "cut off"),
)
