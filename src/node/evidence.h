// The evidence table: what the node says, and what follows from it. One function for each way in
// which it can say something. Pure; safe from any thread. doc/node-interface.md shows the table;
// every row has a test of its own.

#ifndef SENDONCE_NODE_EVIDENCE_H
#define SENDONCE_NODE_EVIDENCE_H

#include <string_view>

#include "core/outcome.h"
#include "node/failure.h"
#include "node/rpc_codec.h"

namespace sendonce::node {

// No JSON-RPC reply at all: what an HTTP status says alone. `body` is shown to people, and so is
// the message of an error: as NodeWords has them.
Failure JudgeStatus(int http_status, std::string_view body);

// A JSON-RPC error in reply to that method. The numbers are bitcoin's rpc/protocol.h. A code that
// is not known there is unknown; so is one that bitcoind may give after it has begun to act.
Failure JudgeError(std::string_view method, const RpcError& error);

// A reason of the mempool: "reject-reason" of testmempoolaccept, or the text of
// sendrawtransaction's -26 (ValidationState::ToString, the reason first). Never a reason to think
// that a payment cannot happen.
core::Refusal JudgeRejectReason(std::string_view reason);

// True if the mempool objects to nothing but signatures that do not fit. That is what it says of a
// transaction that is not signed yet and otherwise welcome: scripts are looked at last.
bool IsAboutSignatures(std::string_view reject_reason);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_EVIDENCE_H
