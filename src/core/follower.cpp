#include "core/follower.h"

#include <algorithm>
#include <cassert>
#include <set>

#include "core/backoff.h"
#include "core/output_claims.h"

namespace sendonce::core {

namespace {

// How far back the wallet's spends are compared with the log: further than any confirmed payment
// takes to become final. Once that went well, and for as long as nothing goes wrong with the node,
// only what the blocks since and a few before them hold: the wallet's answer costs it seconds where
// many coins came in within a day.
constexpr int32_t kSpendsWindowBlocks = 144;
constexpr int32_t kSpendsOverlapBlocks = 6;
// The wallet is read with each new tip, and this often without one: its coins and spends cost the
// node seconds where there are many.
constexpr Millis kWalletReadIntervalMs = 60'000;
// All coins are read again, where that is wanted, after so many times as long as the last reading
// of all took: seconds for 100,000 coins, in which the wallet does nothing else.
constexpr Millis kPauseAfterFullRead = 20;

constexpr const char* kChainUnknown =
    "the node's chain holds no block that this WAL has read: it has another history from before "
    "the "
    "WAL was made; point sendonced at the node that it was made with";

constexpr const char* kPrunedBelow =
    "blocks have left the chain below payments whose detail was pruned, and what they did can not "
    "be told any more: point sendonced at a node with the chain that it has followed, or put back "
    "a copy of the WAL from before the pruning";

constexpr const char* kBehindWallet =
    "the wallet has spent what this WAL does not know: put the newest WAL back, or give each spend "
    "to its id (adopt, or a verdict `paid`) or accept its alarm with a reason (/v1/alarms)";

std::string HexOf(const WalId& id) {
  return bitcoin::HexFromBytes(id);
}

bool IsNotFound(const TransactionLookedUp& reply) {
  const auto* refused = std::get_if<Refused>(&reply.outcome);
  return refused && refused->why == Refusal::kNotFound;
}

// Signatures of native segwit inputs are no part of the txid (BIP 141).
bool HasStableTxid(const Batch& batch) {
  return std::all_of(batch.coins.begin(), batch.coins.end(), [](const Coin& coin) {
    return bitcoin::IsNativeSegwit(bitcoin::KindOf(coin.script));
  });
}

// A send of the batch is paid by another one on an operator's word, and that is not final yet.
bool HasLeaverByVerdict(const Ledger& ledger, const Batch& batch) {
  return std::any_of(batch.sends.begin(), batch.sends.end(), [&](const SendId& id) {
    const Send* send = ledger.FindSend(id);
    const Batch* live = send && Ledger::IsOpen(*send) ? ledger.LiveBatchOf(*send) : nullptr;
    if (!live || live->id == batch.id) return false;
    return std::any_of(live->exclusions.begin(), live->exclusions.end(), [&](const auto& one) {
      return one.send == id && one.reason == ExclusionReason::kVerdict;
    });
  });
}

// A stall of the same code goes on; another one begins now.
std::optional<Stall> Renew(const std::optional<Stall>& old, const std::string& code,
                           const std::string& detail, bool automatic, Millis now_ms) {
  if (code.empty()) return std::nullopt;
  const bool goes_on = old && old->code == code && old->since_ms > 0;
  return Stall{code, detail, goes_on ? old->since_ms : now_ms, automatic};
}

}  // namespace

Follower::Follower(const Policy& policy, Ledger& ledger, Outbox& outbox, CoinPool& pool)
    : policy_(policy),
      ledger_(ledger),
      outbox_(outbox),
      pool_(pool),
      alarms_(ledger, outbox),
      spenders_(ledger, outbox, alarms_),
      matcher_(policy, outbox),
      spends_since_(BlockBelowTip(kSpendsWindowBlocks)) {
  SetStalls(0);
}

void Follower::Advance(Millis now_ms) {
  SetStalls(now_ms);
  matcher_.Advance(now_ms);
  if (reading_ || pending_reads_ > 0) return;
  const bool in_trouble = failures_ > 0 || wallet_failures_ > 0;
  if (now_ms < next_read_ms_ && (in_trouble || !wanted_)) return;
  reading_ = true;
  wanted_ = false;
  ++readings_begun_;
  outbox_.Emit(ReadChain{ledger_.chain().locator});
}

Millis Follower::next_due_ms() const {
  // While the node is being read its reply is what wakes us.
  const Millis read_ms = reading_ || pending_reads_ > 0 ? INT64_MAX : next_read_ms_;
  return std::min(read_ms, matcher_.next_due_ms());
}

template <typename T>
void Follower::OnFailedRead(const Outcome<T>& outcome, Millis wait_ms, Millis now_ms) {
  next_read_ms_ = now_ms + wait_ms;
  if (const auto* refused = std::get_if<Refused>(&outcome)) {
    std::string text = refused->text;
    if (refused->why == core::Refusal::kWalletNotLoaded) {
      text += "; the log was made for wallet '" + ledger_.created().wallet_name +
              "': if that has another name now, say so with -rpcwallet";
    }
    OnNodeTrouble(std::string(StallCode(refused->why)), text, now_ms);
  } else {
    OnNodeTrouble("node_unavailable", std::get<Unknown>(outcome).text, now_ms);
  }
}

void Follower::OnChainRead(const ChainRead& read, Millis now_ms) {
  reading_ = false;
  const auto* step = std::get_if<ChainStep>(&read.outcome);
  if (!step) return OnFailedRead(read.outcome, Backoff(policy_, failures_++), now_ms);
  failures_ = 0;
  next_read_ms_ = now_ms + policy_.reconcile_interval_ms;
  OnNodeFacts(step->facts, now_ms);
  // Less work than was seen is no reorganisation (R10): nothing is read from such a chain.
  const bool is_usable = !is_unfit_ && step->facts.work >= ledger_.chain().work;
  caught_up_ = false;
  if (is_usable && !step->connected) {
    trouble_code_ = "chain_unknown";
    trouble_text_ = kChainUnknown;
  }
  if (is_usable && step->connected && IsBelowPruned(*step)) {
    trouble_code_ = "pruned_below";
    trouble_text_ = kPrunedBelow;
  } else if (is_usable && step->connected && step->more && !compared_with_wallet_) {
    CompareFirst();
  } else if (is_usable && step->connected) {
    ledger_.Restore(read.stored_sends, read.stored_batches);
    FollowStep(*step, now_ms);
  }
  SetStalls(now_ms);
}

// Which spends a start compares with the log goes by the log's last block. One that is far behind
// is compared before that moves: a death on the way would leave what came in between to nobody.
// Nothing is asked of a wallet whose answer would not count: it costs it seconds each time.
void Follower::CompareFirst() {
  if (!CanCompare()) return;
  pending_reads_ = 1;
  outbox_.Emit(ReadSpends{spends_since_});
}

// No step back without proof: what a batch down there would have to be opened with is gone.
bool Follower::IsBelowPruned(const ChainStep& step) const {
  const auto& pruned_up_to = ledger_.chain().pruned_up_to;
  return pruned_up_to && step.fork_height < *pruned_up_to;
}

void Follower::OnNodeTrouble(const std::string& code, const std::string& text, Millis now_ms) {
  trouble_code_ = code;
  trouble_text_ = text;
  caught_up_ = false;
  wallet_read_due_ms_ = now_ms;
  // What it did meanwhile, or which wallet it has now, is not known.
  if (compared_with_wallet_) spends_since_ = BlockBelowTip(kSpendsWindowBlocks);
  SetStalls(now_ms);
}

void Follower::OnNodeFacts(const NodeFacts& facts, Millis now_ms) {
  if (facts_ && facts.started_at_ms > facts_->started_at_ms + kStartToleranceMs) ++node_restarts_;
  facts_ = facts;
  const auto unfitness = UnfitnessOf(facts);
  is_unfit_ = unfitness.has_value();
  const auto problem = unfitness ? unfitness : LagOf(facts);
  trouble_code_ = problem ? problem->first : "";
  trouble_text_ = problem ? problem->second : "";
  // The wallet is a moment behind each new block: that is not worth a whole interval.
  if (trouble_code_ == "wallet_scanning") next_read_ms_ = now_ms + policy_.retry_min_ms;
  SetStalls(now_ms);
}

// Another genesis, another binding, a mempool that does not show what the node was given: the
// answers from the log stay true, but nothing may be paid through this node, nor learnt from it.
std::optional<std::pair<std::string, std::string>> Follower::UnfitnessOf(
    const NodeFacts& facts) const {
  const WalCreated& created = ledger_.created();
  if (facts.genesis != created.genesis) {
    return {{"other_chain", "the node is on chain " + facts.chain +
                                ", the WAL belongs to another; point -rpcconnect, -rpcport and "
                                "the chain option at the node that it was made for"}};
  }
  const std::string own = HexOf(created.wal_id);
  const auto& bindings = facts.wallet_bindings;
  if (std::find(bindings.begin(), bindings.end(), own) == bindings.end()) {
    return {{"wallet_not_bound", "wallet '" + facts.wallet_name +
                                     "' does not carry the binding of this WAL; name the wallet "
                                     "it was made for with -rpcwallet or, if this is that wallet "
                                     "from an older backup, bind it: getnewaddress sendonce:" +
                                     own}};
  }
  if (bindings.size() > 1) {
    return {{"wallet_bound_twice", "wallet '" + facts.wallet_name +
                                       "' is bound to more than one WAL; two payers on one wallet "
                                       "pay twice, so none of them may pay"}};
  }
  if (!facts.wallet_has_private_keys) {
    return {{"cannot_sign", "wallet '" + facts.wallet_name + "' has no private keys"}};
  }
  if (facts.private_broadcast) {
    return {{"private_broadcast",
             "the node runs with -privatebroadcast, so that its mempool does not show what it was "
             "given: start it without"}};
  }
  return std::nullopt;
}

std::optional<std::pair<std::string, std::string>> Follower::LagOf(const NodeFacts& facts) const {
  if (facts.work < ledger_.chain().work) {
    return {{"node_behind", "the node's chain has less work than has been seen before"}};
  }
  if (facts.initial_block_download) {
    return {{"initial_block_download", "the node is downloading the chain"}};
  }
  if (facts.wallet_scanning || facts.wallet_height < facts.tip.height) {
    return {{"wallet_scanning", "the wallet is behind the chain"}};
  }
  if (facts.wallet_locked) {
    return {{"wallet_locked", "unlock the wallet with walletpassphrase"}};
  }
  return std::nullopt;
}

bool Follower::behind_wallet() const {
  if (!matcher_.is_done()) return true;
  return std::any_of(ledger_.alarms().begin(), ledger_.alarms().end(), [](const auto& item) {
    const Alarm& alarm = item.second;
    return alarm.raised.kind == AlarmKind::kUnexplainedSpendAtStart && !alarm.accepted_reason;
  });
}

void Follower::SetStalls(Millis now_ms) {
  std::string code = trouble_code_;
  std::string detail = trouble_text_;
  bool automatic = !is_unfit_ && code != "chain_unknown" && code != "pruned_below";
  if (code.empty() && behind_wallet()) {
    code = "wal_behind_wallet";
    detail = kBehindWallet;
    automatic = false;
  }
  if (code.empty() && !(caught_up_ && coins_known_ && compared_with_wallet_)) {
    code = "starting";
    detail = "reading the chain and the wallet";
  }
  building_stall_ = Renew(building_stall_, code, detail, automatic, now_ms);
  // What only keeps new transactions from being made does not keep recorded bytes from going out.
  const bool may_send =
      compared_with_wallet_ && !behind_wallet() &&
      (code == "node_behind" || code == "initial_block_download" || code == "wallet_scanning" ||
       code == "wallet_locked" || code == "starting");
  sending_stall_ = may_send ? std::nullopt : building_stall_;
}

void Follower::FollowStep(const ChainStep& step, Millis now_ms) {
  const int32_t old_tip_height = ledger_.chain().tip().height;
  const bool moves = !step.blocks.empty() || step.fork_height < old_tip_height;
  if (moves) {
    wallet_read_due_ms_ = now_ms;
    // The coins' confirmations count on blocks that are gone.
    if (step.fork_height < old_tip_height) {
      coins_known_ = false;
      coins_read_up_to_.reset();
      pool_.Clear();
      ++reorganisations_;
    }
    // First, so that what follows is found again by reading from there, should only a part of it
    // become durable.
    if (step.fork_height < old_tip_height) {
      outbox_.Write(ChainMoved{step.fork_height, {}, {}}, now_ms);
    }
    ReopenAbove(step.fork_height, now_ms);
    ChainMoved moved;
    moved.fork_height = step.fork_height;
    for (const ReadBlock& block : step.blocks) {
      ReadOneBlock(block, now_ms);
      moved.blocks.push_back(block.position);
    }
    // The work of a chain that is not read to its end yet is not ours to claim.
    if (!step.more) moved.work = step.facts.work;
    outbox_.Write(std::move(moved), now_ms);
    FinishDeepBatches(now_ms);
  } else if (!has_followed_) {
    // A crash can have left a confirmation without its block, and the node can have lost that
    // since.
    ReopenAbove(old_tip_height, now_ms);
  }
  has_followed_ = true;
  if (step.more) {
    next_read_ms_ = now_ms;
    return;
  }
  caught_up_ = true;
  last_whole_reading_ = readings_begun_;
  if (now_ms >= wallet_read_due_ms_) AskForCoinsAndSpends(now_ms);
}

void Follower::AskForCoinsAndSpends(Millis now_ms) {
  wallet_read_due_ms_ = now_ms + kWalletReadIntervalMs;
  pending_reads_ = 2;
  coins_asked_at_ms_ = now_ms;
  const int32_t height = ledger_.chain().tip().height;
  coins_asked_up_to_.reset();
  if (facts_->wallet_height >= height) coins_asked_up_to_ = height;
  const bool all = MustReadAllCoins(now_ms);
  if (all) all_coins_wanted_ = false;  // what is wanted from here on, this reading may not show
  outbox_.Emit(ReadCoins{all ? std::nullopt : coins_read_up_to_});
  outbox_.Emit(ReadSpends{spends_since_});
}

bool Follower::MustReadAllCoins(Millis now_ms) const {
  return !coins_read_up_to_ || (all_coins_wanted_ && now_ms >= all_coins_not_before_ms_);
}

void Follower::ReopenAbove(int32_t fork_height, Millis now_ms) {
  std::vector<Record> records;
  for (const auto& [id, batch] : ledger_.batches()) {
    if (batch.confirmation && batch.confirmation->block.height > fork_height) {
      records.push_back(BatchReopened{id, batch.confirmation->block});
    }
    if (batch.end == BatchEnd::kDropped) continue;  // here only for its locks
    for (const Rival& rival : batch.rivals) {
      if (!rival.block || rival.block->height <= fork_height) continue;
      records.push_back(RivalSeen{id, rival.raw_tx, std::nullopt});
    }
  }
  // A crash can have left confirmations above the log's tip: what they say is taken back although
  // the chain itself has not moved back since.
  if (!records.empty()) ++reorganisations_;
  for (Record& record : records) outbox_.Write(std::move(record), now_ms);
}

void Follower::ReadOneBlock(const ReadBlock& block, Millis now_ms) {
  for (const bitcoin::Transaction& transaction : block.transactions) {
    for (const bitcoin::TxIn& input : transaction.inputs) pool_.Remove(input.prevout);
    spenders_.OnTransaction(transaction, block.position, now_ms);
  }
}

void Follower::FinishDeepBatches(Millis now_ms) {
  const int32_t tip_height = ledger_.chain().tip().height;
  std::vector<BatchId> deep;
  for (const auto& [id, batch] : ledger_.batches()) {
    if (batch.end != BatchEnd::kOpen || !batch.confirmation) continue;
    if (tip_height - batch.confirmation->block.height + 1 < policy_.finality) continue;
    // What somebody may still find in a block refutes the verdict on it only while it is watched.
    if (HasLeaverByVerdict(ledger_, batch)) continue;
    // A send that what confirmed does not pay keeps its batch open and watched.
    if (!ledger_.Objection(BatchFinal{id})) deep.push_back(id);
  }
  for (BatchId id : deep) outbox_.Write(BatchFinal{id}, now_ms);
}

void Follower::OnCoinsRead(const CoinsRead& read, Millis now_ms) {
  --pending_reads_;
  const auto* coins = std::get_if<std::vector<WalletCoin>>(&read.outcome);
  if (coins) {
    TakeCoins(read, *coins);
    TakeForeignLocks(read.locked);
  } else {
    if (!read.above_height) WantAllCoins();
    OnFailedRead(read.outcome, Backoff(policy_, wallet_failures_++), now_ms);
  }
  if (!read.above_height) {
    all_coins_not_before_ms_ = now_ms + kPauseAfterFullRead * (now_ms - coins_asked_at_ms_);
  }
  FinishRound(now_ms);
}

void Follower::TakeCoins(const CoinsRead& read, const std::vector<WalletCoin>& coins) {
  // Locked for one of our batches, the coin is not shown, and is there.
  const std::set<bitcoin::OutPoint> locked(read.locked.begin(), read.locked.end());
  pool_.Replace(read.above_height, coins, [&](const WalletCoin& coin) {
    return locked.contains(coin.coin.outpoint) && ledger_.IsReserved(coin.coin.outpoint);
  });
  coins_known_ = true;
  coins_read_up_to_ = coins_asked_up_to_;
}

void Follower::TakeForeignLocks(const std::vector<bitcoin::OutPoint>& locked) {
  std::vector<bitcoin::OutPoint> foreign = locked;
  std::erase_if(foreign, [&](const bitcoin::OutPoint& coin) { return MayBeLockedByUs(coin); });
  // One may be in a block that was not read again.
  for (const bitcoin::OutPoint& coin : foreign) pool_.Remove(coin);
  std::sort(foreign.begin(), foreign.end());
  if (!std::includes(foreign.begin(), foreign.end(), foreign_locks_.begin(),
                     foreign_locks_.end())) {
    WantAllCoins();  // an operator has unlocked one
  }
  foreign_locks_ = std::move(foreign);
}

// A batch whose locks were given back can be watched for ever: its coins are nobody's.
bool Follower::MayBeLockedByUs(const bitcoin::OutPoint& coin) const {
  if (ledger_.IsReserved(coin)) return true;
  const auto batches = ledger_.BatchesSpending(coin);
  return std::any_of(batches.begin(), batches.end(),
                     [&](BatchId id) { return ledger_.FindBatch(id)->locked; });
}

void Follower::OnSpendsRead(const SpendsRead& read, Millis now_ms) {
  --pending_reads_;
  const auto* spends = std::get_if<std::vector<WalletSpend>>(&read.outcome);
  if (!spends) {
    OnFailedRead(read.outcome, Backoff(policy_, wallet_failures_++), now_ms);
    return FinishRound(now_ms);
  }
  for (const WalletSpend& spend : *spends) {
    NoteSignature(spend.txid, now_ms);
    if (!IsExplained(spend)) {
      NoteUnexplained(spend.txid, now_ms);
    } else if (alarms_.HasOpenSpend(spend.txid) && IsVersionWithOtherSignatures(spend.txid)) {
      AcceptSpend(spend.txid, now_ms);  // a crash came between
    }
  }
  if (CanCompare()) {
    compared_with_wallet_ = true;
    alarms_.NoteCompared();
    if (!caught_up_) wanted_ = true;  // nothing was read of the chain before
    spends_since_ = BlockBelowTip(kSpendsOverlapBlocks);
  }
  FinishRound(now_ms);
}

// A wallet that has not read the chain yet does not know all its spends.
bool Follower::CanCompare() const {
  return trouble_code_.empty() || trouble_code_ == "wallet_locked";
}

void Follower::NoteUnexplained(const bitcoin::Txid& txid, Millis now_ms) {
  const bool at_start = !compared_with_wallet_;
  if (at_start) matcher_.Add(txid);
  alarms_.Raise(AlarmKind::kUnexplainedSpend, txid, std::nullopt,
                at_start
                    ? "the wallet spent this before the daemon started, and no record explains "
                      "it: the WAL may be behind the wallet"
                    : "the wallet spent this, and no record explains it: somebody else uses the "
                      "wallet",
                now_ms);
}

// A log that was put back can hold what the wallet has signed, and not know its txid.
void Follower::OnSpendLookedUp(const TransactionLookedUp& reply, Millis now_ms) {
  const auto found = matcher_.OnLookedUp(reply, now_ms);
  if (IsNotFound(reply)) NoteSignaturesThatMayExist(now_ms);
  const auto transaction = found ? bitcoin::ParseTransaction(found->raw_tx) : std::nullopt;
  // What the blocks hold that were read was matched then. (Before the chain was read to its end,
  // the log may follow another branch.)
  const bool was_read =
      caught_up_ && found && found->block && found->block->height <= ledger_.chain().tip().height;
  if (transaction && !was_read) spenders_.OnTransaction(*transaction, std::nullopt, now_ms);
  if (transaction && IsVersionWithOtherSignatures(reply.txid)) AcceptSpend(reply.txid, now_ms);
  SetStalls(now_ms);
}

void Follower::AcceptSpend(const bitcoin::Txid& txid, Millis now_ms) {
  alarms_.AcceptSpends(txid, "a version of a batch, but for its signatures", now_ms);
}

// A spend that is in no block and not in the mempool is not shown, and can come back from the
// wallet: each batch whose txid its signatures would change may be what it was.
void Follower::NoteSignaturesThatMayExist(Millis now_ms) {
  std::vector<Record> records;
  for (const auto& [id, batch] : ledger_.batches()) {
    if (!Ledger::IsOpen(batch) || SignatureAsked(batch) || HasStableTxid(batch)) continue;
    const SignatureRequested record{id, 0};
    if (!ledger_.Objection(record)) records.push_back(record);
  }
  for (Record& record : records) outbox_.Write(std::move(record), now_ms);
}

// Of what is not in memory the log's index says so.
bool Follower::IsExplained(const WalletSpend& spend) const {
  if (const Batch* batch = ledger_.FindBatchByTxid(spend.txid)) {
    return ExplainsSpend(*batch, spend.txid);
  }
  const auto& before = ledger_.created().spends_before;
  return spend.explained || std::find(before.begin(), before.end(), spend.txid) != before.end();
}

// A log that was put back can have the exact bytes and not know that they were given to sign: from
// here on it does (R1), so that the send is neither cancelled, expired nor paid by other coins.
void Follower::NoteSignature(const bitcoin::Txid& txid, Millis now_ms) {
  const Batch* batch = ledger_.FindBatchByTxid(txid);
  const Version* version = batch ? FindVersion(*batch, txid) : nullptr;
  if (!version || version->signature_asked) return;
  const SignatureRequested record{batch->id,
                                  static_cast<uint32_t>(version - batch->versions.data())};
  if (!ledger_.Objection(record)) outbox_.Write(record, now_ms);
}

bool Follower::IsVersionWithOtherSignatures(const bitcoin::Txid& txid) const {
  const Batch* batch = ledger_.FindBatchByTxid(txid);
  const Version* version = batch ? FindVersion(*batch, txid) : nullptr;
  const auto transaction = version ? bitcoin::ParseTransaction(version->raw_tx) : std::nullopt;
  return transaction && IsOurOwnButForSignatures(ledger_, *transaction);
}

void Follower::FinishRound(Millis now_ms) {
  if (pending_reads_ == 0 && trouble_code_.empty()) {
    ++rounds_;
    wallet_failures_ = 0;
  }
  SetStalls(now_ms);
}

// The newest block in the locator that is at least so deep, else where following began.
ChainPosition Follower::BlockBelowTip(int32_t depth) const {
  const auto& locator = ledger_.chain().locator;
  ChainPosition since = locator.front();
  for (const ChainPosition& position : locator) {
    if (locator.back().height - position.height >= depth) since = position;
  }
  return since;
}

std::optional<std::string> Follower::RefusalToPay() const {
  if (is_unfit_) return trouble_text_;
  if (behind_wallet()) return kBehindWallet;
  return std::nullopt;
}

std::optional<Follower::Refusal> Follower::RefusalToPromise() const {
  if (auto refusal = RefusalToPay()) return Refusal{Verdict::kNotPaying, std::move(*refusal)};
  if (compared_with_wallet_) return std::nullopt;
  return Refusal{Verdict::kStarting,
                 "the log has to be compared with the wallet first: " + View().problem};
}

void Follower::MakeDue(Millis now_ms) {
  all_coins_not_before_ms_ = now_ms;
  matcher_.MakeDue(now_ms);
  next_read_ms_ = now_ms;
  wallet_read_due_ms_ = now_ms;
}

NodeView Follower::View() const {
  NodeView view;
  view.reachable = facts_ && failures_ == 0;
  view.problem = trouble_text_;
  if (!facts_) return view;
  view.chain = facts_->chain;
  view.subversion = facts_->subversion;
  view.tip = facts_->tip;
  view.initial_block_download = facts_->initial_block_download;
  view.wallet_name = facts_->wallet_name;
  view.wallet_locked = facts_->wallet_locked;
  return view;
}

}  // namespace sendonce::core
