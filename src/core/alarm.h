// What an operator must see (G8).

#ifndef SENDONCE_CORE_ALARM_H
#define SENDONCE_CORE_ALARM_H

#include <optional>
#include <string>

#include "core/records.h"

namespace sendonce::core {

struct Alarm {
  Seq number = 0;
  AlarmRaised raised;
  Millis raised_at_ms = 0;
  std::optional<std::string> accepted_reason;
  Millis accepted_at_ms = 0;
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_ALARM_H
