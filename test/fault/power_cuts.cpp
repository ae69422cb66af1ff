#include "power_cuts.h"

#include <atomic>
#include <mutex>
#include <numeric>
#include <random>
#include <unordered_set>

#include "log_states.h"
#include "random_life.h"
#include "refusal.h"
#include "specimen.h"
#include "temporary_folder.h"

namespace sendonce::fault {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kImagesPerCutInRecovery = 64;

// Of an image and what had been acknowledged when it was taken.
size_t HashOf(const Image& image, core::Seq acknowledged) {
  size_t hash = acknowledged;
  const auto add = [&hash](const std::string& text) {
    hash = hash * 0x9e3779b97f4a7c15U + std::hash<std::string>()(text);
  };
  for (const auto& [path, content] : image) {
    add(path);
    if (content) add(*content);
  }
  return hash;
}

}  // namespace

uint64_t TallyOfCuts::images() const {
  return std::accumulate(opened.begin(), opened.end(), uint64_t(0)) +
         std::accumulate(refused.begin(), refused.end(), uint64_t(0)) + unmade + findings.size();
}

class PowerCuts::Session {
 public:
  Session(PowerCuts& cuts, uint64_t seed)
      : cuts_(cuts),
        tally_(cuts.tally_),
        seed_(seed),
        life_(seed),
        image_random_(seed),
        states_(life_.story()) {}

  void Run() {
    ++tally_.sessions;
    fs::create_directories(root() / "apart");
    FaultEnv disk(root());
    disk.OnChange([&] { CutHere(disk); });
    const auto problem = Live(disk);
    if (problem) AddFinding("the log failed by itself: " + problem->text(), {});
    CutHere(disk);
    LookAtCuts();
  }

 private:
  struct Cut {
    size_t kind = 0;
    Image image;
    core::Seq acknowledged = 0;
    bool again = false;  // the power goes again while it is opened
  };

  fs::path root() const { return folder_.path() / "root"; }

  std::optional<wal::Problem> Live(FaultEnv& disk) {
    const auto files = disk.substitutes(life_.write_buffer_bytes());
    return life_.Live(PathsIn(root()), files, [this](core::Seq seq) {
      acknowledged_ = seq;
      LookAtCuts();
    });
  }

  // LevelDB's own thread changes the disk too. What is acknowledged is read first: the image is
  // then not older than that. Images are looked at later, because LevelDB has only one such thread
  // for all its databases, and this may be it.
  void CutHere(const FaultEnv& disk) {
    const core::Seq acknowledged = acknowledged_;
    const std::lock_guard guard(mutex_);
    ++tally_.changes;
    for (size_t kind = 0; kind < kKindsOfCut.size(); ++kind) {
      const uint64_t seed = image_random_();
      auto image = disk.ImageAfter({kKindsOfCut[kind].bytes, kKindsOfCut[kind].names, seed});
      if (!seen_.insert(HashOf(image, acknowledged)).second) continue;
      const bool again = acknowledged > 0 && image_random_() % kImagesPerCutInRecovery == 0;
      cuts_here_.push_back({kind, std::move(image), acknowledged, again});
    }
  }

  void LookAtCuts() {
    std::vector<Cut> cuts;
    {
      const std::lock_guard guard(mutex_);
      cuts.swap(cuts_here_);
    }
    for (const Cut& cut : cuts) {
      Look(cut.kind, cut.image, cut.acknowledged);
      if (cut.again) CutInRecovery(cut.image, cut.acknowledged);
    }
  }

  void Look(size_t kind, const Image& image, core::Seq acknowledged) {
    const auto place = folder_.path() / "image";
    WriteFiles(image, place);
    const auto finding = states_.OpenAndCompare(PathsIn(place), acknowledged);
    const auto* refused = std::get_if<Refused>(&finding);
    const auto* wrong = std::get_if<Wrong>(&finding);
    const auto about = std::string(kKindsOfCut[kind].name) + ", record " +
                       std::to_string(acknowledged) + " acknowledged: ";
    if (wrong) AddFinding(about + wrong->what, image);
    if (refused && acknowledged == 0) ++tally_.unmade;
    if (refused && acknowledged > 0 && MayBeRefused(kind, refused->problem)) {
      ++tally_.refused[kind];
      ++tally_.sayings[Saying(refused->problem, place)];
    } else if (refused && acknowledged > 0) {
      AddFinding(about + refused->problem.text(), image);
    }
    if (!refused && !wrong) ++tally_.opened[kind];
    fs::remove_all(place);
  }

  static bool MayBeRefused(size_t kind, const wal::Problem& problem) {
    return kKindsOfCut[kind].mercy == Mercy::kMayBeRefused && IsCalledDamage(problem);
  }

  // The image is opened, and the power goes again at each change that this makes.
  void CutInRecovery(const Image& image, core::Seq acknowledged) {
    const auto place = folder_.path() / "again";
    WriteFiles(image, place);
    std::vector<Image> images;
    bool is_refused = false;
    {
      FaultEnv disk(place);
      std::mutex mutex;
      disk.OnChange([&] {
        const std::lock_guard guard(mutex);
        images.push_back(disk.ImageAfter({Bytes::kTorn, Names::kSome, images.size()}));
      });
      const auto log = wal::Log::Open(PathsIn(place), disk.substitutes());
      is_refused = std::holds_alternative<wal::Problem>(log);
    }
    fs::remove_all(place);
    for (const Image& each : images) {
      if (is_refused || !IsNew(each, acknowledged)) continue;
      ++tally_.in_recovery;
      Look(kTorn, each, acknowledged);
    }
  }

  bool IsNew(const Image& image, core::Seq acknowledged) {
    const std::lock_guard guard(mutex_);
    return seen_.insert(HashOf(image, acknowledged)).second;
  }

  void AddFinding(const std::string& what, const Image& image) {
    const auto number = std::to_string(tally_.findings.size() + 1);
    tally_.findings.push_back("seed " + std::to_string(seed_) + ", " + what);
    if (cuts_.keep_.empty() || image.empty()) return;
    fs::create_directories(cuts_.keep_);
    WriteFiles(image, cuts_.keep_ / ("seed-" + std::to_string(seed_) + "-" + number));
  }

  static constexpr size_t kTorn = 5;

  PowerCuts& cuts_;
  TallyOfCuts& tally_;
  const uint64_t seed_;
  RandomLife life_;
  std::mt19937_64 image_random_;
  const LogStates states_;
  const wal::TemporaryFolder folder_;
  std::atomic<core::Seq> acknowledged_ = 0;
  std::mutex mutex_;
  std::vector<Cut> cuts_here_;  // guarded, as the next one
  std::unordered_set<size_t> seen_;
};

void PowerCuts::RunSession(uint64_t seed) {
  Session(*this, seed).Run();
}

}  // namespace sendonce::fault
