#include "cli/client_options.h"

#include <boost/test/unit_test.hpp>

#include "home.h"

namespace sendonce::cli {
namespace {

using Arguments = std::vector<std::string>;

struct Parsing : Home {
  ClientOptions Parsed(const Arguments& arguments) const {
    const auto parsed = ParseClientOptions(arguments, path());
    if (const auto* problem = std::get_if<settings::Problem>(&parsed)) BOOST_FAIL(problem->text);
    BOOST_REQUIRE(std::holds_alternative<ClientOptions>(parsed));
    return std::get<ClientOptions>(parsed);
  }

  std::string ProblemOf(const Arguments& arguments) const {
    const auto parsed = ParseClientOptions(arguments, path());
    BOOST_REQUIRE(std::holds_alternative<settings::Problem>(parsed));
    return std::get<settings::Problem>(parsed).text;
  }

  std::string BodyOf(const Arguments& options) const {
    Arguments arguments{"send", "w-1", "addr", "150000"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return Parsed(arguments).command.body;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_options_tests, Parsing)

BOOST_AUTO_TEST_CASE(where_sendonced_is_by_default) {
  const ClientOptions main = Parsed({"status"});
  BOOST_TEST(main.server.host == "127.0.0.1");
  BOOST_TEST(main.server.port == 8552);
  BOOST_TEST(main.server.cookie_file == path() / ".sendonce/.cookie");
  BOOST_TEST(!main.json);
  BOOST_TEST(!main.give_up_after_ms);
  const ClientOptions regtest = Parsed({"-regtest", "status"});
  BOOST_TEST(regtest.server.port == 18552);
  BOOST_TEST(regtest.server.cookie_file == path() / ".sendonce/regtest/.cookie");
}

BOOST_AUTO_TEST_CASE(where_sendonced_is_by_its_own_file) {
  WriteConfig(
      "regtest=1\nfinality=3\nrpcconnect=node.example\nrpccookiefile=/node/cookie\n"
      "[regtest]\nrpcport=18443\nport=77\nbind=0.0.0.0\n");
  const ServerAddress server = Parsed({"status"}).server;
  BOOST_TEST(server.host == "127.0.0.1");  // rpcconnect of the file is where bitcoind is
  BOOST_TEST(server.port == 77);
  BOOST_TEST(server.cookie_file == path() / ".sendonce/regtest/.cookie");
  BOOST_TEST(Parsed({"status", "-bind=[::]"}).server.host == "::1");
  BOOST_TEST(Parsed({"status", "-bind=10.0.0.1"}).server.host == "10.0.0.1");
}

BOOST_AUTO_TEST_CASE(where_sendonced_is_by_the_command_line) {
  const ClientOptions options = Parsed({"-rpcconnect=pay.example", "-port=1", "-rpccookiefile=/c",
                                        "status", "--json", "--timeout=3"});
  BOOST_TEST(options.server.host == "pay.example");
  BOOST_TEST(options.server.port == 1);
  BOOST_TEST(options.server.cookie_file == "/c");
  BOOST_TEST(options.json);
  BOOST_TEST(options.give_up_after_ms.value() == 3'000);
  BOOST_TEST(ProblemOf({"-rpcconnect=http://x", "status"}).find("must be a host name") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(send) {
  const Command command = Parsed({"send", "w-1", "addr", "150000"}).command;
  BOOST_TEST((command.kind == Command::Kind::kSend));
  BOOST_TEST(command.method == "PUT");
  BOOST_TEST(command.path == "/v1/sends/w-1");
  BOOST_TEST(command.body == R"({"outputs":[{"address":"addr","amount_sat":150000}]})");
  BOOST_TEST(!command.wait);
}

BOOST_AUTO_TEST_CASE(the_fields_of_a_send) {
  const std::string outputs = R"({"outputs":[{"address":"addr","amount_sat":150000}],)";
  BOOST_TEST(BodyOf({"--conf-target=3"}) == outputs + R"("fee":{"conf_target":3}})");
  BOOST_TEST(BodyOf({"--fee-rate=12.50"}) == outputs + R"("fee":{"rate_sat_vb":12.5}})");
  BOOST_TEST(BodyOf({"--max-fee-sat=9"}) == outputs + R"("max_fee_sat":9})");
  BOOST_TEST(BodyOf({"--nobatch"}) == outputs + R"("batch":false})");
  BOOST_TEST(BodyOf({"--batch"}) == outputs + R"("batch":true})");
  BOOST_TEST(BodyOf({"--not-after=1790000000000"}) == outputs + R"("not_after":1790000000000})");
  BOOST_TEST(BodyOf({"--reference=a \"b\""}) == outputs + R"("reference":"a \"b\""})");
  BOOST_TEST(BodyOf({"--reference="}) == outputs + R"("reference":""})");
}

BOOST_AUTO_TEST_CASE(a_send_that_makes_no_sense_is_not_asked_for) {
  const auto problem = [this](const std::string& id, const std::string& amount) {
    return ProblemOf({"send", id, "addr", amount});
  };
  for (const char* amount : {"0", "0.1", "1e3", "", "2100000000000001", "99999999999999999999"}) {
    BOOST_TEST(problem("w-1", amount).find("is no amount") != std::string::npos, amount);
  }
  for (const char* id : {"", ".", "..", "a/b", "a b", "\xc3\xa4"}) {
    BOOST_TEST(problem(id, "1").find("is no id") != std::string::npos, id);
  }
  BOOST_TEST(problem(std::string(129, 'x'), "1").find("is no id") != std::string::npos);
  const auto option = [this](const std::string& text) {
    return ProblemOf({"send", "w-1", "addr", "1", text});
  };
  BOOST_TEST(
      option("--conf-target=1009").starts_with("--conf-target=1009: must be a whole number"));
  BOOST_TEST(option("--fee-rate=1.2345").starts_with("--fee-rate=1.2345: must be sat/vB"));
  BOOST_TEST(option("--max-fee-sat=0").starts_with("--max-fee-sat=0: must be a whole number"));
  BOOST_TEST(option("--not-after=0").starts_with("--not-after=0: must be a whole number"));
  BOOST_TEST(option("--reference=" + std::string(257, 'x')).ends_with("longer than 256 bytes"));
  BOOST_TEST(ProblemOf({"send", "w-1", "addr", "1", "--fee-rate=1", "--conf-target=1"}) ==
             "--fee-rate=1: --conf-target is given too: choose one of the two");
}

BOOST_AUTO_TEST_CASE(the_other_commands) {
  const auto asked = [this](const Arguments& arguments) {
    const Command command = Parsed(arguments).command;
    return command.method + " " + command.path + " " + command.body;
  };
  BOOST_TEST(asked({"get", "w-1"}) == "GET /v1/sends/w-1 ");
  BOOST_TEST(asked({"cancel", "w-1"}) == "DELETE /v1/sends/w-1 ");
  BOOST_TEST(asked({"history", "w-1"}) == "GET /v1/sends/w-1/history ");
  BOOST_TEST(asked({"status"}) == "GET /v1/status ");
  BOOST_TEST(asked({"funds"}) == "GET /v1/funds ");
  BOOST_TEST(asked({"alarms"}) == "GET /v1/alarms ");
  BOOST_TEST(asked({"accept-alarm", "42", "by hand"}) ==
             "POST /v1/alarms/42/accept {\"reason\":\"by hand\"}");
  BOOST_TEST(asked({"get", "--", "-w-1"}) == "GET /v1/sends/-w-1 ");
}

BOOST_AUTO_TEST_CASE(what_operators_ask) {
  const auto asked = [this](const Arguments& arguments) {
    const Command command = Parsed(arguments).command;
    return command.method + " " + command.path + " " + command.body;
  };
  const std::string txid(64, 'a');
  BOOST_TEST(asked({"bump", "w-1", "30"}) == "POST /v1/sends/w-1/bump {\"rate_sat_vb\":30}");
  BOOST_TEST(asked({"bump", "w-1", "2.50"}) == "POST /v1/sends/w-1/bump {\"rate_sat_vb\":2.5}");
  BOOST_TEST(asked({"adopt", "w-1", txid}) ==
             "POST /v1/sends/w-1/adopt {\"txid\":\"" + txid + "\"}");
  BOOST_TEST(asked({"adopt", "w-1", txid, "a", "1", "b", "2", "--reference=old"}) ==
             "POST /v1/sends/w-1/adopt {\"txid\":\"" + txid +
                 R"(","outputs":[{"address":"a","amount_sat":1},{"address":"b","amount_sat":2}],)"
                 R"("reference":"old"})");
  BOOST_TEST(asked({"verdict", "w-1", "pay-again", "lost"}) ==
             R"(POST /v1/sends/w-1/verdict {"verdict":"pay_again","reason":"lost"})");
  BOOST_TEST(asked({"verdict", "w-1", "never", "r"}).find(R"("never")") != std::string::npos);
  BOOST_TEST(asked({"verdict", "w-1", "paid", "r"}).find(R"("paid")") != std::string::npos);
  const Command import = Parsed({"import", "paid before.csv"}).command;
  BOOST_TEST((import.kind == Command::Kind::kImport));
  BOOST_TEST(import.file == "paid before.csv");
}

BOOST_AUTO_TEST_CASE(what_operators_ask_wrongly) {
  const std::string txid(64, 'a');
  for (const char* rate : {"0", "", "x", "1.0001"}) {
    BOOST_TEST(ProblemOf({"bump", "w-1", rate}).find("is no fee rate") != std::string::npos, rate);
  }
  BOOST_TEST(ProblemOf({"adopt", "w-1"}).starts_with("adopt is written so:"));
  BOOST_TEST(ProblemOf({"adopt", "w-1", txid, "a"}).starts_with("adopt is written so:"));
  BOOST_TEST(ProblemOf({"adopt", "w-1", "aa"}).find("is no txid") != std::string::npos);
  BOOST_TEST(ProblemOf({"adopt", "w-1", txid, "a", "0"}).find("is no amount") != std::string::npos);
  BOOST_TEST(ProblemOf({"adopt", "a b", txid}).find("is no id") != std::string::npos);
  BOOST_TEST(ProblemOf({"adopt", "w-1", txid, "--reference=x"}).starts_with("a reference is"));
  BOOST_TEST(ProblemOf({"adopt", "w-1", txid, "--fee-rate=1"}) ==
             "--fee-rate=1: is no option of adopt");
  BOOST_TEST(ProblemOf({"verdict", "w-1", "pay_again", "r"}).find("is no verdict") !=
             std::string::npos);
  BOOST_TEST(ProblemOf({"verdict", "w-1", "paid", ""}).starts_with("the reason must not be empty"));
  BOOST_TEST(ProblemOf({"verdict", "w-1", "paid"}).starts_with("verdict is written so:"));
  BOOST_TEST(ProblemOf({"import"}).starts_with("import is written so:"));
  BOOST_TEST(ProblemOf({"import", "f", "--reference=x"}) ==
             "--reference=x: is no option of import");
}

BOOST_AUTO_TEST_CASE(commands_that_are_written_wrongly) {
  BOOST_TEST(ProblemOf({}).starts_with("no command is given"));
  BOOST_TEST(ProblemOf({"pay"}).starts_with("\"pay\" is no command"));
  BOOST_TEST(ProblemOf({"send", "w-1", "addr"}) ==
             "send is written so: sendonce-cli send <id> <address> <amount_sat>; see sendonce-cli "
             "-help");
  BOOST_TEST(
      ProblemOf({"status", "w-1"}).starts_with("status is written so: sendonce-cli status;"));
  BOOST_TEST(ProblemOf({"accept-alarm", "x", "why"}).find("is no number") != std::string::npos);
  BOOST_TEST(ProblemOf({"accept-alarm", "1", ""}).starts_with("the reason must not be empty"));
  BOOST_TEST(ProblemOf({"status", "--frob"}) ==
             "-frob is no option of sendonce-cli; see sendonce-cli -help");
}

BOOST_AUTO_TEST_CASE(an_option_of_another_command_is_refused) {
  BOOST_TEST(ProblemOf({"cancel", "w-1", "--wait=1"}) == "--wait=1: is no option of cancel");
  BOOST_TEST(ProblemOf({"get", "w-1", "--reference=x"}) == "--reference=x: is no option of get");
  BOOST_TEST(ProblemOf({"get", "w-1", "--nobatch"}) == "--nobatch: is no option of get");
}

BOOST_AUTO_TEST_CASE(waiting) {
  const Command command = Parsed({"get", "w-1", "--wait=3600", "--until=confirmed"}).command;
  BOOST_REQUIRE(command.wait);
  BOOST_TEST(command.wait->seconds == 3'600);
  BOOST_TEST(command.wait->until == "confirmed");
  BOOST_TEST(Parsed({"get", "w-1", "--wait=0"}).command.wait->until == "sent");
  BOOST_TEST(ProblemOf({"get", "w-1", "--until=final"}) ==
             "--until=final: needs --wait=<seconds> too");
  BOOST_TEST(ProblemOf({"get", "w-1", "--wait=1", "--until=done"}) ==
             "--until=done: must be sent, confirmed or final");
  BOOST_TEST(ProblemOf({"get", "w-1", "--wait=2592001"}).starts_with("--wait=2592001: must be"));
}

BOOST_AUTO_TEST_CASE(help_and_version) {
  const auto text = [this](const char* argument) {
    const auto parsed = ParseClientOptions({argument}, path());
    BOOST_REQUIRE(std::holds_alternative<TextToPrint>(parsed));
    return std::get<TextToPrint>(parsed).text;
  };
  const std::string help = text("--help");
  for (const settings::OptionGroup& group : ClientProgram().groups) {
    for (const settings::Option& option : group.options) {
      BOOST_TEST(help.find("\n  -" + std::string(option.name)) != std::string::npos);
    }
  }
  for (const char* part :
       {"accept-alarm <number> <reason>", "import <file>", "Exit codes:", "Examples:"}) {
    BOOST_TEST(help.find(part) != std::string::npos, part);
  }
  BOOST_TEST(text("-version").starts_with("sendonce-cli version "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::cli
