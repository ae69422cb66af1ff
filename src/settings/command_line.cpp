#include "settings/command_line.h"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>

namespace sendonce::settings {
namespace {

namespace po = boost::program_options;

// Every name that may be written. None takes a value, for all that Program_options knows: it would
// look for a missing one in the next argument, and refuse the empty one of "-rpcwallet=", which
// names bitcoind's unnamed wallet.
po::options_description Describe(const Program& program) {
  po::options_description description;
  const auto add = [&description](const std::string& name) {
    description.add_options()(name.c_str(), "");
  };
  for (const OptionGroup& group : program.groups) {
    for (const Option& option : group.options) {
      add(std::string(option.name));
      if (CanBeNegated(option)) add("no" + std::string(option.name));
    }
  }
  return description;
}

// Takes one argument, if it is an option.
std::vector<po::option> TakeDashedArgument(std::vector<std::string>& arguments) {
  const std::string argument = arguments.front();
  if (argument.size() < 2 || argument[0] != '-' || argument == "--") return {};
  arguments.erase(arguments.begin());
  const std::string body = argument.substr(argument.starts_with("--") ? 2 : 1);
  const size_t equals = body.find('=');
  po::option option;
  option.string_key = equals == 0 ? body : body.substr(0, equals);  // a key must not be empty
  option.original_tokens.push_back(argument);
  return {option};
}

// Without the value, which may be a password with a mistake in its option's name.
Problem NoSuchOption(const Program& program, const std::string& written) {
  const std::string name = written.substr(0, written.find('='));
  return Problem{"-" + name.substr(std::min(name.find_first_not_of('-'), name.size())) +
                 " is no option of " + std::string(program.name) + "; see " +
                 std::string(program.name) + " -help"};
}

CommandLine Sorted(const std::vector<po::option>& options) {
  CommandLine line;
  for (const po::option& option : options) {
    if (option.string_key.empty()) {
      line.words.insert(line.words.end(), option.value.begin(), option.value.end());
      continue;
    }
    const std::string& written = option.original_tokens.front();
    Assignment assignment{option.string_key, std::nullopt, "",
                          ShownSetting(option.string_key, written)};
    const size_t equals = written.find('=');
    if (equals != std::string::npos) assignment.value = written.substr(equals + 1);
    line.assignments.push_back(std::move(assignment));
  }
  return line;
}

}  // namespace

std::variant<CommandLine, Problem> ParseCommandLine(const Program& program,
                                                    const std::vector<std::string>& arguments) {
  try {
    const po::options_description description = Describe(program);
    return Sorted(
        po::command_line_parser(arguments)
            .options(description)
            .style(po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent)
            .extra_style_parser(TakeDashedArgument)
            .run()
            .options);
  } catch (const po::unknown_option& unknown) {
    return NoSuchOption(program, unknown.get_option_name());
  } catch (const po::error& error) {
    return Problem{std::string(error.what()) + "; see " + std::string(program.name) + " -help"};
  }
}

}  // namespace sendonce::settings
