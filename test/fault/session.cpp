#include "session.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "opened.h"
#include "wal/codec.h"
#include "wal/offline.h"

namespace sendonce::fault {

namespace {

using wal::Log;
using wal::Problem;

// The log in all its lives; every function is false once it has stopped.
class Session {
 public:
  Session(FaultEnv& faults, wal::Paths paths, const wal::Story& story, const Script& script)
      : faults_(faults),
        files_(faults.substitutes(script.write_buffer_bytes)),
        paths_(std::move(paths)),
        story_(story),
        script_(script) {}

  Acknowledged Run() {
    done_.stopped = !(Begin() && AppendAll() && Check(log_->SyncAnchor()));
    return done_;
  }

 private:
  bool Begin() { return Take(Log::Create(paths_, story_.entries()[0], files_), 1); }

  bool AppendAll() {
    for (core::Seq seq : script_.reopen_after) {
      if (!AppendUpTo(seq) || !Reopen()) return false;
    }
    return AppendUpTo(story_.entries().size());
  }

  bool Reopen() {
    log_.reset();
    return Take(Log::Open(paths_, files_), done_.last_seq);
  }

  bool Take(wal::Result<std::unique_ptr<Log>> result, core::Seq last_seq) {
    auto* log = std::get_if<0>(&result);
    if (!log) return false;
    log_ = std::move(*log);
    strikes_before_ = faults_.strikes();
    faults_.WaitForBackgroundWork();
    BOOST_TEST(log_->last_seq() == last_seq);
    done_.last_seq = last_seq;
    return true;
  }

  bool AppendUpTo(size_t end) {
    while (done_.last_seq < end) {
      const size_t group = std::min<size_t>(done_.last_seq % 3 + 1, end - done_.last_seq);
      const auto* first = story_.entries().data() + done_.last_seq;
      const bool has_struck = faults_.strikes() > strikes_before_;
      if (!Check(log_->Append({first, group}))) return false;
      done_.last_seq += group;
      if (has_struck) ++done_.after_strike;
      faults_.WaitForBackgroundWork();
      now_ms_ += wal::kAnchorIntervalMs / 4;
      if (!Check(log_->AnchorIfDue(now_ms_))) return false;
    }
    return true;
  }

  // After the first Problem nothing may succeed, whether the disk works again or not.
  bool Check(const std::optional<Problem>& problem) {
    if (!problem) return true;
    faults_.Heal();
    const auto* next = story_.entries().data() + done_.last_seq;
    BOOST_TEST(log_->failure().has_value());
    BOOST_TEST((log_->Append({next, 1}) == problem));
    BOOST_TEST((log_->SyncAnchor() == problem));
    BOOST_TEST((log_->AnchorIfDue(now_ms_ + 10 * wal::kAnchorIntervalMs) == problem));
    BOOST_TEST((std::get<Problem>(log_->FindSend("open-1")) == problem));
    // The front of a group can be durable: what comes before a pruning is written first.
    BOOST_TEST(log_->last_seq() >= done_.last_seq);
    return false;
  }

  FaultEnv& faults_;
  const wal::Substitutes files_;
  const wal::Paths paths_;
  const wal::Story& story_;
  const Script& script_;
  std::unique_ptr<Log> log_;
  uint64_t strikes_before_ = 0;  // this life began
  core::Millis now_ms_ = 1'790'000'000'000;
  Acknowledged done_;
};

template <class T>
void CheckSame(const std::vector<T>& found, const std::vector<T>& expected, auto encode) {
  BOOST_REQUIRE_EQUAL(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) BOOST_TEST(encode(found[i]) == encode(expected[i]));
}

}  // namespace

void CheckIsStateOf(const Log& log, const wal::Story& story) {
  core::Ledger ledger;
  for (size_t i = 0; i < log.last_seq(); ++i) {
    ledger.Apply(story.entries().at(i).record, story.entries()[i].at_ms);
  }
  const auto contents = wal::Must(log.Load());
  BOOST_TEST(contents.last_seq == log.last_seq());
  BOOST_TEST(wal::EncodeChain(contents.chain) == wal::EncodeChain(ledger.chain()));
  const auto kept = wal::KeptOf(ledger);
  CheckSame(contents.sends, kept.sends, wal::EncodeSend);
  CheckSame(contents.batches, kept.batches, wal::EncodeBatch);
  CheckSame(contents.alarms, kept.alarms, wal::EncodeAlarm);
}

Script OnceReopened(const wal::Story& story) {
  return {{story.entries().size() / 2}};
}

Acknowledged RunSession(FaultEnv& faults, const std::filesystem::path& root,
                        const wal::Story& story, const Script& script) {
  return Session(faults, PathsBelow(root), story, script).Run();
}

void MakeRoot(const std::filesystem::path& root) {
  std::filesystem::create_directories(root / "apart");
}

wal::Paths PathsBelow(const std::filesystem::path& root) {
  return {root / "wal", root / "apart" / "anchor"};
}

void CheckNothingAcknowledgedIsLost(const std::filesystem::path& root, const wal::Story& story,
                                    const Acknowledged& acknowledged) {
  FaultEnv sound(root);  // without faults: a disk that spares us the waiting for real syncs
  auto opened = Log::Open(PathsBelow(root), sound.substitutes());
  if (const auto* problem = std::get_if<Problem>(&opened)) {
    BOOST_TEST(acknowledged.last_seq == 0U, "refused: " << problem->text());
    return;
  }
  auto log = std::move(std::get<0>(opened));
  BOOST_TEST(log->last_seq() >= acknowledged.last_seq);
  CheckIsStateOf(*log, story);
  log = nullptr;
  const auto verification = wal::Must(wal::Verify(PathsBelow(root)));
  for (const auto& text : verification.findings.texts) BOOST_ERROR(text);
}

void CheckRefusedOrNothingLost(const std::filesystem::path& root, const wal::Story& story,
                               const Acknowledged& acknowledged) {
  FaultEnv sound(root);
  if (std::holds_alternative<Problem>(Log::Open(PathsBelow(root), sound.substitutes()))) return;
  CheckNothingAcknowledgedIsLost(root, story, acknowledged);
}

}  // namespace sendonce::fault
