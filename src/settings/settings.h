// Settings from the command line and sendonce.conf, with bitcoind's habits (bitcoin's
// src/common/args.h): what the three programs have in common. Each program brings the table of its
// options, and makes const structs of its own of what it reads here.
//
// Not thread-safe: used before there are threads.

#ifndef SENDONCE_SETTINGS_SETTINGS_H
#define SENDONCE_SETTINGS_SETTINGS_H

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bitcoin/address.h"
#include "settings/option.h"

namespace sendonce::settings {

// What was given, and where.
class Settings {
 public:
  struct Given {
    std::string text;
    bool negated = false;  // -noname, -name=0 of an option that can be negated
    std::string origin;    // see Assignment
  };
  using ByName = std::map<std::string, std::vector<Given>, std::less<>>;

  const std::filesystem::path& data_directory() const { return data_directory_; }
  const std::filesystem::path& config_file() const { return config_file_; }  // need not exist
  bitcoin::Network network() const { return network_; }
  const std::vector<std::string>& words() const { return words_; }  // arguments that are no options

  // The values of an option, in order; empty if it was not given. The command line wins over the
  // network's section of the file, and that over what stands above the first section: the values
  // of two places are never mixed. REQUIRES: the program has such an option.
  const std::vector<Given>& Find(std::string_view name) const;

 private:
  friend class Loader;

  std::filesystem::path data_directory_;
  std::filesystem::path config_file_;
  bitcoin::Network network_ = bitcoin::Network::kMain;
  std::vector<std::string> words_;
  ByName given_;
};

// Reads both. `home` is the user's home directory. A -datadir or -conf that is given must exist,
// the default ones need not. With -help, -? or -version nothing but the command line is read.
std::variant<Settings, Problem> Load(const Program& program,
                                     const std::vector<std::string>& arguments,
                                     const std::filesystem::path& home);

// $HOME, or "/" without one, as bitcoind has it.
std::filesystem::path HomeDirectory();

// Typed access. The first value that can not be taken is remembered, and the default is returned
// in its place; ask problem() when all has been read.
class Reader {
 public:
  // `settings` must outlive it.
  explicit Reader(const Settings& settings) : settings_(settings) {}

  bool Flag(std::string_view name, bool otherwise);

  // nullopt: not given, or negated.
  std::optional<std::string> Text(std::string_view name) const;

  // The values of a list; empty if it was not given. Those before a negation do not count.
  std::vector<std::string> List(std::string_view name) const;

  // A whole decimal number from `lowest` to `highest`; see IntegerFromText.
  int64_t Integer(std::string_view name, int64_t lowest, int64_t highest, int64_t otherwise);

  // Given as -noname or -name=0.
  bool Negated(std::string_view name) const;

  // For the caller's own checks: the value given is not taken, because of what `sentence` says
  // ("must be a number of sat/vB"). REQUIRES: it was given.
  void Refuse(std::string_view name, std::string_view sentence);

  const std::optional<Problem>& problem() const { return problem_; }

 private:
  const Settings& settings_;
  std::optional<Problem> problem_;
};

// 1 to 18 decimal digits and nothing else: no sign, space or separator. nullopt otherwise.
std::optional<int64_t> IntegerFromText(std::string_view text);

}  // namespace sendonce::settings

#endif  // SENDONCE_SETTINGS_SETTINGS_H
