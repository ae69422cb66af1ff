// Where a sendonced keeps its things, and where it is found: what the daemon and the two tools have
// to agree on.

#ifndef SENDONCE_SETTINGS_PATHS_H
#define SENDONCE_SETTINGS_PATHS_H

#include <cstdint>
#include <filesystem>
#include <optional>

#include "bitcoin/address.h"

namespace sendonce::settings {

// Each network has a folder of its own below the data directory, as bitcoind has it.
struct Paths {
  std::filesystem::path data_directory;  // of the network; holds all but the anchor
  std::filesystem::path wal_directory;   // wal/
  std::filesystem::path anchor_file;     // anchor; below -anchordir if that is given
  std::filesystem::path cookie_file;     // .cookie, for sendonced's callers
  std::filesystem::path log_file;        // debug.log
  std::filesystem::path pid_file;        // sendonced.pid
};

// `anchor_directory`, too, gets a folder for each network.
Paths PathsFor(const std::filesystem::path& data_directory, bitcoin::Network network,
               const std::optional<std::filesystem::path>& anchor_directory);

// ~/.sendonce
std::filesystem::path DefaultDataDirectory(const std::filesystem::path& home);

// The port sendonced answers on: 8552, and 48552, 38552, 18552 on testnet4, signet and regtest, in
// the way bitcoind numbers its own.
uint16_t DefaultPort(bitcoin::Network network);

}  // namespace sendonce::settings

#endif  // SENDONCE_SETTINGS_PATHS_H
