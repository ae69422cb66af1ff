#include "cli/client.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "cli/client_options.h"
#include "cli/conversation.h"
#include "cli/import.h"
#include "cli/interruption.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "core/commands.h"
#include "http/cookie.h"

namespace sendonce::cli {
namespace {

constexpr int64_t kAnswerTimeoutMs = 30'000;  // beyond the wait that was asked for

void Print(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

void Complain(const std::string& line) {
  Print(stderr, "sendonce-cli: " + Printable(line) + "\n");
}

int64_t SteadyMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

net::HttpClient::Limits LimitsFor(const ClientOptions& options) {
  net::HttpClient::Limits limits;
  limits.total_timeout_ms = kAnswerTimeoutMs;
  if (const auto& wait = options.command.wait) {
    limits.total_timeout_ms += std::min(1'000 * wait->seconds, core::kMaxWaitMs);
  }
  if (options.give_up_after_ms) {
    limits.total_timeout_ms = std::min(limits.total_timeout_ms, *options.give_up_after_ms);
  }
  return limits;
}

// A connection, and the user who can have had enough of it. One at a time in a process.
class Line {
 public:
  explicit Line(const ClientOptions& options)
      : server_(options.server),
        client_(server_.host, server_.port, LimitsFor(options)),
        interruption_([this] { client_.Interrupt(); }) {}

  Surroundings MakeSurroundings() {
    Surroundings surroundings;
    surroundings.exchange = [this](const net::HttpRequest& request) {
      return client_.Exchange(request);
    };
    surroundings.credentials_place = server_.cookie_file.string();
    surroundings.read_credentials = [this] {
      return http::ReadCookie(server_.cookie_file.string());
    };
    surroundings.now_ms = SteadyMs;
    surroundings.pause = [this](int64_t ms) { return interruption_.Pause(ms); };
    surroundings.tell = Complain;
    return surroundings;
  }

 private:
  const ServerAddress& server_;
  net::HttpClient client_;
  Interruption interruption_;
};

bool IsWritten() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  Complain("the answer could not be written to the standard output");
  return false;
}

ExitCode AskForEachLine(const ClientOptions& options) {
  std::ifstream stream(options.command.file, std::ios::binary);
  if (!stream) {
    Complain("the file " + options.command.file + " can not be opened");
    return ExitCode::kUsage;
  }
  ImportFile file(stream);
  Line line(options);
  const ExitCode code =
      RunImport(file, {options.json, options.give_up_after_ms}, line.MakeSurroundings(),
                [](const std::string& text) { Print(stdout, text + "\n"); });
  return IsWritten() ? code : ExitCode::kUsage;
}

std::string Refusal(const http::JsonValue& problem) {
  std::string text = "refused: " + std::string(TextField(problem, "code"));
  const std::string_view field = TextField(problem, "field");
  if (!field.empty()) text += " (" + std::string(field) + ")";
  return text + ": " + std::string(TextField(problem, "detail"));
}

void PrintTable(const Reply& reply) {
  if (reply.status >= 400) Complain(Refusal(reply.document));
  const http::JsonValue* shown = reply.status >= 400 ? FindSend(reply) : &reply.document;
  if (shown != nullptr) Print(stdout, TableOf(*shown));
}

ExitCode Report(const ClientOptions& options, const std::optional<Reply>& reply) {
  if (!reply) {
    Complain("no answer. What was asked may have been done: run the same command again");
    return ExitCode::kNoAnswer;
  }
  if (options.json) {
    Print(stdout, reply->body + "\n");
  } else {
    PrintTable(*reply);
  }
  return IsWritten() ? ExitCodeFor(options.command, *reply) : ExitCode::kUsage;
}

ExitCode Ask(const ClientOptions& options) {
  if (options.command.kind == Command::Kind::kImport) return AskForEachLine(options);
  Line line(options);
  return Report(options,
                Converse(options.command, options.give_up_after_ms, line.MakeSurroundings()));
}

}  // namespace

int RunClient(const std::vector<std::string>& arguments, const std::filesystem::path& home) {
  const auto parsed = ParseClientOptions(arguments, home);
  if (const auto* text = std::get_if<TextToPrint>(&parsed)) {
    Print(stdout, text->text);
    return static_cast<int>(ExitCode::kDone);
  }
  if (const auto* problem = std::get_if<settings::Problem>(&parsed)) {
    Complain(problem->text);
    return static_cast<int>(ExitCode::kUsage);
  }
  const auto& options = std::get<ClientOptions>(parsed);
  return static_cast<int>(Ask(options));
}

}  // namespace sendonce::cli
