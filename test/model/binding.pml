/* Two daemons, with two logs, are made for one wallet at the same time (`init`; node/wallet_binding.cpp). The binding is a label in
 * the wallet: a set, without compare-and-set. Each pays only while it reads its own binding and no other (Follower::UnfitnessOf). */
bit label[2];   /* durable in the wallet */
bit pays[2];

inline PAY(me) {
  pays[me] = 1; printf("daemon %d pays\n", me);
  if
  :: pays[1 - me] -> printf("violated: G2\n"); assert(false)
  :: else
  fi
}

proctype Daemon(byte me) {
  do
  :: atomic { !label[me] ->
#ifndef M_BOUND_WITHOUT_LOOKING
       if
       :: label[1 - me] -> break  /* init refuses */
       :: else
       fi
#endif
     };
     label[me] = 1;
#ifdef V9_NOT_READ_AGAIN
     PAY(me)
#endif
  /* every reading of the chain reads the bindings; what is paid is paid after it */
  :: atomic { label[me] && !label[1 - me] && !pays[me] -> PAY(me) }
  :: atomic { label[me] && label[1 - me] -> pays[me] = 0; printf("daemon %d refuses\n", me); break }
  :: atomic { pays[me] -> pays[me] = 0; printf("daemon %d was killed and starts again\n", me) }
  od
}

init { atomic { run Daemon(0); run Daemon(1) } }
