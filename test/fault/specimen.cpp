#include "specimen.h"

#include <algorithm>
#include <stdexcept>

#include "temporary_folder.h"

namespace sendonce::fault {

namespace {

constexpr core::Seq kLag = 8;
constexpr int kReopenings = 5;  // LevelDB compacts level 0 when there are four tables in it

// So far it goes into a table: with the 1,000 blocks that a pruning needs above it, it is long.
wal::Story Beginning() {
  wal::Story story;
  story.Pay("old", 101);
  story.MoveChain(101, 1'100);
  return story;
}

wal::Story WholeStory() {
  wal::Story story = Beginning();
  story.Prune(story.ledger().FindSend("old")->batches);
  story.Submit("burnt");
  story.Cancel("burnt");
  story.Submit("paid");
  const auto dropped = story.Reserve({"paid"});
  story.Drop(dropped);
  story.ReleaseLocks(dropped);
  const auto paid = story.Reserve({"paid"});
  story.AskSignature(paid);
  story.Sign(paid);
  story.Accept(paid);
  const auto met = story.PayUnseen("met");
  story.SeeRival(met);
  story.AcceptAlarm(story.RaiseAlarm(met));
  story.LoseRival(met);
  story.LoseCoin(met);
  story.Adopt(met);
  story.Confirm(met, 1'101);
  story.MoveChain(1'100, 1'101);
  story.Reopen(met);
  story.AdoptPayment("outside");
  story.Rebuild(story.PayUnseen("moved"));
  story.Replace(story.PayUnseen("bumped"));
  story.SeeRival(story.PayUnseen("lost"));
  story.GiveVerdict("lost", core::OperatorVerdict::kNever);
  story.Confirm(paid, 1'102);
  story.MoveChain(1'101, 1'102);
  story.Finish(paid);
  story.Submit("waiting");
  return story;
}

template <class T>
T Must(wal::Result<T> result) {
  if (const auto* problem = std::get_if<wal::Problem>(&result)) {
    throw std::runtime_error(problem->text());
  }
  return std::move(std::get<T>(result));
}

void Must(const std::optional<wal::Problem>& problem) {
  if (problem) throw std::runtime_error(problem->text());
}

// A log that is written up to some record, and closed and opened in between.
class Scribe {
 public:
  explicit Scribe(const wal::Story& story) : story_(story) {
    std::filesystem::create_directories(folder_.path() / "root" / "apart");
    disk_ = std::make_unique<FaultEnv>(folder_.path() / "root");
    log_ = Must(wal::Log::Create(paths(), story_.entries()[0], disk_->substitutes()));
  }
  // The log goes before its disk.
  ~Scribe() { log_.reset(); }
  Scribe(const Scribe&) = delete;
  Scribe& operator=(const Scribe&) = delete;

  void WriteUpTo(core::Seq seq) {
    while (log_->last_seq() < seq) {
      Must(log_->Append({story_.entries().data() + log_->last_seq(), 1}));
    }
  }

  void SyncAnchor() { Must(log_->SyncAnchor()); }

  void Reopen() {
    log_.reset();
    log_ = Must(wal::Log::Open(paths(), disk_->substitutes()));
    disk_->WaitForBackgroundWork();
  }

  Specimen Keep(const std::string& name) {
    disk_->WaitForBackgroundWork();
    return {name, disk_->ImageAfter({Bytes::kKept, Names::kKept, 0}), log_->last_seq(),
            log_->anchored_seq()};
  }

 private:
  wal::Paths paths() const { return PathsIn(folder_.path() / "root"); }

  const wal::Story& story_;
  const wal::TemporaryFolder folder_;
  std::unique_ptr<FaultEnv> disk_;
  std::unique_ptr<wal::Log> log_;
};

}  // namespace

wal::Paths PathsIn(const std::filesystem::path& root) {
  return {root / "wal", root / "apart" / "anchor"};
}

Specimens MakeSpecimens() {
  Specimens all;
  all.story = WholeStory();
  const core::Seq end = all.story.entries().size();
  const core::Seq begun = Beginning().entries().size();
  {
    Scribe scribe(all.story);
    scribe.WriteUpTo(begun);
    scribe.Reopen();
    scribe.WriteUpTo(begun + 5);
    scribe.SyncAnchor();
    all.before = scribe.Keep("before");
    scribe.WriteUpTo((begun + end) / 2);
    scribe.SyncAnchor();
    all.yesterday = scribe.Keep("yesterday");
    scribe.WriteUpTo(end - kLag);
    scribe.SyncAnchor();
    scribe.WriteUpTo(end);
    all.lagging = scribe.Keep("lagging");
    scribe.SyncAnchor();
    all.log_file = scribe.Keep("log");
  }
  Scribe scribe(all.story);
  for (int i = 1; i <= kReopenings; ++i) {
    scribe.WriteUpTo(std::max(begun, end * static_cast<core::Seq>(i) / kReopenings));
    scribe.SyncAnchor();
    scribe.Reopen();
  }
  all.tables = scribe.Keep("tables");
  return all;
}

}  // namespace sendonce::fault
