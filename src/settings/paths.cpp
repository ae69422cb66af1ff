#include "settings/paths.h"

namespace sendonce::settings {

Paths PathsFor(const std::filesystem::path& data_directory, bitcoin::Network network,
               const std::optional<std::filesystem::path>& anchor_directory) {
  const auto below = [network](const std::filesystem::path& directory) {
    const std::string_view subdirectory = bitcoin::DataSubdirectory(network);
    return subdirectory.empty() ? directory : directory / subdirectory;
  };
  Paths paths;
  paths.data_directory = below(data_directory);
  paths.wal_directory = paths.data_directory / "wal";
  paths.anchor_file = below(anchor_directory.value_or(data_directory)) / "anchor";
  paths.cookie_file = paths.data_directory / ".cookie";
  paths.log_file = paths.data_directory / "debug.log";
  paths.pid_file = paths.data_directory / "sendonced.pid";
  return paths;
}

std::filesystem::path DefaultDataDirectory(const std::filesystem::path& home) {
  return home / ".sendonce";
}

uint16_t DefaultPort(bitcoin::Network network) {
  switch (network) {
    case bitcoin::Network::kMain:
      return 8552;
    case bitcoin::Network::kTestnet4:
      return 48552;
    case bitcoin::Network::kSignet:
      return 38552;
    case bitcoin::Network::kRegtest:
      break;
  }
  return 18552;
}

}  // namespace sendonce::settings
