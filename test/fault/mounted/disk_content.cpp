#include "disk_content.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace sendonce::fault {

DiskContent::DiskContent(uint64_t size) : pages_(size / kPageBytes) {
  assert(size % kPageBytes == 0);
}

std::string DiskContent::Read(uint64_t offset, uint64_t length) const {
  assert(offset <= size() && length <= size() - offset);
  std::string bytes(length, '\0');
  for (uint64_t done = 0; done < length;) {
    const uint64_t within = (offset + done) % kPageBytes;
    const uint64_t part = std::min(length - done, kPageBytes - within);
    const auto& page = pages_[(offset + done) / kPageBytes];
    if (page) std::memcpy(bytes.data() + done, page->data() + within, part);
    done += part;
  }
  return bytes;
}

void DiskContent::Write(uint64_t offset, std::string_view bytes) {
  assert(offset <= size() && bytes.size() <= size() - offset);
  while (!bytes.empty()) {
    const uint64_t within = offset % kPageBytes;
    const uint64_t part = std::min<uint64_t>(bytes.size(), kPageBytes - within);
    auto page = CopyOf(offset / kPageBytes);
    std::memcpy(page->data() + within, bytes.data(), part);
    pages_[offset / kPageBytes] = std::move(page);
    offset += part;
    bytes.remove_prefix(part);
  }
}

void DiskContent::Zero(uint64_t offset, uint64_t length) {
  assert(offset <= size() && length <= size() - offset);
  while (length > 0) {
    const uint64_t within = offset % kPageBytes;
    const uint64_t part = std::min(length, kPageBytes - within);
    auto& page = pages_[offset / kPageBytes];
    if (part == kPageBytes) {
      page.reset();
    } else if (page) {
      auto copy = CopyOf(offset / kPageBytes);
      std::memset(copy->data() + within, 0, part);
      page = std::move(copy);
    }
    offset += part;
    length -= part;
  }
}

std::shared_ptr<DiskContent::Page> DiskContent::CopyOf(uint64_t page) const {
  return pages_[page] ? std::make_shared<Page>(*pages_[page]) : std::make_shared<Page>();
}

}  // namespace sendonce::fault
