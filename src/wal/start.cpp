#include "wal/start.h"

#include <string>
#include <system_error>
#include <utility>

#include "wal/key.h"
#include "wal/lookup.h"

namespace sendonce::wal {

namespace {

constexpr const char* kPutBack =
    "Put the WAL folder and the anchor back from the newest copy that holds both.";

// What a record that is a stub now had written at least, with its indexes.
constexpr size_t kMinRecordBytes = 256;

// Goes down the frames from the last one. Not more than it needs to.
class TailWalk {
 public:
  explicit TailWalk(const Anchor& anchor) : anchor_(anchor) {}

  // For View::ScanDown. False when enough is verified, or at the first finding.
  bool Visit(std::span<const uint8_t> key, std::span<const uint8_t> value) {
    const auto stub = DecodeStub(value);
    if (stub && FrameKey(stub->seq) == Key(key.begin(), key.end())) return VisitStub(*stub);
    auto frame = DecodeFrame(value);
    if (!frame || FrameKey(frame->seq) != Key(key.begin(), key.end())) {
      finding_ = DescribeKey(key) + " can not be decoded";
      return false;
    }
    const Link link = LinkAfter(*frame, value);
    finding_ = ObjectionTo(frame->seq, link);
    if (!finding_ && frame->seq == 1) finding_ = ObjectionToLink(Link(), *frame);
    if (!last_) last_ = link;
    newer_seq_ = frame->seq;
    newer_ = std::move(*frame);
    bytes_ += value.size();
    return !finding_ && !IsEnough();
  }

  // What is wrong, as part of a sentence.
  const std::optional<std::string>& finding() const { return finding_; }

  // Behind the last record; nullopt if there is none.
  const std::optional<Link>& last() const { return last_; }

 private:
  // A stub carries no hash of the frame before it: its own is carried by the frame behind it.
  bool VisitStub(const Stub& stub) {
    finding_ = ObjectionTo(stub.seq, LinkAfter(stub));
    if (!last_) last_ = LinkAfter(stub);
    newer_seq_ = stub.seq;
    newer_.reset();
    bytes_ += kMinRecordBytes;
    return !finding_ && !IsEnough();
  }

  // `behind` it: its hash, and the number that the next one has.
  std::optional<std::string> ObjectionTo(core::Seq seq, const Link& behind) const {
    if (newer_) {
      if (auto objection = ObjectionToLink(behind, *newer_)) return objection;
    } else if (newer_seq_ && *newer_seq_ != behind.next_seq) {
      return "record " + std::to_string(behind.next_seq) + " is missing before record " +
             std::to_string(*newer_seq_);
    }
    if (seq == anchor_.seq && behind.hash != anchor_.frame_hash) {
      return "record " + std::to_string(seq) + " is not the one that the anchor names";
    }
    return std::nullopt;
  }

  bool IsEnough() const {
    return *newer_seq_ == 1 || (*newer_seq_ <= anchor_.seq && bytes_ >= kMaxReplayedBytes);
  }

  const Anchor anchor_;
  std::optional<Link> last_;
  // What was visited before; the frame not if it was a stub.
  std::optional<core::Seq> newer_seq_;
  std::optional<Frame> newer_;
  size_t bytes_ = 0;
  std::optional<std::string> finding_;
};

Problem OtherWal(const Paths& paths, const core::WalId& wal_id, const Anchor& anchor) {
  return {"The anchor " + paths.anchor_file.string() + " belongs to WAL " +
              bitcoin::HexFromBytes(anchor.wal_id) + ", the log in " +
              paths.wal_directory.string() + " is WAL " + bitcoin::HexFromBytes(wal_id) + ".",
          "Set the paths so that both are of one WAL."};
}

Problem TooShort(const Paths& paths, core::Seq last_seq, const Anchor& anchor) {
  const core::Seq missing = anchor.seq - last_seq;
  return {"The WAL in " + paths.wal_directory.string() + " ends with record " +
              std::to_string(last_seq) + ", but its anchor " + paths.anchor_file.string() +
              " knows record " + std::to_string(anchor.seq) + ": " + std::to_string(missing) +
              (missing == 1 ? " record is missing." : " records are missing."),
          "Ids in them may have been paid. Put the newest copy of the WAL folder in place; the one "
          "here is an older state or has lost its end."};
}

Problem BrokenChain(const Paths& paths, const std::string& finding) {
  return {"The WAL in " + paths.wal_directory.string() + " is damaged: " + finding + ".",
          std::string(kPutBack) + " 'sendonce-wal verify' names everything that is wrong."};
}

}  // namespace

std::filesystem::path NormalPath(const std::filesystem::path& path) {
  const auto normal = path.lexically_normal();
  return normal.has_filename() ? normal : normal.parent_path();
}

std::optional<Problem> ProblemOfNewPaths(const Paths& paths) {
  std::error_code error;
  for (const auto& path : {paths.wal_directory, paths.anchor_file}) {
    if (std::filesystem::is_directory(FolderOf(path), error)) continue;
    return Problem{"The folder " + FolderOf(path).string() + " does not exist.",
                   "Make it, or choose another one."};
  }
  const bool folder_is_free = !std::filesystem::exists(paths.wal_directory, error) ||
                              (std::filesystem::is_directory(paths.wal_directory, error) &&
                               std::filesystem::is_empty(paths.wal_directory, error));
  if (error || !folder_is_free) {
    return Problem{"There is something in " + paths.wal_directory.string() + " already.",
                   "A WAL is made once and never over another: start sendonced without init, or "
                   "choose another folder."};
  }
  if (std::filesystem::exists(paths.anchor_file, error) || error) {
    return Problem{"The anchor " + paths.anchor_file.string() + " exists already, without its WAL.",
                   "Put that WAL back where it was; or choose another folder for a new one."};
  }
  return std::nullopt;
}

std::optional<Problem> ProblemOfFolder(const std::filesystem::path& wal_directory) {
  std::error_code error;
  const std::string way_out =
      "Check the paths and that its disk is mounted, or put it back from a copy; only 'sendonced "
      "init' begins a new one, which knows nothing of what this one paid.";
  if (!std::filesystem::is_directory(wal_directory, error)) {
    return Problem{"There is no WAL in " + wal_directory.string() + ".", way_out};
  }
  if (!std::filesystem::exists(wal_directory / "CURRENT", error)) {
    return Problem{"The folder " + wal_directory.string() +
                       " holds no WAL: LevelDB's file CURRENT is missing.",
                   way_out};
  }
  return std::nullopt;
}

Result<Anchor> TrustedAnchor(Disk& disk, const std::filesystem::path& file) {
  const std::string way_out =
      "Put it back from its newest copy. If there is none, and this WAL is known to be the newest "
      "state, 'sendonce-wal reanchor' writes it anew from the log.";
  auto anchor = ReadAnchor(disk, file);
  if (auto* found = std::get_if<Anchor>(&anchor)) return *found;
  if (auto* error = std::get_if<DiskError>(&anchor)) {
    return Problem{"The anchor can not be read: " + error->text + ".",
                   "See to the disk and the permissions, then start again."};
  }
  if (std::holds_alternative<AnchorDamaged>(anchor)) {
    return Problem{"The anchor " + file.string() + " is damaged.", way_out};
  }
  return Problem{"The anchor " + file.string() +
                     " is missing: without it nobody can tell whether the log has lost its end.",
                 way_out};
}

Result<Anchor> AnchorOfFirstRecord(const Database& database) {
  const Database::View view(database);
  auto created = LookUpCreated(view);
  if (auto* problem = std::get_if<Problem>(&created)) return *problem;
  auto frame = view.Get(FrameKey(1));
  if (auto* problem = std::get_if<Problem>(&frame)) return *problem;
  return Anchor{std::get<0>(created).wal_id, 1, HashOfFrame(*std::get<0>(frame))};
}

Result<Standing> VerifiedStanding(const Database& database, const Paths& paths,
                                  const Anchor& anchor) {
  const Database::View view(database);
  TailWalk walk(anchor);
  const auto problem =
      view.ScanDown(FramePrefix(), [&](auto key, auto value) { return walk.Visit(key, value); });
  if (problem) return *problem;
  if (!walk.last()) return TooShort(paths, 0, anchor);
  auto created = LookUpCreated(view);
  if (auto* damage = std::get_if<Problem>(&created)) return *damage;
  const auto& first = std::get<0>(created);
  if (first.wal_id != anchor.wal_id) return OtherWal(paths, first.wal_id, anchor);
  if (walk.finding()) return BrokenChain(paths, *walk.finding());
  if (walk.last()->next_seq <= anchor.seq) {
    return TooShort(paths, walk.last()->next_seq - 1, anchor);
  }
  return Standing{first, *walk.last()};
}

}  // namespace sendonce::wal
