#include "bitcoin/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>

#include "bitcoin/bytes.h"

namespace sendonce::bitcoin {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetched once, because a fetch costs more than hashing a transaction does. Immutable, and shared
// by all threads for the life of the process.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  assert(algorithm != nullptr);
  return algorithm;
}

}  // namespace

Hash256 Sha256(std::span<const uint8_t> data) {
  const std::unique_ptr<EVP_MD_CTX, ContextDeleter> context(EVP_MD_CTX_new());
  assert(context != nullptr);
  Hash256 hash;
  unsigned int size = 0;
  const bool ok = EVP_DigestInit_ex(context.get(), Algorithm(), nullptr) == 1 &&
                  EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1 &&
                  EVP_DigestFinal_ex(context.get(), hash.bytes.data(), &size) == 1;
  assert(ok && size == hash.bytes.size());
  return hash;
}

Hash256 DoubleSha256(std::span<const uint8_t> data) {
  return Sha256(Sha256(data).bytes);
}

std::string DisplayHex(const Hash256& hash) {
  Hash256 reversed = hash;
  std::ranges::reverse(reversed.bytes);
  return HexFromBytes(reversed.bytes);
}

std::optional<Hash256> HashFromDisplayHex(std::string_view hex) {
  Hash256 hash;
  if (hex.size() != 2 * hash.bytes.size()) return std::nullopt;
  const std::optional<Bytes> bytes = BytesFromHex(hex);
  if (!bytes) return std::nullopt;
  std::ranges::reverse_copy(*bytes, hash.bytes.begin());
  return hash;
}

size_t Hash256Hasher::operator()(const Hash256& hash) const noexcept {
  size_t value = 0;
  std::memcpy(&value, hash.bytes.data(), sizeof value);
  return value;
}

}  // namespace sendonce::bitcoin
