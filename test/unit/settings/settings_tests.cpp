#include "settings/settings.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "settings/paths.h"

namespace sendonce::settings {
namespace {

using Arguments = std::vector<std::string>;

// A home with a data directory and, if a text is given, a sendonce.conf.
class Home {
 public:
  Home() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "sendonce_settings_tests.XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    std::filesystem::create_directory(path_ / ".sendonce");
  }
  ~Home() { std::filesystem::remove_all(path_); }

  void WriteConfig(std::string_view text, const std::string& name = "sendonce.conf") const {
    std::ofstream(path_ / ".sendonce" / name) << text;
  }

  std::variant<Settings, Problem> Load(const Arguments& arguments, bool shares_file = false) const {
    return settings::Load(TestProgram(shares_file), arguments, path_);
  }

  Settings Loaded(const Arguments& arguments) const {
    const auto loaded = Load(arguments);
    if (const auto* problem = std::get_if<Problem>(&loaded)) BOOST_FAIL(problem->text);
    return std::get<Settings>(loaded);
  }

  std::string ProblemOf(const Arguments& arguments) const {
    const auto loaded = Load(arguments);
    BOOST_REQUIRE(std::holds_alternative<Problem>(loaded));
    return std::get<Problem>(loaded).text;
  }

  const std::filesystem::path& path() const { return path_; }
  std::string config_file() const { return (path_ / ".sendonce/sendonce.conf").string(); }

 private:
  static const Program& TestProgram(bool shares_file) {
    using Kind = Option::Kind;
    using Place = Option::Place;
    static const OptionGroup kGroup = {
        "Test",
        {{"port", "<port>", "A port", Kind::kValue, Place::kPerNetwork},
         {"wallet", "<name>", "A wallet", Kind::kValue},
         {"rpcpassword", "<password>", "A password", Kind::kValue},
         {"zmq", "<address>", "An address", Kind::kValue, Place::kAnywhere, true},
         {"debug", "<category>", "Categories", Kind::kList, Place::kAnywhere, true},
         {"verbose", "", "A flag", Kind::kFlag},
         {"notify", "", "A flag whose name looks negated", Kind::kFlag}}};
    static const Program kStrict{"testd", {CommonOptions(), kGroup}, false};
    static const Program kSharing{"test-cli", {CommonOptions(), kGroup}, true};
    return shares_file ? kSharing : kStrict;
  }

  std::filesystem::path path_;
};

std::string TextOf(const Settings& settings, std::string_view name) {
  return Reader(settings).Text(name).value_or("(none)");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(settings_tests, Home)

BOOST_AUTO_TEST_CASE(nothing_given) {
  const Settings settings = Loaded({});
  BOOST_TEST(settings.data_directory() == path() / ".sendonce");
  BOOST_TEST(settings.config_file() == path() / ".sendonce/sendonce.conf");
  BOOST_TEST((settings.network() == bitcoin::Network::kMain));
  BOOST_TEST(settings.words().empty());
  BOOST_TEST(TextOf(settings, "wallet") == "(none)");
  BOOST_TEST(!Reader(settings).Flag("verbose", false));
  BOOST_TEST(Reader(settings).Flag("verbose", true));
}

BOOST_AUTO_TEST_CASE(one_dash_two_dashes_words_and_empty_values) {
  const Settings settings =
      Loaded({"init", "-port=1", "--wallet=", "-", "--verbose", "--", "-port=2", "--"});
  BOOST_TEST(TextOf(settings, "port") == "1");
  BOOST_TEST(TextOf(settings, "wallet") == "");
  BOOST_TEST(Reader(settings).Flag("verbose", false));
  BOOST_TEST(settings.words() == (Arguments{"init", "-", "-port=2", "--"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_last_on_the_command_line_wins) {
  BOOST_TEST(TextOf(Loaded({"-wallet=a", "-wallet=b"}), "wallet") == "b");
}

BOOST_AUTO_TEST_CASE(a_value_may_hold_anything) {
  BOOST_TEST(TextOf(Loaded({"-wallet=a=-b c"}), "wallet") == "a=-b c");
  BOOST_TEST(TextOf(Loaded({"-wallet=0"}), "wallet") == "0");
}

BOOST_AUTO_TEST_CASE(unknown_options_are_refused) {
  BOOST_TEST(ProblemOf({"-prot=1"}) == "-prot is no option of testd; see testd -help");
  BOOST_TEST(ProblemOf({"-nowallet"}) == "-nowallet is no option of testd; see testd -help");
  BOOST_TEST(ProblemOf({"-por=1"}) == "-por is no option of testd; see testd -help");
  BOOST_TEST(ProblemOf({"-PORT=1"}) == "-PORT is no option of testd; see testd -help");
  BOOST_TEST(ProblemOf({"-=1"}) == "- is no option of testd; see testd -help");
}

BOOST_AUTO_TEST_CASE(a_value_never_stands_in_the_next_argument) {
  const Settings settings = Loaded({"-verbose", "word", "-debug", "other"});
  BOOST_TEST(settings.words() == (Arguments{"word", "other"}), boost::test_tools::per_element());
  BOOST_TEST(ProblemOf({"-port", "1"}) == "-port: needs a value: -port=<port>");
}

BOOST_AUTO_TEST_CASE(flags_and_their_negation) {
  const auto flag = [this](const Arguments& arguments) {
    const Settings settings = Loaded(arguments);
    return Reader(settings).Flag("verbose", true);
  };
  for (const char* on : {"-verbose", "-verbose=1", "-verbose=", "-noverbose=0"}) {
    BOOST_TEST(flag({on}), on);
  }
  for (const char* off : {"-noverbose", "-verbose=0", "-noverbose=1", "-noverbose="}) {
    BOOST_TEST(!flag({off}), off);
  }
  BOOST_TEST(ProblemOf({"-verbose=yes"}) ==
             "-verbose=yes: must be 1 or 0, or stand without a value");
  BOOST_TEST(ProblemOf({"-noverbose=x"}).starts_with("-noverbose=x: must be 1 or 0"));
  const Settings notify = Loaded({"-notify"});
  BOOST_TEST(Reader(notify).Flag("notify", false));
}

BOOST_AUTO_TEST_CASE(values_and_lists_that_can_be_negated) {
  for (const char* off : {"-nozmq", "-zmq=0"}) {
    const Settings settings = Loaded({"-zmq=tcp://x", off});
    BOOST_TEST(Reader(settings).Negated("zmq"), off);
    BOOST_TEST(TextOf(settings, "zmq") == "(none)", off);
  }
  const Settings list = Loaded({"-debug=a", "-nodebug", "-debug", "-debug=b"});
  BOOST_TEST(Reader(list).List("debug") == (Arguments{"1", "b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_command_line_wins_over_the_section_and_that_over_the_top) {
  WriteConfig(
      "wallet=top\nzmq=top\nverbose=1\ndebug=a\n[regtest]\nwallet=section\n[signet]\nzmq=x");
  const Settings main = Loaded({});
  BOOST_TEST(TextOf(main, "wallet") == "top");
  const Settings regtest = Loaded({"-regtest"});
  BOOST_TEST(TextOf(regtest, "wallet") == "section");
  BOOST_TEST(TextOf(regtest, "zmq") == "top");
  const Settings all = Loaded({"-regtest", "-wallet=line", "-debug=b", "-noverbose"});
  BOOST_TEST(TextOf(all, "wallet") == "line");
  BOOST_TEST(!Reader(all).Flag("verbose", true));
  BOOST_TEST(Reader(all).List("debug") == (Arguments{"b"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_the_file_is_named_with_file_line_and_option) {
  const auto problem = [this](std::string_view text) {
    WriteConfig(text);
    return ProblemOf({"-regtest"});
  };
  const std::string file = config_file();
  BOOST_TEST(problem("\nprot=1") == file + ":2: prot=1: is no option of testd; see testd -help");
  BOOST_TEST(problem("[signet]\nprot=1").starts_with(file + ":2: prot=1: is no option"));
  BOOST_TEST(problem("datadir=/x") == file + ":1: datadir=/x: is for the command line only");
  BOOST_TEST(problem("wallet=a\nwallet=b") == file + ":2: wallet=b: stands in the file twice");
  BOOST_TEST(problem("verbose=2").starts_with(file + ":1: verbose=2: must be 1 or 0"));
  BOOST_TEST(problem("[main]\nregtest=1") ==
             file + ":2: regtest=1: choose the network above the first section");
  BOOST_TEST(problem("rpcpassword=x\nrpcpassword=y") ==
             file + ":2: rpcpassword: stands in the file twice");
}

BOOST_AUTO_TEST_CASE(a_program_that_shares_the_file_ignores_lines_of_others) {
  WriteConfig("prot=1\ndatadir=/x\nwallet=a\n");
  const auto loaded = Load({}, true);
  BOOST_REQUIRE(std::holds_alternative<Settings>(loaded));
  BOOST_TEST(TextOf(std::get<Settings>(loaded), "wallet") == "a");
  BOOST_TEST(std::holds_alternative<Problem>(Load({"-prot=1"}, true)));
}

// As bitcoind has it for -port and its like, but said instead of left out in silence.
BOOST_AUTO_TEST_CASE(above_the_sections_some_options_are_for_the_main_network) {
  WriteConfig("port=1\n");
  BOOST_TEST(TextOf(Loaded({}), "port") == "1");
  BOOST_TEST(ProblemOf({"-regtest"}) == config_file() +
                                            ":1: port=1: is for the main network where it stands; "
                                            "write it below [main] or [regtest]");
  BOOST_TEST(TextOf(Loaded({"-regtest", "-port=2"}), "port") == "2");
  WriteConfig("port=1\n[regtest]\nport=3\n");
  BOOST_TEST(TextOf(Loaded({"-regtest"}), "port") == "3");
}

BOOST_AUTO_TEST_CASE(the_network) {
  const auto network = [this](const Arguments& arguments) {
    return bitcoin::ChainName(Loaded(arguments).network());
  };
  BOOST_TEST(network({"-regtest"}) == "regtest");
  BOOST_TEST(network({"-signet"}) == "signet");
  BOOST_TEST(network({"-testnet4"}) == "testnet4");
  BOOST_TEST(network({"-chain=main"}) == "main");
  BOOST_TEST(network({"-regtest=0"}) == "main");
  BOOST_TEST(ProblemOf({"-chain=test"}) ==
             "-chain=test: must be one of main, testnet4, signet, regtest");
  BOOST_TEST(ProblemOf({"-signet", "-regtest"}) ==
             "-regtest and -signet: only one network can be chosen");
  WriteConfig("regtest=1\n");
  BOOST_TEST(network({}) == "regtest");
  BOOST_TEST(network({"-signet"}) == "signet");
  BOOST_TEST(network({"-noregtest"}) == "main");
}

BOOST_AUTO_TEST_CASE(files_that_are_named_must_exist) {
  BOOST_TEST(ProblemOf({"-datadir=/nonexistent"}) ==
             "-datadir=/nonexistent: there is no such directory; make it, or leave -datadir out");
  BOOST_TEST(ProblemOf({"-conf=other.conf"}).starts_with("-conf=other.conf: there is no file "));
  WriteConfig("wallet=other\n", "other.conf");
  BOOST_TEST(TextOf(Loaded({"-conf=other.conf"}), "wallet") == "other");
  const std::string absolute = (path() / ".sendonce/other.conf").string();
  BOOST_TEST(TextOf(Loaded({"-conf=" + absolute}), "wallet") == "other");
  WriteConfig("wallet=usual\n");
  BOOST_TEST(TextOf(Loaded({"-noconf"}), "wallet") == "(none)");
  const Settings elsewhere = Loaded({"-datadir=" + path().string()});
  BOOST_TEST(elsewhere.data_directory() == path());
  BOOST_TEST(TextOf(elsewhere, "wallet") == "(none)");
}

BOOST_AUTO_TEST_CASE(help_is_had_in_spite_of_a_broken_file) {
  WriteConfig("broken\n");
  for (const char* argument : {"-help", "-?", "--help", "-version"}) {
    BOOST_TEST(std::holds_alternative<Settings>(Load({argument})), argument);
  }
  BOOST_TEST(std::holds_alternative<Problem>(Load({})));
}

BOOST_AUTO_TEST_CASE(integers_have_a_range) {
  const auto problem = [this](const std::string& value) -> std::string {
    const Settings settings = Loaded({"-port=" + value});
    Reader reader(settings);
    BOOST_TEST(reader.Integer("port", 1, 65535, 7) == 7);
    BOOST_REQUIRE(reader.problem());
    return reader.problem()->text;
  };
  BOOST_TEST(problem("0") == "-port=0: must be a whole number from 1 to 65535");
  for (const char* value : {"65536", "", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3",
                            "18446744073709551617", "99999999999999999999"}) {
    problem(value);
  }
  for (const char* value : {"1", "65535", "00001"}) {
    const Settings settings = Loaded({std::string("-port=") + value});
    Reader reader(settings);
    BOOST_TEST(reader.Integer("port", 1, 65535, 0) == std::stoi(value));
    BOOST_TEST(!reader.problem());
  }
}

BOOST_AUTO_TEST_CASE(the_first_problem_is_kept) {
  const Settings settings = Loaded({"-port=x", "-wallet=y"});
  Reader reader(settings);
  reader.Integer("port", 0, 1, 0);
  reader.Refuse("wallet", "must be z");
  BOOST_TEST(reader.problem()->text == "-port=x: must be a whole number from 0 to 1");
}

BOOST_AUTO_TEST_CASE(each_network_has_its_own_paths_and_port) {
  const Paths main = PathsFor("/d", bitcoin::Network::kMain, std::nullopt);
  BOOST_TEST(main.wal_directory == "/d/wal");
  BOOST_TEST(main.anchor_file == "/d/anchor");
  const Paths regtest = PathsFor("/d", bitcoin::Network::kRegtest, "/a");
  BOOST_TEST(regtest.data_directory == "/d/regtest");
  BOOST_TEST(regtest.cookie_file == "/d/regtest/.cookie");
  BOOST_TEST(regtest.anchor_file == "/a/regtest/anchor");
  BOOST_TEST(DefaultPort(bitcoin::Network::kMain) == 8552);
  BOOST_TEST(DefaultPort(bitcoin::Network::kTestnet4) == 48552);
  BOOST_TEST(DefaultPort(bitcoin::Network::kSignet) == 38552);
  BOOST_TEST(DefaultPort(bitcoin::Network::kRegtest) == 18552);
}

BOOST_AUTO_TEST_CASE(the_help_names_every_option_and_keeps_to_eighty_columns) {
  const Program program{"testd", {CommonOptions()}, false};
  const std::string text = DescribeOptions(program);
  for (const Option& option : CommonOptions().options) {
    BOOST_TEST(text.find("  -" + std::string(option.name)) != std::string::npos);
  }
  for (size_t start = 0; start < text.size();) {
    const size_t end = text.find('\n', start);
    BOOST_TEST(end - start <= 80);
    start = end + 1;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::settings
