#include "wal/log.h"

#include <atomic>
#include <cassert>
#include <mutex>
#include <utility>

#include "core/pruning.h"
#include "wal/anchor.h"
#include "wal/codec.h"
#include "wal/database.h"
#include "wal/disk.h"
#include "wal/frame.h"
#include "wal/index.h"
#include "wal/lookup.h"
#include "wal/start.h"

namespace sendonce::wal {

namespace {

// Everything that one entry writes: its frame and its index writes. Returns the link behind it.
Link AddEntry(const core::Entry& entry, const Link& link, std::vector<KeyWrite>& writes) {
  assert(entry.seq == link.next_seq && "records follow each other without a gap");
  const Frame frame{entry.seq, entry.at_ms, link.hash, EncodeRecord(entry.record)};
  auto bytes = EncodeFrame(frame);
  const Link behind = LinkAfter(frame, bytes);
  writes.push_back({FrameKey(entry.seq), std::move(bytes)});
  auto index_writes = IndexWrites(entry);
  writes.insert(writes.end(), std::make_move_iterator(index_writes.begin()),
                std::make_move_iterator(index_writes.end()));
  return behind;
}

// In the same atomic step: stubs for all that the record prunes. What they replace is read once
// more, so that nothing goes but what the record was made from.
std::optional<Problem> AddStubs(const Database::View& view, const core::DetailPruned& record,
                                std::vector<KeyWrite>& writes) {
  for (const core::PrunedBatch& batch : record.batches) {
    auto stubs = LookUpStubs(view, core::StubsOf(batch));
    if (auto* problem = std::get_if<Problem>(&stubs)) return *problem;
    if (HashOfStubs(std::get<0>(stubs)) != batch.stubs_hash) {
      return DamagedValue(FrameKey(batch.id));
    }
    for (const Stub& stub : std::get<0>(stubs)) {
      writes.push_back({FrameKey(stub.seq), EncodeStub(stub)});
    }
  }
  return std::nullopt;
}

size_t SizeOf(std::span<const KeyWrite> writes) {
  size_t size = 0;
  for (const KeyWrite& write : writes) {
    size += write.key.size() + (write.value ? write.value->size() : 0);
  }
  return size;
}

Paths Normal(const Paths& paths) {
  return {NormalPath(paths.wal_directory), NormalPath(paths.anchor_file)};
}

Problem DiskProblem(const DiskError& error) {
  return {"The disk refused an operation: " + error.text + ".",
          "See to the disk (space, permissions, errors) and start again: what was acknowledged is "
          "in the log."};
}

}  // namespace

class Log::Impl {
 public:
  Impl(Paths paths, Disk& disk, std::unique_ptr<Database> database, Standing standing,
       core::Seq anchored_seq)
      : paths_(std::move(paths)),
        disk_(disk),
        database_(std::move(database)),
        wal_id_(standing.created.wal_id),
        link_(standing.link),
        anchored_seq_(anchored_seq),
        last_seq_(standing.link.next_seq - 1) {}

  std::optional<Problem> Append(std::span<const core::Entry> entries) {
    if (auto problem = failure()) return problem;
    std::vector<KeyWrite> writes;
    size_t size = 0;
    for (const core::Entry& entry : entries) {
      if (std::holds_alternative<core::DetailPruned>(entry.record) && !writes.empty()) {
        if (auto problem = Flush(writes, size)) return problem;  // it reads what is pruned
      }
      const size_t before = writes.size();
      link_ = AddEntry(entry, link_, writes);
      if (auto problem = AddStubs(entry, writes)) return problem;
      size += SizeOf(std::span(writes).subspan(before));
      if (size < kMaxWriteBytes) continue;
      if (auto problem = Flush(writes, size)) return problem;
    }
    return writes.empty() ? std::nullopt : Write(writes);
  }

  std::optional<Problem> AnchorIfDue(core::Millis now_ms) {
    const bool clock_was_set_back = now_ms < anchored_at_ms_;
    if (!clock_was_set_back && now_ms - anchored_at_ms_ < kAnchorIntervalMs) return failure();
    if (auto problem = SyncAnchor()) return problem;
    anchored_at_ms_ = now_ms;
    return std::nullopt;
  }

  std::optional<Problem> SyncAnchor() {
    if (auto problem = failure()) return problem;
    const core::Seq seq = last_seq_;
    if (anchored_seq_ == seq) return std::nullopt;
    if (auto error = WriteAnchor(disk_, paths_.anchor_file, {wal_id_, seq, link_.hash})) {
      return Latch(DiskProblem(*error));
    }
    anchored_seq_ = seq;
    return std::nullopt;
  }

  // Runs a look-up, unless something has failed before; its Problem is the failure from then on.
  template <class T, class LookUp>
  Result<T> Read(LookUp look_up) const {
    if (auto problem = failure()) return *problem;
    Result<T> result = look_up();
    if (auto* problem = std::get_if<Problem>(&result)) return Latch(*problem);
    return result;
  }

  std::optional<Problem> failure() const {
    if (!failed_) return std::nullopt;
    const std::lock_guard guard(mutex_);
    return failure_;
  }

  const Database& database() const { return *database_; }
  const core::WalId& wal_id() const { return wal_id_; }
  core::Seq last_seq() const { return last_seq_; }
  core::Seq anchored_seq() const { return anchored_seq_; }

 private:
  std::optional<Problem> Flush(std::vector<KeyWrite>& writes, size_t& size) {
    if (auto problem = Write(writes)) return problem;
    writes.clear();
    size = 0;
    return std::nullopt;
  }

  std::optional<Problem> AddStubs(const core::Entry& entry, std::vector<KeyWrite>& writes) {
    const auto* record = std::get_if<core::DetailPruned>(&entry.record);
    if (!record) return std::nullopt;
    const auto problem = wal::AddStubs(Database::View(*database_), *record, writes);
    return problem ? std::optional(Latch(*problem)) : std::nullopt;
  }

  std::optional<Problem> Write(std::span<const KeyWrite> writes) {
    if (auto problem = database_->Write(writes)) return Latch(*problem);
    last_seq_ = link_.next_seq - 1;
    return std::nullopt;
  }

  // The first one stays; it is what everybody gets.
  Problem Latch(const Problem& problem) const {
    const std::lock_guard guard(mutex_);
    if (!failure_) failure_ = problem;
    failed_ = true;
    return *failure_;
  }

  const Paths paths_;
  Disk& disk_;
  const std::unique_ptr<Database> database_;
  const core::WalId wal_id_;
  Link link_;  // behind the last record that was given to Append
  std::atomic<core::Seq> anchored_seq_ = 0;
  core::Millis anchored_at_ms_ = 0;
  std::atomic<core::Seq> last_seq_;  // durable
  mutable std::atomic<bool> failed_ = false;
  mutable std::mutex mutex_;
  mutable std::optional<Problem> failure_;
};

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::Create(const Paths& given, const core::Entry& first,
                                         const Substitutes& substitutes) {
  assert(first.seq == 1 && std::holds_alternative<core::WalCreated>(first.record));
  const Paths paths = Normal(given);
  Disk& disk = substitutes.disk ? *substitutes.disk : Disk::OperatingSystem();
  if (auto problem = ProblemOfNewPaths(paths)) return *problem;
  auto database = Database::Create(paths.wal_directory, substitutes);
  if (auto* problem = std::get_if<Problem>(&database)) return *problem;
  auto impl = std::make_unique<Impl>(paths, disk, std::move(std::get<0>(database)),
                                     Standing{std::get<core::WalCreated>(first.record), Link()}, 0);
  if (auto problem = impl->Append({&first, 1})) return *problem;
  if (auto error = disk.SyncFolder(FolderOf(paths.wal_directory))) return DiskProblem(*error);
  if (auto problem = impl->SyncAnchor()) return *problem;
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

Result<std::unique_ptr<Log>> Log::Open(const Paths& given, const Substitutes& substitutes) {
  const Paths paths = Normal(given);
  Disk& disk = substitutes.disk ? *substitutes.disk : Disk::OperatingSystem();
  if (auto problem = ProblemOfFolder(paths.wal_directory)) return *problem;
  auto anchor = TrustedAnchor(disk, paths.anchor_file);
  if (auto* problem = std::get_if<Problem>(&anchor)) return *problem;
  auto database = Database::Open(paths.wal_directory, substitutes);
  if (auto* problem = std::get_if<Problem>(&database)) return *problem;
  auto standing = VerifiedStanding(*std::get<0>(database), paths, std::get<0>(anchor));
  if (auto* problem = std::get_if<Problem>(&standing)) return *problem;
  auto impl = std::make_unique<Impl>(paths, disk, std::move(std::get<0>(database)),
                                     std::move(std::get<0>(standing)), std::get<0>(anchor).seq);
  if (auto problem = impl->SyncAnchor()) return *problem;
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

Result<core::Ledger::Contents> Log::Load() const {
  return impl_->Read<core::Ledger::Contents>(
      [&] { return LookUpContents(Database::View(impl_->database())); });
}

std::optional<Problem> Log::Append(std::span<const core::Entry> entries) {
  return impl_->Append(entries);
}

std::optional<Problem> Log::AnchorIfDue(core::Millis now_ms) {
  return impl_->AnchorIfDue(now_ms);
}

std::optional<Problem> Log::SyncAnchor() {
  return impl_->SyncAnchor();
}

core::Seq Log::anchored_seq() const {
  return impl_->anchored_seq();
}

core::Seq Log::last_seq() const {
  return impl_->last_seq();
}

const core::WalId& Log::wal_id() const {
  return impl_->wal_id();
}

std::optional<Problem> Log::failure() const {
  return impl_->failure();
}

Result<std::optional<core::Send>> Log::FindSend(const core::SendId& id) const {
  return impl_->Read<std::optional<core::Send>>([&] { return LookUpSend(impl_->database(), id); });
}

Result<std::optional<core::Batch>> Log::FindBatch(core::BatchId batch) const {
  return impl_->Read<std::optional<core::Batch>>(
      [&] { return LookUpBatch(impl_->database(), batch); });
}

Result<History> Log::FindHistory(const core::SendId& id) const {
  return impl_->Read<History>([&] { return LookUpHistory(Database::View(impl_->database()), id); });
}

Result<std::vector<core::BatchId>> Log::FindBatchesByTxid(const bitcoin::Txid& txid) const {
  return impl_->Read<std::vector<core::BatchId>>(
      [&] { return LookUpBatchesByTxid(Database::View(impl_->database()), txid); });
}

Result<core::PrunableFound> Log::FindPrunable(const core::FindPrunable& what) const {
  return impl_->Read<core::PrunableFound>(
      [&] { return LookUpPrunable(Database::View(impl_->database()), what); });
}

Result<Confirmed> Log::ConfirmedAbove(int32_t height) const {
  return impl_->Read<Confirmed>(
      [&] { return LookUpConfirmedAbove(Database::View(impl_->database()), height); });
}

std::optional<Problem> Reanchor(const Paths& given, const Substitutes& substitutes) {
  const Paths paths = Normal(given);
  Disk& disk = substitutes.disk ? *substitutes.disk : Disk::OperatingSystem();
  if (auto problem = ProblemOfFolder(paths.wal_directory)) return problem;
  const auto present = ReadAnchor(disk, paths.anchor_file);
  if (auto* error = std::get_if<DiskError>(&present)) return DiskProblem(*error);
  if (std::holds_alternative<Anchor>(present)) {
    return Problem{"There is an anchor already: " + paths.anchor_file.string() + ".",
                   "If the log may lose records that it knows of, remove it first."};
  }
  auto database = Database::Open(paths.wal_directory, substitutes);
  if (auto* problem = std::get_if<Problem>(&database)) return *problem;
  // An anchor at the first record has the whole chain verified.
  auto first = AnchorOfFirstRecord(*std::get<0>(database));
  if (auto* problem = std::get_if<Problem>(&first)) return *problem;
  auto standing = VerifiedStanding(*std::get<0>(database), paths, std::get<Anchor>(first));
  if (auto* problem = std::get_if<Problem>(&standing)) return *problem;
  const auto& found = std::get<Standing>(standing);
  const Anchor anchor = {found.created.wal_id, found.link.next_seq - 1, found.link.hash};
  if (auto error = WriteAnchor(disk, paths.anchor_file, anchor)) return DiskProblem(*error);
  return std::nullopt;
}

}  // namespace sendonce::wal
