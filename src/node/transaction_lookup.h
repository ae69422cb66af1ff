// What wallet and chain know of one transaction.

#ifndef SENDONCE_NODE_TRANSACTION_LOOKUP_H
#define SENDONCE_NODE_TRANSACTION_LOOKUP_H

#include "core/commands.h"
#include "core/outcome.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Blocking; see Bitcoind::LookUpTransaction.
core::Outcome<core::FoundTransaction> FindTransaction(RpcClient& rpc, const bitcoin::Txid& txid);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_TRANSACTION_LOOKUP_H
