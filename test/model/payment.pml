/* The exactness protocol: coins, signatures, the chain, and what rule R4 lets be paid again.
 *
 * One process; each action is one atomic step, every order of them is searched. A record is written and
 * synced in one step here: that nothing leaves before it is durable (R1) is the subject of log.pml.
 *
 *   world.pml       coins, transactions, chain: what is true outside
 *   rules.pml       what the daemon may do, as the log and rules R2-R9 allow it
 *   properties.pml  what must hold, and what must never happen
 *   choices.pml     the numbering of choices (which sends, which coins)
 *   symmetry.pml    one order of the transactions for all
 *
 * The world is as bad as it can be:
 *  - a transaction is known to everybody from the record on that its signature is asked for, whatever was
 *    heard of it, and stays so for ever;
 *  - whether a transaction is in a mempool is not modelled: each can be mined at any time at which its coins
 *    are there. That holds evictions, lost replies, late arrivals and broadcasts by anybody;
 *  - any transaction that is less deep than -conflictdepth can leave the chain at any time: `shallow`.
 *    Deeper ones are `settled`. So one run stands for all depths of reorganisation below -conflictdepth.
 *
 * The daemon needs no occasion: it may leave a batch by R4 whenever each transaction is excluded, whatever
 * the node has said (with -DANYTIME not even what the chain holds is asked). Mutants that believe a piece of
 * evidence do without the exclusion.
 *
 * A crash: all that the daemon goes by is durable (core::Payer::TakeNextStep), so the state after a crash is the state before it,
 * less the replies that are on their way, and each reply can be lost here anyway. What is in memory for longer, a draft, is modelled
 * with -DDRAFTS.
 */

#ifndef NI
#define NI 1    /* sends */
#endif
#ifndef NB
#define NB 2    /* batches: the first, and NB-1 rebuilds */
#endif
#ifndef NT
#define NT 4    /* transactions, of anybody */
#endif
#ifndef NF
#define NF 1    /* transactions of other users of the wallet: rivals, and bumps of ours */
#endif
#ifndef NV
#define NV 0    /* replacements by us (R3) */
#endif
#ifndef NC
#define NC 3    /* coins that the wallet has at the beginning; coin NC+t is the wallet's output of transaction t */
#endif
#define FOREIGN 7

/* durable: the log */
byte st[NI];    /* send: 0 unknown, 1 recorded, 2 in a batch, 3 ended: answered `never` */
byte bt[NI];    /* its live batch */
byte nb;        /* batches, in the order of their reservations */
short core[NB]; /* the coins of version 0 */
short all[NB];  /* and what later versions have added */
byte os[NB];    /* the sends of the record BatchReserved */
#ifdef VERDICT
byte vd[NI];    /* transactions that a verdict has named */
#endif

/* volatile */
#ifdef DRAFTS
byte ds;        /* the draft that waits to be recorded: its sends */
short dm;       /* and its coins */
#endif

/* transactions, in the order in which they came into the world; part durable, part world */
byte nt;
short ins[NT];  /* the coins that it spends */
byte pay[NT];   /* the sends that it pays */
byte tb[NT];    /* its batch, or FOREIGN */
byte ts[NT];    /* 2 signature asked, 3 and in the log; of others: 4 not seen by us, 5 adopted; 6 mutants: ours, and the log does not know */
bit own[NT];    /* has an output to the wallet */
byte cs[NT];    /* chain: 0 not in it, 1 shallow, 2 settled */
byte nf;
byte nv;

/* the names of the violations are in properties.pml */
byte bad;

#include "choices.pml"
#include "world.pml"
#include "rules.pml"
#include "properties.pml"
#include "symmetry.pml"

#define ACT(can, does) :: d_step { c_expr { (can) } -> c_code { does; check(); normalise(); } ; assert(bad == 0) }
#define RESERVE(n)  ACT(can_reserve(sends_of(n), coins_of(n)), reserve(sends_of(n), coins_of(n)))
#define DRAFT(n)    ACT(can_draft(sends_of(n), coins_of(n)), draft(sends_of(n), coins_of(n)))
#define ASK(b)      ACT(can_ask(b), ask(b))
#define DROP(b)     ACT(can_drop(b), drop(b))
#define CANCEL(i)   ACT(can_cancel(i), cancel(i))
#define SUBMIT(i)   ACT(can_submit(i), submit(i))
#define JUDGE(i)    ACT(can_verdict(i), verdict(i))
#define SIGNED(t)   ACT(can_record_signature(t), record_signature(t))
#define SEE(t)      ACT(can_see(t), see(t))
#define REPLACE(n)  ACT(can_replace(batch_of(n), added_of(n), paid_of(n)), replace(batch_of(n), added_of(n), paid_of(n)))
#define SPEND(n)    ACT(can_spend(n / 2), spend(n / 2, n % 2))
#define BUMP(n)     ACT(can_bump(n / SETS, 1 + n % SETS), bump(n / SETS, 1 + n % SETS))
#define MINE(t)     ACT(can_mine(t), mine(t))
#define SETTLE(t)   ACT(can_settle(t), settle(t))
#define UNDO(t)     ACT(can_undo(t), undo(t))

active proctype Everything() {
  do
  /* the caller */
  FOR_SENDS(SUBMIT)
  FOR_SENDS(CANCEL)
  /* the daemon */
  FOR_RESERVATIONS(RESERVE)
  FOR_BATCHES(ASK)
  FOR_BATCHES(DROP)
  FOR_TRANSACTIONS(SIGNED)
  FOR_TRANSACTIONS(SEE)
#if NV > 0
  FOR_REPLACEMENTS(REPLACE)
#endif
#ifdef VERDICT
  FOR_SENDS(JUDGE)
#endif
#ifdef DRAFTS
  FOR_RESERVATIONS(DRAFT)
  ACT(can_lose_draft(), lose_draft())
#endif
  /* other users of the wallet */
#if NF > 0
  FOR_SPENDS(SPEND)
#ifndef NO_FOREIGN_BUMP
  FOR_BUMPS(BUMP)
#endif
#endif
  /* the chain */
  FOR_TRANSACTIONS(MINE)
  FOR_TRANSACTIONS(SETTLE)
#ifndef NO_REORGANISATION
  FOR_TRANSACTIONS(UNDO)
#endif
  od
}
