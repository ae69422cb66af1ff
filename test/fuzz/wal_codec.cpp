// Records and snapshots of the log: every value has exactly one encoding. What decodes encodes to
// the same bytes. The first byte says what the rest is.

#include "wal/codec.h"

#include "input.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

using bitcoin::Bytes;

template <typename Decode, typename Encode>
void CheckOneEncoding(const Bytes& bytes, Decode decode, Encode encode) {
  const auto value = decode(bytes);
  if (value) assert(encode(*value) == bytes);
}

// What was left out or added is no value any more.
template <typename Decode>
void CheckWhole(Bytes bytes, Decode decode) {
  if (!decode(bytes)) return;
  bytes.push_back(0);
  assert(!decode(bytes));
  bytes.resize(bytes.size() - 2);
  assert(!decode(bytes));
}

template <typename Decode, typename Encode>
void Check(const Bytes& bytes, Decode decode, Encode encode) {
  CheckOneEncoding(bytes, decode, encode);
  CheckWhole(bytes, decode);
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  using namespace sendonce::wal;
  Input input(data, size);
  const size_t kind = input.Below(5);
  const Bytes bytes = input.Bytes(input.size());
  switch (kind) {
    case 0:
      Check(bytes, DecodeRecord, EncodeRecord);
      break;
    case 1:
      Check(bytes, DecodeSend, EncodeSend);
      break;
    case 2:
      Check(bytes, DecodeBatch, EncodeBatch);
      break;
    case 3:
      Check(bytes, DecodeAlarm, EncodeAlarm);
      break;
    default:
      Check(bytes, DecodeChain, EncodeChain);
  }
  return 0;
}
