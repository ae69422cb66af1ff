#include <chrono>
#include <fstream>
#include <stdexcept>

#include "scenario.h"
#include "wal_filler.h"

namespace sendonce::bench {

namespace {

constexpr uint32_t kSendsPerBatch = 500;

// Lines of height and hash.
std::vector<core::ChainPosition> BlocksIn(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw UsageError("cannot read " + path);
  std::vector<core::ChainPosition> blocks;
  int32_t height = 0;
  for (std::string hash; file >> height >> hash;) {
    const auto parsed = bitcoin::HashFromDisplayHex(hash);
    if (!parsed) throw UsageError("not a block's hash: " + hash);
    blocks.push_back({height, *parsed});
  }
  return blocks;
}

Report Run(const Arguments& arguments) {
  const auto blocks = BlocksIn(arguments.Text("blocks"));
  if (blocks.empty()) throw UsageError("--blocks names no block");
  const uint64_t finished = arguments.Whole("finished");
  const uint64_t batches = (finished + kSendsPerBatch - 1) / kSendsPerBatch;
  const auto begin = std::chrono::steady_clock::now();
  WalFiller filler({arguments.Text("wal"), arguments.Text("anchor")}, blocks,
                   batches / (blocks.size() / 2 + 1) + 1);
  filler.AddFinished(finished, kSendsPerBatch);
  filler.AddOpen(arguments.Whole("open"));
  filler.Finish();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  Report report;
  report.Add("sends", static_cast<double>(filler.sends()));
  report.Add("records", static_cast<double>(filler.last_seq()));
  report.Add("seconds", taken.count());
  return report;
}

}  // namespace

Scenario FillWalScenario() {
  return {"fill-wal",
          "goes on with a log that sendonced has made: finished sends, then open ones",
          "--wal=DIR/regtest/wal --anchor=DIR/regtest/anchor --blocks=FILE --finished=1000000",
          {{"wal", "", "its folder"},
           {"anchor", "", "its file"},
           {"blocks", "",
            "a file with height and hash of the node's blocks; two in three of them above the "
            "log's tip"},
           {"finished", "1000", "sends that are paid and final, 500 in a batch"},
           {"open", "0", "sends that wait to be paid"}},
          Run};
}

}  // namespace sendonce::bench
