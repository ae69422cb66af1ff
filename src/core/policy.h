// What an operator can choose, and the core's limits. Const for the life of a machine.

#ifndef SENDONCE_CORE_POLICY_H
#define SENDONCE_CORE_POLICY_H

#include "bitcoin/amount.h"
#include "core/send.h"

namespace sendonce::core {

struct Policy {
  int32_t finality = 6;                            // confirmations, -finality
  int32_t min_confirmations = 1;                   // of our own change, -minconf
  int32_t min_confirmations_foreign = 6;           // of coins from strangers, -minconfforeign (R9)
  int32_t conflict_depth = 100;                    // -conflictdepth (R4 c)
  int32_t prune_depth = 0;                         // of finished detail, -prune; 0: never
  int conf_target = 6;                             // blocks, -conftarget
  bitcoin::FeeRate fallback_fee_rate_sat_kvb = 0;  // -fallbackfee; 0: none
  bitcoin::FeeRate max_fee_rate_sat_kvb = 1'000 * bitcoin::kSatPerVbyte;  // -maxfeerate
  bitcoin::Amount max_fee_sat = 10'000'000;  // of one transaction, -maxtxfee
  int64_t max_fee_share_percent = 100;       // of what the send pays out, -maxfeeshare; 0: no cap
  int32_t bump_after_blocks = 0;             // without confirmation, -bumpafter; 0: never
  int64_t bump_step_percent = 25;            // of the present fee rate, -bumpstep
  Millis max_company_wait_ms = 0;            // that a send waits for others, -batchwait
  int urgent_conf_target = 2;                // blocks; at most so many: does not, -urgenttarget
  size_t max_sends_per_batch = 2'000;        // -maxbatch
  size_t max_outputs_per_batch = 2'500;      // -maxbatchoutputs
  int64_t max_batch_weight = 380'000;        // of its transaction; the network relays 400,000
  size_t target_coins = 10;                  // change is split below it, -targetcoins
  // At most at this rate small coins are taken along; also what spending change later is taken to
  // cost (as bitcoind's -consolidatefeerate). 0: never.
  bitcoin::FeeRate consolidate_fee_rate_sat_kvb = bitcoin::kSatPerVbyte;
  size_t max_consolidated_coins = 10;  // by one batch, -maxconsolidation
  // New ids are refused beyond each of the next three.
  size_t max_waiting_sends = 100'000;       // to be paid, -maxbacklog
  Millis max_commit_wait_ms = 2'000;        // of a record for the disk, -maxcommitwait
  size_t max_unsynced_records = 65'536;     // that wait for the disk: bounds memory
  Millis reconcile_interval_ms = 5'000;     // -reconcileinterval
  Millis rebroadcast_interval_ms = 60'000;  // -rebroadcastinterval
  Millis retry_min_ms = 250;                // back-off after a refusal or an unknown outcome ...
  Millis retry_max_ms = 15'000;             // ... doubling up to this
};

}  // namespace sendonce::core

#endif  // SENDONCE_CORE_POLICY_H
