#include "planted_bugs.h"

#include <algorithm>

#include "core/spend_matcher.h"
#include "requests.h"

namespace sendonce::sim {

namespace {

using core::Entry;

template <typename... Kinds>
bool HoldsAny(const std::vector<Entry>& entries) {
  return std::any_of(entries.begin(), entries.end(), [](const Entry& entry) {
    return (std::holds_alternative<Kinds>(entry.record) || ...);
  });
}

void ForgetSignatures(core::Ledger::Contents& contents) {
  for (core::Batch& batch : contents.batches) {
    if (batch.versions.size() == 1 && batch.versions[0].raw_tx.empty()) {
      batch.versions[0].signature_asked = false;
    }
  }
}

void ForgetVersions(core::Ledger::Contents& contents) {
  for (core::Batch& batch : contents.batches) {
    if (!batch.confirmation && batch.versions.size() > 1) {
      batch.versions.erase(batch.versions.begin(), batch.versions.end() - 1);
    }
  }
}

void ForgetBatches(core::Ledger::Contents& contents) {
  for (core::Send& send : contents.sends) {
    if (send.batches.size() > 1) send.batches = {send.batches.back()};
  }
}

void ForgetVerdicts(core::Ledger::Contents& contents) {
  for (core::Send& send : contents.sends) {
    if (!send.batches.empty()) send.ending = core::Ending::kNone;
  }
}

void ForgetPayees(core::Ledger::Contents& contents) {
  for (core::Batch& batch : contents.batches) {
    for (core::Rival& rival : batch.rivals) {
      auto transaction = bitcoin::ParseTransaction(rival.raw_tx).value();
      for (auto& output : transaction.outputs) output.script = core::samples::ScriptOf("mallory");
      rival.raw_tx = bitcoin::SerializeTransaction(transaction);
    }
  }
}

void ShareOutputs(core::Ledger::Contents& contents) {
  for (core::Batch& batch : contents.batches) {
    std::vector<size_t> like;
    for (size_t i = 0; i < batch.sends.size(); ++i) {
      if (IsLike(NumberOf(batch.sends[i]))) like.push_back(i);
    }
    if (like.size() < 2) continue;
    for (core::Version& version : batch.versions) version.paid[like[1]] = version.paid[like[0]];
  }
}

// Those that another has made: their witness is not the wallet's.
bool IsForeign(const core::ToyNode& node, const bitcoin::Transaction& transaction) {
  const auto& ours = node.signed_ever();
  return std::find(ours.begin(), ours.end(), transaction) == ours.end();
}

void HideForeignVersions(const core::ToyNode& node, core::ChainStep& step) {
  for (core::ReadBlock& block : step.blocks) {
    std::erase_if(block.transactions, [&](const auto& one) { return IsForeign(node, one); });
  }
}

// As if what has come were on top of what was there.
void HideReorganisation(const core::ChainPosition& tip, core::ChainStep& step) {
  if (!step.connected || step.fork_height >= tip.height) return;
  step.fork_height = tip.height;
  std::erase_if(step.blocks,
                [&](const core::ReadBlock& block) { return block.position.height <= tip.height; });
}

void RenameRetry(const core::Ledger& ledger, core::Submit& submit) {
  if (submit.stored || ledger.FindSend(submit.id)) submit.id += "r";
}

void BelieveLocks(const core::ToyNode& node, std::vector<core::CoinStanding>& standings) {
  const auto locked = node.locked();
  for (core::CoinStanding& standing : standings) {
    if (std::find(locked.begin(), locked.end(), standing.outpoint) == locked.end()) continue;
    standing.unspent = true;
    standing.mempool_spender.reset();
  }
}

// What is looked up for the comparison with the wallet is shown, and says nothing.
void HideLookUp(Canary canary, core::TransactionLookedUp& reply) {
  if (reply.call != core::kMatchersCall) return;
  const auto* refused = std::get_if<core::Refused>(&reply.outcome);
  const bool is_nowhere = refused && refused->why == core::Refusal::kNotFound;
  const bool is_found = std::holds_alternative<core::FoundTransaction>(reply.outcome);
  const bool is_hidden = (canary == Canary::kNowhereBelieved && is_nowhere) ||
                         (canary == Canary::kMatchedByTxid && is_found);
  if (is_hidden) reply.outcome = core::FoundTransaction();
}

void PlantInChain(Canary canary, const core::ToyNode& node, core::ChainStep& step) {
  if (canary == Canary::kForgottenAdoptions) HideForeignVersions(node, step);
  if (canary == Canary::kMempoolBelieved && !step.blocks.empty() && !step.more) {
    auto& tip = step.blocks.back().transactions;
    tip.insert(tip.end(), node.mempool().begin(), node.mempool().end());
  }
}

}  // namespace

void PlantInContents(Canary canary, core::Ledger::Contents& contents) {
  if (canary == Canary::kForgottenSignature) ForgetSignatures(contents);
  if (canary == Canary::kForgottenVersions) ForgetVersions(contents);
  if (canary == Canary::kForgottenBatches) ForgetBatches(contents);
  if (canary == Canary::kSharedOutput) ShareOutputs(contents);
  if (canary == Canary::kForgottenVerdict) ForgetVerdicts(contents);
  if (canary == Canary::kForgottenPartPayment) ForgetPayees(contents);
}

void PlantInCommand(Canary canary, const core::ToyNode& node, const core::Ledger& ledger,
                    core::Command& command) {
  if (auto* read = std::get_if<core::ChainRead>(&command)) {
    auto* step = std::get_if<core::ChainStep>(&read->outcome);
    if (step && canary == Canary::kReorganisationMissed)
      HideReorganisation(ledger.chain().tip(), *step);
    if (step) PlantInChain(canary, node, *step);
  }
  if (auto* read = std::get_if<core::CoinsRead>(&command)) {
    auto* coins = std::get_if<std::vector<core::WalletCoin>>(&read->outcome);
    if (coins && canary == Canary::kConfirmationsIgnored) {
      for (core::WalletCoin& coin : *coins) {
        if (coin.height == 0) coin.height = node.height() - 5;
      }
    }
  }
  if (auto* looked = std::get_if<core::CoinsLookedUp>(&command)) {
    auto* standings = std::get_if<std::vector<core::CoinStanding>>(&looked->outcome);
    if (standings && canary == Canary::kLockBelieved) BelieveLocks(node, *standings);
  }
  if (auto* read = std::get_if<core::SpendsRead>(&command)) {
    auto* spends = std::get_if<std::vector<core::WalletSpend>>(&read->outcome);
    if (spends && canary == Canary::kHiddenSpends) spends->clear();
  }
  if (auto* reply = std::get_if<core::TransactionLookedUp>(&command)) HideLookUp(canary, *reply);
  if (auto* verdict = std::get_if<core::GiveVerdict>(&command)) {
    const bool misread = canary == Canary::kVerdictMisread;
    if (misread) verdict->verdict = core::OperatorVerdict::kPayAgain;
  }
  if (auto* submit = std::get_if<core::Submit>(&command)) {
    if (canary == Canary::kRenamedRetry) RenameRetry(ledger, *submit);
    if (canary == Canary::kContentIgnored) {
      submit->content = core::samples::Paying(PayeesOf(NumberOf(submit->id), 0));
    }
  }
}

void PlantInAnswer(Canary canary, core::Answer& answer) {
  auto* reply = std::get_if<core::SendReply>(&answer.reply);
  if (!reply) return;
  // As the caller knows it.
  if (canary == Canary::kRenamedRetry && reply->send && reply->send->id.ends_with('r')) {
    reply->send.reset();
    reply->verdict = core::Verdict::kOverloaded;
  }
  if (canary != Canary::kFalseFence) return;
  if (reply->verdict == core::Verdict::kTooLate) reply->verdict = core::Verdict::kFenced;
}

bool LiesAboutSync(Canary canary, const std::vector<Entry>& entries) {
  switch (canary) {
    case Canary::kAnswerBeforeSync:
    case Canary::kLostAnswer:
      return HoldsAny<core::SendRecorded, core::SendEnded>(entries);
    case Canary::kSignBeforeSync:
    case Canary::kLostReservation:
      return HoldsAny<core::BatchReserved, core::SignatureRequested>(entries);
    case Canary::kBroadcastBeforeSync:
      return HoldsAny<core::VersionSigned>(entries);
    default:
      return false;
  }
}

bool DeliversUnknown(Canary canary) {
  return canary != Canary::kLostReply;
}

void PlantInDisk(Canary canary, MemoryDisk& disk) {
  if (canary == Canary::kLyingDisk) disk.LoseSynced(2);
  if (canary == Canary::kEmptyLog) disk.LoseSynced(SIZE_MAX);
}

}  // namespace sendonce::sim
