// A sample of what make corruption tries in full.

#include "corruption.h"

#include <boost/test/unit_test.hpp>

namespace sendonce::fault {

namespace {

// Primes, so that all bits of a byte and all places in a block are met.
constexpr Sample kFewBits = {0, 331};
constexpr Sample kFewLengths = {0, 37};

void Check(const Corruption& corruption) {
  for (const std::string& finding : corruption.findings()) BOOST_ERROR(finding);
  BOOST_TEST(corruption.sum().all() > 0U);
}

struct Damage {
  const Specimens specimens = MakeSpecimens();
  Corruption corruption{specimens.story};

  void Spoil(const Specimen& specimen) {
    for (const auto& [file, content] : specimen.files) {
      if (!content) continue;
      corruption.FlipBits(specimen, file, kFewBits);
      corruption.Truncate(specimen, file, kFewLengths);
      corruption.Remove(specimen, file);
    }
    Check(corruption);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(corruption)

BOOST_AUTO_TEST_CASE(the_specimens_hold_every_type_of_record) {
  const auto specimens = MakeSpecimens();
  std::set<size_t> types;
  for (const auto& entry : specimens.story.entries()) types.insert(entry.record.index());
  BOOST_TEST(types.size() == std::variant_size_v<core::Record>);
  BOOST_TEST(specimens.log_file.anchored == specimens.story.entries().size());
  BOOST_TEST(specimens.lagging.anchored + 8 == specimens.story.entries().size());
}

BOOST_AUTO_TEST_CASE(damage_to_a_log_in_leveldbs_log_is_refused_or_harmless) {
  Damage damage;
  damage.Spoil(damage.specimens.log_file);
  BOOST_TEST(damage.corruption.sum().shorter_in_lag == 0U);
}

BOOST_AUTO_TEST_CASE(damage_to_a_log_in_tables_is_refused_or_harmless) {
  Damage damage;
  damage.Spoil(damage.specimens.tables);
  BOOST_TEST(damage.corruption.sum().shorter_in_lag == 0U);
}

// What is lost behind a lagging anchor shows to nobody; what it names is never lost.
BOOST_AUTO_TEST_CASE(damage_behind_a_lagging_anchor_can_shorten_the_log_down_to_it_and_no_further) {
  Damage damage;
  damage.Spoil(damage.specimens.lagging);
  BOOST_TEST(damage.corruption.sum().shorter_in_lag > 0U);
}

BOOST_AUTO_TEST_CASE(files_of_two_days_are_refused_or_one_of_the_days) {
  Damage damage;
  const auto& all = damage.specimens;
  damage.corruption.Mix(all.log_file, all.yesterday);
  damage.corruption.Mix(all.tables, all.yesterday);
  Check(damage.corruption);
  for (const auto& [about, tally] : damage.corruption.tallies()) {
    if (about.ends_with("anchor of log") || about.ends_with("anchor of tables")) {
      BOOST_TEST(tally.shorter_in_lag == 0U, about);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::fault
