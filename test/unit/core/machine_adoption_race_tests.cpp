// What happens to an id, or to its payment, while an adoption of it waits for the node.

#include <boost/test/unit_test.hpp>

#include "core/views.h"
#include "machine_play.h"

namespace sendonce::core {
namespace {

using bitcoin::Transaction;
using samples::CoinOf;
using samples::OutputTo;
using samples::To;

Transaction Foreign(const Coin& coin, const std::vector<bitcoin::TxOut>& outputs) {
  return samples::Signed(samples::Spending({coin}, outputs), {coin}, 9);
}

// Somebody else's payment of 50,000 sat to alice stands in a block; another like it, if asked for.
struct PaidOutside : Play {
  explicit PaidOutside(const std::vector<bitcoin::TxOut>& outputs = {OutputTo("alice", 50'000),
                                                                     OutputTo("change", 940'000)})
      : payment(Foreign(CoinOf(1, 1'000'000), outputs)) {
    FundWith({CoinOf(1, 1'000'000)});
    Start();
    node.MineOnly({payment});
    Reconcile();
  }

  std::string AdoptIt(const SendId& id) {
    return AdoptPayment(id, {To("alice", 50'000)}, bitcoin::TxidOf(payment));
  }

  Verdict VerdictOf(CallToken call) const { return std::get<SendReply>(ReplyTo(call)).verdict; }

  // As sendonce-wal verify judges each record.
  void CheckLog() const {
    Ledger replayed;
    for (const Entry& entry : log.entries()) {
      const auto objection = replayed.Objection(entry.record);
      BOOST_TEST(!objection, objection.value_or(""));
      if (objection) return;
      replayed.Apply(entry.record, entry.at_ms);
    }
  }

  Transaction payment;
};

BOOST_AUTO_TEST_SUITE(machine_adoption_race_tests)

// An id has one content (G4), whichever call brought it first.
BOOST_AUTO_TEST_CASE(an_id_that_is_recorded_meanwhile_with_other_content_is_not_adopted) {
  PaidOutside play({OutputTo("alice", 50'000), OutputTo("bob", 60'000)});
  play.AdoptIt("w-1");
  play.Submit("w-1", {To("bob", 60'000)});
  play.LooksUpTransaction();
  play.Durable();
  BOOST_TEST((play.VerdictOf(1) == Verdict::kIdReused));
  BOOST_TEST((play.VerdictOf(2) == Verdict::kCreated));
  BOOST_TEST((play.View("w-1").state == SendState::kRecorded));
  BOOST_TEST((play.ledger().FindSend("w-1")->content->outputs == std::vector{To("bob", 60'000)}));
  play.CheckLog();
}

// DELETE needs no node, and its answer is a promise: the adoption comes too late.
BOOST_FIXTURE_TEST_CASE(an_unknown_id_that_is_fenced_meanwhile_stays_so, PaidOutside) {
  AdoptIt("w-1");
  Cancel("w-1");
  Durable();
  BOOST_TEST((VerdictOf(1) == Verdict::kTooLate));
  LooksUpTransaction();
  Durable();
  BOOST_TEST(NameOfState("w-1") == "cancelled");
  CheckLog();
}

BOOST_FIXTURE_TEST_CASE(a_waiting_send_that_is_cancelled_meanwhile_stays_so, PaidOutside) {
  Submit("w-1", {To("alice", 50'000)});
  Settle();
  BOOST_TEST(NameOfState("w-1") == "recorded");
  AdoptIt("w-1");
  Give(Adopt{77, "w-1", std::nullopt, bitcoin::TxidOf(payment), std::nullopt});
  Cancel("w-1");
  Durable();
  LooksUpTransaction();
  LooksUpTransaction();
  Durable();
  BOOST_TEST(NameOfState("w-1") == "cancelled");
  BOOST_TEST((VerdictOf(77) == Verdict::kTooLate));
  CheckLog();
}

struct TwoLikeOutputs : PaidOutside {
  TwoLikeOutputs()
      : PaidOutside(
            {OutputTo("alice", 50'000), OutputTo("alice", 50'000), OutputTo("change", 800'000)}) {
    node.Mine(8);
    Reconcile();
  }
};

// One row of an import, sent twice before the first was answered: it has one output, not two.
BOOST_FIXTURE_TEST_CASE(an_adoption_that_is_repeated_meanwhile_is_one, TwoLikeOutputs) {
  AdoptIt("w-1");
  AdoptIt("w-1");
  LooksUpTransaction();
  Durable();
  const Seq last = log.last_seq();
  LooksUpTransaction();
  Durable();
  BOOST_TEST(log.last_seq() == last);
  BOOST_TEST((VerdictOf(1) == Verdict::kCreated));
  BOOST_TEST((VerdictOf(2) == Verdict::kKnown));
  CheckLog();
}

// Whose amounts of coins are not known: no fee is made up of them.
BOOST_AUTO_TEST_CASE(the_fee_of_a_malleated_twin_of_an_adopted_payment_is_not_known) {
  Play play;
  const Coin coin = samples::LegacyCoinOf(1, 1'000'000);
  play.FundWith({coin});
  play.Start();
  const auto payment = Foreign(coin, {OutputTo("alice", 50'000), OutputTo("change", 940'000)});
  play.node.Broadcast(samples::BytesOf(payment));
  play.AdoptPayment("w-1", {To("alice", 50'000)}, bitcoin::TxidOf(payment));
  play.Settle();
  play.node.MineOnly({samples::Signed(payment, {coin}, 7)});
  play.Reconcile();
  BOOST_TEST(play.View("w-1").fee_sat.value_or(0) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sendonce::core
