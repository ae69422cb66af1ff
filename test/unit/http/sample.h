// Values that the tests of http/ show.

#ifndef SENDONCE_TEST_UNIT_HTTP_SAMPLE_H
#define SENDONCE_TEST_UNIT_HTTP_SAMPLE_H

#include <string>

#include "core/answers.h"

namespace sendonce::http::sample {

constexpr char kAddress[] = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
constexpr char kBody[] = R"({"outputs":[{"address":"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",)"
                         R"("amount_sat":150000}]})";

// Shown as 64 times this digit.
inline bitcoin::Hash256 Hash(char digit) {
  return *bitcoin::HashFromDisplayHex(std::string(64, digit));
}

inline std::string Hex(char digit) {
  return std::string(64, digit);
}

inline bitcoin::Bytes Raw(std::string_view hex) {
  return *bitcoin::BytesFromHex(hex);
}

// A send that was just recorded.
inline core::SendView RecordedSend(const std::string& id = "w-1001") {
  core::SendView send;
  send.id = id;
  send.outputs = {{kAddress, 150000, std::nullopt}};
  send.created_at_ms = 1790000000000;
  send.updated_at_ms = 1790000000001;
  send.seq = 17;
  return send;
}

inline std::string RecordedSendJson(const std::string& id = "w-1001") {
  return R"({"id":")" + id +
         R"(","outcome":"pending","state":"recorded","replayed":false,"stalled":null,)"
         R"("outputs":[{"address":"bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080",)"
         R"("amount_sat":150000,"vout":null}],"reference":"","txid":null,"txids":[],)"
         R"("fee_sat":null,"batch_size":null,"confirmations":0,"block_hash":null,)"
         R"("block_height":null,"created_at":1790000000000,"updated_at":1790000000001,"seq":17})";
}

inline core::SendReply KnownReply(core::Verdict verdict, const std::string& id = "w-1001") {
  core::SendReply reply;
  reply.verdict = verdict;
  reply.send = RecordedSend(id);
  return reply;
}

}  // namespace sendonce::http::sample

#endif  // SENDONCE_TEST_UNIT_HTTP_SAMPLE_H
