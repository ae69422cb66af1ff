#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "load_generator.h"
#include "net/basic_auth.h"
#include "scenario.h"

namespace sendonce::bench {

namespace {

std::vector<Option> Options() {
  return {
      {"port", "8552", "of the server, on 127.0.0.1"},
      {"connections", "1", "keep-alive connections"},
      {"requests", "0", "how many; 0: until the time is up"},
      {"seconds", "0", "how long; 0: until all requests are answered"},
      {"rate", "0", "requests per second that fall due; 0: as fast as they are answered"},
      {"method", "GET", ""},
      {"target", "/", "may contain {id}, {n}"},
      {"body", "", "may contain {id}, {id64}, {n}, {address}, {items}"},
      {"item", "", "what {items} stands for, --bulk times"},
      {"bulk", "1", "items in a request"},
      {"prefix", "b-", "of the ids"},
      {"first", "0", "number of the first request"},
      {"random", "0", "ask for so many numbers at random instead of one after the other"},
      {"numbers", "", "a file of numbers to ask for, in its order"},
      {"addresses", "", "a file of addresses for {address}"},
      {"cookie", "", "a file with user:password"},
      {"counted", "", "a text to be counted in the replies"},
      {"acknowledged", "", "a file for the numbers that were answered with 2xx"},
  };
}

std::vector<std::string> WordsIn(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path);
  if (!file) throw UsageError("cannot read " + path);
  std::vector<std::string> words;
  for (std::string word; file >> word;) words.push_back(word);
  return words;
}

std::string AuthorizationOf(const std::string& cookie_path) {
  const auto words = WordsIn(cookie_path);
  return words.empty() ? "" : net::BasicAuthorization(words.front());
}

RequestParts PartsOf(const Arguments& arguments) {
  RequestParts parts;
  parts.method = arguments.Text("method");
  parts.target = arguments.Text("target");
  parts.host = "127.0.0.1:" + arguments.Text("port");
  parts.authorization = AuthorizationOf(arguments.Text("cookie"));
  parts.body = arguments.Text("body");
  parts.item = arguments.Text("item");
  parts.bulk = arguments.Whole("bulk");
  parts.id_prefix = arguments.Text("prefix");
  parts.addresses = WordsIn(arguments.Text("addresses"));
  return parts;
}

std::function<uint64_t(uint64_t)> NumbersOf(const Arguments& arguments) {
  const uint64_t first = arguments.Whole("first");
  const uint64_t random = arguments.Whole("random");
  if (random == 0) return [first](uint64_t k) { return first + k; };
  auto engine = std::make_shared<std::mt19937_64>(1);
  return [=](uint64_t) { return first + (*engine)() % random; };
}

Load LoadOf(const Arguments& arguments) {
  Load load;
  load.port = static_cast<uint16_t>(arguments.Whole("port"));
  load.connections = arguments.Whole("connections");
  load.requests = arguments.Whole("requests");
  load.seconds = arguments.Number("seconds");
  load.rate_per_s = arguments.Number("rate");
  load.counted = arguments.Text("counted");
  load.number_of = NumbersOf(arguments);
  if (!arguments.Text("numbers").empty()) {
    std::vector<uint64_t> numbers;
    for (const auto& word : WordsIn(arguments.Text("numbers")))
      numbers.push_back(std::stoull(word));
    load.requests = numbers.size();
    load.number_of = [numbers](uint64_t k) { return numbers.at(k); };
  }
  if (load.requests == 0 && load.seconds == 0) throw UsageError("give --requests or --seconds");
  return load;
}

void WriteNumbers(const std::string& path, const std::vector<uint64_t>& numbers) {
  if (path.empty()) return;
  std::ofstream file(path);
  for (uint64_t number : numbers) file << number << '\n';
  if (!file.flush()) throw UsageError("cannot write " + path);
}

Report ReportOn(const LoadResult& result) {
  Report report;
  const auto good = static_cast<double>(result.good());
  report.Add("seconds", result.seconds);
  report.Add("good", good);
  report.Add("good_per_s", good / result.seconds);
  for (const auto& [status, count] : result.by_status) {
    report.Add("status_" + std::to_string(status), static_cast<double>(count));
  }
  report.Add("unanswered", static_cast<double>(result.unanswered));
  report.Add("unsent", static_cast<double>(result.unsent));
  report.Add("counted", static_cast<double>(result.counted));
  report.Add("mean_ms", result.latencies.MeanMs());
  report.Add("p50_ms", result.latencies.PercentileMs(0.5));
  report.Add("p99_ms", result.latencies.PercentileMs(0.99));
  report.Add("p999_ms", result.latencies.PercentileMs(0.999));
  report.Add("max_ms", result.latencies.MaxMs());
  report.Add("good_by_second", result.good_per_second);
  return report;
}

Report Run(const Arguments& arguments) {
  const LoadResult result = RunLoad(LoadOf(arguments), RequestPattern(PartsOf(arguments)));
  WriteNumbers(arguments.Text("acknowledged"), result.good_numbers);
  return ReportOn(result);
}

}  // namespace

Scenario LoadScenario() {
  return {"load", "asks an HTTP server from many keep-alive connections",
          "--cookie=$HOME/.sendonce/regtest/.cookie --port=18552 --target=/v1/sends/{id} "
          "--connections=64 --seconds=5",
          Options(), Run};
}

}  // namespace sendonce::bench
