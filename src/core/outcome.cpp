#include "core/outcome.h"

#include <cassert>

namespace sendonce::core {

std::string_view StallCode(Refusal why) {
  switch (why) {
    case Refusal::kNotExecuted:
      return "node_unavailable";
    case Refusal::kUnauthorized:
      return "node_unauthorized";
    case Refusal::kAlreadyInChain:
      return "already_in_chain";
    case Refusal::kMissingOrSpent:
      return "coin_missing_or_spent";
    case Refusal::kOverOurCap:
      return "fee_above_cap";
    case Refusal::kFeeTooLow:
      return "fee_too_low";
    case Refusal::kPolicy:
      return "node_refuses";
    case Refusal::kCoinsDoNotCover:
    case Refusal::kInsufficientFunds:
      return "insufficient_funds";
    case Refusal::kCannotBuild:
      return "cannot_build";
    case Refusal::kNoFeeEstimate:
      return "no_fee_estimate";
    case Refusal::kKeypoolEmpty:
      return "keypool_empty";
    case Refusal::kWalletLocked:
      return "wallet_locked";
    case Refusal::kWalletNotLoaded:
      return "wallet_not_loaded";
    case Refusal::kWalletNotNamed:
      return "wallet_not_named";
    case Refusal::kCannotSign:
      return "cannot_sign";
    case Refusal::kNotFound:
      return "not_found";
    case Refusal::kRejected:
      return "node_rejects";
  }
  assert(false && "every refusal has a code");
  return "";
}

}  // namespace sendonce::core
