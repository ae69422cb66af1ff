// The table of a program's options: what may be written, and what -help says about it.

#ifndef SENDONCE_SETTINGS_OPTION_H
#define SENDONCE_SETTINGS_OPTION_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sendonce::settings {

// The one option whose value is never shown.
constexpr std::string_view kPasswordOption = "rpcpassword";

// One row of the table.
struct Option {
  enum class Kind : uint8_t {
    kFlag,   // -name, -name=1, -name=0, -noname
    kValue,  // -name=<value>; the last on the command line wins; twice in a file is an error
    kList,   // may be given more than once; -name alone stands for -name=1
  };
  enum class Place : uint8_t {
    kAnywhere,
    kCommandLine,  // an error in the file
    kPerNetwork,   // above the first section of the file it is for the main network only
  };
  std::string_view name;      // without dashes
  std::string_view argument;  // stands for the value in the help, such as "<dir>"
  std::string help;
  Kind kind = Kind::kValue;
  Place place = Place::kAnywhere;
  bool can_be_negated = false;  // -noname, -name=0 of a value or a list; flags always can
};

struct OptionGroup {
  std::string_view title;
  std::vector<Option> options;
};

// -?, -help, -version, -datadir, -conf, -chain, -regtest, -signet, -testnet4.
OptionGroup CommonOptions();

struct Program {
  std::string_view name;            // for sentences such as "see sendonced -help"
  std::vector<OptionGroup> groups;  // CommonOptions() is one of them
  bool shares_file = false;  // true: unknown lines of the file are another program's, and ignored
};

bool CanBeNegated(const Option& option);

// nullptr if there is none of that name.
const Option* FindOption(const Program& program, std::string_view name);

// "nofoo" is understood as the negation of "foo".
struct Recognised {
  const Option* option = nullptr;  // of the program; nullptr: there is none
  bool negated = false;
};
Recognised RecogniseOption(const Program& program, std::string_view name);

// The options as -help shows them.
std::string DescribeOptions(const Program& program);

// One setting as it was written, before anything is known about its name.
struct Assignment {
  std::string name;                  // without dashes and section
  std::optional<std::string> value;  // absent: there was no "="
  std::string section;               // of the file; empty above the first one, and elsewhere
  std::string origin;  // for messages: "-port=0", "/home/u/.sendonce/sendonce.conf:3: port=0"
};

// A setting as messages show it: the text, but for that of a password.
std::string ShownSetting(std::string_view name, std::string_view text);

// A sentence for a person: what is wrong, where, and what to do.
struct Problem {
  std::string text;
};

}  // namespace sendonce::settings

#endif  // SENDONCE_SETTINGS_OPTION_H
