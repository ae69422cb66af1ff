// The result of a call that may have had to wait. Pure.

#ifndef SENDONCE_CORE_CALL_RESULT_H
#define SENDONCE_CORE_CALL_RESULT_H

#include <optional>
#include <string>

#include "core/answers.h"
#include "core/commands.h"

namespace sendonce::core {

// What a call about one id has come to, where it may have had to wait; the send that is told with
// it is the one of then.
struct CallResult {
  CallToken call = 0;
  SendId id;
  Verdict verdict = Verdict::kKnown;
  bool replayed = false;
  std::string detail;
  std::optional<Send> stored;  // as the call had it
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_CALL_RESULT_H
