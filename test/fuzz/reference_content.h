// A second reader of what a send is, written from doc/http-api.md, and of how its content is
// hashed, from doc/wal-format.md. It shares the decoding of addresses with the first (fuzzed on its
// own) and nothing else: JSON is read by univalue, SHA-256 is reference_sha256.h.

#ifndef SENDONCE_TEST_FUZZ_REFERENCE_CONTENT_H
#define SENDONCE_TEST_FUZZ_REFERENCE_CONTENT_H

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "bitcoin/address.h"
#include "bitcoin/hash.h"
#include "node/rpc_codec.h"

namespace sendonce::fuzz {

// The fields of a content as the log hashes them, in the order of doc/wal-format.md: outputs, fee,
// max_fee_sat, batch, not_after, reference. Two contents are the same exactly if these bytes are.
using ContentFields = std::array<bitcoin::Bytes, 6>;

struct ReferenceContent {
  ContentFields fields;
  uint64_t total_sat = 0;
};

// nullopt for what the API refuses. REQUIRES: no name stands twice in an object.
std::optional<ReferenceContent> ReadReferenceContent(const node::Json& body,
                                                     bitcoin::Network network);

struct ReferenceDigest {
  bitcoin::Hash256 hash;
  std::array<uint64_t, 6> field_hashes{};
};

ReferenceDigest DigestOf(const ContentFields& fields);

}  // namespace sendonce::fuzz

#endif  // SENDONCE_TEST_FUZZ_REFERENCE_CONTENT_H
