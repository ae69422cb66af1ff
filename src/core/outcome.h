// What a call to the node came to: one of three things, exactly one, exactly once (R5). Unknown is
// never failure.

#ifndef SENDONCE_CORE_OUTCOME_H
#define SENDONCE_CORE_OUTCOME_H

#include <string>
#include <string_view>
#include <variant>

namespace sendonce::core {

// The evidence table of doc/states.md: what a refusal of the node is taken for. None of them is
// proof that a payment can not happen.
enum class Refusal {
  kNotExecuted,      // connection refused, HTTP 503, -28: the node did nothing
  kUnauthorized,     // HTTP 401, 403: the node did nothing; the cookie is read again
  kAlreadyInChain,   // sendrawtransaction -27: confirmed, an output unspent
  kMissingOrSpent,   // sendrawtransaction -25: not spendable in this view, for any of six reasons
  kOverOurCap,       // sendrawtransaction -25: maxfeerate or maxburnamount
  kFeeTooLow,        // -26: minimum fee, mempool full, replacement rules
  kPolicy,           // -26: any other rule of the node
  kCoinsDoNotCover,  // fundrawtransaction -4: the preselected coins do not pay for outputs and fee
  kCannotBuild,      // fundrawtransaction -4, any other reason
  kNoFeeEstimate,    // estimatesmartfee gave none
  kInsufficientFunds,  // -6
  kKeypoolEmpty,       // -12
  kWalletLocked,       // -13
  kWalletNotLoaded,    // -18
  kWalletNotNamed,     // -19
  kCannotSign,         // signrawtransactionwithwallet: complete is false
  kNotFound,           // -5
  kRejected,           // any other JSON-RPC error that is known to leave the node unchanged
};

struct Refused {
  Refusal why = Refusal::kRejected;
  int code = 0;      // JSON-RPC error code or HTTP status
  std::string text;  // the node's words
};

// Timeout, reset, garbage, a wrong reply id, an unknown code: the call may have been executed.
struct Unknown {
  std::string text;
};

struct Done {};

template <typename T>
using Outcome = std::variant<T, Refused, Unknown>;

// The stable code that callers see in "stalled".
std::string_view StallCode(Refusal why);

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_OUTCOME_H
