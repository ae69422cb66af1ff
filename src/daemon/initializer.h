// `sendonced init`: makes the WAL and binds it to the wallet. Only this makes a WAL: a daemon that
// finds none refuses to start, because an empty log would answer "never recorded" to everything.

#ifndef SENDONCE_DAEMON_INITIALIZER_H
#define SENDONCE_DAEMON_INITIALIZER_H

#include "daemon/options.h"
#include "wal/log.h"

namespace sendonce::daemon {

// In this order, and each step only if those before went well: the node offers what the rules need;
// it is on the network that was asked for; the wallet has private keys, is unlocked and bound to no
// WAL; it is bound (the label of a new address carries the WAL's identity: durable at once, kept in
// backups of the wallet) and its bindings are read again, so that of two that start at once none
// goes on; it signs a probe that can never be valid; the WAL is made. Prints what it did, or what
// is wrong and the way out; returns the exit status. Blocks for the node.
int Initialize(const Options& options, const wal::Substitutes& files);

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_INITIALIZER_H
