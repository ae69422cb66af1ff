// Bitcoin's values in the arguments and replies of RPCs. Pure. A reader gives nullopt for a value
// that is missing, of another JSON type, or malformed.

#ifndef SENDONCE_NODE_RPC_VALUES_H
#define SENDONCE_NODE_RPC_VALUES_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bitcoin/amount.h"
#include "bitcoin/bytes.h"
#include "bitcoin/hash.h"
#include "bitcoin/transaction.h"
#include "node/rpc_codec.h"

namespace sendonce::node {

// From a number of bitcoin, by its digits.
std::optional<bitcoin::Amount> ReadAmount(const Json& value);

std::optional<bitcoin::Hash256> ReadHash(const Json& value);
std::optional<bitcoin::Bytes> ReadHex(const Json& value);
std::optional<int32_t> ReadInt32(const Json& value);

// From the members "txid" and "vout" of an object.
std::optional<bitcoin::OutPoint> ReadOutPoint(const Json& value);

// JSON text.
std::string HashText(const bitcoin::Hash256& hash);
std::string HexText(const bitcoin::Bytes& bytes);
std::string OutPointText(const bitcoin::OutPoint& outpoint);
std::string OutPointsText(const std::vector<bitcoin::OutPoint>& outpoints);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_RPC_VALUES_H
