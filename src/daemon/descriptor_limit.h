// How many files and sockets the process may have open (RLIMIT_NOFILE). Without one left a record
// can not be written, which ends the daemon; and callers need no login to open connections. So it
// starts only if all that it allows itself fits.

#ifndef SENDONCE_DAEMON_DESCRIPTOR_LIMIT_H
#define SENDONCE_DAEMON_DESCRIPTOR_LIMIT_H

#include <cstdint>
#include <optional>
#include <string>

namespace sendonce::daemon {

// All but callers' connections, counted on the high side: an idle daemon has about 40.
constexpr uint64_t kReservedDescriptors =
    16 +  // standard input, output and error, and what whoever started us left open
    1 +   // debug.log; the files of pid and cookie are closed before anybody can connect
    8 +   // the loop, its wake-ups and signals, the socket that listens
    24 +  // three connections to bitcoind: the loop of each, a cookie file, a name look-up
    48 +  // ZeroMQ: two connections, their monitors and wake-ups, name look-ups
    8 +   // the anchor and its folder, written anew with each group of records
    48 +  // LevelDB: lock, log, manifest, what is being written or just opened (see below)
    103;  // room
// Its tables that stay open (kMaxOpenFiles in wal/database.cpp) are mapped, 1,000 of them at most,
// and keep no descriptor.
static_assert(sizeof(void*) >= 8, "where addresses are short LevelDB maps none");

// For so many connections of callers.
uint64_t DescriptorsNeeded(uint64_t max_connections);

// Why a process with this hard limit, up to which it can raise its soft one, can not have so many;
// and what to do, for a person. nullopt if it can.
std::optional<std::string> ObjectionToLimit(uint64_t hard_limit, uint64_t max_connections);

// Raises the soft limit of this process, if it is too low. As above.
std::optional<std::string> ReserveDescriptors(uint64_t max_connections);

}  // namespace sendonce::daemon

#endif  // SENDONCE_DAEMON_DESCRIPTOR_LIMIT_H
