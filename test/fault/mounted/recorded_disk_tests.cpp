// What a cut keeps of a record: the part of power-cuts-mounted that needs no mount.

#include "recorded_disk.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

namespace sendonce::fault {

namespace {

constexpr uint64_t kBytes = 64 << 10;

DiskContent Empty() {
  return DiskContent(kBytes);
}

std::string Sector(char letter) {
  return std::string(kSectorBytes, letter);
}

// One letter for each of the first sectors; '.' for zeros, '?' for a sector that is a mixture.
std::string Letters(const DiskContent& content, uint64_t sectors) {
  std::string letters;
  for (uint64_t i = 0; i < sectors; ++i) {
    const std::string sector = content.Read(i * kSectorBytes, kSectorBytes);
    const bool is_one = sector == std::string(kSectorBytes, sector[0]);
    letters += is_one ? (sector[0] ? sector[0] : '.') : '?';
  }
  return letters;
}

// Everything that the dice make of a cut, in many throws.
std::set<std::string> AllOf(const DiskRecord& record, Fate fate, uint64_t sectors) {
  std::set<std::string> all;
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    all.insert(Letters(record.AfterCut(record.size(), fate, seed).content, sectors));
  }
  return all;
}

using Set = std::set<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(recorded_disk)

BOOST_AUTO_TEST_CASE(what_was_never_written_is_zeros_and_a_copy_does_not_change) {
  DiskContent content = Empty();
  content.Write(4095, "ab");
  const DiskContent before = content;
  content.Write(4096, "c");
  content.Zero(4095, 1);
  BOOST_TEST(before.Read(4094, 4) == std::string("\0ab\0", 4));
  BOOST_TEST(content.Read(4094, 4) == std::string("\0\0c\0", 4));
  content.Zero(0, kBytes);
  BOOST_TEST(content.Read(0, kBytes) == std::string(kBytes, '\0'));
}

BOOST_AUTO_TEST_CASE(a_flush_makes_durable_what_was_answered_before_it_and_nothing_else) {
  DiskRecord record(Empty());
  record.Write(0, Sector('a'));
  record.Write(kSectorBytes, Sector('b'));
  record.Flush(1);  // b was under way
  record.Write(2 * kSectorBytes, Sector('c'));
  const auto left = [&](uint64_t position, Fate fate) {
    return Letters(record.AfterCut(position, fate, 1).content, 3);
  };
  BOOST_TEST(left(4, Fate::kDropped) == "a..");
  BOOST_TEST(left(4, Fate::kKept) == "abc");
  BOOST_TEST(left(3, Fate::kDropped) == "a..");
  BOOST_TEST(left(3, Fate::kKept) == "ab.");
  BOOST_TEST(left(2, Fate::kDropped) == "...");
  BOOST_TEST(left(0, Fate::kKept) == "...");
  BOOST_TEST(record.AfterCut(4, Fate::kKept, 1).undecided == 2U);
}

BOOST_AUTO_TEST_CASE(a_later_flush_that_knew_less_takes_nothing_back) {
  DiskRecord record(Empty());
  record.Write(0, Sector('a'));
  record.Flush(1);
  record.Flush(0);
  BOOST_TEST(Letters(record.AfterCut(3, Fate::kDropped, 1).content, 1) == "a");
}

BOOST_AUTO_TEST_CASE(a_prefix_keeps_the_order_and_a_subset_does_not) {
  DiskRecord record(Empty());
  record.Write(0, Sector('a'));
  record.Write(kSectorBytes, Sector('b'));
  record.Write(0, Sector('c'));
  BOOST_TEST((AllOf(record, Fate::kPrefix, 2) == Set{"..", "a.", "ab", "cb"}));
  BOOST_TEST((AllOf(record, Fate::kSubset, 2) == Set{"..", "a.", ".b", "ab", "c.", "cb"}));
}

BOOST_AUTO_TEST_CASE(a_torn_write_has_any_of_its_sectors_and_no_half_of_one) {
  DiskRecord record(Empty());
  record.Write(0, Sector('a') + Sector('b'));
  BOOST_TEST((AllOf(record, Fate::kTorn, 2) == Set{"..", "a.", ".b", "ab"}));
}

BOOST_AUTO_TEST_CASE(a_discard_is_there_or_not_as_any_write) {
  DiskContent base = Empty();
  base.Write(0, Sector('a'));
  DiskRecord record(base);
  record.Zero(0, kSectorBytes);
  BOOST_TEST((AllOf(record, Fate::kSubset, 1) == Set{"a", "."}));
  record.Flush(1);
  BOOST_TEST((AllOf(record, Fate::kSubset, 1) == Set{"."}));
}

BOOST_AUTO_TEST_CASE(cuts_that_leave_the_same_are_known_by_their_fingerprint) {
  DiskRecord record(Empty());
  record.Write(0, Sector('a'));
  record.Flush(1);
  record.Write(0, Sector('b'));
  record.Flush(3);
  const auto print = [&](uint64_t position, Fate fate) {
    return record.AfterCut(position, fate, 1).fingerprint;
  };
  BOOST_TEST(print(1, Fate::kKept) == print(2, Fate::kDropped));
  BOOST_TEST(print(1, Fate::kKept) == print(3, Fate::kDropped));
  BOOST_TEST(print(3, Fate::kKept) == print(4, Fate::kDropped));
  BOOST_TEST(print(3, Fate::kKept) != print(3, Fate::kDropped));
  BOOST_TEST(print(0, Fate::kKept) != print(1, Fate::kKept));
}

BOOST_AUTO_TEST_CASE(the_disk_counts_a_write_as_answered_only_when_it_was) {
  RecordedDisk disk(kBytes);
  disk.Write(0, Sector('a'));
  BOOST_TEST(disk.HasWritesUnderWay());
  disk.Answered();
  BOOST_TEST(!disk.HasWritesUnderWay());
  disk.Write(kSectorBytes, Sector('b'));
  disk.Flush();
  disk.Answered();
  BOOST_TEST(disk.Status().starts_with("0 3 1 1 "));
  BOOST_TEST(disk.Command("cut 0 3 dropped 1"));
  BOOST_TEST(disk.Read(0, 1) + disk.Read(kSectorBytes, 1) == std::string("a\0", 2));
}

BOOST_AUTO_TEST_CASE(an_image_is_recorded_and_cut_again) {
  RecordedDisk disk(kBytes);
  disk.Write(0, Sector('m'));
  BOOST_TEST(disk.Command("base"));
  disk.Write(0, Sector('a'));
  BOOST_TEST(disk.Command("cut 0 1 dropped 1"));
  BOOST_TEST(disk.Read(0, 1) == "m");
  disk.Write(kSectorBytes, Sector('r'));
  BOOST_TEST(disk.Status().starts_with("1 1 0 "));
  BOOST_TEST(disk.Command("cut 1 1 kept 1"));
  BOOST_TEST(disk.Read(0, 1) + disk.Read(kSectorBytes, 1) == "mr");
  BOOST_TEST(disk.Command("cut 1 1 dropped 1"));
  BOOST_TEST(disk.Read(kSectorBytes, 1) == std::string(1, '\0'));
  BOOST_TEST(disk.Command("cut 0 1 kept 1"));
  BOOST_TEST(disk.Read(0, 1) == "a");
  BOOST_TEST(disk.Status().starts_with("1 0 0 "));
}

BOOST_AUTO_TEST_CASE(a_command_that_makes_no_sense_changes_nothing) {
  RecordedDisk disk(kBytes);
  disk.Write(0, Sector('a'));
  for (const char* command : {"", "cut", "cut 0 2 kept 1", "cut 1 0 kept 1", "cut 0 1 lost 1"}) {
    BOOST_TEST(!disk.Command(command));
  }
  BOOST_TEST(disk.Read(0, 1) == "a");
  BOOST_TEST(disk.Status().starts_with("0 1 0 "));
}

BOOST_AUTO_TEST_CASE(a_deaf_disk_makes_nothing_durable) {
  RecordedDisk disk(kBytes);
  disk.IgnoreFlushes();
  disk.Write(0, Sector('a'));
  disk.Answered();
  disk.Flush();
  BOOST_TEST(disk.Status().starts_with("0 1 0 "));
  BOOST_TEST(disk.Command("cut 0 1 dropped 1"));
  BOOST_TEST(disk.Read(0, 1) == std::string(1, '\0'));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::fault
