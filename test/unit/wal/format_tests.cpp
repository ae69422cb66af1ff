// The bytes on disk, written down once and for all: a change here is a change of the format.
// "<xx>" stands for SampleHash(0xxx): a0 and 31 times xx.

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "sample.h"
#include "wal/codec.h"
#include "wal/frame.h"

namespace sendonce::wal {

namespace {

std::string Expanded(const std::string& text) {
  std::string hex;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '<') {
      hex += text[i];
      continue;
    }
    hex += "a0";
    for (int count = 0; count < 31; ++count) hex += text.substr(i + 1, 2);
    i += 3;
  }
  return hex;
}

struct GoldenRecord {
  const char* name;
  const char* hex;
};

// In the order of SampleRecords().
const GoldenRecord kRecords[] = {
    {"WalCreated",
     "01000102030405060708090a0b0c0d0e0f03<0a>03000000686f740b00000062637274317162"
     "6f756e6464000000<64>01000000000000000000000000000000000000000000000000000000"
     "0000000b02000000<0c><0d>"},
    {"SendRecorded",
     "0203000000772d3102000000090000006263727431716f6e6516000000001401010101010101"
     "01010101010101010101010101e8030000000000000900000062637274317174776f16000000"
     "00140202020202020202020202020202020202020202020000000000000001010600000001d4"
     "3000000000000001204e000000000000010001016c50c4a0010000010d000000637573746f6d"
     "65722034373131"},
    {"SendEnded", "0303000000772d3102"},
    {"BatchReserved",
     "040200000003000000772d3103000000772d3201000000<07>08000000a0bb0d000000000016"
     "0000000014090909090909090909090909090909090909090903000000010203020000000200"
     "000000000000010000000000000001020000004c040000000000000100000003000000772d32"
     "<03>02<04>05000000<06>"},
    {"SignatureRequested", "05040000000000000001000000"},
    {"VersionSigned", "0604000000000000000200000003000000040506"},
    {"VersionAccepted", "070400000000000000<0e>"},
    {"VersionAdopted", "080400000000000000020000000708010000000100000003000000"},
    {"RivalSeen", "09040000000000000001000000090165000000<65>"},
    {"RivalGone", "0a0400000000000000<0f>"},
    {"BatchConfirmed", "0b0400000000000000<10>65000000<65>"},
    {"BatchReopened", "0c040000000000000065000000<65>"},
    {"BatchFinal", "0d0400000000000000"},
    {"BatchDropped", "0e0400000000000000"},
    {"ChainMoved",
     "0f630000000200000064000000<64>65000000<65>0100000000000000000000000000000000"
     "000000000000000000000000000011"},
    {"AlarmRaised", "1003<12>0104000000000000000a0000006c6f6f6b206174206974"},
    {"AlarmAccepted", "1110000000000000000b000000697420776173206f757273"},
    {"VersionReserved",
     "1204000000000000000100000001000000<07>08000000a0bb0d000000000016000000001409"
     "0909090909090909090909090909090909090902000000010202000000010000000000000000"
     "0000000101000000b004000000000000"},
    {"VerdictGiven", "1303000000772d310202000000<22><23>07000000636865636b6564"},
    {"PaymentAdopted",
     "1403000000772d3102000000090000006263727431716f6e6516000000001401010101010101"
     "01010101010101010101010101e8030000000000000900000062637274317174776f16000000"
     "00140202020202020202020202020202020202020202020000000000000001010600000001d4"
     "3000000000000001204e000000000000010001016c50c4a0010000010d000000637573746f6d"
     "6572203437313102000000090902000000000000000100000014050000000000"
     "00"},
    {"LocksReleased", "150400000000000000"},
    {"CoinsVanished", "16040000000000000001000000<07>08000000"},
    {"DetailPruned",
     "17010000000400000000000000<26>02000000<26><27>000000004c04000000000000010000"
     "0066000000<66>01000000<28>026c50c4a00100000700000000000000040000000400000000"
     "000000050000000000000006000000000000000700000000000000<29>010000000300000077"
     "2d31<25>01000000000000000200000000000000030000000000000004000000000000000500"
     "0000000000000600000000000000ea03000000000000016c50c4a00100000200000000000000"},
};

const char* const kSend =
    "0103000000772d310102000000090000006263727431716f6e65160000000014010101010101"
    "0101010101010101010101010101e8030000000000000900000062637274317174776f160000"
    "0000140202020202020202020202020202020202020202020000000000000001010600000001"
    "d43000000000000001204e000000000000010001016c50c4a0010000010d000000637573746f"
    "6d65722034373131010200000004000000000000001300000000000000011300000000000000"
    "01000000<24>01<14>02000000<14><15>0200000000000000010000004c0400000000000002000000660000"
    "00<66>006c50c4a0010000016c50c4a001000002000000000000001600000000000000";

const char* const kPrunedSend =
    "0203000000772d31<25>01000000000000000200000000000000030000000000000004000000"
    "0000000005000000000000000600000000000000ea0300000000000001000000040000000000"
    "0000010400000000000000<26>02000000<26><27>000000004c040000000000000100000066"
    "000000<66>006c50c4a0010000016c50c4a001000002000000000000000700000000000000";

const char* const kBatch =
    "0104000000000000000200000003000000772d3103000000772d3201000000<07>08000000a0"
    "bb0d0000000000160000000014090909090909090909090909090909090909090901000000"
    "0100000003000000772d32<03>02<04>05000000<06>020000000100000001020000000203<17>"
    "020000000100000000000000010000000100000001020000004c04000000000000010001000000"
    "000100000004<18>0200000000000000010000000500000000b004000000000000000100010000"
    "000100000006<19>0167000000<67>01000000<07>0800000001<18>68000000<68>02010000"
    "006c50c4a0010000026c50"
    "c4a00100001a00000000000000";

const char* const kAlarm =
    "01100000000000000004<1b>010400000000000000040000006c6f6f6b006c50c4a001000001"
    "040000007365656e036c50c4a0010000";

const char* const kChain =
    "010200000064000000<64>69000000<69>010000000000000000000000000000000000000000"
    "000000000000000000001c";

const char* const kPrunedChain =
    "020200000064000000<64>b0040000<b0>010000000000000000000000000000000000000000"
    "000000000000000000001c66000000";

const char* const kStub = "020700000000000000<2a>04";

}  // namespace

BOOST_AUTO_TEST_SUITE(format)

BOOST_AUTO_TEST_CASE(records_have_the_bytes_that_are_written_down) {
  const auto records = SampleRecords();
  BOOST_REQUIRE_EQUAL(records.size(), std::size(kRecords));
  for (size_t i = 0; i < records.size(); ++i) {
    BOOST_TEST(core::RecordName(records[i]) == kRecords[i].name);
    BOOST_TEST(bitcoin::HexFromBytes(EncodeRecord(records[i])) == Expanded(kRecords[i].hex),
               kRecords[i].name);
  }
}

BOOST_AUTO_TEST_CASE(snapshots_have_the_bytes_that_are_written_down) {
  BOOST_TEST(bitcoin::HexFromBytes(EncodeSend(SampleSend())) == Expanded(kSend));
  BOOST_TEST(bitcoin::HexFromBytes(EncodeSend(SamplePrunedSend())) == Expanded(kPrunedSend));
  BOOST_TEST(bitcoin::HexFromBytes(EncodeChain(SamplePrunedChain())) == Expanded(kPrunedChain));
  BOOST_TEST(bitcoin::HexFromBytes(EncodeStub({7, SampleHash(42), 4})) == Expanded(kStub));
  BOOST_TEST(bitcoin::HexFromBytes(EncodeBatch(SampleBatch())) == Expanded(kBatch));
  BOOST_TEST(bitcoin::HexFromBytes(EncodeAlarm(SampleAlarm())) == Expanded(kAlarm));
  BOOST_TEST(bitcoin::HexFromBytes(EncodeChain(SampleChain())) == Expanded(kChain));
}

// Does not compile when a type has gained or lost a field: then wal/layout.h, the samples and the
// bytes above have to follow, and the format's version with them.
BOOST_AUTO_TEST_CASE(no_field_is_left_out) {
  [[maybe_unused]] const auto& [payee_1, payee_2, payee_3] = core::Payee();
  [[maybe_unused]] const auto& [fee_1, fee_2] = core::FeeChoice();
  [[maybe_unused]] const auto& [content_1, content_2, content_3, content_4, content_5, content_6] =
      core::SendContent();
  [[maybe_unused]] const auto& [position_1, position_2] = core::ChainPosition();
  [[maybe_unused]] const auto& [coin_1, coin_2, coin_3] = core::Coin();
  [[maybe_unused]] const auto& [exclusion_1, exclusion_2, exclusion_3, exclusion_4, exclusion_5] =
      core::Exclusion();
  [[maybe_unused]] const auto& [payment_1, payment_2, payment_3, payment_4, payment_5, payment_6] =
      core::Payment();
  // One of these is not stored: it follows from the others.
  [[maybe_unused]] const auto& [version_1, version_2, version_3, version_4, version_5, version_6,
                                version_7, version_8, version_9, not_stored] = core::Version();
  [[maybe_unused]] const auto& [rival_1, rival_2, rival_3] = core::Rival();
  [[maybe_unused]] const auto& [confirmation_1, confirmation_2] = core::Confirmation();
  [[maybe_unused]] const auto& [send_1, send_2, send_3, send_4, send_5, send_6, send_7, send_8,
                                send_9, send_10, send_11, send_12] = core::Send();
  [[maybe_unused]] const auto& [batch_1, batch_2, batch_3, batch_4, batch_5, batch_6, batch_7,
                                batch_8, batch_9, batch_10, batch_11, batch_12, batch_13, batch_14,
                                batch_15, batch_16] = core::Batch();
  [[maybe_unused]] const auto& [alarm_1, alarm_2, alarm_3, alarm_4, alarm_5] = core::Alarm();
  [[maybe_unused]] const auto& [chain_1, chain_2, chain_3] = core::ChainState();
  [[maybe_unused]] const auto& [created_1, created_2, created_3, created_4, created_5, created_6,
                                created_7, created_8] = core::WalCreated();
  [[maybe_unused]] const auto& [recorded_1, recorded_2] = core::SendRecorded();
  [[maybe_unused]] const auto& [ended_1, ended_2] = core::SendEnded();
  [[maybe_unused]] const auto& [reserved_1, reserved_2, reserved_3, reserved_4, reserved_5,
                                reserved_6, reserved_7] = core::BatchReserved();
  [[maybe_unused]] const auto& [requested_1, requested_2] = core::SignatureRequested();
  [[maybe_unused]] const auto& [signed_1, signed_2, signed_3] = core::VersionSigned();
  [[maybe_unused]] const auto& [accepted_1, accepted_2] = core::VersionAccepted();
  [[maybe_unused]] const auto& [adopted_1, adopted_2, adopted_3] = core::VersionAdopted();
  [[maybe_unused]] const auto& [seen_1, seen_2, seen_3] = core::RivalSeen();
  [[maybe_unused]] const auto& [gone_1, gone_2] = core::RivalGone();
  [[maybe_unused]] const auto& [confirmed_1, confirmed_2, confirmed_3] = core::BatchConfirmed();
  [[maybe_unused]] const auto& [reopened_1, reopened_2] = core::BatchReopened();
  [[maybe_unused]] const auto& [final_1] = core::BatchFinal();
  [[maybe_unused]] const auto& [dropped_1] = core::BatchDropped();
  [[maybe_unused]] const auto& [moved_1, moved_2, moved_3] = core::ChainMoved();
  [[maybe_unused]] const auto& [raised_1, raised_2, raised_3, raised_4] = core::AlarmRaised();
  [[maybe_unused]] const auto& [alarm_accepted_1, alarm_accepted_2] = core::AlarmAccepted();
  [[maybe_unused]] const auto& [next_1, next_2, next_3, next_4, next_5, next_6, next_7] =
      core::VersionReserved();
  [[maybe_unused]] const auto& [verdict_1, verdict_2, verdict_3, verdict_4] = core::VerdictGiven();
  [[maybe_unused]] const auto& [made_1, made_2, made_3, made_4, made_5] = core::PaymentAdopted();
  [[maybe_unused]] const auto& [released_1] = core::LocksReleased();
  [[maybe_unused]] const auto& [vanished_1, vanished_2] = core::CoinsVanished();
  [[maybe_unused]] const auto& [pruned_1] = core::DetailPruned();
  [[maybe_unused]] const auto& [pruned_batch_1, pruned_batch_2, pruned_batch_3, pruned_batch_4,
                                pruned_batch_5, pruned_batch_6, pruned_batch_7, pruned_batch_8] =
      core::PrunedBatch();
  [[maybe_unused]] const auto& [pruned_send_1, pruned_send_2, pruned_send_3, pruned_send_4] =
      core::PrunedSend();
  [[maybe_unused]] const auto& [digest_1, digest_2, digest_3] = core::ContentDigest();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
