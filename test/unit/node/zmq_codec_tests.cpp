#include "node/zmq_codec.h"

#include <boost/test/unit_test.hpp>

#include "bitcoin/bytes.h"

namespace sendonce::node {

namespace {

using bitcoin::Bytes;
using Kind = SequenceEvent::Kind;

Bytes TextBytes(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

std::optional<Notification> Parsed(const std::vector<Bytes>& frames) {
  return ParseNotification({frames.begin(), frames.end()});
}

// As bitcoind sends it: the hash as people read it, a letter, and perhaps a mempool sequence.
Bytes SequenceBody(char label, size_t sequence_size) {
  Bytes body;
  for (int i = 0; i < 32; ++i) body.push_back(static_cast<uint8_t>(i));
  body.push_back(static_cast<uint8_t>(label));
  body.resize(body.size() + sequence_size);
  return body;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(zmq_codec_tests)

BOOST_AUTO_TEST_CASE(three_frames_are_a_notification) {
  const std::vector<Bytes> frames = {TextBytes("rawtx"), {1, 2, 3}, {0x04, 0x03, 0x02, 0x01}};
  const auto notification = Parsed(frames);
  BOOST_REQUIRE(notification);
  BOOST_CHECK(notification->topic == ZmqTopic::kRawTx);
  BOOST_TEST(notification->counter == 0x01020304U);
  BOOST_TEST(Bytes(notification->body.begin(), notification->body.end()) == frames[1]);
  BOOST_CHECK(Parsed({TextBytes("sequence"), {}, {0, 0, 0, 0}})->topic == ZmqTopic::kSequence);
}

BOOST_AUTO_TEST_CASE(other_frames_are_nothing) {
  const Bytes counter(4);
  BOOST_TEST(!Parsed({}));
  BOOST_TEST(!Parsed({TextBytes("rawtx"), {}}));
  BOOST_TEST(!Parsed({TextBytes("rawtx"), {}, counter, {}}));
  BOOST_TEST(!Parsed({TextBytes("rawtx"), {}, Bytes(3)}));
  BOOST_TEST(!Parsed({TextBytes("rawtx"), {}, Bytes(5)}));
  BOOST_TEST(!Parsed({TextBytes("rawtx2"), {}, counter}));
  BOOST_TEST(!Parsed({TextBytes("rawblock"), {}, counter}));
  BOOST_TEST(!Parsed({{}, {}, counter}));
}

BOOST_AUTO_TEST_CASE(a_sequence_event_names_what_happened_to_what) {
  const auto connected = ParseSequenceEvent(SequenceBody('C', 0));
  BOOST_REQUIRE(connected);
  BOOST_CHECK(connected->kind == Kind::kBlockConnected);
  BOOST_TEST(bitcoin::DisplayHex(connected->hash) ==
             "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  BOOST_CHECK(ParseSequenceEvent(SequenceBody('D', 0))->kind == Kind::kBlockDisconnected);
  BOOST_CHECK(ParseSequenceEvent(SequenceBody('A', 8))->kind == Kind::kTransactionAdded);
  BOOST_CHECK(ParseSequenceEvent(SequenceBody('R', 8))->kind == Kind::kTransactionRemoved);
  BOOST_TEST(connected->IsAboutBlock());
  BOOST_TEST(!ParseSequenceEvent(SequenceBody('R', 8))->IsAboutBlock());
}

BOOST_AUTO_TEST_CASE(another_sequence_body_is_nothing) {
  BOOST_TEST(!ParseSequenceEvent({}));
  BOOST_TEST(!ParseSequenceEvent(Bytes(32)));
  BOOST_TEST(!ParseSequenceEvent(SequenceBody('X', 0)));
  BOOST_TEST(!ParseSequenceEvent(SequenceBody('C', 8)));
  BOOST_TEST(!ParseSequenceEvent(SequenceBody('A', 0)));
  BOOST_TEST(!ParseSequenceEvent(SequenceBody('A', 7)));
  BOOST_TEST(!ParseSequenceEvent(SequenceBody('R', 9)));
}

BOOST_AUTO_TEST_CASE(a_counter_that_does_not_follow_is_a_gap) {
  CounterWatch watch;
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 5));
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 6));
  BOOST_TEST(watch.IsGap(ZmqTopic::kRawTx, 8));
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 9));
  BOOST_TEST(watch.IsGap(ZmqTopic::kRawTx, 9));
  BOOST_TEST(watch.IsGap(ZmqTopic::kRawTx, 3));
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 4));
}

BOOST_AUTO_TEST_CASE(each_topic_has_a_counter_of_its_own) {
  CounterWatch watch;
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 5));
  BOOST_TEST(!watch.IsGap(ZmqTopic::kSequence, 77));
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 6));
  BOOST_TEST(!watch.IsGap(ZmqTopic::kSequence, 78));
}

BOOST_AUTO_TEST_CASE(a_counter_wraps) {
  CounterWatch watch;
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, UINT32_MAX));
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 0));
}

BOOST_AUTO_TEST_CASE(after_a_new_connection_any_counter_is_the_first) {
  CounterWatch watch;
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 5));
  watch.Forget();
  BOOST_TEST(!watch.IsGap(ZmqTopic::kRawTx, 0));
  BOOST_TEST(watch.IsGap(ZmqTopic::kRawTx, 2));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
