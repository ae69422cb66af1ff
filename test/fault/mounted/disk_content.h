// The bytes of a disk. What was never written is zeros and takes no memory, and a copy shares what
// is the same, so that a disk can be had as it was at many moments.

#ifndef SENDONCE_TEST_FAULT_MOUNTED_DISK_CONTENT_H
#define SENDONCE_TEST_FAULT_MOUNTED_DISK_CONTENT_H

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sendonce::fault {

class DiskContent {
 public:
  // REQUIRES: a multiple of 4096.
  explicit DiskContent(uint64_t size);

  uint64_t size() const { return pages_.size() * kPageBytes; }

  // REQUIRES of all three: it ends within the disk.
  std::string Read(uint64_t offset, uint64_t length) const;
  void Write(uint64_t offset, std::string_view bytes);
  void Zero(uint64_t offset, uint64_t length);

 private:
  static constexpr uint64_t kPageBytes = 4096;
  using Page = std::array<char, kPageBytes>;

  // A copy of the page, or zeros.
  std::shared_ptr<Page> CopyOf(uint64_t page) const;

  std::vector<std::shared_ptr<const Page>> pages_;  // null: zeros
};

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_MOUNTED_DISK_CONTENT_H
