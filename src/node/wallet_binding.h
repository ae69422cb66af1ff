// What `sendonced init` does to a wallet: an address whose label names the log, and a signature
// that shows that the wallet can sign.

#ifndef SENDONCE_NODE_WALLET_BINDING_H
#define SENDONCE_NODE_WALLET_BINDING_H

#include <string>

#include "core/outcome.h"
#include "core/records.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Blocking; see Bitcoind::NewBinding and SignProbe.
core::Outcome<std::string> NewBindingAddress(RpcClient& rpc, const core::WalId& wal_id);
core::Outcome<core::Done> SignProbeTransaction(RpcClient& rpc, const std::string& address);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_WALLET_BINDING_H
