#include "wal/codec.h"

#include <boost/test/unit_test.hpp>

#include "sample.h"

namespace sendonce::wal {

namespace {

// What is tested of each kind of value in the same way.
template <class T>
struct Kind {
  bitcoin::Bytes (*encode)(const T&);
  std::optional<T> (*decode)(std::span<const uint8_t>);

  // The value comes back: the fields that it has encode to the same bytes again. That no field is
  // left out is shown in format_tests.cpp.
  void CheckRoundTrip(const T& value) const {
    const auto bytes = encode(value);
    const auto decoded = decode(bytes);
    BOOST_REQUIRE(decoded);
    BOOST_TEST(encode(*decoded) == bytes);
  }

  void CheckEveryCutIsRefused(const T& value) const {
    auto bytes = encode(value);
    for (size_t size = 0; size < bytes.size(); ++size) {
      BOOST_TEST(!decode(std::span(bytes).first(size)), "cut to " << size << " bytes");
    }
    bytes.push_back(0);
    BOOST_TEST(!decode(bytes), "a byte left over");
  }

  // A changed byte is refused or gives another value: that value's encoding is the changed bytes.
  void CheckEveryByteCounts(const T& value) const {
    const auto bytes = encode(value);
    for (size_t i = 0; i < bytes.size(); ++i) {
      for (int change = 1; change < 256; ++change) {
        auto changed = bytes;
        changed[i] ^= static_cast<uint8_t>(change);
        const auto decoded = decode(changed);
        if (decoded && encode(*decoded) != changed) {
          BOOST_ERROR("two encodings of one value: byte " << i << " ^ " << change);
          return;
        }
      }
    }
  }

  void Check(const T& value) const {
    CheckRoundTrip(value);
    CheckEveryCutIsRefused(value);
    CheckEveryByteCounts(value);
  }
};

constexpr Kind<core::Record> kRecords = {EncodeRecord, DecodeRecord};
constexpr Kind<core::Send> kSends = {EncodeSend, DecodeSend};
constexpr Kind<core::Batch> kBatches = {EncodeBatch, DecodeBatch};
constexpr Kind<core::Alarm> kAlarms = {EncodeAlarm, DecodeAlarm};
constexpr Kind<core::ChainState> kChains = {EncodeChain, DecodeChain};

}  // namespace

BOOST_AUTO_TEST_SUITE(codec)

BOOST_AUTO_TEST_CASE(every_type_of_record_round_trips_and_refuses_damage) {
  const auto records = SampleRecords();
  BOOST_REQUIRE_EQUAL(records.size(), std::variant_size_v<core::Record>);
  for (size_t i = 0; i < records.size(); ++i) {
    BOOST_TEST_CONTEXT(core::RecordName(records[i])) {
      BOOST_REQUIRE_EQUAL(records[i].index(), i);
      BOOST_TEST(EncodeRecord(records[i]).front() == i + 1);
      kRecords.Check(records[i]);
      BOOST_TEST(DecodeRecord(EncodeRecord(records[i]))->index() == i);
    }
  }
}

BOOST_AUTO_TEST_CASE(snapshots_round_trip_and_refuse_damage) {
  kSends.Check(SampleSend());
  kBatches.Check(SampleBatch());
  kAlarms.Check(SampleAlarm());
  kChains.Check(SampleChain());
}

BOOST_AUTO_TEST_CASE(absent_fields_round_trip_and_differ_from_their_defaults) {
  core::Send fenced;
  fenced.id = "burnt";
  kSends.Check(fenced);
  core::Send empty_content = fenced;
  empty_content.content.emplace();
  kSends.Check(empty_content);
  BOOST_TEST(EncodeSend(fenced) != EncodeSend(empty_content));

  core::SendRecorded absent{"w", {}};
  core::SendRecorded written = absent;
  written.content.reference = "";
  BOOST_TEST(EncodeRecord(absent) != EncodeRecord(written));
  const auto decoded = DecodeRecord(EncodeRecord(written));
  BOOST_TEST(
      !core::DifferingField(written.content, std::get<core::SendRecorded>(*decoded).content));
  kBatches.Check(core::Batch());
  kAlarms.Check(core::Alarm());
}

BOOST_AUTO_TEST_CASE(a_chain_without_a_block_is_none) {
  BOOST_TEST(!DecodeChain(EncodeChain(core::ChainState())));
}

BOOST_AUTO_TEST_CASE(numbers_keep_sign_and_size) {
  core::ChainMoved moved{std::numeric_limits<int32_t>::min(), {}, {}};
  auto decoded = DecodeRecord(EncodeRecord(moved));
  BOOST_TEST(std::get<core::ChainMoved>(*decoded).fork_height == moved.fork_height);
  core::BatchFinal final{std::numeric_limits<uint64_t>::max() - 1};
  decoded = DecodeRecord(EncodeRecord(final));
  BOOST_TEST(std::get<core::BatchFinal>(*decoded).batch == final.batch);
  core::Send send;
  send.created_at_ms = -2;
  BOOST_TEST(DecodeSend(EncodeSend(send))->created_at_ms == -2);
}

BOOST_AUTO_TEST_CASE(each_number_of_a_kind_has_its_value) {
  using enum core::OperatorVerdict;
  for (auto ending :
       {core::Ending::kCancelled, core::Ending::kExpired, core::Ending::kDeclaredPaid}) {
    const auto decoded = DecodeRecord(EncodeRecord(core::SendEnded{"w", ending}));
    BOOST_TEST((std::get<core::SendEnded>(*decoded).ending == ending));
  }
  for (auto verdict : {kPayAgain, kNever, kPaid}) {
    const auto decoded = DecodeRecord(EncodeRecord(core::VerdictGiven{"w", verdict, {}, ""}));
    BOOST_TEST((std::get<core::VerdictGiven>(*decoded).verdict == verdict));
  }
  for (auto kind : {core::AlarmKind::kAmountDiffers, core::AlarmKind::kSecondPayment}) {
    const auto decoded = DecodeRecord(EncodeRecord(core::AlarmRaised{kind, {}, {}, ""}));
    BOOST_TEST((std::get<core::AlarmRaised>(*decoded).kind == kind));
  }
}

BOOST_AUTO_TEST_CASE(lengths_beyond_the_bytes_are_refused_before_anything_is_allocated) {
  const bitcoin::Bytes endless_id = {2, 0xff, 0xff, 0xff, 0xff, 'w'};
  BOOST_TEST(!DecodeRecord(endless_id));
  const bitcoin::Bytes endless_sends = {4, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
  BOOST_TEST(!DecodeRecord(endless_sends));
}

BOOST_AUTO_TEST_CASE(unknown_types_and_formats_are_refused) {
  for (int type : {0, 22, 255}) {
    bitcoin::Bytes bytes = EncodeRecord(core::BatchFinal{1});
    bytes[0] = static_cast<uint8_t>(type);
    BOOST_TEST(!DecodeRecord(bytes));
  }
  bitcoin::Bytes bytes = EncodeSend(SampleSend());
  bytes[0] = kSnapshotFormat + 1;
  BOOST_TEST(!DecodeSend(bytes));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
