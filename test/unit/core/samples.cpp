#include "samples.h"

#include <array>
#include <cassert>
#include <string>

#include "core/transaction_check.h"

namespace sendonce::core::samples {

namespace {

// As they are for native segwit, so that sizes are what is expected of them.
constexpr size_t kSignatureSize = 71;
constexpr size_t kPublicKeySize = 33;

std::array<uint8_t, 20> Hash160Of(std::string_view name) {
  std::array<uint8_t, 20> hash{};
  assert(name.size() <= hash.size());
  std::copy(name.begin(), name.end(), hash.begin());
  return hash;
}

}  // namespace

bitcoin::Hash256 HashOf(uint32_t number) {
  bitcoin::Hash256 hash;
  for (size_t i = 0; i < 4; ++i) hash.bytes[i] = static_cast<uint8_t>(number >> (8 * i));
  return hash;
}

bitcoin::Script ScriptOf(std::string_view name) {
  return bitcoin::ScriptOf(bitcoin::WitnessProgram{0, Hash160Of(name)});
}

bitcoin::Script LegacyScriptOf(std::string_view name) {
  return bitcoin::P2pkhScript(Hash160Of(name));
}

bitcoin::OutPoint OutPointOf(uint32_t number) {
  return {HashOf(number), 0};
}

Coin CoinOf(uint32_t number, bitcoin::Amount amount_sat) {
  return {OutPointOf(number), amount_sat, ScriptOf("wallet")};
}

Coin LegacyCoinOf(uint32_t number, bitcoin::Amount amount_sat) {
  return {OutPointOf(number), amount_sat, LegacyScriptOf("wallet")};
}

Payee To(std::string_view name, bitcoin::Amount amount_sat) {
  return {"address of " + std::string(name), ScriptOf(name), amount_sat};
}

SendContent Paying(std::vector<Payee> outputs) {
  SendContent content;
  content.outputs = std::move(outputs);
  return content;
}

bitcoin::TxOut OutputTo(std::string_view name, bitcoin::Amount amount_sat) {
  return {amount_sat, ScriptOf(name)};
}

bitcoin::Transaction Spending(const std::vector<Coin>& coins,
                              const std::vector<bitcoin::TxOut>& outputs) {
  bitcoin::Transaction transaction;
  for (const Coin& coin : coins) {
    transaction.inputs.push_back({coin.outpoint, {}, 0xfffffffd, {}});
  }
  transaction.outputs = outputs;
  return transaction;
}

bitcoin::Transaction Signed(bitcoin::Transaction transaction, const std::vector<Coin>& coins,
                            uint8_t signer) {
  assert(transaction.inputs.size() == coins.size());
  for (size_t i = 0; i < coins.size(); ++i) {
    bitcoin::Bytes signature = {0x30, signer};
    if (bitcoin::IsNativeSegwit(bitcoin::KindOf(coins[i].script))) {
      signature.resize(kSignatureSize);
      transaction.inputs[i].witness = {signature, bitcoin::Bytes(kPublicKeySize, 2)};
    } else {
      transaction.inputs[i].script_sig = signature;
    }
  }
  return transaction;
}

bitcoin::Transaction ByAnother(const std::vector<Coin>& coins,
                               const std::vector<bitcoin::TxOut>& outputs) {
  return Signed(Spending(coins, outputs), coins, 9);
}

bitcoin::Bytes BytesOf(const bitcoin::Transaction& transaction) {
  return bitcoin::SerializeTransaction(transaction);
}

ChainPosition BlockAt(int32_t height, uint32_t branch) {
  return {height, HashOf(1'000'000 * (branch + 1) + static_cast<uint32_t>(height))};
}

ChainWork WorkOf(uint32_t amount) {
  ChainWork work{};
  for (size_t i = 0; i < 4; ++i) work[31 - i] = static_cast<uint8_t>(amount >> (8 * i));
  return work;
}

WalCreated LogBeginning() {
  WalCreated created;
  created.wal_id.fill(0xab);
  created.genesis = HashOf(999);
  created.wallet_name = "hot";
  created.binding_address = "address of the binding";
  created.tip = BlockAt(kFirstHeight);
  created.work = WorkOf(kFirstHeight);
  return created;
}

BatchReserved Reservation(const Ledger& ledger, const std::vector<SendId>& sends,
                          const std::vector<Coin>& coins, bitcoin::Amount fee_sat) {
  std::vector<const SendContent*> contents;
  for (const SendId& id : sends) contents.push_back(&*ledger.FindSend(id)->content);
  std::vector<bitcoin::TxOut> outputs = OutputsOf(contents);
  bitcoin::Amount change_sat = -fee_sat;
  for (const Coin& coin : coins) change_sat += coin.amount_sat;
  for (const bitcoin::TxOut& output : outputs) change_sat -= output.amount_sat;
  assert(change_sat > 0);
  outputs.push_back(OutputTo("change", change_sat));
  Draft draft;
  draft.unsigned_tx = BytesOf(Spending(coins, outputs));
  draft.change_scripts = {ScriptOf("change")};
  CheckedDraft checked = CheckDraft(draft, coins, contents);
  assert(checked.reservation);
  checked.reservation->sends = sends;
  return std::move(*checked.reservation);
}

bitcoin::Bytes SignatureFor(const Ledger& ledger, BatchId batch, uint8_t signer) {
  const Batch& known = *ledger.FindBatch(batch);
  const auto transaction = bitcoin::ParseTransaction(known.versions.front().unsigned_tx);
  return BytesOf(Signed(*transaction, known.coins, signer));
}

}  // namespace sendonce::core::samples
