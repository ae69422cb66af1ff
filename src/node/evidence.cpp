#include "node/evidence.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "node/node_words.h"

namespace sendonce::node {

namespace {

using core::Refusal;
using core::Refused;
using core::Unknown;

// bitcoin's rpc/protocol.h.
enum RpcCode : int {
  kMiscError = -1,
  kTypeError = -3,
  kWalletError = -4,
  kInvalidAddressOrKey = -5,
  kWalletInsufficientFunds = -6,
  kInvalidParameter = -8,
  kWalletKeypoolRanOut = -12,
  kWalletUnlockNeeded = -13,
  kWalletNotFound = -18,
  kWalletNotSpecified = -19,
  kDeserializationError = -22,
  kVerifyError = -25,
  kVerifyRejected = -26,
  kVerifyAlreadyInUtxoSet = -27,
  kInWarmup = -28,
  kMethodDeprecated = -32,
  kParseError = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternalError = -32603,
};

// The methods that change something. All others only look, or give back what they made (a
// signature, an address that nobody hears of): an error in place of that leaves nothing behind.
constexpr std::array<std::string_view, 2> kMethodsWithEffect = {"sendrawtransaction",
                                                                "lockunspent"};

// Minimum fee, full mempool, replacement rules (validation.cpp and policy/rbf.cpp in bitcoin).
constexpr std::array<std::string_view, 11> kFeeReasons = {
    "min relay fee not met",
    "mempool min fee not met",
    "mempool full",
    "insufficient fee",
    "insufficient feerate",
    "too many potential replacements",
    "bad-txns-spends-conflicting-tx",
    "replacement-adds-unconfirmed",
    "replacement-failed",
    "bip125-replacement-disallowed",
    "txn-mempool-conflict",
};

constexpr std::array<std::string_view, 2> kMissingReasons = {
    "missing-inputs",
    "bad-txns-inputs-missingorspent",
};

template <size_t N>
bool StartsWithOneOf(std::string_view text, const std::array<std::string_view, N>& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [text](std::string_view beginning) { return text.starts_with(beginning); });
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool HasEffect(std::string_view method) {
  return std::find(kMethodsWithEffect.begin(), kMethodsWithEffect.end(), method) !=
         kMethodsWithEffect.end();
}

Failure UnknownError(std::string_view method, const RpcError& error) {
  return Unknown{std::string(method) + ": error " + std::to_string(error.code) + ", " +
                 NodeWords(error.message)};
}

// -25 covers a transaction whose coins are not there, our own caps, and internal errors of the
// mempool (RPCErrorFromTransactionError in rpc/util.cpp, TransactionErrorString in
// common/messages.cpp).
std::optional<Refusal> JudgeVerifyError(std::string_view message) {
  if (StartsWithOneOf(message, kMissingReasons)) return Refusal::kMissingOrSpent;
  if (Contains(message, "exceeds maximum configured by user")) return Refusal::kOverOurCap;
  return std::nullopt;
}

std::optional<Refusal> JudgeBroadcastError(const RpcError& error) {
  switch (error.code) {
    case kVerifyError:
      return JudgeVerifyError(error.message);
    case kVerifyRejected:
      return JudgeRejectReason(error.message);
    case kVerifyAlreadyInUtxoSet:
      return Refusal::kAlreadyInChain;
    default:
      return std::nullopt;
  }
}

Refusal JudgeFundingError(std::string_view message) {
  return Contains(message, "preselected coins") ? Refusal::kCoinsDoNotCover : Refusal::kCannotBuild;
}

// Given before a method begins to act, whichever it is.
std::optional<Refusal> JudgeEarlyError(int code) {
  switch (code) {
    case kInWarmup:
      return Refusal::kNotExecuted;
    case kInvalidAddressOrKey:
      return Refusal::kNotFound;
    case kWalletInsufficientFunds:
      return Refusal::kInsufficientFunds;
    case kWalletKeypoolRanOut:
      return Refusal::kKeypoolEmpty;
    case kWalletUnlockNeeded:
      return Refusal::kWalletLocked;
    case kWalletNotFound:
      return Refusal::kWalletNotLoaded;
    case kWalletNotSpecified:
      return Refusal::kWalletNotNamed;
    case kTypeError:
    case kInvalidParameter:
    case kDeserializationError:
    case kMethodDeprecated:
    case kParseError:
    case kInvalidRequest:
    case kMethodNotFound:
    case kInvalidParams:
      return Refusal::kRejected;
    default:
      return std::nullopt;
  }
}

std::optional<Refusal> JudgeCode(std::string_view method, const RpcError& error) {
  if (const auto early = JudgeEarlyError(error.code)) return early;
  if (error.code == kWalletError && Contains(error.message, "no available keys")) {
    return Refusal::kKeypoolEmpty;  // a wallet without a descriptor for new addresses of the kind
  }
  if (method == "sendrawtransaction") return JudgeBroadcastError(error);
  if (method == "fundrawtransaction" && error.code == kWalletError) {
    return JudgeFundingError(error.message);
  }
  const bool general =
      error.code == kMiscError || error.code == kWalletError || error.code == kInternalError;
  if (general && !HasEffect(method)) return Refusal::kRejected;
  return std::nullopt;
}

}  // namespace

Failure JudgeStatus(int http_status, std::string_view body) {
  const std::string text = "HTTP " + std::to_string(http_status) + " " + NodeWords(body);
  switch (http_status) {
    case 401:
    case 403:
      return Refused{Refusal::kUnauthorized, http_status, text};
    case 503:
      return Refused{Refusal::kNotExecuted, http_status, text};
    default:
      return Unknown{text};
  }
}

Failure JudgeError(std::string_view method, const RpcError& error) {
  const auto why = JudgeCode(method, error);
  if (!why) return UnknownError(method, error);
  return Refused{*why, error.code, NodeWords(error.message)};
}

core::Refusal JudgeRejectReason(std::string_view reason) {
  if (StartsWithOneOf(reason, kMissingReasons)) return Refusal::kMissingOrSpent;
  if (StartsWithOneOf(reason, kFeeReasons)) return Refusal::kFeeTooLow;
  if (reason.starts_with("txn-already-known")) return Refusal::kAlreadyInChain;
  return Refusal::kPolicy;
}

bool IsAboutSignatures(std::string_view reject_reason) {
  // "mandatory-", "non-mandatory-", "mempool-" or "block-" stand before it, depending on version.
  return Contains(reject_reason, "script-verify-flag");
}

}  // namespace sendonce::node
