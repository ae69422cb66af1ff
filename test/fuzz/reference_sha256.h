// SHA-256 again, straight from FIPS 180-4 and slow: what the project's own (libcrypto's) is
// compared with, so that a second implementation of something does not share its hash with the
// first.

#ifndef SENDONCE_TEST_FUZZ_REFERENCE_SHA256_H
#define SENDONCE_TEST_FUZZ_REFERENCE_SHA256_H

#include "bitcoin/bytes.h"
#include "bitcoin/hash.h"

namespace sendonce::fuzz {

bitcoin::Hash256 ReferenceSha256(bitcoin::Bytes message);

bitcoin::Hash256 ReferenceDoubleSha256(const bitcoin::Bytes& message);

}  // namespace sendonce::fuzz

#endif  // SENDONCE_TEST_FUZZ_REFERENCE_SHA256_H
