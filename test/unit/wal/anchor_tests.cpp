#include "wal/anchor.h"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "sample.h"
#include "temporary_folder.h"

namespace sendonce::wal {

namespace {

Anchor SampleAnchor() {
  return {std::get<core::WalCreated>(SampleRecords()[0]).wal_id, 4711, SampleHash(1)};
}

void Write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(anchor)

BOOST_AUTO_TEST_CASE(its_text_is_as_documented) {
  const std::string text = EncodeAnchor(SampleAnchor());
  BOOST_TEST(text.substr(0, text.find("checksum")) ==
             "sendonce anchor 1\n"
             "wal 000102030405060708090a0b0c0d0e0f\n"
             "seq 4711\n"
             "hash a001010101010101010101010101010101010101010101010101010101010101\n");
  BOOST_TEST((DecodeAnchor(text) == SampleAnchor()));
}

BOOST_AUTO_TEST_CASE(any_changed_byte_cut_or_addition_is_refused) {
  const std::string text = EncodeAnchor(SampleAnchor());
  for (size_t i = 0; i < text.size(); ++i) {
    BOOST_TEST(!DecodeAnchor(text.substr(0, i)));
    for (int change = 1; change < 256; ++change) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ change);
      if (DecodeAnchor(changed)) BOOST_ERROR("byte " << i << " ^ " << change);
    }
  }
  BOOST_TEST(!DecodeAnchor(text + "\n"));
  BOOST_TEST(!DecodeAnchor(""));
}

BOOST_AUTO_TEST_CASE(writing_replaces_the_file) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "anchor";
  Disk& disk = Disk::OperatingSystem();
  BOOST_TEST(std::holds_alternative<FileMissing>(ReadAnchor(disk, file)));
  Anchor anchor = SampleAnchor();
  for (int i = 0; i < 3; ++i) {
    ++anchor.seq;
    BOOST_REQUIRE(!WriteAnchor(disk, file, anchor));
    BOOST_TEST((std::get<Anchor>(ReadAnchor(disk, file)) == anchor));
  }
  BOOST_TEST(!std::filesystem::exists(folder.path() / "anchor.new"));
}

BOOST_AUTO_TEST_CASE(a_torn_new_file_of_an_earlier_write_does_no_harm) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "anchor";
  Write(folder.path() / "anchor.new", "sendonce anch");
  BOOST_REQUIRE(!WriteAnchor(Disk::OperatingSystem(), file, SampleAnchor()));
  BOOST_TEST((std::get<Anchor>(ReadAnchor(Disk::OperatingSystem(), file)) == SampleAnchor()));
}

BOOST_AUTO_TEST_CASE(other_content_is_damage_and_an_endless_file_an_error) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "anchor";
  Write(file, "");
  BOOST_TEST(std::holds_alternative<AnchorDamaged>(ReadAnchor(Disk::OperatingSystem(), file)));
  Write(file, EncodeAnchor(SampleAnchor()).substr(0, 60));
  BOOST_TEST(std::holds_alternative<AnchorDamaged>(ReadAnchor(Disk::OperatingSystem(), file)));
  Write(file, std::string(100'000, 'x'));
  BOOST_TEST(std::holds_alternative<DiskError>(ReadAnchor(Disk::OperatingSystem(), file)));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_gone_is_an_error_that_names_it) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "gone" / "anchor";
  const auto error = WriteAnchor(Disk::OperatingSystem(), file, SampleAnchor());
  BOOST_REQUIRE(error);
  BOOST_TEST(error->text.find(file.string()) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
