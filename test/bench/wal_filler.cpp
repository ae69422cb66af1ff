#include "wal_filler.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/transaction_check.h"

namespace sendonce::bench {

namespace {

constexpr core::Millis kStartMs = 1'790'000'000'000;
constexpr bitcoin::Amount kPaymentSat = 150'000;
constexpr bitcoin::Amount kFeeSat = 20'000;
constexpr size_t kBatchesPerBlock = 10;
constexpr size_t kGroupRecords = 20'000;

// As they are for native segwit.
constexpr size_t kSignatureSize = 71;
constexpr size_t kPublicKeySize = 33;

// Every 64-bit number to another one, without a visible pattern (splitmix64's last step).
uint64_t Scatter(uint64_t number) {
  number += 0x9e3779b97f4a7c15;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

std::string HexOf(uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(number));
  return text;
}

// P2WPKH of nobody.
bitcoin::Script ScriptOf(uint64_t number) {
  bitcoin::Script script = {0x00, 0x14};
  for (size_t i = 0; i < 20; ++i) {
    script.push_back(static_cast<uint8_t>(Scatter(number + i / 8) >> (8 * (i % 8))));
  }
  return script;
}

bitcoin::Hash256 HashOf(uint64_t number) {
  bitcoin::Hash256 hash;
  for (size_t i = 0; i < hash.bytes.size(); ++i) {
    hash.bytes[i] = static_cast<uint8_t>(Scatter(number + i / 8) >> (8 * (i % 8)));
  }
  return hash;
}

core::ChainPosition BlockAt(int32_t height) {
  return {height, HashOf(static_cast<uint64_t>(height) << 32)};
}

core::WalCreated Beginning() {
  core::WalCreated created;
  created.wal_id.fill(0xbe);
  created.genesis = HashOf(0);
  created.wallet_name = "hot";
  created.binding_address = "bcrt1qbinding";
  created.tip = BlockAt(100);
  return created;
}

bitcoin::Bytes Signed(const bitcoin::Bytes& unsigned_tx) {
  auto transaction = *bitcoin::ParseTransaction(unsigned_tx);
  for (bitcoin::TxIn& input : transaction.inputs) {
    input.witness = {bitcoin::Bytes(kSignatureSize, 1), bitcoin::Bytes(kPublicKeySize, 2)};
  }
  return bitcoin::SerializeTransaction(transaction);
}

void Must(const std::optional<wal::Problem>& problem) {
  if (!problem) return;
  std::fprintf(stderr, "%s\n", problem->text().c_str());
  std::abort();
}

}  // namespace

core::SendId FilledId(uint64_t number) {
  return "w-" + HexOf(Scatter(number));
}

core::SendContent FilledContent(uint64_t number) {
  core::SendContent content;
  const auto amount_sat = kPaymentSat + static_cast<bitcoin::Amount>(number % 1'000);
  content.outputs = {
      {"bcrt1q" + HexOf(number) + HexOf(Scatter(number)) + "abcdef", ScriptOf(number), amount_sat}};
  content.reference = "customer " + std::to_string(number);
  return content;
}

WalFiller::WalFiller(const wal::Paths& paths) : batches_per_block_(kBatchesPerBlock) {
  const core::Entry first = ledger_.Apply(Beginning(), kStartMs);
  auto log = wal::Log::Create(paths, first);
  if (auto* problem = std::get_if<wal::Problem>(&log)) Must(*problem);
  log_ = std::move(std::get<0>(log));
}

WalFiller::WalFiller(const wal::Paths& paths, std::vector<core::ChainPosition> blocks,
                     size_t batches_per_block)
    : blocks_(std::move(blocks)), batches_per_block_(batches_per_block) {
  auto log = wal::Log::Open(paths);
  if (auto* problem = std::get_if<wal::Problem>(&log)) Must(*problem);
  log_ = std::move(std::get<0>(log));
  auto contents = log_->Load();
  if (auto* problem = std::get_if<wal::Problem>(&contents)) Must(*problem);
  ledger_ = core::Ledger(std::move(std::get<0>(contents)));
  const int32_t tip_height = ledger_.chain().tip().height;
  std::erase_if(blocks_, [&](const auto& block) { return block.height <= tip_height; });
}

void WalFiller::AddFinished(uint64_t sends, uint32_t sends_per_batch) {
  while (sends > 0) {
    std::vector<core::SendId> ids;
    for (; sends > 0 && ids.size() < sends_per_batch; --sends) {
      ids.push_back(FilledId(sends_));
      Submit();
    }
    PayBatch(ids);
    if (confirmed_.size() == batches_per_block_ || sends == 0) MineBlock();
    if (unwritten_.size() >= kGroupRecords) Write();
  }
}

void WalFiller::AddOpen(uint64_t sends) {
  for (; sends > 0; --sends) Submit();
}

void WalFiller::Finish() {
  Write();
  Must(log_->SyncAnchor());
}

void WalFiller::Submit() {
  Apply(core::SendRecorded{FilledId(sends_), FilledContent(sends_)});
  ++sends_;
}

// One coin pays them all; what is left is change.
void WalFiller::PayBatch(const std::vector<core::SendId>& ids) {
  std::vector<const core::SendContent*> contents;
  bitcoin::Amount total_sat = 0;
  for (const core::SendId& id : ids) {
    contents.push_back(&*ledger_.FindSend(id)->content);
    total_sat += core::TotalAmountSat(*contents.back());
  }
  const uint64_t coin = ++coins_;
  const std::vector<core::Coin> coins = {
      {{HashOf(coin << 40), 0}, total_sat + kPaymentSat + kFeeSat, ScriptOf(1)}};
  bitcoin::Transaction transaction;
  transaction.inputs = {{coins[0].outpoint, {}, 0xfffffffd, {}}};
  transaction.outputs = core::OutputsOf(contents);
  transaction.outputs.push_back({kPaymentSat, ScriptOf(2)});
  core::Draft draft;
  draft.unsigned_tx = bitcoin::SerializeTransaction(transaction);
  draft.change_scripts = {ScriptOf(2)};
  core::BatchReserved reserved = *core::CheckDraft(draft, coins, contents).reservation;
  reserved.sends = ids;
  const core::BatchId batch = Apply(std::move(reserved));
  Apply(core::SignatureRequested{batch, 0});
  Apply(core::VersionSigned{batch, 0, Signed(draft.unsigned_tx)});
  Apply(core::VersionAccepted{batch, ledger_.FindBatch(batch)->versions[0].txid});
  confirmed_.push_back(batch);
}

core::ChainPosition WalFiller::NextBlock() {
  return blocks_.empty() ? BlockAt(ledger_.chain().tip().height + 1) : blocks_.at(next_block_++);
}

// Final at once: how deep they are is not the ledger's business.
void WalFiller::MineBlock() {
  const auto block = NextBlock();
  for (core::BatchId batch : confirmed_) {
    Apply(core::BatchConfirmed{batch, ledger_.FindBatch(batch)->versions[0].txid, block});
  }
  Apply(core::ChainMoved{block.height - 1, {block}, {}});
  for (core::BatchId batch : confirmed_) {
    Apply(core::BatchFinal{batch});
    ledger_.ForgetIfClosed(batch, ledger_.last_seq());
  }
  confirmed_.clear();
}

core::Seq WalFiller::Apply(core::Record record) {
  const auto at_ms = kStartMs + static_cast<core::Millis>(ledger_.last_seq());
  unwritten_.push_back(ledger_.Apply(std::move(record), at_ms));
  return unwritten_.back().seq;
}

void WalFiller::Write() {
  Must(log_->Append(unwritten_));
  unwritten_.clear();
}

}  // namespace sendonce::bench
