/* One send and the log: records that are written, synced, lost, copied and put back; answers, signatures and broadcasts that rest on
 * them. Two coins, which do not exclude each other: whoever forgets which one he has taken may take the other.
 *
 * The log is what its last record makes of the send, and its length. One action is one step; every order of them is searched, and
 * the process can be killed between any two. There is no reorganisation and no rival here: they are the subject of payment.pml.
 *
 * The world knows a signature from the moment on at which the node has made it; with -DLEAVES_BY_BROADCAST only from the broadcast on
 * (what the node has signed and nobody has sent is in no wallet's history).
 */

#define NONE 0      /* the id is not known */
#define RECORDED 1  /* SendRecorded */
#define RESERVED 2  /* BatchReserved, with a coin and the exact transaction */
#define ASKED 3     /* SignatureRequested */
#define SIGNED 4    /* VersionSigned */
#define ACCEPTED 5  /* VersionAccepted, VersionAdopted or PaymentAdopted */
#define ENDED 6     /* SendEnded */
#define STATE(phase, coin) ((phase) * 2 + (coin))
#define PHASE(state) ((state) / 2)
#define COIN(state) ((state) % 2)

#define NOTHING 0   /* outcomes, as a caller has heard them */
#define PENDING 1
#define SENT 2
#define NEVER 3

#define LOST 1          /* G1: acknowledged, and not known any more */
#define PAID_TWICE 2    /* G2 */
#define UNTRUE 3        /* G3: `sent` that is not, or that falls back without a reorganisation */
#define NEVER_BROKEN 4  /* G6: `never`, and a transaction can confirm */
#define STUCK 5         /* G5: a crash, and the daemon does not start any more */

#ifndef QUEUE
#define QUEUE 3     /* records that wait for one sync */
#endif
#ifndef CHOICES
#define CHOICES 2   /* times that coins are chosen, in all */
#endif
#define MAX_SEQ 12

/* durable */
bit there = 1;          /* the log's folder */
byte disk = STATE(NONE, 0);
byte disk_seq;
byte anchor;            /* the highest sequence number, in a file of its own; it may lag, as long as it likes here */
/* a copy that somebody has made of the folder */
bit copied; byte copy; byte copy_seq;

/* volatile: core::Ledger and core::Outbox */
bit up;
byte mem;
byte waiting;           /* records that are not synced: the oldest first */
byte queue[QUEUE];
bit behind;             /* the wallet has spent what the log does not know (Follower::behind_wallet) */

/* the node, its queue of requests (it outlives us), its wallet and network */
bit asked[2]; bit signature[2]; bit sending[2]; bit network[2];

/* the caller */
byte told;              /* the last outcome that he has heard */
bit acknowledged;

byte choices; byte disasters; byte bad;

#ifdef LEAVES_BY_BROADCAST
#define CAN_CONFIRM(coin) (network[coin] || sending[coin])
#else
#define CAN_CONFIRM(coin) (signature[coin])
#endif
/* Effects are held until all records before them are durable (Outbox). */
#define DURABLE (waiting == 0)
#define PENDING_MAY_BE_SAID DURABLE
#define SENT_MAY_BE_SAID DURABLE
#define NEVER_MAY_BE_SAID DURABLE
#define REQUEST_MAY_GO DURABLE
#define BROADCAST_MAY_GO DURABLE
#define NODE_SHOWS_IT (network[COIN(mem)])
#define ANCHOR_MEETS (disk_seq >= anchor)
/* ... but for the mutants */
#ifdef M_PENDING_BEFORE_SYNC
#undef PENDING_MAY_BE_SAID
#define PENDING_MAY_BE_SAID true
#endif
#ifdef M_SENT_BEFORE_SYNC
#undef SENT_MAY_BE_SAID
#define SENT_MAY_BE_SAID true
#endif
#ifdef M_NEVER_BEFORE_SYNC
#undef NEVER_MAY_BE_SAID
#define NEVER_MAY_BE_SAID true
#endif
#ifdef M_ASKED_BEFORE_SYNC
#undef REQUEST_MAY_GO
#define REQUEST_MAY_GO true
#endif
#ifdef M_SENT_OUT_BEFORE_SYNC
#undef BROADCAST_MAY_GO
#define BROADCAST_MAY_GO true
#endif
#ifdef M_ZMQ_IS_BELIEVED
#undef NODE_SHOWS_IT
#define NODE_SHOWS_IT true
#endif
#ifdef M_ANCHOR_IS_NOT_CHECKED
#undef ANCHOR_MEETS
#define ANCHOR_MEETS true
#endif
#ifdef M_BEHIND_PAYS
#define MAY_PAY up
#else
#define MAY_PAY (up && !behind)
#endif
#ifdef M_BEHIND_PROMISES
#define MAY_PROMISE up
#else
#define MAY_PROMISE (up && !behind)
#endif

#define ROOM (waiting < QUEUE && disk_seq + waiting < MAX_SEQ)
inline write(phase, coin) { mem = STATE(phase, coin); queue[waiting] = mem; waiting++ }
inline shift() {
  queue[0] = queue[1]; queue[1] = queue[2]; queue[2] = 0; waiting--
}
inline violated(what) {
  bad = what;
  if
  :: what == LOST -> printf("violated: G1\n")
  :: what == PAID_TWICE -> printf("violated: G2\n")
  :: what == UNTRUE -> printf("violated: G3\n")
  :: what == NEVER_BROKEN -> printf("violated: G6\n")
  :: what == STUCK -> printf("violated: G5\n")
  fi
}
inline judge() {
  if
  :: CAN_CONFIRM(0) && CAN_CONFIRM(1) -> violated(PAID_TWICE)
  :: told == NEVER && (CAN_CONFIRM(0) || CAN_CONFIRM(1)) -> violated(NEVER_BROKEN)
  :: else
  fi
}
/* An answer, when nothing that it rests on can be lost any more (CallDesk::SeqBehind). */
inline hears(outcome) {
  if
  :: told == NEVER && outcome != NEVER -> violated(NEVER_BROKEN)
  :: told == SENT && outcome != SENT -> violated(UNTRUE)
  :: outcome == SENT && !network[COIN(mem)] -> violated(UNTRUE)
  :: else
  fi;
  told = outcome; acknowledged = 1; judge()
}
inline forget_memory() {
  up = 0; mem = 0; waiting = 0; queue[0] = 0; queue[1] = 0; queue[2] = 0; behind = 0
}
/* A spend of the wallet is explained by a record that its signature was asked for (Follower::OnSpendsRead). */
#ifdef M_RESERVED_EXPLAINS
#define EXPLAINS RESERVED
#else
#define EXPLAINS ASKED
#endif
#define EXPLAINED(coin) (!network[coin] || (PHASE(mem) >= EXPLAINS && PHASE(mem) <= ACCEPTED && COIN(mem) == coin))

/* once the wallet's spends were matched by their coins: no signature was asked for, and none is in the wallet */
#define MAY_ADOPT (PHASE(mem) <= RECORDED || (PHASE(mem) == RESERVED && !network[COIN(mem)]))

#ifdef ANCHOR_IS_PUT_BACK
/* then nothing but the wallet can know of what was said and done since: only that is judged */
#define PUT_ANCHOR_BACK anchor = copy_seq; told = NOTHING; acknowledged = 0
#else
#define PUT_ANCHOR_BACK skip
#endif

active proctype Everything() {
  up = 1;
  do
  /* --- the caller --- */
  :: d_step { MAY_PROMISE && mem == STATE(NONE, 0) && ROOM -> printf("caller: submits\n"); write(RECORDED, 0) }
  :: d_step { MAY_PROMISE && PHASE(mem) <= RESERVED && ROOM -> printf("caller: DELETE\n"); write(ENDED, 0) }
  /* asks, or submits again */
  :: d_step { up && PHASE(mem) >= RECORDED && PHASE(mem) <= SIGNED && PENDING_MAY_BE_SAID -> printf("caller: hears pending\n"); hears(PENDING); assert(!bad) }
  :: d_step { up && PHASE(mem) == ACCEPTED && SENT_MAY_BE_SAID -> printf("caller: hears sent\n"); hears(SENT); assert(!bad) }
  :: d_step { MAY_PROMISE && PHASE(mem) == ENDED && NEVER_MAY_BE_SAID -> printf("caller: hears never\n"); hears(NEVER); assert(!bad) }
  :: d_step { MAY_PROMISE && acknowledged && PHASE(mem) == NONE && DURABLE ->
       printf("caller: hears that his id is unknown\n"); violated(LOST); assert(!bad) }

  /* --- the daemon --- */
  :: d_step { MAY_PAY && PHASE(mem) == RECORDED && choices < CHOICES && ROOM -> choices++; printf("daemon: BatchReserved, coin 0\n"); write(RESERVED, 0) }
  :: d_step { MAY_PAY && PHASE(mem) == RECORDED && choices < CHOICES && ROOM -> choices++; printf("daemon: BatchReserved, coin 1\n"); write(RESERVED, 1) }
  :: d_step { MAY_PAY && PHASE(mem) == RESERVED && ROOM -> printf("daemon: BatchDropped\n"); write(RECORDED, 0) }
#ifndef M_REQUEST_IS_NOT_RECORDED
  :: d_step { MAY_PAY && PHASE(mem) == RESERVED && ROOM -> printf("daemon: SignatureRequested\n"); write(ASKED, COIN(mem)) }
#define SIGNS_IN ASKED
#else
#define SIGNS_IN RESERVED
#endif
  :: d_step { MAY_PAY && PHASE(mem) == SIGNS_IN && !asked[COIN(mem)] && REQUEST_MAY_GO -> printf("daemon: asks the node to sign for coin %d\n", COIN(mem)); asked[COIN(mem)] = 1 }
  :: d_step { up && PHASE(mem) == SIGNS_IN && signature[COIN(mem)] && ROOM -> printf("daemon: VersionSigned\n"); write(SIGNED, COIN(mem)) }
  :: d_step { MAY_PAY && PHASE(mem) == SIGNED && !sending[COIN(mem)] && BROADCAST_MAY_GO -> printf("daemon: broadcasts\n"); sending[COIN(mem)] = 1 }
  /* the node has accepted it, or shows it (R6: asked by RPC) */
  :: d_step { up && PHASE(mem) >= RESERVED && PHASE(mem) <= SIGNED && ROOM && NODE_SHOWS_IT -> printf("daemon: VersionAccepted\n"); write(ACCEPTED, COIN(mem)) }
#ifdef M_RESTART_CHOOSES_ANEW
  :: d_step { MAY_PAY && PHASE(mem) == ASKED && DURABLE && ROOM -> printf("daemon: no signature heard of, other coins\n"); write(RECORDED, 0) }
#endif

  /* --- the node --- */
  :: d_step { asked[0] -> asked[0] = 0; signature[0] = 1; printf("node: signs for coin 0\n"); judge(); assert(!bad) }
  :: d_step { asked[1] -> asked[1] = 0; signature[1] = 1; printf("node: signs for coin 1\n"); judge(); assert(!bad) }
  :: d_step { sending[0] -> sending[0] = 0; network[0] = 1; printf("node: accepts the transaction with coin 0\n"); judge(); assert(!bad) }
  :: d_step { sending[1] -> sending[1] = 0; network[1] = 1; printf("node: accepts the transaction with coin 1\n"); judge(); assert(!bad) }
  :: d_step { sending[0] -> sending[0] = 0; printf("node: never gets the broadcast\n") }
  :: d_step { sending[1] -> sending[1] = 0; printf("node: never gets the broadcast\n") }
  :: d_step { asked[0] -> asked[0] = 0; printf("node: never gets the request to sign\n") }
  :: d_step { asked[1] -> asked[1] = 0; printf("node: never gets the request to sign\n") }

  /* --- the disk --- */
  :: d_step { waiting > 0 -> disk = queue[0]; disk_seq++; shift(); printf("disk: a record is synced\n") }
#ifdef M_ANCHOR_LEADS
  :: d_step { waiting > 0 -> anchor = disk_seq + waiting; printf("disk: the anchor is moved\n") }
#else
  :: d_step { up && anchor < disk_seq -> anchor = disk_seq; printf("disk: the anchor is moved\n") }
#endif
  /* an append fails: the process stops (G7) */
#ifdef M_ERROR_IS_IGNORED
  :: d_step { waiting > 0 -> shift(); printf("disk: an append fails, and nobody minds\n") }
#else
  :: d_step { waiting > 0 -> forget_memory(); printf("disk: an append fails, the process stops\n") }
#endif
  /* kill -9, power cut: what is not synced is gone */
  :: d_step { up -> forget_memory(); printf("CRASH\n") }

#ifdef DISASTERS
  /* --- the operator, and what befalls him --- */
  :: d_step { there && !copied -> copied = 1; copy = disk; copy_seq = disk_seq; printf("operator: copies the log's folder\n") }
  :: d_step { there && !up && disasters < DISASTERS && anchor >= disk_seq -> there = 0; disasters++; disk = 0; disk_seq = 0; printf("DISASTER: the log's folder is gone\n") }
  /* by then the node has been through its queue, and the anchor's lag is over */
  :: d_step { copied && !up && (!there || anchor >= disk_seq) && disasters < DISASTERS && !asked[0] && !asked[1] && !sending[0] && !sending[1] ->
       there = 1; disasters++; disk = copy; disk_seq = copy_seq; printf("operator: puts the copy back\n");
       PUT_ANCHOR_BACK }
#endif

  /* --- start: log and anchor must meet; then the wallet's spends are compared --- */
  :: d_step { !up && there && ANCHOR_MEETS -> up = 1; mem = disk; printf("daemon: starts\n");
       if
       :: !EXPLAINED(0) || !EXPLAINED(1) -> behind = 1; printf("daemon: the log is behind the wallet\n")
       :: else
       fi }
  :: d_step { !up && there && disk_seq < anchor ->
       if
       :: disasters == 0 -> printf("daemon: refuses to start, and nothing was put back\n"); violated(STUCK)
       :: else
       fi; assert(!bad) }
#ifdef M_WAL_IS_MADE_WHEN_MISSING
  :: d_step { !up && !there -> there = 1; anchor = 0; disk = 0; disk_seq = 0; up = 1; mem = 0; printf("daemon: starts, with a new log\n") }
#endif
  /* our own bytes, of which the log did not know that they are signed */
  :: d_step { up && PHASE(mem) == RESERVED && network[COIN(mem)] && ROOM -> printf("daemon: SignatureRequested, for what the wallet has sent\n"); write(ASKED, COIN(mem)) }
  /* `adopt`: the operator gives the spend to its id; coins that no signature was asked for are given up for it */
  :: d_step { up && behind && MAY_ADOPT && network[0] && DURABLE && ROOM -> printf("operator: adopts the payment with coin 0\n"); write(ACCEPTED, 0) }
  :: d_step { up && behind && MAY_ADOPT && network[1] && DURABLE && ROOM -> printf("operator: adopts the payment with coin 1\n"); write(ACCEPTED, 1) }
  :: d_step { up && behind && EXPLAINED(0) && EXPLAINED(1) && DURABLE -> behind = 0; printf("operator: accepts the alarm, each spend has its id\n") }
  od
}
