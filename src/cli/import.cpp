#include "cli/import.h"

#include <algorithm>
#include <utility>

#include "bitcoin/hash.h"
#include "http/json_writer.h"

namespace sendonce::cli {
namespace {

constexpr int kCreated = 201;
constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;

enum class Result { kRecorded, kAlreadyRecorded, kRefused, kUnreadable };

std::string_view ResultText(Result result) {
  switch (result) {
    case Result::kRecorded:
      return "recorded";
    case Result::kAlreadyRecorded:
      return "already_recorded";
    case Result::kRefused:
      return "refused";
    case Result::kUnreadable:
      break;
  }
  return "unreadable";
}

// What became of a line, and why if it was not recorded.
struct Fate {
  Result result = Result::kUnreadable;
  std::string code;  // of the refusal
  std::string detail;
};

bool NamesTxid(const http::JsonValue& send, const std::string& txid) {
  const http::JsonValue* txids = http::FindField(send, "txids");
  const auto wanted = bitcoin::HashFromDisplayHex(txid);
  return txids != nullptr && wanted &&
         std::any_of(txids->items.begin(), txids->items.end(), [&](const http::JsonValue& one) {
           return bitcoin::HashFromDisplayHex(one.text) == wanted;
         });
}

Fate FateOf(const Reply& reply, const std::string& txid) {
  if (reply.status >= 400) {
    const std::string field(TextField(reply.document, "field"));
    return {Result::kRefused, std::string(TextField(reply.document, "code")),
            (field.empty() ? "" : field + ": ") + std::string(TextField(reply.document, "detail"))};
  }
  if (!NamesTxid(reply.document, txid)) {
    return {Result::kRefused, "other_payment", "the id is recorded with another payment"};
  }
  return {reply.status == kCreated ? Result::kRecorded : Result::kAlreadyRecorded, "", ""};
}

class Import {
 public:
  Import(ImportFile& file, const ImportOptions& options, const Surroundings& surroundings,
         const std::function<void(const std::string&)>& print)
      : file_(file),
        options_(options),
        surroundings_(surroundings),
        print_(print),
        told_at_ms_(surroundings.now_ms()) {}

  ExitCode Run() {
    while (const auto line = file_.Next()) {
      if (const auto end = Take(*line)) return Finish(*end);
      TellProgress();
    }
    if (file_.failed()) {
      surroundings_.tell("the file can not be read beyond what was recorded");
      return Finish(ExitCode::kUsage);
    }
    return Finish(not_recorded_ == 0 ? ExitCode::kDone : ExitCode::kNotAll);
  }

 private:
  // An exit code if the run ends here.
  std::optional<ExitCode> Take(const ImportLine& line) {
    if (const auto* problem = std::get_if<settings::Problem>(&line.question)) {
      Note(line, {Result::kUnreadable, "", problem->text});
      return std::nullopt;
    }
    if (!surroundings_.pause(0)) return Stop(line);
    const auto reply =
        Converse(std::get<Command>(line.question), options_.give_up_after_ms, surroundings_);
    if (!reply) return Stop(line);
    Note(line, FateOf(*reply, line.txid));
    const bool locked_out = reply->status == kUnauthorized || reply->status == kForbidden;
    return locked_out ? std::optional(ExitCode::kRefused) : std::nullopt;
  }

  ExitCode Stop(const ImportLine& line) {
    surroundings_.tell("stopped at line " + std::to_string(line.number) +
                       ": run the same command again; what is recorded already stays so");
    return ExitCode::kNoAnswer;
  }

  void Note(const ImportLine& line, const Fate& fate) {
    ++lines_;
    if (fate.result == Result::kRecorded) {
      ++recorded_;
    } else if (fate.result == Result::kAlreadyRecorded) {
      ++already_recorded_;
    } else {
      ++not_recorded_;
      surroundings_.tell("line " + std::to_string(line.number) + " is not recorded: " +
                         (fate.code.empty() ? "" : fate.code + ": ") + fate.detail);
    }
    if (options_.json) print_(JsonOf(line, fate));
  }

  static std::string JsonOf(const ImportLine& line, const Fate& fate) {
    http::JsonWriter json;
    json.BeginObject();
    json.Key("line").Unsigned(line.number);
    json.Key("id").String(line.id);
    json.Key("txid").String(line.txid);
    json.Key("result").String(ResultText(fate.result));
    json.Key("code");
    fate.code.empty() ? json.Null() : json.String(fate.code);
    json.Key("detail");
    fate.detail.empty() ? json.Null() : json.String(fate.detail);
    return json.EndObject().Take();
  }

  std::string Counts() const {
    return std::to_string(lines_) + " lines: " + std::to_string(recorded_) + " recorded, " +
           std::to_string(already_recorded_) + " already recorded, " +
           std::to_string(not_recorded_) + " not recorded";
  }

  void TellProgress() {
    const int64_t now_ms = surroundings_.now_ms();
    if (now_ms < told_at_ms_ + kTellProgressMs) return;
    told_at_ms_ = now_ms;
    surroundings_.tell(Counts());
  }

  ExitCode Finish(ExitCode code) {
    if (options_.json) {
      surroundings_.tell(Counts());
    } else {
      print_(Counts());
    }
    return code;
  }

  ImportFile& file_;
  const ImportOptions& options_;
  const Surroundings& surroundings_;
  const std::function<void(const std::string&)>& print_;
  int64_t told_at_ms_;
  uint64_t lines_ = 0;
  uint64_t recorded_ = 0;
  uint64_t already_recorded_ = 0;
  uint64_t not_recorded_ = 0;
};

}  // namespace

ExitCode RunImport(ImportFile& file, const ImportOptions& options, const Surroundings& surroundings,
                   const std::function<void(const std::string& line)>& print) {
  return Import(file, options, surroundings, print).Run();
}

}  // namespace sendonce::cli
