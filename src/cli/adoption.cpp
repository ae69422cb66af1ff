#include "cli/adoption.h"

#include "bitcoin/amount.h"
#include "bitcoin/hash.h"
#include "core/send.h"
#include "http/json_writer.h"
#include "settings/settings.h"

namespace sendonce::cli {
namespace {

using settings::Problem;

struct Output {
  std::string address;
  int64_t amount_sat = 0;
};

std::variant<std::vector<Output>, Problem> ReadOutputs(const std::vector<std::string>& words) {
  if (words.size() % 2 != 0) return Problem{"the last address has no amount"};
  if ((words.size() - 2) / 2 > core::kMaxOutputsPerSend) {
    return Problem{"a send has at most " + std::to_string(core::kMaxOutputsPerSend) + " outputs"};
  }
  std::vector<Output> outputs;
  for (size_t i = 2; i < words.size(); i += 2) {
    if (words[i].empty()) return Problem{"an address is missing"};
    const auto amount_sat = ReadAmountSat(words[i + 1]);
    if (const auto* problem = std::get_if<Problem>(&amount_sat)) return *problem;
    outputs.push_back({words[i], std::get<int64_t>(amount_sat)});
  }
  return outputs;
}

std::string AdoptBody(const bitcoin::Txid& txid, const std::vector<Output>& outputs,
                      const std::optional<std::string>& reference) {
  http::JsonWriter json;
  json.BeginObject().Key("txid").String(bitcoin::DisplayHex(txid));
  if (!outputs.empty()) {
    json.Key("outputs").BeginArray();
    for (const Output& output : outputs) {
      json.BeginObject();
      json.Key("address").String(output.address);
      json.Key("amount_sat").Integer(output.amount_sat);
      json.EndObject();
    }
    json.EndArray();
  }
  if (reference) json.Key("reference").String(*reference);
  return json.EndObject().Take();
}

}  // namespace

std::optional<Problem> CheckId(const std::string& id) {
  if (core::IsValidSendId(id)) return std::nullopt;
  return Problem{"\"" + id +
                 "\" is no id: 1 to 128 of A-Z a-z 0-9 . _ : ~ - and neither \".\" nor \"..\""};
}

std::variant<int64_t, Problem> ReadAmountSat(const std::string& text) {
  const auto amount_sat = settings::IntegerFromText(text);
  if (amount_sat && *amount_sat > 0 && bitcoin::IsMoney(*amount_sat)) return *amount_sat;
  return Problem{"\"" + text +
                 "\" is no amount: give a whole number of satoshi (0.1 bitcoin are 10000000)"};
}

std::variant<Command, Problem> MakeAdoption(const std::vector<std::string>& words,
                                            const std::optional<std::string>& reference) {
  if (words.size() < 2) return Problem{"an id and a txid are needed"};
  if (auto problem = CheckId(words[0])) return *problem;
  const auto txid = bitcoin::HashFromDisplayHex(words[1]);
  if (!txid) return Problem{"\"" + words[1] + "\" is no txid: it has 64 hexadecimal digits"};
  auto outputs = ReadOutputs(words);
  if (const auto* problem = std::get_if<Problem>(&outputs)) return *problem;
  const auto& list = std::get<std::vector<Output>>(outputs);
  if (reference && list.empty()) {
    return Problem{"a reference is recorded together with outputs: give address and amount too"};
  }
  Command command;
  command.kind = Command::Kind::kAdopt;
  command.method = "POST";
  command.path = "/v1/sends/" + words[0] + "/adopt";
  command.body = AdoptBody(*txid, list, reference);
  command.id = words[0];
  return command;
}

}  // namespace sendonce::cli
