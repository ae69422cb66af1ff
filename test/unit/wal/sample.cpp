#include "sample.h"

#include <set>

#include "bitcoin/transaction.h"
#include "core/pruning.h"
#include "wal/codec.h"
#include "wal/frame.h"
#include "wal/index.h"

namespace sendonce::wal {

namespace {

constexpr core::Millis kStartMs = 1'790'000'000'000;
constexpr bitcoin::Amount kPaymentSat = 150'000;
constexpr bitcoin::Amount kFeeSat = 1'000;

bitcoin::Script WitnessKeyHash(uint8_t seed) {
  bitcoin::Script script(22, seed);
  script[0] = 0x00;
  script[1] = 0x14;
  return script;
}

core::ChainPosition SamplePosition(int32_t height) {
  return {height, SampleHash(static_cast<uint8_t>(height))};
}

core::SendContent SampleContent() {
  core::SendContent content;
  content.outputs = {{"bcrt1qone", WitnessKeyHash(1), 1'000}, {"bcrt1qtwo", WitnessKeyHash(2), 2}};
  content.fee = core::FeeChoice{6, 12'500};
  content.max_fee_sat = 20'000;
  content.batch = false;
  content.not_after_ms = 1'790'000'000'001;
  content.reference = "customer 4711";
  return content;
}

core::Exclusion SampleExclusion() {
  return {"w-2",
          SampleHash(3),
          core::ExclusionReason::kDescendsFromRival,
          {SampleHash(4), 5},
          SampleHash(6)};
}

core::Coin SampleCoin() {
  return {{SampleHash(7), 8}, 900'000, WitnessKeyHash(9)};
}

core::ChainWork SampleWork(uint8_t last) {
  core::ChainWork work{};
  work.back() = last;
  work.front() = 1;
  return work;
}

core::ContentDigest SampleDigest() {
  return {SampleHash(37), {1, 2, 3, 4, 5, 6}, 1'002};
}

core::Payment SamplePrunedPayment() {
  return {SampleHash(38), {SampleHash(38), SampleHash(39)}, {}, 1'100, 1, SamplePosition(102)};
}

core::WalCreated SampleCreated() {
  core::WalCreated created;
  for (size_t i = 0; i < created.wal_id.size(); ++i) created.wal_id[i] = static_cast<uint8_t>(i);
  created.network = bitcoin::Network::kSignet;
  created.genesis = SampleHash(10);
  created.wallet_name = "hot";
  created.binding_address = "bcrt1qbound";
  created.tip = SamplePosition(100);
  created.work = SampleWork(11);
  created.spends_before = {SampleHash(12), SampleHash(13)};
  return created;
}

}  // namespace

bitcoin::Hash256 SampleHash(uint8_t seed) {
  bitcoin::Hash256 hash;
  hash.bytes.fill(seed);
  hash.bytes.front() = 0xa0;
  return hash;
}

std::vector<core::Record> SampleRecords() {
  const core::ChainPosition block = SamplePosition(101);
  return {
      SampleCreated(),
      core::SendRecorded{"w-1", SampleContent()},
      core::SendEnded{"w-1", core::Ending::kExpired},
      core::BatchReserved{
          {"w-1", "w-2"}, {SampleCoin()}, {1, 2, 3}, {{0, 1}, {}}, 2, 1'100, {SampleExclusion()}},
      core::SignatureRequested{4, 1},
      core::VersionSigned{4, 2, {4, 5, 6}},
      core::VersionAccepted{4, SampleHash(14)},
      core::VersionAdopted{4, {7, 8}, {{3}}},
      core::RivalSeen{4, {9}, block},
      core::RivalGone{4, SampleHash(15)},
      core::BatchConfirmed{4, SampleHash(16), block},
      core::BatchReopened{4, block},
      core::BatchFinal{4},
      core::BatchDropped{4},
      core::ChainMoved{99, {SamplePosition(100), block}, SampleWork(17)},
      core::AlarmRaised{core::AlarmKind::kForeignVersion, SampleHash(18), 4, "look at it"},
      core::AlarmAccepted{16, "it was ours"},
      core::VersionReserved{4, 1, {SampleCoin()}, {1, 2}, {{0}, {}}, 1, 1'200},
      core::VerdictGiven{
          "w-1", core::OperatorVerdict::kNever, {SampleHash(34), SampleHash(35)}, "checked"},
      core::PaymentAdopted{"w-1", SampleContent(), {9, 9}, {0, 1}, 1'300},
      core::LocksReleased{4},
      core::CoinsVanished{4, {SampleCoin().outpoint}},
      core::DetailPruned{{{4,
                           SamplePrunedPayment(),
                           {SampleHash(40)},
                           1'790'000'000'002,
                           7,
                           {4, 5, 6, 7},
                           SampleHash(41),
                           {{"w-1", SampleDigest(), 1'790'000'000'001, 2}}}}},
  };
}

core::Send SampleSend() {
  core::Send send;
  send.id = "w-1";
  send.content = SampleContent();
  send.ending = core::Ending::kCancelled;
  send.batches = {4, 19};
  send.live_batch = 19;
  send.excluded_by_verdict = {SampleHash(36)};
  send.payment = core::Payment{
      SampleHash(20), {SampleHash(20), SampleHash(21)}, {0, 1}, 1'100, 2, SamplePosition(102)};
  send.created_at_ms = kStartMs;
  send.updated_at_ms = kStartMs + 1;
  send.recorded_seq = 2;
  send.seq = 22;
  return send;
}

core::Send SamplePrunedSend() {
  core::Send send;
  send.id = "w-1";
  send.pruned = SampleDigest();
  send.batches = {4};
  send.live_batch = 4;
  send.payment = SamplePrunedPayment();
  send.created_at_ms = kStartMs;
  send.updated_at_ms = kStartMs + 1;
  send.recorded_seq = 2;
  send.seq = 7;
  return send;
}

core::Batch SampleBatch() {
  core::Batch batch;
  batch.id = 4;
  batch.sends = {"w-1", "w-2"};
  batch.coins = {SampleCoin()};
  batch.core_coins = 1;
  batch.exclusions = {SampleExclusion()};
  batch.versions = {{{1}, {2, 3}, SampleHash(23), {{0}, {1}}, 2, 1'100, true, false, true},
                    {{}, {4}, SampleHash(24), {{}, {5}}, {}, 1'200, false, true, false}};
  batch.rivals = {{{6}, SampleHash(25), SamplePosition(103)}};
  batch.vanished = {SampleCoin().outpoint};
  batch.confirmation = core::Confirmation{SampleHash(24), SamplePosition(104)};
  batch.end = core::BatchEnd::kDropped;
  batch.left = true;
  batch.locked = false;
  batch.created_at_ms = kStartMs;
  batch.updated_at_ms = kStartMs + 2;
  batch.seq = 26;
  return batch;
}

core::Alarm SampleAlarm() {
  return {16, {core::AlarmKind::kRival, SampleHash(27), 4, "look"}, kStartMs, "seen", kStartMs + 3};
}

core::ChainState SampleChain() {
  return {{SamplePosition(100), SamplePosition(105)}, SampleWork(28), std::nullopt};
}

core::ChainState SamplePrunedChain() {
  return {{SamplePosition(100), SamplePosition(1200)}, SampleWork(28), 102};
}

core::Ledger::Contents KeptOf(const core::Ledger& ledger) {
  core::Ledger::Contents contents;
  std::set<core::SendId> of_kept_batches;
  for (const auto& [id, batch] : ledger.batches()) {
    if (!core::Ledger::IsKept(batch)) continue;
    contents.batches.push_back(batch);
    of_kept_batches.insert(batch.sends.begin(), batch.sends.end());
  }
  for (const auto& [id, send] : ledger.sends()) {
    if (core::Ledger::IsOpen(send) || of_kept_batches.contains(id)) contents.sends.push_back(send);
  }
  for (const auto& [number, alarm] : ledger.alarms()) contents.alarms.push_back(alarm);
  contents.created = ledger.created();
  contents.last_seq = ledger.last_seq();
  contents.chain = ledger.chain();
  return contents;
}

Story::Story() {
  core::WalCreated created = SampleCreated();
  created.network = bitcoin::Network::kRegtest;
  Apply(created);
}

const core::Entry& Story::Apply(core::Record record) {
  const core::Millis at_ms = kStartMs + static_cast<core::Millis>(entries_.size());
  entries_.push_back(ledger_.Apply(std::move(record), at_ms));
  return entries_.back();
}

void Story::Submit(const core::SendId& id) {
  core::SendContent content;
  content.outputs = {{"bcrt1qpayee", WitnessKeyHash(29), kPaymentSat}};
  content.reference = "for " + id;
  Apply(core::SendRecorded{id, content});
}

void Story::Cancel(const core::SendId& id) {
  Apply(core::SendEnded{id, core::Ending::kCancelled});
}

core::Coin Story::NewCoin(bitcoin::Amount amount_sat) {
  return {{SampleHash(30), ++coins_}, amount_sat, WitnessKeyHash(31)};
}

core::BatchId Story::Reserve(const std::vector<core::SendId>& ids) {
  core::BatchReserved record;
  record.sends = ids;
  record.fee_sat = kFeeSat;
  record.coins = {NewCoin(kPaymentSat * static_cast<bitcoin::Amount>(ids.size()) + kFeeSat)};
  for (uint32_t i = 0; i < ids.size(); ++i) record.paid.push_back({i});
  record.unsigned_tx = UnsignedBytes(record.coins, ids.size());
  return Apply(record).seq;
}

core::BatchId Story::Rebuild(core::BatchId left) {
  const core::Batch& old = *ledger_.FindBatch(left);
  core::BatchReserved record;
  record.sends = old.sends;
  record.coins = {old.coins[0], NewCoin(kFeeSat)};
  record.paid = old.versions[0].paid;
  record.fee_sat = 2 * kFeeSat;
  record.unsigned_tx = UnsignedBytes(record.coins, old.sends.size());
  for (const core::SendId& id : old.sends) {
    record.exclusions.push_back({id, CurrentTxid(left), core::ExclusionReason::kSharedCoin,
                                 old.coins[0].outpoint, bitcoin::Txid()});
  }
  return Apply(record).seq;
}

void Story::Replace(core::BatchId batch) {
  const core::Batch& old = *ledger_.FindBatch(batch);
  core::VersionReserved record;
  record.batch = batch;
  record.version = static_cast<uint32_t>(old.versions.size());
  record.added = {NewCoin(kFeeSat)};
  record.paid = old.versions[0].paid;
  record.fee_sat = 2 * kFeeSat;
  record.unsigned_tx = UnsignedBytes({old.coins[0], record.added[0]}, old.sends.size());
  Apply(record);
}

void Story::GiveVerdict(const core::SendId& id, core::OperatorVerdict verdict) {
  core::VerdictGiven record{id, verdict, {}, "the payee says so"};
  for (core::BatchId batch : ledger_.FindSend(id)->batches) {
    for (const core::Version& version : ledger_.FindBatch(batch)->versions) {
      record.excluded.push_back(version.txid);
    }
  }
  Apply(record);
}

core::BatchId Story::AdoptPayment(const core::SendId& id) {
  core::PaymentAdopted record;
  record.id = id;
  record.content.outputs = {{"bcrt1qpayee", WitnessKeyHash(29), kPaymentSat}};
  record.raw_tx = UnsignedBytes({NewCoin(kPaymentSat + kFeeSat)}, 1);
  record.vouts = {0};
  record.fee_sat = kFeeSat;
  return Apply(record).seq;
}

void Story::ReleaseLocks(core::BatchId batch) {
  Apply(core::LocksReleased{batch});
}

void Story::AskSignature(core::BatchId batch) {
  Apply(core::SignatureRequested{batch, 0});
}

void Story::Sign(core::BatchId batch) {
  Apply(core::VersionSigned{batch, 0, SignedBytes(batch, 1)});
}

void Story::Accept(core::BatchId batch) {
  Apply(core::VersionAccepted{batch, CurrentTxid(batch)});
}

void Story::Adopt(core::BatchId batch) {
  const core::Version& version = ledger_.FindBatch(batch)->versions.front();
  auto transaction = *bitcoin::ParseTransaction(version.raw_tx);
  transaction.inputs[0].script_sig = {0x51};
  Apply(core::VersionAdopted{batch, bitcoin::SerializeTransaction(transaction), version.paid});
}

void Story::SeeRival(core::BatchId batch) {
  bitcoin::Transaction transaction;
  transaction.inputs = {{ledger_.FindBatch(batch)->coins[0].outpoint, {}, 0xffffffff, {{1}}}};
  transaction.outputs = {{1'000, WitnessKeyHash(32)}};
  Apply(core::RivalSeen{batch, bitcoin::SerializeTransaction(transaction), std::nullopt});
}

void Story::LoseRival(core::BatchId batch) {
  Apply(core::RivalGone{batch, ledger_.FindBatch(batch)->rivals.front().txid});
}

void Story::LoseCoin(core::BatchId batch) {
  Apply(core::CoinsVanished{batch, {ledger_.FindBatch(batch)->coins[0].outpoint}});
}

void Story::Confirm(core::BatchId batch, int32_t height) {
  Apply(core::BatchConfirmed{batch, CurrentTxid(batch), SamplePosition(height)});
}

void Story::Reopen(core::BatchId batch) {
  Apply(core::BatchReopened{batch, ledger_.FindBatch(batch)->confirmation->block});
}

void Story::Finish(core::BatchId batch) {
  Apply(core::BatchFinal{batch});
}

void Story::Drop(core::BatchId batch) {
  Apply(core::BatchDropped{batch});
}

void Story::MoveChain(int32_t fork_height, int32_t new_height) {
  core::ChainMoved moved{fork_height, {}, SampleWork(static_cast<uint8_t>(new_height))};
  for (int32_t height = fork_height + 1; height <= new_height; ++height) {
    moved.blocks.push_back(SamplePosition(height));
  }
  Apply(moved);
}

core::Seq Story::RaiseAlarm(core::BatchId batch) {
  return Apply(core::AlarmRaised{core::AlarmKind::kRival, SampleHash(33), batch, "rival"}).seq;
}

void Story::AcceptAlarm(core::Seq alarm) {
  Apply(core::AlarmAccepted{alarm, "it was ours"});
}

std::vector<bitcoin::Bytes> Story::Frames() const {
  std::vector<bitcoin::Bytes> frames;
  Link link;
  for (const core::Entry& entry : entries_) {
    const Frame frame{entry.seq, entry.at_ms, link.hash, EncodeRecord(entry.record)};
    frames.push_back(EncodeFrame(frame));
    link = LinkAfter(frame, frames.back());
  }
  return frames;
}

core::PrunedBatch Story::Pruned(core::BatchId id) const {
  core::Prunable prunable;
  prunable.batch = *ledger_.FindBatch(id);
  for (const core::SendId& send : prunable.batch.sends) {
    prunable.sends.push_back(*ledger_.FindSend(send));
  }
  const Key prefix = BatchHistoryPrefix(id);
  for (const core::Entry& entry : entries_) {
    for (const KeyWrite& write : IndexWrites(entry)) {
      if (HasPrefix(write.key, prefix)) prunable.records.push_back(entry.seq);
    }
  }
  const auto frames = Frames();
  std::vector<Stub> stubs;
  for (core::Seq seq : core::StubsOf(prunable)) stubs.push_back(*StubOf(frames.at(seq - 1)));
  prunable.stubs_hash = HashOfStubs(stubs);
  return core::PrunedOf(prunable);
}

void Story::Prune(const std::vector<core::BatchId>& batches) {
  core::DetailPruned record;
  for (core::BatchId batch : batches) record.batches.push_back(Pruned(batch));
  Apply(record);
}

core::BatchId Story::PayUnseen(const core::SendId& id) {
  Submit(id);
  const core::BatchId batch = Reserve({id});
  AskSignature(batch);
  Sign(batch);
  return batch;
}

core::BatchId Story::Pay(const core::SendId& id, int32_t height) {
  const core::BatchId batch = PayUnseen(id);
  Accept(batch);
  Confirm(batch, height);
  MoveChain(height - 1, height);
  Finish(batch);
  return batch;
}

Story Story::OfEveryType() {
  Story story;
  story.Pay("paid-1", 101);
  story.Submit("burnt");
  story.Cancel("burnt");
  story.Submit("open-1");
  story.Submit("open-2");
  const core::BatchId dropped = story.Reserve({"open-1"});
  story.Drop(dropped);
  story.ReleaseLocks(dropped);
  const core::BatchId batch = story.Reserve({"open-1", "open-2"});
  story.AskSignature(batch);
  story.Sign(batch);
  story.SeeRival(batch);
  story.AcceptAlarm(story.RaiseAlarm(batch));
  story.LoseRival(batch);
  story.Adopt(batch);
  story.Confirm(batch, 102);
  story.MoveChain(101, 102);
  story.Reopen(batch);
  story.Pay("paid-2", 103);
  story.RaiseAlarm(batch);
  story.AdoptPayment("paid-3");
  story.Rebuild(story.PayUnseen("moved"));
  story.Replace(story.PayUnseen("bumped"));
  story.SeeRival(story.PayUnseen("lost"));
  story.GiveVerdict("lost", core::OperatorVerdict::kNever);
  story.Submit("waiting");
  return story;
}

Story Story::OfPruning() {
  Story story;
  const core::BatchId old_1 = story.Pay("old-1", 101);
  const core::BatchId old_2 = story.Pay("old-2", 102);
  story.MoveChain(102, 1'200);
  story.Pay("young", 1'201);
  story.Prune({old_1, old_2});
  story.Submit("waiting");
  return story;
}

std::vector<core::Entry> Story::EntriesAfter(size_t count) const {
  return {entries_.begin() + static_cast<ptrdiff_t>(count), entries_.end()};
}

bitcoin::Txid Story::CurrentTxid(core::BatchId batch) const {
  return core::CurrentVersion(*ledger_.FindBatch(batch)).txid;
}

bitcoin::Bytes Story::UnsignedBytes(const std::vector<core::Coin>& coins, size_t payments) {
  bitcoin::Transaction transaction;
  for (const core::Coin& coin : coins) {
    transaction.inputs.push_back({coin.outpoint, {}, 0xfffffffd, {}});
  }
  for (size_t i = 0; i < payments; ++i) {
    transaction.outputs.push_back({kPaymentSat, WitnessKeyHash(29)});
  }
  return bitcoin::SerializeTransaction(transaction);
}

bitcoin::Bytes Story::SignedBytes(core::BatchId batch, uint8_t signature) const {
  const auto& version = ledger_.FindBatch(batch)->versions.front();
  auto transaction = *bitcoin::ParseTransaction(version.unsigned_tx);
  for (bitcoin::TxIn& input : transaction.inputs) input.witness = {{signature}};
  return bitcoin::SerializeTransaction(transaction);
}

}  // namespace sendonce::wal
