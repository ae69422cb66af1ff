// The options of the large runs: --name=value.

#ifndef SENDONCE_TEST_FAULT_PROGRAM_OPTIONS_H
#define SENDONCE_TEST_FAULT_PROGRAM_OPTIONS_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sendonce::fault {

// `name` as it is written, with its "=". False, and the value is as it was or of no use, if the
// argument is another one or, of a number, not wholly one.
bool TakeText(std::string_view argument, std::string_view name, std::string& text);
bool TakeNumber(std::string_view argument, std::string_view name, uint64_t& number);

// Gives each argument to `take`. Where the program is to end, its exit status: 0 after --help, 2
// after one that `take` does not understand; `usage` has been printed then.
std::optional<int> TakeArguments(int argc, char** argv, const char* usage,
                                 const std::function<bool(std::string_view)>& take);

}  // namespace sendonce::fault

#endif  // SENDONCE_TEST_FAULT_PROGRAM_OPTIONS_H
