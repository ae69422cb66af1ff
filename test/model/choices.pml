/* Promela has no choice over an expression, so choices are numbered, and each number is one option of the
 * process. What a number does not stand for is never enabled. */
#define SETS ((1 << NI) - 1)          /* sets of sends, without the empty one */
#define COINS (NC + NT)
#define PAIRS (COINS * (COINS + 1) / 2)

#define R4_(A, n)   A((n)) A((n + 1)) A((n + 2)) A((n + 3))
#define R16_(A, n)  R4_(A, n) R4_(A, n + 4) R4_(A, n + 8) R4_(A, n + 12)
#define R64_(A, n)  R16_(A, n) R16_(A, n + 16) R16_(A, n + 32) R16_(A, n + 48)

#define FOR_SENDS(A) A(0)
#if NI > 1
#undef FOR_SENDS
#define FOR_SENDS(A) A(0) A(1)
#endif

#if NB == 1
#define FOR_BATCHES(A) A(0)
#elif NB == 2
#define FOR_BATCHES(A) A(0) A(1)
#elif NB == 3
#define FOR_BATCHES(A) A(0) A(1) A(2)
#else
#define FOR_BATCHES(A) A(0) A(1) A(2) A(3)
#endif

#if NT <= 4
#define FOR_TRANSACTIONS(A) R4_(A, 0)
#elif NT == 5
#define FOR_TRANSACTIONS(A) R4_(A, 0) A(4)
#elif NT == 6
#define FOR_TRANSACTIONS(A) R4_(A, 0) A(4) A(5)
#else
#define FOR_TRANSACTIONS(A) R4_(A, 0) R4_(A, 4)
#endif

/* one set of sends and one or two coins: up to 3 * 66 */
#if NI == 1
#define FOR_RESERVATIONS(A) R64_(A, 0)
#else
#define FOR_RESERVATIONS(A) R64_(A, 0) R64_(A, 64) R64_(A, 128)
#endif
/* a coin and whether the wallet gets something back */
#define FOR_SPENDS(A) R16_(A, 0) R4_(A, 16) R4_(A, 20)
/* a transaction of ours and the sends that the other version pays */
#define FOR_BUMPS(A) R16_(A, 0) R4_(A, 16) R4_(A, 20)
/* a batch, a coin to add or none, the sends that it pays */
#define FOR_REPLACEMENTS(A) R64_(A, 0) R64_(A, 64)

c_code {
/* No choice is without a number. */
_Static_assert(PAIRS * SETS <= (NI == 1 ? 64 : 192), "FOR_RESERVATIONS");
_Static_assert(2 * COINS <= 24, "FOR_SPENDS");
_Static_assert(NT * SETS <= 24, "FOR_BUMPS");
_Static_assert(NB * (COINS + 1) * SETS <= 128, "FOR_REPLACEMENTS");
_Static_assert(NI <= 2 && NB <= 4 && NT <= 8 && NT >= 3, "FOR_SENDS, FOR_BATCHES, FOR_TRANSACTIONS");

/* The n-th pair of coins a <= b, as a set. */
static short pair_of(int n) {
  int b = 0;
  while (n > b) n -= ++b;
  return b < COINS ? (short)(1 << b | 1 << n) : 0;
}
static int sends_of(int n) { return 1 + n % SETS; }
static short coins_of(int n) { return n / SETS < PAIRS ? pair_of(n / SETS) : 0; }

static int batch_of(int n) { return n / SETS / (COINS + 1); }
static int added_of(int n) { return n / SETS % (COINS + 1) - 1; }
static int paid_of(int n) { return 1 + n % SETS; }
}
