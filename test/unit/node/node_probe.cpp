// Lets a test call node::Bitcoind and node::ZmqSubscriber: reads one call per line from standard
// input and writes what came of it, some lines of name and value, the last of them "done",
// "refused <stall code> <code> <text>" or "unknown <text>". Run by test/functional/node_adapter.py
// against a real bitcoind; checks nothing itself.

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "node/bitcoind.h"
#include "node/zmq_subscriber.h"

namespace {

using namespace sendonce;  // a program of one file
using core::Outcome;
using Words = std::vector<std::string>;

[[noreturn]] void Stop(const std::string& problem) {
  std::cerr << "node_probe: " << problem << "\n";
  std::exit(1);
}

template <typename T>
T Needed(std::optional<T> value, const std::string& text) {
  if (!value) Stop("cannot read " + text);
  return std::move(*value);
}

bitcoin::Hash256 Hash(const std::string& text) {
  return Needed(bitcoin::HashFromDisplayHex(text), text);
}

bitcoin::Bytes Hex(const std::string& text) {
  return Needed(bitcoin::BytesFromHex(text), text);
}

Words Split(const std::string& text, char separator) {
  Words parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

bitcoin::OutPoint OutPoint(const Words& parts) {
  return {Hash(parts.at(0)), static_cast<uint32_t>(std::stoul(parts.at(1)))};
}

std::vector<bitcoin::OutPoint> OutPoints(const Words& words) {
  std::vector<bitcoin::OutPoint> outpoints;
  for (const std::string& word : words) outpoints.push_back(OutPoint(Split(word, ':')));
  return outpoints;
}

core::ChainPosition Position(const std::string& text) {
  const Words parts = Split(text, ':');
  return {static_cast<int32_t>(std::stol(parts.at(0))), Hash(parts.at(1))};
}

// --- what is written

std::string Text(const bitcoin::OutPoint& outpoint) {
  return bitcoin::DisplayHex(outpoint.txid) + ":" + std::to_string(outpoint.vout);
}

std::string Text(const core::ChainPosition& position) {
  return std::to_string(position.height) + ":" + bitcoin::DisplayHex(position.hash);
}

void Put(const std::string& name, const std::string& value) {
  std::cout << name << " " << value << "\n";
}

void Put(const std::string& name, int64_t value) {
  Put(name, std::to_string(value));
}

void Write(const core::Done&) {}

void Write(const std::string& text) {
  Put("text", text);
}

void Write(const bitcoin::Bytes& bytes) {
  Put("hex", bitcoin::HexFromBytes(bytes));
}

void Write(const core::NodeFacts& facts) {
  Put("chain", facts.chain);
  Put("genesis", bitcoin::DisplayHex(facts.genesis));
  Put("tip", Text(facts.tip));
  Put("work", bitcoin::HexFromBytes(facts.work));
  Put("initial_block_download", facts.initial_block_download);
  Put("subversion", facts.subversion);
  Put("wallet", facts.wallet_name);
  Put("private_keys", facts.wallet_has_private_keys);
  Put("locked", facts.wallet_locked);
  Put("scanning", facts.wallet_scanning);
  Put("wallet_height", facts.wallet_height);
  for (const std::string& binding : facts.wallet_bindings) Put("binding", binding);
}

void Write(const core::ChainStep& step) {
  Put("connected", step.connected);
  Put("fork", step.fork_height);
  for (const core::ReadBlock& block : step.blocks) {
    Put("block", Text(block.position));
    for (const bitcoin::Transaction& transaction : block.transactions) {
      Put("txid", bitcoin::DisplayHex(bitcoin::TxidOf(transaction)));
    }
  }
  Put("more", step.more);
}

void Write(const node::Bitcoind::WalletCoins& read) {
  for (const core::WalletCoin& each : read.coins) {
    Put("coin", Text(each.coin.outpoint) + ":" + std::to_string(each.coin.amount_sat) + ":" +
                    bitcoin::HexFromBytes(each.coin.script) + ":" +
                    std::to_string(each.height));
  }
  for (const bitcoin::OutPoint& coin : read.locked) Put("locked", Text(coin));
}

void Write(const core::FoundTransaction& found) {
  Put("hex", bitcoin::HexFromBytes(found.raw_tx));
  if (found.block) Put("block", Text(*found.block));
  for (uint32_t vout : found.sent_vouts) Put("sent", vout);
  Put("fee", found.fee_sat);
}

void Write(const std::vector<core::WalletSpend>& spends) {
  for (const core::WalletSpend& spend : spends) {
    Put("spend", bitcoin::DisplayHex(spend.txid) + ":" + std::to_string(spend.confirmations));
  }
}

void Write(const std::vector<core::CoinStanding>& standings) {
  for (const core::CoinStanding& standing : standings) {
    std::string text = standing.unspent ? "unspent" : "neither";
    if (standing.mempool_spender) {
      text = bitcoin::DisplayHex(bitcoin::TxidOf(*standing.mempool_spender));
    }
    Put("standing", text);
  }
}

void Write(const core::Draft& draft) {
  Put("hex", bitcoin::HexFromBytes(draft.unsigned_tx));
  for (const auto& script : draft.change_scripts) Put("change", bitcoin::HexFromBytes(script));
  Put("rate", draft.fee_rate_sat_kvb);
  Put("tip", bitcoin::DisplayHex(draft.tip));
  for (const bitcoin::OutPoint& coin : draft.missing) Put("missing", Text(coin));
  if (!draft.judgement) return;
  Put("judgement",
      std::string(core::StallCode(draft.judgement->why)) + " " + draft.judgement->text);
}

void Write(const node::Requirements& requirements) {
  for (const std::string& sentence : requirements.unmet) Put("unmet", sentence);
  Put("rawtx", requirements.zmq.rawtx);
  Put("sequence", requirements.zmq.sequence);
}

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

template <typename T>
void Finish(const Outcome<T>& outcome) {
  if (const T* result = std::get_if<T>(&outcome)) {
    Write(*result);
    std::cout << "done" << std::endl;
  } else if (const auto* refused = std::get_if<core::Refused>(&outcome)) {
    std::cout << "refused " << core::StallCode(refused->why) << " " << refused->code << " "
              << OneLine(refused->text) << std::endl;
  } else {
    std::cout << "unknown " << OneLine(std::get<core::Unknown>(outcome).text) << std::endl;
  }
}

// --- calls

// Words such as rate=12500 (sat/kvB), target=6, fallback=1000, replaces=1 (a batch),
// coin=txid:vout:amount:script, pay=amount:script.
core::DraftTransaction DraftFrom(const Words& words) {
  core::DraftTransaction effect;
  for (const std::string& word : words) {
    const size_t at = word.find('=');
    const std::string name = word.substr(0, at);
    const Words parts = Split(word.substr(at + 1), ':');
    if (name == "rate") effect.fee.fee_rate_sat_kvb = std::stoll(parts.at(0));
    if (name == "replaces") effect.replaces = std::stoull(parts.at(0));
    if (name == "target") effect.fee.conf_target = std::stoi(parts.at(0));
    if (name == "fallback") effect.fallback_fee_rate_sat_kvb = std::stoll(parts.at(0));
    if (name == "coin") {
      effect.coins.push_back({OutPoint(parts), std::stoll(parts.at(2)), Hex(parts.at(3))});
    }
    if (name == "pay") effect.outputs.push_back({std::stoll(parts.at(0)), Hex(parts.at(1))});
  }
  return effect;
}

core::WalId WalIdFrom(const std::string& text) {
  core::WalId id{};
  const bitcoin::Bytes bytes = Hex(text);
  if (bytes.size() != id.size()) Stop("not a WAL id: " + text);
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

class Hints {
 public:
  void Subscribe(const node::ZmqEndpoints& endpoints) {
    subscriber_ = std::make_unique<node::ZmqSubscriber>(
        endpoints, node::ZmqHandlers{[this](core::TransactionHint) { ++transactions_; },
                                     [this](core::ChainHint) { ++chain_; }});
  }

  void Write() const {
    const node::ZmqCounts counts = subscriber_->counts();
    Put("error", subscriber_->error());
    Put("transactions", transactions_);
    Put("chain", chain_);
    Put("messages", static_cast<int64_t>(counts.messages));
    Put("malformed", static_cast<int64_t>(counts.malformed));
    Put("gaps", static_cast<int64_t>(counts.gaps));
    Put("connections", static_cast<int64_t>(counts.connections));
    std::cout << "done" << std::endl;
  }

 private:
  std::atomic<int64_t> transactions_{0};
  std::atomic<int64_t> chain_{0};
  std::unique_ptr<node::ZmqSubscriber> subscriber_;
};

void ReadCall(node::Bitcoind& bitcoind, const std::string& name, const Words& words) {
  if (name == "facts") return Finish(bitcoind.ReadFacts());
  if (name == "coins" && words.empty()) return Finish(bitcoind.ReadCoins({}));
  if (name == "coins") return Finish(bitcoind.ReadCoins({std::stoi(words.at(0))}));
  if (name == "requirements") return Finish(bitcoind.CheckRequirements());
  if (name == "spends") return Finish(bitcoind.ReadSpends({Position(words.at(0))}));
  if (name == "transaction") return Finish(bitcoind.LookUpTransaction({0, Hash(words.at(0))}));
  if (name == "lookup") return Finish(bitcoind.LookUpCoins({0, OutPoints(words)}));
  if (name == "draft") return Finish(bitcoind.MakeDraft(DraftFrom(words)));
  if (name != "chain") Stop("no call " + name);
  core::ReadChain effect;
  for (const std::string& word : words) effect.locator.push_back(Position(word));
  Finish(bitcoind.ReadChain(effect));
}

void Call(node::Bitcoind& bitcoind, Hints& hints, const std::string& name, const Words& words) {
  if (name == "lock") return Finish(bitcoind.LockCoins({0, OutPoints(words)}));
  if (name == "unlock") return Finish(bitcoind.UnlockCoins({0, OutPoints(words)}));
  if (name == "sign") return Finish(bitcoind.Sign({0, 0, Hex(words.at(0))}));
  if (name == "bind") return Finish(bitcoind.NewBinding(WalIdFrom(words.at(0))));
  if (name == "probe") return Finish(bitcoind.SignProbe(words.at(0)));
  if (name == "hints") return hints.Write();
  if (name == "subscribe") {
    hints.Subscribe({words.at(0), words.at(1)});
    return Finish(Outcome<core::Done>(core::Done{}));
  }
  if (name == "broadcast") {  // txid, maxfeerate in sat/kvB, transaction
    return Finish(
        bitcoind.Broadcast({0, Hash(words.at(0)), Hex(words.at(2)), std::stoll(words.at(1))}));
  }
  ReadCall(bitcoind, name, words);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) Stop("usage: node_probe <port> <cookie file> <wallet> <call timeout in ms>");
  node::RpcOptions options;
  options.port = static_cast<uint16_t>(std::stoul(argv[1]));
  options.cookie_file = argv[2];
  options.wallet = argv[3];
  options.call_timeout_ms = std::stoll(argv[4]);
  node::Bitcoind bitcoind(options);
  Hints hints;
  for (std::string line; std::getline(std::cin, line);) {
    Words words = Split(line, ' ');
    const std::string name = words.at(0);
    words.erase(words.begin());
    Call(bitcoind, hints, name, words);
  }
  return 0;
}
