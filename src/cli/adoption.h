// The question that binds an id to a payment that was made before, from words of a command line or
// of a file. Pure.

#ifndef SENDONCE_CLI_ADOPTION_H
#define SENDONCE_CLI_ADOPTION_H

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/command.h"
#include "settings/option.h"

namespace sendonce::cli {

// What is wrong with the id, or nullopt.
std::optional<settings::Problem> CheckId(const std::string& id);

// Satoshi, above 0 and no more than there are.
std::variant<int64_t, settings::Problem> ReadAmountSat(const std::string& text);

// Id, txid, and any number of pairs of address and amount; without one the outputs that are
// recorded under the id are meant. Addresses are the server's to check.
std::variant<Command, settings::Problem> MakeAdoption(const std::vector<std::string>& words,
                                                      const std::optional<std::string>& reference);

}  // namespace sendonce::cli

#endif  // SENDONCE_CLI_ADOPTION_H
