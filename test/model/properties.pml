/* What must never be. */
#define PAID_TWICE 1    /* G2: two transactions in the chain pay one send */
#define NOT_EXCLUDED 2  /* G2: two that pay one send, and some chain could hold both; said as soon as the second exists */
#define NEVER_BROKEN 4  /* G6, G3: answered `never`, and a transaction that pays it can confirm */
#define STUCK 5         /* G5: a send for which nothing can go on, that no document names as one */

c_code {
static int is_paid_twice(void) {
  int i, t, n;
  for (i = 0; i < NI; i++) {
    for (t = n = 0; t < now.nt; t++) n += now.cs[t] && HAS(now.pay[t], i);
    if (n > 1) return 1;
  }
  return 0;
}
/* Not only those in the chain: of two that do not exclude each other, both could come. */
static int is_not_excluded(void) {
  int t, u;
  for (t = 0; t < now.nt; t++)
    for (u = 0; u < t; u++) {
      if (!(now.pay[t] & now.pay[u]) || conflict(ancestors(t), ancestors(u))) continue;
      if (!is_dead(t) && !is_dead(u)) return 1;
    }
  return 0;
}
static int is_never_broken(void) {
  int i, t;
  for (i = 0; i < NI; i++)
    for (t = 0; now.st[i] == 3 && t < now.nt; t++) if (HAS(now.pay[t], i) && !is_dead(t)) return 1;
  return 0;
}

/* G5. The worst that other users did lies behind us and blocks go on coming: is there a way for the send? */
static int has_deep_rival(int i, int t) {
  int x;
  for (x = 0; x < now.nt; x++) {
    if (now.cs[x] != 2 || x == t || HAS(now.pay[x], i)) continue;
    if (now.ins[x] & now.ins[t]) return 1;
#ifdef ANCESTORS_FOLLOWED
    if (is_rival(x, t, i)) return 1;
#endif
  }
  return 0;
}
static int has_coin_left(int t, int claims) {
  int c;
  for (c = 0; c < COINS; c++)
    if (HAS(now.ins[t], c) && !HAS(claims, c) && is_there(c) && !is_spent(c)) return 1;
  return 0;
}
/* As core/rebuild.cpp plans it: T's own coins, T's own rivals. */
static int can_be_moved(int i, int claims) {
  int t;
  for (t = 0; t < now.nt; t++) {
    if (!counts_as_payer(t, i) || has_deep_rival(i, t) || has_coin_left(t, claims)) continue;
#ifndef V8_NO_VERDICT
    if (is_dead(t)) continue;  /* through an ancestor alone: documented in doc/guarantees.md (G5), waits for a verdict */
#endif
    return 0;
  }
  return 1;
}
/* It is paid for good, and its state does not say so. */
static int is_not_told(int i) {
  int t;
  for (t = 0; t < now.nt; t++)
    if (now.cs[t] == 2 && counts_as_payer(t, i) && now.bt[i] != now.tb[t] && !can_see(t)) return 1;
  return 0;
}
static int is_stuck(int i) {
  int t, k, b = now.bt[i], all;
  if (now.st[i] != 2 || !is_asked(b)) return 0;
  if (is_not_told(i)) return 1;
  for (t = 0; t < now.nt; t++) if (now.cs[t] && can_see(t)) return 0;  /* the chain is not read yet */
  for (t = 0; t < now.nt; t++) if (HAS(now.pay[t], i) && !is_dead(t)) return 0;  /* paid, or can be */
  all = 1;
  for (k = 0; k < NI; k++)
    if (HAS(living(b), k) && (is_paid_by_its_batch(k) || !can_be_moved(k, claimed(living(b))))) all = 0;
  if (all) return 0;
  return must_leave_together(b) || !can_be_moved(i, claimed(0));
}

static void check(void) {
  int i;
  if (is_paid_twice()) now.bad = PAID_TWICE;
#ifndef ON_CHAIN_ONLY
  else if (is_not_excluded()) now.bad = NOT_EXCLUDED;
#endif
  else if (is_never_broken()) now.bad = NEVER_BROKEN;
#ifdef LIVENESS
  for (i = 0; i < NI && !now.bad; i++) if (is_stuck(i)) now.bad = STUCK;
#endif
  (void)i;
  if (now.bad) Printf("violated: %s\n", now.bad == NEVER_BROKEN ? "G6" : now.bad == STUCK ? "G5" : "G2");
}
}
