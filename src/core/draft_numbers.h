// Numbers drafts, so that a reply finds who asked. Not thread-safe. Pure.

#ifndef SENDONCE_CORE_DRAFT_NUMBERS_H
#define SENDONCE_CORE_DRAFT_NUMBERS_H

#include <cstdint>

namespace sendonce::core {

class DraftNumbers {
 public:
  uint64_t Next() { return ++last_; }

 private:
  uint64_t last_ = 0;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_DRAFT_NUMBERS_H
