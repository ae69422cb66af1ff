#include "wal/offline.h"

#include <utility>

#include "wal/database.h"
#include "wal/disk.h"
#include "wal/key.h"
#include "wal/lookup.h"
#include "wal/start.h"

namespace sendonce::wal {

namespace {

Result<std::unique_ptr<Database>> OpenStopped(const std::filesystem::path& wal_directory) {
  if (auto problem = ProblemOfFolder(wal_directory)) return *problem;
  return Database::OpenForReading(wal_directory);
}

// What the anchor should meet; a finding if there is none.
void ExpectAnchorOf(const std::filesystem::path& anchor_file, Audit& audit, bool& has_anchor) {
  auto anchor = TrustedAnchor(Disk::OperatingSystem(), anchor_file);
  has_anchor = std::holds_alternative<Anchor>(anchor);
  if (has_anchor) {
    audit.ExpectAnchor(std::get<Anchor>(anchor));
  } else {
    audit.findings().Add(std::get<Problem>(anchor).what);
  }
}

// Goes through the index keys of the database and the expected ones side by side; both are in the
// same order.
class IndexComparison {
 public:
  IndexComparison(const Audit::Expected& expected, Findings& findings)
      : next_(expected.begin()), end_(expected.end()), findings_(findings) {}

  bool Visit(std::span<const uint8_t> key, std::span<const uint8_t> value) {
    if (HasPrefix(key, FramePrefix())) return true;
    const Key found(key.begin(), key.end());
    for (; next_ != end_ && next_->first < found; ++next_) AddMissing();
    if (next_ == end_ || next_->first != found) {
      findings_.Add("Index: " + DescribeKey(key) + " should not be there.");
      return true;
    }
    if (bitcoin::Sha256(value) != next_->second) {
      findings_.Add("Index: " + DescribeKey(key) + " has another value than the records give.");
    }
    ++next_;
    return true;
  }

  void Finish() {
    for (; next_ != end_; ++next_) AddMissing();
  }

 private:
  void AddMissing() { findings_.Add("Index: " + DescribeKey(next_->first) + " is missing."); }

  Audit::Expected::const_iterator next_;
  const Audit::Expected::const_iterator end_;
  Findings& findings_;
};

void CompareIndexes(const Database::View& view, Audit& audit) {
  if (!audit.expected()) return;
  IndexComparison comparison(*audit.expected(), audit.findings());
  const auto problem =
      view.ScanUp({}, {}, [&](auto key, auto value) { return comparison.Visit(key, value); });
  comparison.Finish();
  if (problem) audit.findings().Add(problem->what);
}

}  // namespace

std::optional<Problem> WalkRecords(const std::filesystem::path& wal_directory, core::Seq from,
                                   const RecordVisitor& visit, const StubVisitor& visit_stub) {
  auto database = OpenStopped(NormalPath(wal_directory));
  if (auto* problem = std::get_if<Problem>(&database)) return *problem;
  const Database::View view(*std::get<0>(database));
  std::optional<Problem> damage;
  const auto problem = view.ScanUp(FrameKey(from), FramePrefix(), [&](auto key, auto value) {
    const auto stub = DecodeStub(value);
    if (stub && FrameKey(stub->seq) == Key(key.begin(), key.end())) return visit_stub(*stub);
    const auto logged = DecodeLogged(key, value);
    if (const auto* bad = std::get_if<Problem>(&logged)) {
      damage = *bad;
      return false;
    }
    return visit(std::get<0>(logged));
  });
  return problem ? problem : damage;
}

Result<Verification> Verify(const Paths& paths) {
  auto database = OpenStopped(NormalPath(paths.wal_directory));
  if (auto* problem = std::get_if<Problem>(&database)) return *problem;
  const Database::View view(*std::get<0>(database));
  Audit audit;
  bool has_anchor = false;
  ExpectAnchorOf(NormalPath(paths.anchor_file), audit, has_anchor);
  const auto problem = view.ScanUp(FrameKey(0), FramePrefix(), [&](auto key, auto value) {
    audit.Add(key, value);
    return true;
  });
  if (problem) audit.findings().Add(problem->what);
  if (has_anchor) audit.CheckAnchor();
  audit.CheckStubs();
  CompareIndexes(view, audit);
  Verification verification;
  verification.last_seq = audit.last_seq();
  if (audit.ledger().last_seq() > 0) verification.created = audit.ledger().created();
  verification.findings = std::move(audit.findings());
  return verification;
}

}  // namespace sendonce::wal
