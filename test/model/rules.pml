/* What the daemon may do. Each function names the code that it stands for; M_ and V are guards taken away,
 * listed in test/model/run. */
c_code {
/* --- what the log knows (core/may_pay.cpp, core/batch.cpp, core/ledger.cpp) --- */

/* core::LivingSends */
static int living(int b) {
  int i, set = 0;
  for (i = 0; i < NI; i++) if (now.st[i] == 2 && now.bt[i] == b) set |= 1 << i;
  return set;
}
/* core::SignatureAsked: a version of the batch was asked for, or adopted. */
static int is_asked(int b) {
  int t;
  for (t = 0; t < now.nt; t++)
    if (now.tb[t] == b && (now.ts[t] == 2 || now.ts[t] == 3 || now.ts[t] == 5)) return 1;
  return 0;
}
/* HasUnknownSignature in core/record_objection.cpp and core/rebuild.cpp */
static int has_unknown_signature(int b) {
  int t;
  for (t = 0; t < now.nt; t++) if (now.tb[t] == b && now.ts[t] == 2) return 1;
  return 0;
}
static int is_confirmed(int b) {
  int t;
  for (t = 0; t < now.nt; t++) if (now.tb[t] == b && now.cs[t] && now.ts[t] != 4 && now.ts[t] != 6) return 1;
  return 0;
}
/* All sends of a batch whose signature is not known leave it together; once a version of it is in the chain,
   those that it leaves out may go. */
static int must_leave_together(int b) {
#ifdef M_TOGETHER_ALSO_WHEN_CONFIRMED
  return has_unknown_signature(b);
#endif
  return has_unknown_signature(b) && !is_confirmed(b);
}
/* The transaction is known to the daemon as one that pays the send, or may come to. */
static int counts_as_payer(int t, int i) {
  if (!HAS(now.pay[t], i)) return 0;
  if (now.ts[t] == 4 || now.ts[t] == 6) return 0;
#ifdef V4_OTHERS_BUMP_IS_A_RIVAL
  if (now.ts[t] == 5) return 0;
#endif
#ifdef V3_FORMER_VERSION_IS_A_RIVAL
  if (now.st[i] == 2 && now.tb[t] != now.bt[i]) return 0;
#endif
#ifdef M_A_REQUEST_IS_NO_SIGNATURE
  if (now.ts[t] == 2) return 0;
#endif
#ifdef M_A_REQUEST_COUNTS_IN_ITS_BATCH_ALONE
  if (now.ts[t] == 2 && now.st[i] == 2 && now.tb[t] != now.bt[i]) return 0;
#endif
  return 1;
}
/* core::MayPaySet */
static int may_pay(int i) {
  int t, set = 0;
  for (t = 0; t < now.nt; t++) if (counts_as_payer(t, i)) set |= 1 << t;
  return set;
}
/* core::Ledger::OwnersOf: the coins of batches that stay live when the sends `s` leave theirs. */
static int claimed(int s) {
  int b, set = 0;
  for (b = 0; b < now.nb; b++) if (living(b) & ~s) set |= now.all[b];
  return set;
}
static int in_chain(int set) {
  int t;
  for (t = 0; t < now.nt; t++) if (HAS(set, t) && now.cs[t]) return 1;
  return 0;
}

/* --- R4 (core/exclusion.cpp: ObjectionToExclusion; core/rebuild.cpp chooses among its reasons) --- */

/* core/matching.cpp: whether a transaction that spends a coin of a batch pays the send. */
static int is_taken_for_payer(int x, int i) {
#ifdef V3_FORMER_VERSION_IS_A_RIVAL
  if (is_ours(x) && now.st[i] == 2 && now.tb[x] != now.bt[i]) return 0;
#endif
#ifdef V4_OTHERS_BUMP_IS_A_RIVAL
  if (now.ts[x] == 4) return 0;
#endif
  return HAS(now.pay[x], i);
}
/* X is no payer of the send, and spends a coin that T spends, or an ancestor of T (the code follows T alone). */
static int is_rival(int x, int t, int i) {
  if (!exists(x) || HAS(ancestors(t), x)) return 0;
  if (is_taken_for_payer(x, i)) return 0;
  return conflict(1 << x, ancestors(t));
}
/* (a) a coin that T itself spends */
static int by_shared_coin(int coins, int t) {
#ifdef V1_ANY_COIN_OF_THE_BATCH
  return (coins & now.all[now.tb[t]]) != 0;
#endif
  return (coins & now.ins[t]) != 0;
}
/* (b) an output of a rival, or of a descendant of one (the code follows outputs of the rival alone) */
static int by_descent(int i, int coins, int t) {
  int x, from = ancestors_of_coins(coins);
  for (x = 0; x < now.nt; x++) {
    if (!HAS(from, x)) continue;
    if (is_rival(x, t, i)) return 1;
#ifdef V1_ANY_COIN_OF_THE_BATCH
    if (x != t && !HAS(now.pay[x], i) && (now.ins[x] & now.all[now.tb[t]])) return 1;
#endif
  }
  return 0;
}
/* (c) a rival that is -conflictdepth deep */
static int by_depth(int i, int t) {
  int x;
  for (x = 0; x < now.nt; x++) {
    if (!is_rival(x, t, i)) continue;
    if (now.cs[x] == 2) return 1;
#ifdef M_DEPTH_1_IS_DEEP
    if (now.cs[x] == 1) return 1;
#endif
#ifdef M_ZMQ_IS_DEEP
    return 1;
#endif
  }
  return 0;
}
/* What is none of the reasons. */
static int by_hearsay(int t) {
  int c;
  (void)t; (void)c;
#ifdef M_REFUSAL_25_IS_PROOF
  if (!now.cs[t] && !all_unspent(now.ins[t])) return 1;
#endif
#ifdef M_EVICTED_IS_GONE
  if (!now.cs[t]) return 1;
#endif
#ifdef M_VANISHED_IS_PROOF
  for (c = NC; c < COINS; c++) if (HAS(now.ins[t], c) && !is_there(c)) return 1;
#endif
#ifdef M_NO_REPLY_IS_FAILURE
  if (now.ts[t] == 2) return 1;
#endif
  return 0;
}
#ifdef V2_LAST_BATCH_ALONE
/* The one that it leaves: the newest with a signature. */
static int last_batch(int i) {
  int b;
  for (b = now.nb - 1; b > 0; b--) if (HAS(now.os[b], i) && is_asked(b)) break;
  return b;
}
#endif
static int is_excluded(int i, int coins, int t) {
#ifdef VERDICT
  if (HAS(now.vd[i], t)) return 1;
#endif
#ifdef V2_LAST_BATCH_ALONE
  if (now.tb[t] != last_batch(i)) return 1;
#endif
  return by_shared_coin(coins, t) || by_descent(i, coins, t) || by_depth(i, t) || by_hearsay(t);
}
/* ObjectionToPayingAgain in core/record_objection.cpp */
static int may_pay_again(int i, int coins) {
  int t, set = may_pay(i);
#ifndef ANYTIME
  if (in_chain(set)) return 0;
#endif
  for (t = 0; t < now.nt; t++) if (HAS(set, t) && !is_excluded(i, coins, t)) return 0;
  return 1;
}

/* --- a batch is reserved (core::Builder; RecordJudge(BatchReserved)) --- */

/* R9, and the draft's look-up of each coin (node/drafter.cpp, Builder::OnDraft). The base coins are confirmed. */
static int is_spendable(int c) {
#ifdef ANYTIME
  return is_coin(c);
#endif
#ifdef M_UNCONFIRMED_COINS
  if (c >= NC && is_coin(c) && is_ours(c - NC) && !is_excluded_by_chain(c - NC, 1) && !is_spent(c)) return 1;
#endif
  return is_there(c) && !is_spent(c);
}
static int are_spendable(int coins, int claims, int drafted) {
  int c, set = touched();
  for (c = 0; c < COINS; c++) {
    if (!HAS(coins, c)) continue;
    if (HAS(claims, c) || (!drafted && !is_spendable(c))) return 0;
    if (c < NC && !HAS(set, c) && !is_next_fresh(c, set)) return 0;  /* the others are alike */
    set |= 1 << c;
  }
  return 1;
}
/* ObjectionToClaims: all recorded and in no batch, or all of one batch that they may leave. */
static int may_go_together(int s) {
  int i, from = -1;
  for (i = 0; i < NI; i++) {
    if (!HAS(s, i)) continue;
    if (now.st[i] != 1 && now.st[i] != 2) return 0;
    if (i > 0 && now.st[i] == 1 && now.st[0] == 1 && !HAS(s, 0)) return 0;  /* the sends are alike */
    if (from == -1) from = now.st[i] == 1 ? FOREIGN : now.bt[i];
    if (from != (now.st[i] == 1 ? FOREIGN : now.bt[i])) return 0;
  }
  if (from == FOREIGN) return 1;
#ifndef V6_OTHER_COINS_IN_RESERVED
  if (!is_asked(from)) return 0;  /* is given up, not left */
#endif
#ifdef V7_ONE_LEAVES_AN_UNKNOWN_SIGNATURE
  return 1;
#endif
  return !(living(from) & ~s) || !must_leave_together(from);
}
static int needs_reasons(int i) {
#ifdef V6_OTHER_COINS_IN_RESERVED
  if (now.st[i] == 2 && !is_asked(now.bt[i])) return 0;
#endif
#ifdef M_R4_ONLY_WHERE_A_BATCH_IS_LEFT
  return now.st[i] == 2;
#endif
  (void)i;
  return 1;
}
static int is_allowed(int s, int coins, int drafted) {
  int i;
  if (now.nb == NB || !coins || !may_go_together(s)) return 0;
  if (!are_spendable(coins, claimed(s), drafted)) return 0;
  for (i = 0; i < NI; i++)
    if (HAS(s, i) && needs_reasons(i) && !may_pay_again(i, coins)) return 0;
  return 1;
}
/* With -DDRAFTS the coins are looked up first and the record is written later, judged by the log alone; the draft is in memory. */
#ifdef DRAFTS
static int can_draft(int s, int coins) { return !now.ds && is_allowed(s, coins, 0); }
static void draft(int s, int coins) { now.ds = s; now.dm = coins; Printf("daemon: a draft for sends %x, coins %x\n", s, coins); }
static int can_reserve(int s, int coins) { return s == now.ds && coins == now.dm && is_allowed(s, coins, 1); }
static int can_lose_draft(void) { return now.ds != 0; }
static void lose_draft(void) { now.ds = now.dm = 0; Printf("daemon: the draft is thrown away, or crash and restart\n"); }
#else
static int can_reserve(int s, int coins) { return is_allowed(s, coins, 0); }
#endif
static void reserve(int s, int coins) {
  int i, b = now.nb++;
  for (i = 0; i < NI; i++) if (HAS(s, i)) { now.st[i] = 2; now.bt[i] = b; }
  now.core[b] = now.all[b] = coins;
  now.os[b] = s;
#ifdef DRAFTS
  now.ds = now.dm = 0;
#endif
  Printf("daemon: BatchReserved b%d, sends %x, coins %x\n", b, s, coins);
}

/* --- a batch whose signature was not asked for is given up (Payer::Drop; RecordApplier: GoBack) --- */

static int can_drop(int b) {
  if (b >= now.nb) return 0;
#ifdef M_DROPPED_AFTER_THE_REQUEST
  return living(b) != 0;
#endif
  return !is_asked(b);
}
/* To the batch that it came from; only who was never in another waits for any coins. */
static void go_back(int i, int dropped) {
  int b;
  now.st[i] = 1; now.bt[i] = 0;
#ifndef M_BACK_TO_RECORDED
  for (b = now.nb - 1; b >= 0; b--) {
    if (b == dropped || !HAS(now.os[b], i) || !is_asked(b)) continue;
    now.st[i] = 2; now.bt[i] = b;
    return;
  }
#endif
}
static void forget(int b) {
  int i, t, k;
  for (k = b; k + 1 < NB; k++) { now.core[k] = now.core[k + 1]; now.all[k] = now.all[k + 1]; now.os[k] = now.os[k + 1]; }
  now.core[NB - 1] = now.all[NB - 1] = now.os[NB - 1] = 0;
  now.nb--;
  for (i = 0; i < NI; i++) if (now.bt[i] > b) now.bt[i]--;
  for (t = 0; t < now.nt; t++) if (now.tb[t] != FOREIGN && now.tb[t] > b) now.tb[t]--;
}
static void drop(int b) {
  int i, t, s = living(b);
  for (i = 0; i < NI; i++) if (HAS(s, i)) go_back(i, b);
#ifdef M_DROPPED_AFTER_THE_REQUEST
  for (t = 0; t < now.nt; t++) if (now.tb[t] == b) now.ts[t] = 6;  /* the world goes on knowing it, the log not */
#endif
  for (t = 0; t < now.nt; t++) if (now.tb[t] == b) now.tb[t] = FOREIGN;
  forget(b);
  Printf("daemon: BatchDropped b%d\n", b);
}

/* --- a signature (Payer::AskForSignature; RecordJudge(SignatureRequested), ObjectionToSigning) --- */

/* What later batches brought into the set is excluded by their own records (IsLater). */
static int may_sign_for(int i, int b) {
  int t, set = may_pay(i);
#ifdef M_NOT_JUDGED_BEFORE_SIGNING
  return 1;
#endif
#ifndef ANYTIME
  if (in_chain(set)) return 0;
#endif
  for (t = 0; t < now.nt; t++)
    if (HAS(set, t) && now.tb[t] < b && !is_excluded(i, now.core[b], t)) return 0;
  return 1;
}
static int can_ask(int b) {
  int i, t, s;
  if (b >= now.nb || now.nt == NT) return 0;
  for (t = 0; t < now.nt; t++) if (now.tb[t] == b && is_ours(t)) return 0;
  s = living(b);
#ifndef M_SUPERSEDED_IS_SIGNED
  if (s != now.os[b]) return 0;  /* superseded, or it would pay a send that has left */
#endif
  for (i = 0; i < NI; i++) if (HAS(now.os[b], i) && !may_sign_for(i, b)) return 0;
  return 1;
}
static void ask(int b) {
#ifdef M_SIGNED_BEFORE_THE_RECORD
  int t = new_transaction(now.core[b], now.os[b], b, 6, 1);
  Printf("daemon: has b%d signed, and no record says so yet: t%d\n", b, t);
#else
  int t = new_transaction(now.core[b], now.os[b], b, 2, 1);
  Printf("daemon: SignatureRequested for b%d: t%d spends %x, pays %x\n", b, t, now.ins[t], now.pay[t]);
#endif
}
/* The reply (Payer::OnSigned), or our own bytes seen (Follower::AdoptOrNoteRival). */
static int can_record_signature(int t) { return t < now.nt && (now.ts[t] == 2 || now.ts[t] == 6); }
static void record_signature(int t) {
  if (now.ts[t] == 6) { now.ts[t] = 2; Printf("daemon: SignatureRequested for t%d, too late\n", t); return; }
  now.ts[t] = 3;
  Printf("daemon: VersionSigned t%d\n", t);
}

/* --- R4' (SpenderBook::OnSpender; RecordApplier: TakeBack, Ledger::SendsToTakeBack) and R7 (VersionAdopted) --- */

static int is_paid_by_its_batch(int i) {
  int t;
  for (t = 0; t < now.nt; t++)
    if (now.tb[t] == now.bt[i] && now.cs[t] && counts_as_payer(t, i)) return 1;
  return 0;
}
static int coming_back(int t) {
  int i, set = 0;
#ifdef M_NO_RETURN
  return 0;
#endif
  for (i = 0; i < NI; i++)
    if (HAS(now.pay[t], i) && now.st[i] == 2 && now.bt[i] != now.tb[t] && !is_paid_by_its_batch(i)) set |= 1 << i;
  return set;
}
/* Our node shows the transaction in its mempool or in a block. */
static int can_see(int t) {
  if (t >= now.nt || !now.pay[t] || now.ts[t] == 6) return 0;
#ifdef V4_OTHERS_BUMP_IS_A_RIVAL
  if (now.ts[t] == 4) return 0;
#endif
#ifndef ANYTIME
  if (is_excluded_by_chain(t, 1)) return 0;
#endif
  return now.ts[t] == 4 || now.ts[t] == 2 || coming_back(t);
}
static void see(int t) {
  int i, back = coming_back(t);
  Printf("daemon: sees t%d%s, sends %x come back\n", t, now.ts[t] == 4 ? " (VersionAdopted)" : "", back);
  now.ts[t] = now.ts[t] < 4 ? 3 : 5;
  for (i = 0; i < NI; i++) if (HAS(back, i)) now.bt[i] = now.tb[t];
}

/* --- R3, a replacement (core::Bumper, core/replacement.cpp; RecordJudge(VersionReserved)); reserved and asked
   for in one step: what stands between is judged again before the signature --- */

static int change_is_claimed(int b) {
  int t, k;
  for (t = 0; t < now.nt; t++)
    if (now.tb[t] == b)
      for (k = 0; k < now.nb; k++) if (living(k) && HAS(now.all[k], NC + t)) return 1;
  return 0;
}
static int can_replace(int b, int added, int paid) {
  int i, t, s;
  if (now.nv == NV || now.nt == NT || b >= now.nb || !is_asked(b) || has_unknown_signature(b)) return 0;
  s = living(b);
  if (!s) return 0;
#ifndef M_LEFT_OUT_COMES_BACK
  if (paid & ~s) return 0;
#endif
  if (paid & ~now.os[b]) return 0;
  for (t = 0; t < now.nt; t++) {
    if (now.tb[t] != b) continue;
    if (now.cs[t]) return 0;  /* confirmed */
#ifndef M_LEFT_OUT_COMES_BACK
    if (is_ours(t) && (paid & ~now.pay[t])) return 0;  /* what was left out stays out */
#endif
    if (added == NC + t) return 0;  /* its own change */
  }
#ifndef M_CHANGE_IN_USE_IS_REPLACED
  if (change_is_claimed(b)) return 0;
#endif
  if (added >= COINS) return 0;
  if (added >= 0 && !HAS(now.all[b] & ~now.core[b], added) && !are_spendable(1 << added, claimed(0), 0)) return 0;
  for (i = 0; i < NI; i++) if (HAS(paid, i) && !may_sign_for(i, b)) return 0;
  return 1;
}
static void replace(int b, int added, int paid) {
  int coins = added >= 0 ? 1 << added : 0, t;
  now.all[b] |= coins;
  now.nv++;
#ifdef M_NOT_ALL_CORE_COINS
  if (!coins) coins = now.core[b];
#else
  coins |= now.core[b];
#endif
  t = new_transaction(coins, paid, b, 2, 1);
  Printf("daemon: VersionReserved, SignatureRequested for b%d: t%d spends %x, pays %x\n", b, t, coins, paid);
}

/* --- the caller (core::CallDesk) --- */

static int can_submit(int i) { return !now.st[i] && (i == 0 || now.st[0]); }
static void submit(int i) { now.st[i] = 1; Printf("caller: send %d is recorded\n", i); }

/* core::CanNeverBePaid: MayEnd for DELETE; a deadline (MayExpire) is honoured in fewer cases. */
static int can_never_be_paid(int i) {
  int t, set = may_pay(i);
#ifdef V5_CANCEL_LOOKS_AT_ITS_BATCH_ALONE
  if (now.st[i] == 2 && !is_asked(now.bt[i])) return 1;
#endif
#ifdef M_CANCEL_AFTER_THE_REQUEST
  if (now.st[i] == 2 && has_unknown_signature(now.bt[i])) return 1;
#endif
  for (t = 0; t < now.nt; t++) {
    if (!HAS(set, t)) continue;
#ifdef VERDICT
    if (HAS(now.vd[i], t)) continue;
#endif
    if (!by_depth(i, t)) return 0;
  }
  return 1;
}
static int can_cancel(int i) {
#ifdef NO_CANCEL
  return 0;
#endif
  return now.st[i] && now.st[i] < 3 && can_never_be_paid(i);
}
static void cancel(int i) {
  int b = now.bt[i];
  if (now.st[i] == 2 && !is_asked(b)) drop(b);
  now.st[i] = 3; now.bt[i] = 0;
  Printf("caller: DELETE send %d: never\n", i);
}

/* (d) An operator who is right: what he names can never confirm. */
static int can_verdict(int i) {
#ifdef VERDICT
  int t;
  if (now.st[i] != 2 || !is_asked(now.bt[i]) || now.vd[i] == may_pay(i)) return 0;
  for (t = 0; t < now.nt; t++) if (HAS(now.pay[t], i) && !is_dead(t)) return 0;
  return 1;
#else
  return 0;
#endif
}
static void verdict(int i) {
#ifdef VERDICT
  now.vd[i] = may_pay(i);
  Printf("operator: VerdictGiven pay_again for send %d, names %x\n", i, now.vd[i]);
#endif
}
}
