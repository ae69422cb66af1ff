#include "core/rebuild.h"

#include <algorithm>
#include <cassert>

#include "core/may_pay.h"

namespace sendonce::core {

namespace {

using bitcoin::OutPoint;

constexpr const char* kWaitsForVerdict =
    "a transaction that sendonce did not make pays an address of this send in another amount, or "
    "one of several like sends: only a verdict can say whether it is paid (POST "
    "/v1/sends/{id}/verdict)";
constexpr const char* kPaidOutside =
    "the payment was made outside and adopted: only a verdict lets it be paid again";
constexpr const char* kNothingLeft =
    "a reserved coin is spent by a transaction that does not pay this send, or has vanished with "
    "its "
    "parent; the send is paid again when a coin of the batch is left, an output of that "
    "transaction "
    "is ours and confirmed, or that transaction is -conflictdepth deep; or by a verdict (POST "
    "/v1/sends/{id}/verdict)";

bool Spends(const bitcoin::Transaction& transaction, const OutPoint& coin) {
  return std::any_of(transaction.inputs.begin(), transaction.inputs.end(),
                     [&](const bitcoin::TxIn& input) { return input.prevout == coin; });
}

// The coin is not there, or a transaction in the chain that the log knows spends it.
bool IsKnownToBeGone(const Batch& batch, const OutPoint& coin) {
  for (const Rival& rival : batch.rivals) {
    if (rival.block && Spends(*bitcoin::ParseTransaction(rival.raw_tx), coin)) return true;
  }
  if (std::find(batch.vanished.begin(), batch.vanished.end(), coin) != batch.vanished.end()) {
    return true;
  }
  return batch.confirmation && Spends(TransactionOf(CurrentVersion(batch)), coin);
}

// The sends of the batch that what is in the chain does not pay.
std::vector<SendId> UnpaidSends(const Ledger& ledger, const Batch& batch) {
  std::vector<SendId> unpaid = ledger.LivingSends(batch);
  if (!batch.confirmation) return unpaid;
  const Version& confirmed = CurrentVersion(batch);
  std::erase_if(unpaid,
                [&](const SendId& id) { return !confirmed.paid[IndexOfSend(batch, id)].empty(); });
  return unpaid;
}

// Makes one plan, send by send.
class Planner {
 public:
  Planner(const Ledger& ledger, const Batch& batch, const Policy& policy,
          const CoinSources& sources, bool with_own_coins)
      : ledger_(ledger),
        batch_(batch),
        policy_(policy),
        sources_(sources),
        with_own_coins_(with_own_coins) {}

  // Adds the send to the plan, or says why it cannot be.
  std::optional<NoPlan> Add(const SendId& id) {
    const Send& send = *ledger_.FindSend(id);
    if (WaitsForVerdict(ledger_, send)) return NoPlan{kWaitsForVerdict, false};
    const auto rivals = AllRivalEvidence(ledger_, send);
    const size_t coins_before = plan_.coins.size();
    const size_t exclusions_before = plan_.exclusions.size();
    for (const MayPay& one : MayPaySet(ledger_, send)) {
      if (Exclude(send, one, rivals)) continue;
      plan_.coins.resize(coins_before);
      plan_.exclusions.resize(exclusions_before);
      return NoPlan{kNothingLeft, true};
    }
    plan_.sends.push_back(id);
    return std::nullopt;
  }

  RebuildPlan Take() { return std::move(plan_); }

 private:
  bool Exclude(const Send& send, const MayPay& one, const std::vector<RivalEvidence>& rivals) {
    Exclusion exclusion;
    exclusion.send = send.id;
    exclusion.excluded = one.version->txid;
    const bool found = BySharedCoin(one, exclusion) || ByDescent(one, rivals, exclusion) ||
                       ByDepth(one, rivals, exclusion) || ByVerdict(send, one, exclusion);
    if (found) plan_.exclusions.push_back(exclusion);
    return found;
  }

  bool BySharedCoin(const MayPay& one, Exclusion& exclusion) {
    const auto transaction = TransactionOf(*one.version);
    exclusion.reason = ExclusionReason::kSharedCoin;
    for (const Coin& coin : plan_.coins) {
      if (!Spends(transaction, coin.outpoint)) continue;
      exclusion.coin = coin.outpoint;
      return true;
    }
    for (const Coin& coin : one.batch->coins) {
      if (!Spends(transaction, coin.outpoint) || !IsLeft(*one.batch, coin)) continue;
      exclusion.coin = coin.outpoint;
      plan_.coins.push_back(coin);
      return true;
    }
    return false;
  }

  bool IsLeft(const Batch& owner, const Coin& coin) const {
    if (coin.script.empty() || !sources_.may_be_there(coin.outpoint)) return false;
    if (IsKnownToBeGone(owner, coin.outpoint) || IsKnownToBeGone(batch_, coin.outpoint))
      return false;
    const auto owners = ledger_.OwnersOf(coin.outpoint);
    return std::all_of(owners.begin(), owners.end(),
                       [&](BatchId id) { return id == batch_.id && with_own_coins_; });
  }

  bool ByDescent(const MayPay& one, const std::vector<RivalEvidence>& rivals,
                 Exclusion& exclusion) {
    exclusion.reason = ExclusionReason::kDescendsFromRival;
    for (const RivalEvidence& rival : rivals) {
      exclusion.rival = bitcoin::TxidOf(rival.transaction);
      const auto coin = OutputOf(exclusion.rival);
      if (!coin) continue;
      exclusion.coin = coin->outpoint;
      if (!Holds(one, exclusion, {*coin}, rival)) continue;
      const bool is_new =
          std::find(plan_.coins.begin(), plan_.coins.end(), *coin) == plan_.coins.end();
      if (is_new) plan_.coins.push_back(*coin);
      return true;
    }
    exclusion.rival = {};
    exclusion.coin = {};
    return false;
  }

  std::optional<Coin> OutputOf(const bitcoin::Txid& txid) const {
    for (const Coin& coin : plan_.coins) {
      if (coin.outpoint.txid == txid) return coin;
    }
    // What the batch itself was made of may be all that there is.
    for (const Coin& coin : batch_.coins) {
      if (coin.outpoint.txid == txid && IsLeft(batch_, coin)) return coin;
    }
    return sources_.output_of(txid);
  }

  bool ByDepth(const MayPay& one, const std::vector<RivalEvidence>& rivals, Exclusion& exclusion) {
    exclusion.reason = ExclusionReason::kDeepRival;
    for (const RivalEvidence& rival : rivals) {
      exclusion.rival = bitcoin::TxidOf(rival.transaction);
      if (Holds(one, exclusion, {}, rival)) return true;
    }
    exclusion.rival = {};
    return false;
  }

  bool Holds(const MayPay& one, const Exclusion& exclusion, const std::vector<Coin>& coins,
             const RivalEvidence& rival) const {
    return !ObjectionToExclusion(exclusion, coins, TransactionOf(*one.version), rival, false,
                                 policy_.conflict_depth);
  }

  static bool ByVerdict(const Send& send, const MayPay& one, Exclusion& exclusion) {
    exclusion.reason = ExclusionReason::kVerdict;
    return IsNamedByVerdict(send, *one.version);
  }

  const Ledger& ledger_;
  const Batch& batch_;
  const Policy& policy_;
  const CoinSources& sources_;
  const bool with_own_coins_;  // only if all sends leave: those that stay keep them
  RebuildPlan plan_;
};

bool IsAdoptedOnly(const Batch& batch) {
  return std::all_of(batch.versions.begin(), batch.versions.end(),
                     [](const Version& version) { return version.adopted; });
}

// What somebody else has paid he may want to pay again himself.
std::optional<NoPlan> ObjectionToLeaving(const Ledger& ledger, const Batch& batch,
                                         const SendId& id) {
  const bool by_verdict = !ledger.FindSend(id)->excluded_by_verdict.empty();
  if (IsAdoptedOnly(batch) && !by_verdict) return NoPlan{kPaidOutside, false};
  return std::nullopt;
}

}  // namespace

std::variant<RebuildPlan, NoPlan> PlanRebuild(const Ledger& ledger, const Batch& batch,
                                              const Policy& policy, const CoinSources& sources) {
  assert(!batch.superseded && SignatureAsked(batch));
  const auto unpaid = UnpaidSends(ledger, batch);
  const size_t living = ledger.LivingSends(batch).size();
  std::optional<NoPlan> why_not;
  // Those of the sends that can go; together with the batch's own coins only if all can.
  for (const bool with_own_coins : {true, false}) {
    if (with_own_coins ? unpaid.size() < living : MustLeaveTogether(batch)) continue;
    Planner planner(ledger, batch, policy, sources, with_own_coins);
    size_t movable = 0;
    for (const SendId& id : unpaid) {
      std::optional<NoPlan> problem = ObjectionToLeaving(ledger, batch, id);
      if (!problem) problem = planner.Add(id);
      if (problem) why_not = problem;
      if (problem && with_own_coins) break;  // then not all can
      movable += problem ? 0 : 1;
    }
    if (movable > 0 && (!with_own_coins || movable == living)) return planner.Take();
  }
  return why_not.value_or(NoPlan{kNothingLeft, true});
}

}  // namespace sendonce::core
