"""What is searched: the rules as they are, and mutants, each with a guard taken away."""

from dataclasses import dataclass

PAYMENT, LOG, BINDING = "payment.pml", "log.pml", "binding.pml"


@dataclass(frozen=True)
class Search:
    """The rules as they are (or, with `without`, with a guard less that another one stands behind):
    to be searched to the end without a violation."""

    name: str
    model: str
    bounds: str  # -D flags of the model, without -D
    says: str
    short: bool = False  # also part of the short run
    compact: bool = False  # states are stored as hashes of 96 bits: not exact, see doc/evidence/model.md
    without: str = ""


@dataclass(frozen=True)
class Mutant:
    """Must end in a violation of `breaks`, by the shortest way there is."""

    name: str
    model: str
    bounds: str
    without: str  # the guard taken away, and, where there is one, the second that stands behind it
    breaks: str
    guard: str  # the rule, and the code that is the guard
    short: bool = False


SEARCHES = (
    Search("one-rebuild", PAYMENT, "NI=1 NB=2 NT=4 NF=1 NV=1 LIVENESS", "one send, one rebuild, one rival or bump by another user, "
           "one replacement", short=True),
    Search("two-ids", PAYMENT, "NI=2 NB=2 NT=4 NF=1 NV=1 LIVENESS SYMMETRY", "two sends, together or apart, or one of them rebuilt"),
    Search("two-ids-one-rebuild", PAYMENT, "NI=2 NB=3 NT=4 NF=1 NV=1 LIVENESS SYMMETRY",
           "two sends and one rebuild at least, one of another user, one replacement", compact=True),
    Search("two-rivals-two-rebuilds", PAYMENT, "NI=1 NB=3 NT=5 NF=2 LIVENESS SYMMETRY", "one send, two of other users (rivals, bumps), "
           "two rebuilds", compact=True),
    Search("and-a-replacement", PAYMENT, "NI=1 NB=3 NT=5 NF=2 NV=1 LIVENESS SYMMETRY", "the same with a replacement, five transactions",
           compact=True),
    Search("any-time", PAYMENT, "NI=1 NB=3 NT=5 NF=2 ANYTIME SYMMETRY", "two rivals, two rebuilds; the daemon does not even look at "
           "the chain: exclusion alone", compact=True),
    Search("drafts", PAYMENT, "NI=1 NB=2 NT=4 NF=1 NV=1 DRAFTS SYMMETRY", "coins looked up in one step, recorded in a later one; crashes"),
    Search("verdicts", PAYMENT, "NI=1 NB=3 NT=4 NF=2 VERDICT SYMMETRY", "with an operator who is right (R4 d)"),
    Search("ancestors", PAYMENT, "NI=2 NB=2 NT=4 NF=1 LIVENESS V8_NO_VERDICT ANCESTORS_FOLLOWED", "if the code followed ancestors, as R4 "
           "allows, no send would ever wait for a verdict"),
    Search("no-reorganisation", PAYMENT, "NI=2 NB=2 NT=4 NF=1 NV=1 LIVENESS V8_NO_VERDICT NO_REORGANISATION SYMMETRY",
           "without a reorganisation no send ever waits for a verdict"),
    Search("log", LOG, "CHOICES=2", "records, syncs, answers, effects, crashes, failing appends", short=True),
    Search("log-put-back", LOG, "CHOICES=3 DISASTERS=2", "and a log that is lost, or put back from a copy, and an anchor that is not"),
    Search("log-and-anchor-put-back", LOG, "CHOICES=3 DISASTERS=3 MAX_SEQ=20 ANCHOR_IS_PUT_BACK LEAVES_BY_BROADCAST",
           "and the anchor with it: only the wallet knows"),
    Search("binding", BINDING, "", "two daemons with two logs on one wallet", short=True),
)

SECOND_LINES = (
    Search("V6-alone", PAYMENT, "NI=1 NB=3 NT=4 NF=1", "what is reserved is judged again before its signature",
           without="V6_OTHER_COINS_IN_RESERVED"),
    Search("V7-alone", PAYMENT, "NI=2 NB=2 NT=4 NF=1 NV=1 SYMMETRY", "a request counts as a signature, wherever the send goes",
           without="V7_ONE_LEAVES_AN_UNKNOWN_SIGNATURE"),
    Search("back-to-recorded-alone", PAYMENT, "NI=1 NB=3 NT=4 NF=1", "R4 is judged at every reservation, wherever the send waited",
           without="M_BACK_TO_RECORDED"),
    Search("not-judged-before-signing-alone", PAYMENT, "NI=1 NB=3 NT=4 NF=1", "each reservation excludes; superseded batches are not signed",
           without="M_NOT_JUDGED_BEFORE_SIGNING"),
    Search("left-out-comes-back-alone", PAYMENT, "NI=2 NB=2 NT=4 NF=1 NV=1 SYMMETRY", "R3: each version spends the core, so what excludes "
           "the one excludes the other", without="M_LEFT_OUT_COMES_BACK"),
    Search("change-in-use-is-replaced-alone", PAYMENT, "NI=2 NB=2 NT=4 NF=0 NV=1 LIVENESS V8_NO_VERDICT NO_REORGANISATION",
           "R9: change in use is confirmed, and what is confirmed is not replaced", without="M_CHANGE_IN_USE_IS_REPLACED"),
    Search("sent-out-before-sync-alone", LOG, "LEAVES_BY_BROADCAST", "the request to sign is durable, and signing is deterministic",
           without="M_SENT_OUT_BEFORE_SYNC"),
    Search("request-not-recorded-alone", LOG, "LEAVES_BY_BROADCAST", "if only what is broadcast can confirm: nothing is before `signed` is "
           "durable", without="M_REQUEST_IS_NOT_RECORDED"),
    Search("bound-without-looking-alone", BINDING, "", "the bindings are read again before anything is paid",
           without="M_BOUND_WITHOUT_LOOKING"),
)

# On the chain itself: two payments in it, where the general check would say so before.
ON_CHAIN = "ON_CHAIN_ONLY NO_CANCEL"

MUTANTS = (
    Mutant("V1", PAYMENT, f"NI=1 NB=2 NT=4 NF=0 NV=1 {ON_CHAIN}", "V1_ANY_COIN_OF_THE_BATCH", "G2",
           "R3, R4 a, b: added coins prove nothing (ObjectionToSharedCoin, ObjectionToRival: T's own inputs)", short=True),
    Mutant("V2", PAYMENT, f"NI=1 NB=3 NT=5 NF=2 {ON_CHAIN}", "V2_LAST_BATCH_ALONE", "G2",
           "R4: each T of every batch that the send was ever in (MayPaySet)", short=True),
    Mutant("V3", PAYMENT, f"NI=1 NB=3 NT=4 NF=1 {ON_CHAIN}", "V3_FORMER_VERSION_IS_A_RIVAL", "G2",
           "a version of any batch of the send is no rival to it (AllRivalEvidence, IsVersionElsewhere)", short=True),
    Mutant("V4", PAYMENT, f"NI=1 NB=2 NT=3 NF=1 {ON_CHAIN}", "V4_OTHERS_BUMP_IS_A_RIVAL", "G2",
           "R7: what pays is adopted, whoever made it (MatchTransaction, AdoptOrNoteRival)", short=True),
    Mutant("V5", PAYMENT, "NI=1 NB=2 NT=3 NF=1", "V5_CANCEL_LOOKS_AT_ITS_BATCH_ALONE", "G6",
           "a send that R4 has moved stays under R4 (CanNeverBePaid)", short=True),
    Mutant("V6", PAYMENT, f"NI=1 NB=3 NT=3 NF=1 {ON_CHAIN}", "V6_OTHER_COINS_IN_RESERVED M_NOT_JUDGED_BEFORE_SIGNING", "G2",
           "other coins in `reserved` only by R4 (ObjectionToCoinClaims); and ObjectionToSigning"),
    Mutant("V7", PAYMENT, "NI=2 NB=2 NT=4 NF=1", "V7_ONE_LEAVES_AN_UNKNOWN_SIGNATURE M_A_REQUEST_COUNTS_IN_ITS_BATCH_ALONE", "G6",
           "sends leave an unknown signature together (ObjectionToCoinClaims); and SignatureRequested counts for ever (MayPaySet)"),
    Mutant("V8", PAYMENT, "NI=2 NB=2 NT=4 NF=1 LIVENESS", "V8_NO_VERDICT", "G5",
           "R4 d: a verdict, where only an ancestor is double-spent (CallDesk::OnVerdict)"),
    Mutant("V9", BINDING, "", "V9_NOT_READ_AGAIN", "G2", "the bindings are read again after binding (UnfitnessOf, Initializer)",
           short=True),
    Mutant("rebuild-on-25", PAYMENT, f"NI=1 NB=2 NT=3 NF=1 {ON_CHAIN}", "M_REFUSAL_25_IS_PROOF", "G2",
           "-25 is never proof (evidence table; Payer::OnBroadcasted only looks up)", short=True),
    Mutant("rebuild-after-eviction", PAYMENT, f"NI=1 NB=2 NT=3 NF=0 {ON_CHAIN}", "M_EVICTED_IS_GONE", "G2",
           "an eviction is no reason (R4)", short=True),
    Mutant("rebuild-on-vanished-coin", PAYMENT, f"NI=1 NB=2 NT=4 NF=1 {ON_CHAIN}", "M_VANISHED_IS_PROOF", "G2",
           "a coin that has vanished is no reason (CoinsVanished)"),
    Mutant("timeout-is-failure", PAYMENT, f"NI=1 NB=2 NT=3 NF=0 {ON_CHAIN}", "M_NO_REPLY_IS_FAILURE", "G2",
           "R5: unknown is never failure (Payer::FailWith)"),
    Mutant("depth-1-is-deep", PAYMENT, f"NI=1 NB=2 NT=3 NF=1 {ON_CHAIN}", "M_DEPTH_1_IS_DEEP", "G2",
           "R4 c: -conflictdepth (ObjectionToExclusion)", short=True),
    Mutant("zmq-is-deep", PAYMENT, f"NI=1 NB=2 NT=3 NF=1 {ON_CHAIN}", "M_ZMQ_IS_DEEP", "G2",
           "R6: a rival counts by the block that was read (RivalSeen.block)"),
    Mutant("replaced-without-core", PAYMENT, f"NI=1 NB=2 NT=3 NF=0 NV=1 {ON_CHAIN}", "M_NOT_ALL_CORE_COINS", "G2",
           "R3: every version spends all coins of version 0 (ObjectionToReplacement)"),
    Mutant("cancel-after-request", PAYMENT, "NI=1 NB=2 NT=3 NF=1", "M_CANCEL_AFTER_THE_REQUEST", "G6",
           "a cancel only until SignatureRequested (RecordJudge(SendEnded))"),
    Mutant("dropped-after-request", PAYMENT, f"NI=1 NB=2 NT=3 NF=1 {ON_CHAIN}", "M_DROPPED_AFTER_THE_REQUEST", "G2",
           "a batch is given up only until SignatureRequested (RecordJudge(BatchDropped))"),
    Mutant("signed-before-the-record", PAYMENT, f"NI=1 NB=2 NT=3 NF=1 {ON_CHAIN}", "M_SIGNED_BEFORE_THE_RECORD", "G2",
           "R1: SignatureRequested before the request (AskForSignature; RecordJudge(VersionSigned))"),
    Mutant("request-is-no-signature", PAYMENT, f"NI=1 NB=2 NT=3 NF=1 {ON_CHAIN}", "M_A_REQUEST_IS_NO_SIGNATURE", "G2",
           "what was asked for may pay, whatever was heard (MayPaySet)"),
    Mutant("back-to-recorded", PAYMENT, f"NI=1 NB=3 NT=3 NF=1 {ON_CHAIN}",
           "M_BACK_TO_RECORDED M_R4_ONLY_WHERE_A_BATCH_IS_LEFT M_NOT_JUDGED_BEFORE_SIGNING", "G2",
           "a send that R4 has moved never returns to `recorded` (GoBack); and R4 is judged at each reservation and signature"),
    Mutant("superseded-is-signed", PAYMENT, f"NI=1 NB=3 NT=4 NF=1 {ON_CHAIN}", "M_SUPERSEDED_IS_SIGNED", "G2",
           "a batch that its sends have left is never signed (RecordJudge(SignatureRequested), TrySuperseded)", short=True),
    Mutant("left-out-comes-back", PAYMENT, f"NI=2 NB=2 NT=4 NF=0 NV=2 {ON_CHAIN}", "M_LEFT_OUT_COMES_BACK M_NOT_ALL_CORE_COINS", "G2",
           "R3: what was left out stays out (ObjectionToReplacing, ObjectionToPaidStrangers); and the core"),
    Mutant("unconfirmed-coins", PAYMENT, "NI=2 NB=2 NT=3 NF=1 NO_REORGANISATION LIVENESS V8_NO_VERDICT", "M_UNCONFIRMED_COINS", "G5",
           "R9: confirmed coins (Funder::MaySpend)"),
    Mutant("change-in-use-is-replaced", PAYMENT, "NI=2 NB=2 NT=3 NF=0 NV=1 NO_REORGANISATION LIVENESS V8_NO_VERDICT",
           "M_CHANGE_IN_USE_IS_REPLACED M_UNCONFIRMED_COINS", "G5", "R3: a batch whose change is reserved is not replaced; and R9"),
    Mutant("together-when-confirmed", PAYMENT, "NI=2 NB=2 NT=4 NF=0 NV=2 LIVENESS", "M_TOGETHER_ALSO_WHEN_CONFIRMED", "G5",
           "who is left out by what confirmed may go, whatever other signature is not known (ObjectionToCoinClaims)"),
    Mutant("no-return", PAYMENT, "NI=1 NB=2 NT=3 NF=1 LIVENESS", "M_NO_RETURN", "G5", "R4': the return (TakeBack)"),
    Mutant("pending-before-sync", LOG, "", "M_PENDING_BEFORE_SYNC", "G1", "G1: the answer waits for the sync (Outbox)", short=True),
    Mutant("never-before-sync", LOG, "", "M_NEVER_BEFORE_SYNC", "G1", "the same of `never`", short=True),
    Mutant("sent-before-sync", LOG, "", "M_SENT_BEFORE_SYNC", "G3", "the same of `sent`"),
    Mutant("asked-before-sync", LOG, "", "M_ASKED_BEFORE_SYNC", "G6", "R1: SignatureRequested is durable before the request leaves (Outbox)",
           short=True),
    Mutant("broadcast-before-record", LOG, "LEAVES_BY_BROADCAST", "M_SENT_OUT_BEFORE_SYNC M_REQUEST_IS_NOT_RECORDED", "G6",
           "R1: `signed` is durable before the broadcast (Outbox); and SignatureRequested"),
    Mutant("request-not-recorded", LOG, "", "M_REQUEST_IS_NOT_RECORDED", "G6", "SignatureRequested is a record of its own"),
    Mutant("restart-chooses-anew", LOG, "", "M_RESTART_CHOOSES_ANEW", "G6", "after a crash the same bytes (Payer::TakeNextStep)"),
    Mutant("zmq-is-believed", LOG, "", "M_ZMQ_IS_BELIEVED", "G3", "R6: only the node's own word is recorded (Follower, Payer::Accept)",
           short=True),
    Mutant("error-is-ignored", LOG, "", "M_ERROR_IS_IGNORED", "G1", "G7: the first storage error ends the process (WalWriter)"),
    Mutant("anchor-leads", LOG, "", "M_ANCHOR_LEADS", "G5", "the anchor follows the sync (Anchor, WalWriter)"),
    Mutant("anchor-not-checked", LOG, "DISASTERS=2", "M_ANCHOR_IS_NOT_CHECKED", "G1", "log and anchor must meet at the start (wal::Log)"),
    Mutant("wal-made-when-missing", LOG, "DISASTERS=2", "M_WAL_IS_MADE_WHEN_MISSING", "G1", "only `init` makes a WAL", short=True),
    Mutant("behind-pays", LOG, "DISASTERS=2 ANCHOR_IS_PUT_BACK LEAVES_BY_BROADCAST", "M_BEHIND_PAYS", "G2",
           "a log that is behind the wallet pays nothing before `adopt` (Follower::behind_wallet)"),
    Mutant("behind-promises", LOG, "DISASTERS=2 ANCHOR_IS_PUT_BACK LEAVES_BY_BROADCAST", "M_BEHIND_PROMISES", "G6",
           "and promises nothing (CallDesk::RefusalOfPromises)"),
    Mutant("reserved-explains", LOG, "DISASTERS=2 ANCHOR_IS_PUT_BACK LEAVES_BY_BROADCAST", "M_RESERVED_EXPLAINS", "G6",
           "a spend of reserved bytes is a signature (Follower::NoteSignature)"),
)
