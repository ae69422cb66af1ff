// A log in memory to which records are offered, for the tests of what is objected to them.

#ifndef SENDONCE_TEST_UNIT_CORE_OBJECTION_LOG_H
#define SENDONCE_TEST_UNIT_CORE_OBJECTION_LOG_H

#include <string>
#include <vector>

#include "core/ledger.h"
#include "core/record_objection.h"
#include "samples.h"

namespace sendonce::core {

// A log with: two sends that wait (w-1, w-2), a batch in `reserved` for r-1 on coin 20, one that is
// signed for s-1 on coin 30.
struct ObjectionLog {
  ObjectionLog() {
    ledger.Apply(samples::LogBeginning(), 1);
    for (const char* id : {"w-1", "w-2", "r-1", "s-1"}) Submit(id);
    reserved = Reserve({"r-1"}, 20);
    signed_batch = Reserve({"s-1"}, 30);
    ledger.Apply(SignatureRequested{signed_batch, 0}, 3);
    ledger.Apply(VersionSigned{signed_batch, 0, samples::SignatureFor(ledger, signed_batch)}, 4);
    txid = ledger.FindBatch(signed_batch)->versions[0].txid;
  }

  void Submit(const SendId& id) {
    ledger.Apply(SendRecorded{id, samples::Paying({samples::To(id, 1'000)})}, 2);
  }

  BatchReserved ReservationFor(const std::vector<SendId>& ids, uint32_t coin) const {
    return samples::Reservation(ledger, ids, {samples::CoinOf(coin, 9'000)}, 100);
  }

  BatchId Reserve(const std::vector<SendId>& ids, uint32_t coin) {
    return ledger.Apply(ReservationFor(ids, coin), 2).seq;
  }

  // "" if the record may follow. Whatever is said about a record, saying it changes nothing.
  std::string On(const Record& record) const {
    return ObjectionToRecord(ledger, record).value_or("");
  }

  bitcoin::Bytes OtherOn(BatchId batch, const std::vector<bitcoin::TxOut>& outputs) const {
    const auto& coins = ledger.FindBatch(batch)->coins;
    return samples::BytesOf(samples::ByAnother(coins, outputs));
  }

  Ledger ledger;
  BatchId reserved = 0;
  BatchId signed_batch = 0;
  bitcoin::Txid txid;
};

}  // namespace sendonce::core

#endif  // SENDONCE_TEST_UNIT_CORE_OBJECTION_LOG_H
