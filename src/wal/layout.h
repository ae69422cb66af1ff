// The fields of what the log holds, in the order in which they stand on disk, for Reader and Writer
// (wal/wire.h). Internal to the codec. A field is never moved, removed or given another meaning
// under the same format version; doc/wal-format.md is the description for people.

#ifndef SENDONCE_WAL_LAYOUT_H
#define SENDONCE_WAL_LAYOUT_H

#include "core/alarm.h"
#include "core/batch.h"
#include "core/effects.h"
#include "core/records.h"
#include "core/send.h"
#include "wal/wire.h"

namespace sendonce::wal {

// --- numbers on disk, independent of the order of declaration

void Layout(auto& wire, Either<bitcoin::Network> auto& network) {
  using enum bitcoin::Network;
  wire.Choice(network, {{kMain, 1}, {kTestnet4, 2}, {kSignet, 3}, {kRegtest, 4}});
}

void Layout(auto& wire, Either<core::Ending> auto& ending) {
  using enum core::Ending;
  wire.Choice(ending, {{kNone, 0}, {kCancelled, 1}, {kExpired, 2}, {kDeclaredPaid, 3}});
}

void Layout(auto& wire, Either<core::ExclusionReason> auto& reason) {
  using enum core::ExclusionReason;
  wire.Choice(reason, {{kSharedCoin, 1}, {kDescendsFromRival, 2}, {kDeepRival, 3}, {kVerdict, 4}});
}

void Layout(auto& wire, Either<core::BatchEnd> auto& end) {
  using enum core::BatchEnd;
  wire.Choice(end, {{kOpen, 0}, {kFinal, 1}, {kDropped, 2}});
}

void Layout(auto& wire, Either<core::AlarmKind> auto& kind) {
  using enum core::AlarmKind;
  wire.Choice(kind, {{kUnexplainedSpend, 1},
                     {kUnexplainedSpendAtStart, 2},
                     {kForeignVersion, 3},
                     {kRival, 4},
                     {kAmountDiffers, 5},
                     {kSecondPayment, 6}});
}

void Layout(auto& wire, Either<core::OperatorVerdict> auto& verdict) {
  using enum core::OperatorVerdict;
  wire.Choice(verdict, {{kPayAgain, 1}, {kNever, 2}, {kPaid, 3}});
}

// --- parts

void Layout(auto& wire, Either<bitcoin::OutPoint> auto& outpoint) {
  wire(outpoint.txid, outpoint.vout);
}

void Layout(auto& wire, Either<core::ChainPosition> auto& position) {
  wire(position.height, position.hash);
}

void Layout(auto& wire, Either<core::Coin> auto& coin) {
  wire(coin.outpoint, coin.amount_sat, coin.script);
}

void Layout(auto& wire, Either<core::Payee> auto& payee) {
  wire(payee.address, payee.script, payee.amount_sat);
}

void Layout(auto& wire, Either<core::FeeChoice> auto& fee) {
  wire(fee.conf_target, fee.fee_rate_sat_kvb);
}

void Layout(auto& wire, Either<core::SendContent> auto& content) {
  wire(content.outputs, content.fee, content.max_fee_sat, content.batch, content.not_after_ms,
       content.reference);
}

void Layout(auto& wire, Either<core::Exclusion> auto& exclusion) {
  wire(exclusion.send, exclusion.excluded, exclusion.reason, exclusion.coin, exclusion.rival);
}

void Layout(auto& wire, Either<core::ContentDigest> auto& digest) {
  wire(digest.hash);
  for (auto& field_hash : digest.field_hashes) wire(field_hash);
  wire(digest.amount_sat);
}

void Layout(auto& wire, Either<core::Payment> auto& payment) {
  wire(payment.txid, payment.txids, payment.vouts, payment.fee_sat, payment.batch_size,
       payment.block);
}

void Layout(auto& wire, Either<core::PrunedSend> auto& send) {
  wire(send.id, send.content, send.created_at_ms, send.recorded_seq);
}

void Layout(auto& wire, Either<core::PrunedBatch> auto& batch) {
  wire(batch.id, batch.payment, batch.former_txids, batch.updated_at_ms, batch.seq, batch.records,
       batch.stubs_hash, batch.sends);
}

// --- records

void Layout(auto& wire, Either<core::WalCreated> auto& record) {
  wire(record.wal_id, record.network, record.genesis, record.wallet_name, record.binding_address,
       record.tip, record.work, record.spends_before);
}

void Layout(auto& wire, Either<core::SendRecorded> auto& record) {
  wire(record.id, record.content);
}

void Layout(auto& wire, Either<core::SendEnded> auto& record) {
  wire(record.id, record.ending);
}

void Layout(auto& wire, Either<core::BatchReserved> auto& record) {
  wire(record.sends, record.coins, record.unsigned_tx, record.paid, record.change_vout,
       record.fee_sat, record.exclusions);
}

void Layout(auto& wire, Either<core::SignatureRequested> auto& record) {
  wire(record.batch, record.version);
}

void Layout(auto& wire, Either<core::VersionSigned> auto& record) {
  wire(record.batch, record.version, record.raw_tx);
}

void Layout(auto& wire, Either<core::VersionAccepted> auto& record) {
  wire(record.batch, record.txid);
}

void Layout(auto& wire, Either<core::VersionAdopted> auto& record) {
  wire(record.batch, record.raw_tx, record.paid);
}

void Layout(auto& wire, Either<core::RivalSeen> auto& record) {
  wire(record.batch, record.raw_tx, record.block);
}

void Layout(auto& wire, Either<core::RivalGone> auto& record) {
  wire(record.batch, record.txid);
}

void Layout(auto& wire, Either<core::BatchConfirmed> auto& record) {
  wire(record.batch, record.txid, record.block);
}

void Layout(auto& wire, Either<core::BatchReopened> auto& record) {
  wire(record.batch, record.block);
}

void Layout(auto& wire, Either<core::BatchFinal> auto& record) {
  wire(record.batch);
}

void Layout(auto& wire, Either<core::BatchDropped> auto& record) {
  wire(record.batch);
}

void Layout(auto& wire, Either<core::ChainMoved> auto& record) {
  wire(record.fork_height, record.blocks, record.work);
}

void Layout(auto& wire, Either<core::AlarmRaised> auto& record) {
  wire(record.kind, record.txid, record.batch, record.detail);
}

void Layout(auto& wire, Either<core::AlarmAccepted> auto& record) {
  wire(record.alarm, record.reason);
}

void Layout(auto& wire, Either<core::VersionReserved> auto& record) {
  wire(record.batch, record.version, record.added, record.unsigned_tx, record.paid,
       record.change_vout, record.fee_sat);
}

void Layout(auto& wire, Either<core::VerdictGiven> auto& record) {
  wire(record.id, record.verdict, record.excluded, record.reason);
}

void Layout(auto& wire, Either<core::PaymentAdopted> auto& record) {
  wire(record.id, record.content, record.raw_tx, record.vouts, record.fee_sat);
}

void Layout(auto& wire, Either<core::LocksReleased> auto& record) {
  wire(record.batch);
}

void Layout(auto& wire, Either<core::CoinsVanished> auto& record) {
  wire(record.batch, record.coins);
}

void Layout(auto& wire, Either<core::DetailPruned> auto& record) {
  wire(record.batches);
}

// --- snapshots

void Layout(auto& wire, Either<core::Send> auto& send) {
  wire(send.id, send.content, send.ending, send.batches, send.live_batch, send.excluded_by_verdict,
       send.payment, send.created_at_ms, send.updated_at_ms, send.recorded_seq, send.seq);
}

// The send as far as it is left when its detail is pruned.
template <class Send>
struct PrunedForm {
  Send& send;
};

template <class Send>
void Layout(auto& wire, const PrunedForm<Send>& form) {
  auto& send = form.send;
  wire(send.id, *send.pruned, send.batches, send.live_batch, *send.payment, send.created_at_ms,
       send.updated_at_ms, send.recorded_seq, send.seq);
}

void Layout(auto& wire, Either<core::Version> auto& version) {
  wire(version.unsigned_tx, version.raw_tx, version.txid, version.paid, version.change_vout,
       version.fee_sat, version.signature_asked, version.accepted, version.adopted);
}

void Layout(auto& wire, Either<core::Rival> auto& rival) {
  wire(rival.raw_tx, rival.txid, rival.block);
}

void Layout(auto& wire, Either<core::Confirmation> auto& confirmation) {
  wire(confirmation.txid, confirmation.block);
}

void Layout(auto& wire, Either<core::Batch> auto& batch) {
  wire(batch.id, batch.sends, batch.coins, batch.core_coins, batch.exclusions, batch.versions,
       batch.rivals, batch.vanished, batch.confirmation, batch.end, batch.left, batch.superseded,
       batch.locked, batch.created_at_ms, batch.updated_at_ms, batch.seq);
}

void Layout(auto& wire, Either<core::Alarm> auto& alarm) {
  wire(alarm.number, alarm.raised, alarm.raised_at_ms, alarm.accepted_reason, alarm.accepted_at_ms);
}

void Layout(auto& wire, Either<core::ChainState> auto& chain) {
  wire(chain.locator, chain.work);
}

}  // namespace sendonce::wal

#endif  // SENDONCE_WAL_LAYOUT_H
