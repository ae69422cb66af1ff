/* Coins, transactions and the chain. Sets of coins and of transactions are bit masks. */
c_code {
#define HAS(set, one) ((set) >> (one) & 1)

static int exists(int t) { return t < now.nt && now.ts[t] >= 2; }
static int is_ours(int t) { return now.tb[t] != FOREIGN && now.ts[t] < 4; }

/* The transaction and all that its coins come from. */
static int ancestors(int t) {
  int set = 1 << t, c;
  for (c = NC; c < COINS; c++) if (HAS(now.ins[t], c)) set |= ancestors(c - NC);
  return set;
}
static int ancestors_of_coins(int coins) {
  int set = 0, c;
  for (c = NC; c < COINS; c++) if (HAS(coins, c)) set |= ancestors(c - NC);
  return set;
}

/* Some transaction of the one set spends a coin that another one, of the other set, spends. */
static int conflict(int some, int others) {
  int t, u;
  for (t = 0; t < now.nt; t++)
    for (u = 0; u < now.nt; u++)
      if (HAS(some, t) && HAS(others, u) && t != u && (now.ins[t] & now.ins[u])) return 1;
  return 0;
}

static int is_spent(int c) {
  int t;
  for (t = 0; t < now.nt; t++) if (now.cs[t] && HAS(now.ins[t], c)) return 1;
  return 0;
}
/* The wallet's coin is there, spent or not: always, or its parent is in the chain. */
static int is_there(int c) {
  return c < NC || (c - NC < now.nt && now.own[c - NC] && now.cs[c - NC]);
}
static int is_coin(int c) { return c < NC || (c - NC < now.nt && now.own[c - NC]); }
static int all_unspent(int coins) {
  int c;
  for (c = 0; c < COINS; c++) if (HAS(coins, c) && (!is_there(c) || is_spent(c))) return 0;
  return 1;
}

/* Something at least so settled excludes it: for good, if that is 2. */
static int is_excluded_by_chain(int t, int depth) {
  int x, line = ancestors(t);
  for (x = 0; x < now.nt; x++)
    if (now.cs[x] >= depth && !HAS(line, x) && conflict(1 << x, line)) return 1;
  return conflict(line, line);  /* spends what its own ancestor spends: no chain can hold it */
}
static int is_dead(int t) { return is_excluded_by_chain(t, 2); }

static int new_transaction(int coins, int paid, int batch, int status, int to_wallet) {
  int t = now.nt++;
  now.ins[t] = coins; now.pay[t] = paid; now.tb[t] = batch; now.ts[t] = status; now.own[t] = to_wallet;
  return t;
}

/* Coins that something is to be had with: all others are alike, and are taken in their order. */
static int touched(void) {
  int t, b, set = 0;
  for (t = 0; t < now.nt; t++) set |= now.ins[t] | (now.own[t] ? 1 << (NC + t) : 0);
  for (b = 0; b < now.nb; b++) set |= now.all[b];
  return set;
}
static int is_next_fresh(int c, int set) {
  return c < NC && !HAS(set, c) && (set & ((1 << c) - 1)) == (1 << c) - 1;
}

/* --- other users of the wallet --- */

/* Spends a coin of the wallet, to others; `to_wallet`: and pays the wallet something back. A coin that nothing
   of ours touches yet may be spent just as well after we have chosen it. */
static int can_spend(int c) {
#if NF > 0
  return now.nf < NF && now.nt < NT && c < COINS && HAS(touched(), c) && is_coin(c);
#else
  return 0;
#endif
}
static void spend(int c, int to_wallet) {
  int t = new_transaction(1 << c, 0, FOREIGN, 4, to_wallet);
  now.nf++;
  Printf("other user: t%d spends coin %d, %s\n", t, c, to_wallet ? "with change to the wallet" : "all to others");
}

/* bumpfee by somebody else, with `outputs` also for fewer sends; or the same, malleated. */
static int can_bump(int t, int paid) {
#if NF > 0
  return now.nf < NF && now.nt < NT && t < now.nt && is_ours(t) && (now.pay[t] & paid) == paid;
#else
  return 0;
#endif
}
static void bump(int t, int paid) {
  int u = new_transaction(now.ins[t], paid, now.tb[t], 4, 1);
  now.nf++;
  Printf("other user: t%d replaces t%d: same coins, pays sends %x\n", u, t, paid);
}

/* --- the chain --- */

static int can_mine(int t) { return exists(t) && !now.cs[t] && all_unspent(now.ins[t]); }
static void mine(int t) { now.cs[t] = 1; Printf("chain: t%d is in a block\n", t); }

static int can_settle(int t) {
  int p, line;
  if (!exists(t) || now.cs[t] != 1) return 0;
  for (p = 0, line = ancestors(t); p < now.nt; p++) if (HAS(line, p) && p != t && now.cs[p] != 2) return 0;
  return 1;
}
static void settle(int t) { now.cs[t] = 2; Printf("chain: t%d is -conflictdepth deep\n", t); }

static int can_undo(int t) {
  int u;
  if (!exists(t) || now.cs[t] != 1) return 0;
  for (u = 0; u < now.nt; u++) if (now.cs[u] && HAS(now.ins[u], NC + t)) return 0;
  return 1;
}
static void undo(int t) { now.cs[t] = 0; Printf("chain: t%d left the chain (reorganisation)\n", t); }
}
