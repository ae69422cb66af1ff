#include "wal/frame.h"

#include <boost/test/unit_test.hpp>

#include "sample.h"
#include "wal/codec.h"

namespace sendonce::wal {

namespace {

Frame SampleFrame() {
  return {7, 1'790'000'000'000, SampleHash(1), EncodeRecord(SampleRecords()[1])};
}

// The frames of a chain, as a log holds them.
std::vector<bitcoin::Bytes> SampleFrames() {
  std::vector<bitcoin::Bytes> frames;
  Link link;
  for (const core::Record& record : SampleRecords()) {
    const Frame frame = {link.next_seq, 5, link.hash, EncodeRecord(record)};
    frames.push_back(EncodeFrame(frame));
    link = LinkAfter(frame, frames.back());
  }
  return frames;
}

// What verifying the chain from its beginning finds first.
std::optional<std::string> FirstObjection(const std::vector<bitcoin::Bytes>& frames) {
  Link link;
  for (const bitcoin::Bytes& bytes : frames) {
    const auto frame = DecodeFrame(bytes);
    if (!frame) return "can not be decoded";
    if (auto objection = ObjectionToLink(link, *frame)) return objection;
    link = LinkAfter(*frame, bytes);
  }
  return std::nullopt;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frame)

BOOST_AUTO_TEST_CASE(a_frame_round_trips) {
  const auto decoded = DecodeFrame(EncodeFrame(SampleFrame()));
  BOOST_REQUIRE(decoded);
  BOOST_TEST((*decoded == SampleFrame()));
}

BOOST_AUTO_TEST_CASE(its_bytes_are_as_documented) {
  const Frame frame = {0x0102030405060708, 0x1112131415161718, SampleHash(0xbb), {0xee, 0xff}};
  std::string hash = "a0";
  for (int i = 1; i < 32; ++i) hash += "bb";
  BOOST_TEST(bitcoin::HexFromBytes(EncodeFrame(frame)) ==
             "01"
             "0807060504030201"
             "1817161514131211" +
                 hash + "eeff");
}

BOOST_AUTO_TEST_CASE(a_frame_without_its_head_or_of_another_format_is_refused) {
  auto bytes = EncodeFrame(SampleFrame());
  const size_t head = bytes.size() - SampleFrame().payload.size();
  for (size_t size = 0; size < head; ++size) BOOST_TEST(!DecodeFrame(std::span(bytes).first(size)));
  bytes[0] = kFrameFormat + 1;
  BOOST_TEST(!DecodeFrame(bytes));
}

BOOST_AUTO_TEST_CASE(a_whole_chain_has_no_objection) {
  BOOST_TEST(!FirstObjection(SampleFrames()).has_value());
}

BOOST_AUTO_TEST_CASE(any_changed_byte_or_cut_of_any_frame_shows) {
  const auto frames = SampleFrames();
  // The last frame has none behind it: its bytes are held by the anchor's hash.
  for (size_t i = 0; i + 1 < frames.size(); ++i) {
    for (size_t at = 0; at < frames[i].size(); ++at) {
      auto changed = frames;
      changed[i][at] ^= 0x10;
      BOOST_TEST(FirstObjection(changed).has_value());
      auto cut = frames;
      cut[i].resize(at);
      BOOST_TEST(FirstObjection(cut).has_value());
    }
  }
  const auto& last = frames.back();
  for (size_t at = 0; at < last.size(); ++at) {
    auto changed = last;
    changed[at] ^= 0x10;
    BOOST_TEST((HashOfFrame(changed) != HashOfFrame(last)));
  }
}

BOOST_AUTO_TEST_CASE(a_missing_a_doubled_and_an_exchanged_frame_show) {
  auto frames = SampleFrames();
  frames.erase(frames.begin() + 3);
  BOOST_TEST(*FirstObjection(frames) == "record 4 is missing before record 5");
  frames = SampleFrames();
  frames.insert(frames.begin() + 3, frames[2]);
  BOOST_TEST(FirstObjection(frames).has_value());
  frames = SampleFrames();
  std::swap(frames[3], frames[4]);
  BOOST_TEST(FirstObjection(frames).has_value());
  frames = SampleFrames();
  frames.erase(frames.begin());
  BOOST_TEST(*FirstObjection(frames) == "record 1 is missing before record 2");
}

BOOST_AUTO_TEST_CASE(the_first_frame_carries_zeros) {
  Frame first = SampleFrame();
  first.seq = 1;
  BOOST_TEST(*ObjectionToLink(Link(), first) ==
             "record 1 does not carry the hash of the record before it");
  first.previous_hash = {};
  BOOST_TEST(!ObjectionToLink(Link(), first));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
