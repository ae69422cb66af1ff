/* Two states that differ only in the order in which the transactions came into the world have the same future, so one order stands
   for all (with -DSYMMETRY): ours by batch, then those of others. No rule looks at the place of a transaction in this order. Traces
   read better without. */
c_code {
#ifdef SYMMETRY
static int swapped_coins(int coins, int t) {
  int both = coins >> (NC + t) & 3;
  if (both == 1 || both == 2) coins ^= 3 << (NC + t);
  return coins;
}
/* t and t + 1 change places. */
static void swap_with_next(int t) {
  int k;
#define SWAP(what) k = now.what[t]; now.what[t] = now.what[t + 1]; now.what[t + 1] = k
  SWAP(ins); SWAP(pay); SWAP(tb); SWAP(ts); SWAP(own); SWAP(cs);
#undef SWAP
  for (k = 0; k < now.nt; k++) now.ins[k] = swapped_coins(now.ins[k], t);
  for (k = 0; k < now.nb; k++) { now.core[k] = swapped_coins(now.core[k], t); now.all[k] = swapped_coins(now.all[k], t); }
#ifdef DRAFTS
  now.dm = swapped_coins(now.dm, t);
#endif
#ifdef VERDICT
  for (k = 0; k < NI; k++) {
    int both = now.vd[k] >> t & 3;
    if (both == 1 || both == 2) now.vd[k] ^= 3 << t;
  }
#endif
}
static int rank_of(int t) {
  int others = now.ts[t] == 4 || now.ts[t] == 5;
  return (others ? 8 : now.tb[t]) << 24 | (others ? now.tb[t] : 0) << 20 | now.ins[t] << 6 | now.pay[t] << 4 | now.own[t] << 3 |
         now.cs[t] << 1 | (now.ts[t] & 1);
}
static void normalise(void) {
  int t, rounds, moved = 1;
  for (rounds = 0; moved && rounds < 2 * NT; rounds++) {
    moved = 0;
    for (t = 0; t + 1 < now.nt; t++) {
      if (HAS(now.ins[t + 1], NC + t) || rank_of(t) <= rank_of(t + 1)) continue;
      swap_with_next(t);
      moved = 1;
    }
  }
}
#else
static void normalise(void) {}
#endif
}
