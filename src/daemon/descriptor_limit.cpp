#include "daemon/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "http/limits.h"

namespace sendonce::daemon {

uint64_t DescriptorsNeeded(uint64_t max_connections) {
  return max_connections + http::kMaxNewConnections + kReservedDescriptors;
}

std::optional<std::string> ObjectionToLimit(uint64_t hard_limit, uint64_t max_connections) {
  const uint64_t needed = DescriptorsNeeded(max_connections);
  if (hard_limit >= needed) return std::nullopt;
  const uint64_t others = DescriptorsNeeded(0);
  std::string text = "-maxconnections=" + std::to_string(max_connections) + " needs " +
                     std::to_string(needed) + " file descriptors, and the limit is " +
                     std::to_string(hard_limit) +
                     ": raise it (ulimit -n, or LimitNOFILE= in systemd)";
  if (hard_limit > others) {
    text += ", or start with -maxconnections=" + std::to_string(hard_limit - others) + " or less";
  }
  return text;
}

std::optional<std::string> ReserveDescriptors(uint64_t max_connections) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return std::string("the limit of file descriptors can not be read: ") + std::strerror(errno);
  }
  auto objection = ObjectionToLimit(limit.rlim_max, max_connections);
  if (objection) return objection;
  limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, DescriptorsNeeded(max_connections));
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return std::nullopt;
  return std::string("the limit of file descriptors can not be raised: ") + std::strerror(errno);
}

}  // namespace sendonce::daemon
