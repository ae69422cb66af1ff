// sendonce.conf, in the form of bitcoin.conf: name=value, [network], # comment.

#ifndef SENDONCE_SETTINGS_CONFIG_FILE_H
#define SENDONCE_SETTINGS_CONFIG_FILE_H

#include <filesystem>
#include <string_view>
#include <variant>
#include <vector>

#include "settings/option.h"

namespace sendonce::settings {

constexpr size_t kMaxConfigFileBytes = 1'000'000;

using ConfigLines = std::variant<std::vector<Assignment>, Problem>;

// The settings in the order of their lines; each origin is "<shown_path>:<line>: <setting>". A
// section is the name of a chain; "regtest.port=1" stands for port=1 in the section regtest.
// Whether the names are options is not looked at. Boost.Program_options is not used here: it can
// not say in which line something is wrong.
ConfigLines ParseConfig(std::string_view text, std::string_view shown_path);

// Reads a file that exists.
ConfigLines ReadConfigFile(const std::filesystem::path& path);

}  // namespace sendonce::settings

#endif  // SENDONCE_SETTINGS_CONFIG_FILE_H
