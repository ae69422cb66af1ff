#include "fuse_files.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <type_traits>

namespace sendonce::fault {

namespace {

constexpr uint64_t kDiskNode = 2;
constexpr uint64_t kControlNode = 3;
constexpr uint32_t kMaxWriteBytes = 1 << 20;
constexpr uint64_t kValidSeconds = 3600;  // names and sizes never change

[[noreturn]] void Fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

template <typename T>
T Take(std::string_view& body) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  std::memcpy(&value, body.data(), std::min(sizeof(T), body.size()));
  body.remove_prefix(std::min(sizeof(T), body.size()));
  return value;
}

template <typename T>
std::string BytesOf(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

fuse_attr AttributesOf(uint64_t node, uint64_t disk_size) {
  fuse_attr attributes = {};
  attributes.ino = node;
  attributes.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0700 : S_IFREG | 0600;
  attributes.nlink = 1;
  attributes.blksize = 4096;
  if (node == kDiskNode) attributes.size = disk_size;
  attributes.blocks = attributes.size / kSectorBytes;
  return attributes;
}

std::string EntryOf(uint64_t node, uint64_t disk_size) {
  fuse_entry_out entry = {};
  entry.nodeid = node;
  entry.entry_valid = kValidSeconds;
  entry.attr_valid = kValidSeconds;
  entry.attr = AttributesOf(node, disk_size);
  return BytesOf(entry);
}

std::string Greeting(std::string_view body) {
  const auto asked = Take<fuse_init_in>(body);
  fuse_init_out out = {};
  out.major = FUSE_KERNEL_VERSION;
  out.minor = FUSE_KERNEL_MINOR_VERSION;
  out.max_readahead = asked.max_readahead;
  out.flags = asked.flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_ASYNC_DIO | FUSE_MAX_PAGES);
  out.max_background = 64;
  out.congestion_threshold = 48;
  out.max_write = kMaxWriteBytes;
  out.max_pages = kMaxWriteBytes / 4096;
  out.time_gran = 1;
  return BytesOf(out);
}

}  // namespace

FuseFiles::FuseFiles(RecordedDisk& disk, const std::string& folder)
    : disk_(disk), buffer_(kMaxWriteBytes + 4096, '\0') {
  device_ = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device_ < 0) Fail("open /dev/fuse");
  const std::string options =
      "fd=" + std::to_string(device_) + ",rootmode=40000,user_id=0,group_id=0";
  if (::mount("recorded-disk", folder.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) < 0) {
    Fail("mount " + folder);
  }
  LeaveMounts(folder);
}

FuseFiles::~FuseFiles() {
  if (device_ >= 0) ::close(device_);
}

// What is mounted on the disk may be unmounted by the end of the last process that sees it, and
// that waits for the disk: so it must not be this one.
void FuseFiles::LeaveMounts(const std::string& folder) {
  if (::unshare(CLONE_NEWNS) < 0) Fail("unshare");
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) Fail("mount /");
  if (::umount2(folder.c_str(), MNT_DETACH) < 0) Fail("umount " + folder);
}

void FuseFiles::Serve() {
  while (TakeRequest()) {
    pollfd more = {device_, POLLIN, 0};
    const int patience_ms = disk_.HasWritesUnderWay() ? 1 : 0;
    if (::poll(&more, 1, patience_ms) <= 0) AnswerAll();
  }
}

bool FuseFiles::TakeRequest() {
  const ssize_t size = ::read(device_, buffer_.data(), buffer_.size());
  if (size < 0 && errno == ENODEV) return false;
  if (size < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT)) return true;
  if (size < 0) Fail("read /dev/fuse");
  std::string_view body(buffer_.data(), static_cast<size_t>(size));
  const auto header = Take<fuse_in_header>(body);
  const bool wants_answer = header.opcode != FUSE_FORGET && header.opcode != FUSE_BATCH_FORGET &&
                            header.opcode != FUSE_INTERRUPT;
  if (wants_answer) replies_.push_back(Answer(header, body));
  return true;
}

void FuseFiles::AnswerAll() {
  // First, because the kernel goes on as soon as it has an answer.
  disk_.Answered();
  for (Reply& reply : replies_) {
    fuse_out_header header = {};
    header.len = static_cast<uint32_t>(sizeof header + reply.body.size());
    header.error = -reply.error;
    header.unique = reply.unique;
    const std::array<iovec, 2> parts = {
        {{&header, sizeof header}, {reply.body.data(), reply.body.size()}}};
    // ENOENT: nobody waits for it any more.
    if (::writev(device_, parts.data(), 2) < 0 && errno != ENOENT && errno != ENODEV) {
      Fail("write /dev/fuse");
    }
  }
  replies_.clear();
}

FuseFiles::Reply FuseFiles::Answer(const fuse_in_header& header, std::string_view body) {
  switch (header.opcode) {
    case FUSE_INIT:
      return {header.unique, 0, Greeting(body)};
    case FUSE_LOOKUP:
    case FUSE_GETATTR:
    case FUSE_SETATTR:
    case FUSE_OPEN:
    case FUSE_STATFS:
      return AnswerAboutNames(header, body);
    case FUSE_READ:
    case FUSE_WRITE:
    case FUSE_FSYNC:
    case FUSE_FALLOCATE:
      return AnswerAboutBytes(header, body);
    case FUSE_FLUSH:  // a descriptor is closed
    case FUSE_RELEASE:
    case FUSE_DESTROY:
      return {header.unique, 0, {}};
    default:
      return {header.unique, ENOSYS, {}};
  }
}

FuseFiles::Reply FuseFiles::AnswerAboutNames(const fuse_in_header& header, std::string_view body) {
  if (header.opcode == FUSE_LOOKUP) {
    const std::string_view name = body.substr(0, body.find('\0'));
    if (name == "disk") return {header.unique, 0, EntryOf(kDiskNode, disk_.size())};
    if (name == "control") return {header.unique, 0, EntryOf(kControlNode, disk_.size())};
    return {header.unique, ENOENT, {}};
  }
  if (header.opcode == FUSE_OPEN) {
    fuse_open_out out = {};
    out.open_flags = FOPEN_DIRECT_IO;  // nothing is kept in a cache above us
    return {header.unique, 0, BytesOf(out)};
  }
  if (header.opcode == FUSE_STATFS) {
    fuse_statfs_out out = {};
    out.st.bsize = 4096;
    out.st.namelen = 255;
    return {header.unique, 0, BytesOf(out)};
  }
  fuse_attr_out out = {};
  out.attr_valid = kValidSeconds;
  out.attr = AttributesOf(header.nodeid, disk_.size());
  return {header.unique, 0, BytesOf(out)};
}

FuseFiles::Reply FuseFiles::AnswerAboutBytes(const fuse_in_header& header, std::string_view body) {
  switch (header.opcode) {
    case FUSE_READ:
      return Read(header.unique, header.nodeid, body);
    case FUSE_WRITE:
      return Write(header.unique, header.nodeid, body);
    case FUSE_FALLOCATE:
      return Punch(header.unique, header.nodeid, body);
    default:
      if (header.nodeid == kDiskNode) disk_.Flush();
      return {header.unique, 0, {}};
  }
}

FuseFiles::Reply FuseFiles::Read(uint64_t unique, uint64_t node, std::string_view body) const {
  const auto asked = Take<fuse_read_in>(body);
  if (node == kControlNode) {
    const std::string status = disk_.Status();
    return {unique, 0, status.substr(std::min<size_t>(asked.offset, status.size()), asked.size)};
  }
  if (asked.offset >= disk_.size()) return {unique, 0, {}};
  const uint64_t length = std::min<uint64_t>(asked.size, disk_.size() - asked.offset);
  return {unique, 0, disk_.Read(asked.offset, length)};
}

FuseFiles::Reply FuseFiles::Write(uint64_t unique, uint64_t node, std::string_view body) {
  const auto asked = Take<fuse_write_in>(body);
  const std::string_view bytes = body.substr(0, asked.size);
  if (node == kControlNode) {
    if (!disk_.Command(bytes)) return {unique, EINVAL, {}};
  } else {
    if (!IsWithin(asked.offset, bytes.size())) return {unique, EFBIG, {}};
    disk_.Write(asked.offset, bytes);
  }
  fuse_write_out out = {};
  out.size = static_cast<uint32_t>(bytes.size());
  return {unique, 0, BytesOf(out)};
}

FuseFiles::Reply FuseFiles::Punch(uint64_t unique, uint64_t node, std::string_view body) {
  const auto asked = Take<fuse_fallocate_in>(body);
  const bool makes_zeros = (asked.mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0;
  if (node != kDiskNode || !makes_zeros) return {unique, EOPNOTSUPP, {}};
  if (!IsWithin(asked.offset, asked.length)) return {unique, EFBIG, {}};
  disk_.Zero(asked.offset, asked.length);
  return {unique, 0, {}};
}

bool FuseFiles::IsWithin(uint64_t offset, uint64_t length) const {
  return offset <= disk_.size() && length <= disk_.size() - offset;
}

}  // namespace sendonce::fault
