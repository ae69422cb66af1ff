// A play in which the payment is out, for what the world does to it then.

#ifndef SENDONCE_TEST_UNIT_CORE_MACHINE_SENT_H
#define SENDONCE_TEST_UNIT_CORE_MACHINE_SENT_H

#include <string>
#include <vector>

#include "core/views.h"
#include "machine_phases.h"

namespace sendonce::core {

// w-1 was accepted by the node: batch 3, transaction t1, coin c1, 50,000 sat to alice.
struct Sent : PlayAt {
  Sent() : PlayAt(Phase::kAcceptanceDurable) { transcript.NameOf(OurTransaction()); }

  bitcoin::Transaction OurTransaction() const {
    return *bitcoin::ParseTransaction(ledger().FindBatch(3)->versions[0].raw_tx);
  }

  // Somebody who has the wallet's keys spends c1, and more, in another way.
  static bitcoin::Transaction Other(const std::vector<bitcoin::TxOut>& outputs,
                                    const std::vector<Coin>& more = {}) {
    std::vector<Coin> coins = {samples::CoinOf(1, 1'000'000)};
    coins.insert(coins.end(), more.begin(), more.end());
    return samples::ByAnother(coins, outputs);
  }

  int AlicesPayments() const { return node.PaymentsInChain(samples::OutputTo("alice", 50'000)); }
};

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_MACHINE_SENT_H
