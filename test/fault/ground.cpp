#include "ground.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace sendonce::fault {

namespace {

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

bool ChangesTheDisk(Operation operation) {
  return operation != Operation::kOpen && operation != Operation::kRead;
}

constexpr size_t kPageBytes = 4'096;

// Each page of the disk was written or not, as if the kernel had begun with any of them; where it
// was not, zeros or anything stands. `from` is where the bytes stand in their file.
std::string SomePagesOf(std::string bytes, size_t from, std::mt19937_64& random) {
  size_t begin = 0;
  while (begin < bytes.size()) {
    const size_t page_end = ((from + begin) / kPageBytes + 1) * kPageBytes - from;
    const size_t end = std::min(page_end, bytes.size());
    const uint64_t fate = random() % 4;
    for (size_t i = begin; fate < 2 && i < end; ++i) {
      bytes[i] = fate == 0 ? '\0' : static_cast<char>(random());
    }
    begin = end;
  }
  return bytes;
}

// The bytes of the file behind the synced ones, as the cut leaves them.
std::string UnsyncedRest(const Node& node, Bytes bytes, std::mt19937_64& random) {
  const size_t size = node.content.size() - node.synced;
  switch (bytes) {
    case Bytes::kLost:
      return "";
    case Bytes::kFlushed:
      return node.content.substr(node.synced, std::max(node.flushed, node.synced) - node.synced);
    case Bytes::kKept:
      return node.content.substr(node.synced);
    case Bytes::kTorn:
      return node.content.substr(node.synced, random() % (size + 1));
    case Bytes::kZeroed:
      return std::string(size, '\0');
    case Bytes::kPages:
      return SomePagesOf(node.content.substr(node.synced), node.synced, random);
    case Bytes::kGarbled:
      break;
  }
  std::string garbage(size, '\0');
  for (char& byte : garbage) byte = static_cast<char>(random());
  return garbage;
}

std::string ContentAfter(const Node& node, Bytes bytes, std::mt19937_64& random) {
  std::string content = node.content.substr(0, node.synced);
  if (bytes != Bytes::kKept && bytes != Bytes::kFlushed) {
    for (const auto& [from, to] : node.doubtful) {
      for (size_t i = from; i < std::min(to, content.size()); ++i) content[i] = '\0';
    }
  }
  return content + UnsyncedRest(node, bytes, random);
}

}  // namespace

Ground::Ground(const std::filesystem::path& root) : root_(root.lexically_normal().string()) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
    auto node = std::make_shared<Node>();
    node->is_folder = entry.is_directory();
    if (!node->is_folder) node->content = ReadAll(entry.path());
    node->flushed = node->synced = node->content.size();
    live_[entry.path().string()] = durable_[entry.path().string()] = std::move(node);
  }
}

void Ground::Inject(const Fault& fault) {
  const std::lock_guard guard(mutex_);
  assert(fault.nth > 0);
  fault_ = fault;
  fault_counts_from_ = counts_[static_cast<size_t>(fault.operation)];
  strikes_ = 0;
}

void Ground::Heal() {
  const std::lock_guard guard(mutex_);
  fault_.reset();
}

uint64_t Ground::strikes() const {
  const std::lock_guard guard(mutex_);
  return strikes_;
}

uint64_t Ground::count(Operation operation) const {
  const std::lock_guard guard(mutex_);
  return counts_[static_cast<size_t>(operation)];
}

uint64_t Ground::changes() const {
  const std::lock_guard guard(mutex_);
  return changes_;
}

void Ground::CutPowerAt(uint64_t nth) {
  const std::lock_guard guard(mutex_);
  assert(nth > 0);
  power_goes_at_ = changes_ + nth;
}

bool Ground::power_is_off() const {
  const std::lock_guard guard(mutex_);
  return power_is_off_;
}

void Ground::OnChange(std::function<void()> look) {
  look_ = std::move(look);
}

void Ground::SlowDownSyncs(uint64_t ms) {
  sync_ms_ = ms;
}

void Ground::WaitForSync() const {
  std::this_thread::sleep_for(std::chrono::milliseconds(sync_ms_));
}

std::optional<Failure> Ground::Ask(Operation operation) {
  if (look_ && ChangesTheDisk(operation)) look_();
  const std::lock_guard guard(mutex_);
  const uint64_t count = ++counts_[static_cast<size_t>(operation)];
  if (ChangesTheDisk(operation) && ++changes_ == power_goes_at_) power_is_off_ = true;
  if (power_is_off_) return Failure::kEio;
  if (!fault_ || fault_->operation != operation) return std::nullopt;
  const uint64_t strikes_at = fault_counts_from_ + fault_->nth;
  const bool strikes = fault_->for_ever ? count >= strikes_at : count == strikes_at;
  if (!strikes) return std::nullopt;
  ++strikes_;
  return fault_->failure;
}

std::shared_ptr<Node> Ground::Created(const std::string& path) {
  const std::lock_guard guard(mutex_);
  const auto found = live_.find(path);
  if (found != live_.end()) {
    // O_TRUNC: the same file, and nothing of what it held can be counted on.
    *found->second = Node();
    return found->second;
  }
  auto node = std::make_shared<Node>();
  Note({FolderOf(path), "", path, node});
  return node;
}

void Ground::MadeFolder(const std::string& path) {
  const std::lock_guard guard(mutex_);
  auto node = std::make_shared<Node>();
  node->is_folder = true;
  Note({FolderOf(path), "", path, std::move(node)});
}

void Ground::Renamed(const std::string& from, const std::string& to) {
  const std::lock_guard guard(mutex_);
  assert(FolderOf(from) == FolderOf(to));
  Note({FolderOf(from), from, to, live_.at(from)});
}

void Ground::Removed(const std::string& path) {
  const std::lock_guard guard(mutex_);
  Note({FolderOf(path), path, "", live_.at(path)});
}

void Ground::SyncedFolder(const std::string& folder) {
  const std::lock_guard guard(mutex_);
  for (const NameChange& change : unsynced_) {
    if (change.folder == folder) Make(change, durable_);
  }
  std::erase_if(unsynced_, [&](const NameChange& change) { return change.folder == folder; });
}

void Ground::Appended(Node& node, std::string_view bytes) {
  const std::lock_guard guard(mutex_);
  node.content += bytes;
}

void Ground::Flushed(Node& node) {
  const std::lock_guard guard(mutex_);
  node.flushed = node.content.size();
}

void Ground::Synced(Node& node) {
  const std::lock_guard guard(mutex_);
  node.flushed = node.synced = node.content.size();
}

void Ground::FailedSync(Node& node) {
  const std::lock_guard guard(mutex_);
  node.doubtful.emplace_back(node.synced, node.content.size());
}

bool Ground::Exists(const std::string& path) const {
  const std::lock_guard guard(mutex_);
  return live_.contains(path);
}

void Ground::Make(const NameChange& change, NodesByName& names) {
  if (!change.gone.empty()) {
    const auto found = names.find(change.gone);
    if (found != names.end() && found->second == change.node) names.erase(found);
  }
  if (!change.fresh.empty()) names[change.fresh] = change.node;
}

void Ground::Note(NameChange change) {
  Make(change, live_);
  unsynced_.push_back(std::move(change));
}

Ground::NodesByName Ground::NamesAfter(const Aftermath& aftermath) const {
  NodesByName names = durable_;
  std::mt19937_64 random(aftermath.seed);
  for (const NameChange& change : unsynced_) {
    const bool survives =
        aftermath.names == Names::kKept || (aftermath.names == Names::kSome && random() % 2 == 0);
    if (survives) Make(change, names);
  }
  return names;
}

bool Ground::IsReachable(const std::string& path, const NodesByName& names) const {
  const std::string folder = FolderOf(path);
  if (folder == root_) return true;
  return names.contains(folder) && IsReachable(folder, names);
}

Image Ground::ImageAfter(const Aftermath& aftermath) const {
  const std::lock_guard guard(mutex_);
  std::mt19937_64 random(aftermath.seed);
  const NodesByName names = NamesAfter(aftermath);
  Image image;
  for (const auto& [path, node] : names) {
    if (!IsReachable(path, names)) continue;
    auto& content = image[std::filesystem::path(path).lexically_relative(root_).string()];
    if (!node->is_folder) content = ContentAfter(*node, aftermath.bytes, random);
  }
  return image;
}

}  // namespace sendonce::fault
