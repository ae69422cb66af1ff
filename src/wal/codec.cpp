#include "wal/codec.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "wal/layout.h"
#include "wal/wire.h"

namespace sendonce::wal {

namespace {

// The type number of a record is its place in the variant, counted from 1. The list may only grow.
template <size_t Number, class T>
constexpr bool kIsNumbered =
    std::is_same_v<std::variant_alternative_t<Number - 1, core::Record>, T>;
static_assert(kIsNumbered<1, core::WalCreated> && kIsNumbered<2, core::SendRecorded> &&
              kIsNumbered<3, core::SendEnded> && kIsNumbered<4, core::BatchReserved> &&
              kIsNumbered<5, core::SignatureRequested> && kIsNumbered<6, core::VersionSigned> &&
              kIsNumbered<7, core::VersionAccepted> && kIsNumbered<8, core::VersionAdopted> &&
              kIsNumbered<9, core::RivalSeen> && kIsNumbered<10, core::RivalGone> &&
              kIsNumbered<11, core::BatchConfirmed> && kIsNumbered<12, core::BatchReopened> &&
              kIsNumbered<13, core::BatchFinal> && kIsNumbered<14, core::BatchDropped> &&
              kIsNumbered<15, core::ChainMoved> && kIsNumbered<16, core::AlarmRaised> &&
              kIsNumbered<17, core::AlarmAccepted> && kIsNumbered<18, core::VersionReserved> &&
              kIsNumbered<19, core::VerdictGiven> && kIsNumbered<20, core::PaymentAdopted> &&
              kIsNumbered<21, core::LocksReleased> && kIsNumbered<22, core::CoinsVanished> &&
              kIsNumbered<23, core::DetailPruned>);
static_assert(std::variant_size_v<core::Record> == 23);

template <size_t... Indexes>
bool EmplaceType(core::Record& record, size_t number, std::index_sequence<Indexes...>) {
  return ((number == Indexes + 1 ? (record.emplace<Indexes>(), true) : false) || ...);
}

template <class... Fields>
bitcoin::Bytes EncodeSnapshot(uint8_t format, const Fields&... fields) {
  Writer writer;
  writer(format, fields...);
  return writer.Take();
}

// False if it is of another format, or not whole; then the fields are unspecified.
template <class... Fields>
bool DecodeSnapshot(std::span<const uint8_t> bytes, uint8_t format, Fields&... fields) {
  Reader reader(bytes);
  uint8_t found = 0;
  reader(found);
  if (found != format) return false;
  reader(fields...);
  return reader.complete();
}

template <class T>
std::optional<T> DecodeWhole(std::span<const uint8_t> bytes) {
  T value;
  if (!DecodeSnapshot(bytes, kSnapshotFormat, value)) return std::nullopt;
  return value;
}

}  // namespace

bitcoin::Bytes EncodeRecord(const core::Record& record) {
  Writer writer;
  writer(static_cast<uint8_t>(record.index() + 1));
  std::visit([&](const auto& one) { writer(one); }, record);
  return writer.Take();
}

std::optional<core::Record> DecodeRecord(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  uint8_t number = 0;
  reader(number);
  core::Record record;
  constexpr std::make_index_sequence<std::variant_size_v<core::Record>> kTypes;
  if (!EmplaceType(record, number, kTypes)) return std::nullopt;
  std::visit([&](auto& one) { reader(one); }, record);
  if (!reader.complete()) return std::nullopt;
  return record;
}

bitcoin::Bytes EncodeSend(const core::Send& send) {
  if (!send.pruned) return EncodeSnapshot(kSnapshotFormat, send);
  return EncodeSnapshot(kPrunedSnapshotFormat, PrunedForm<const core::Send>{send});
}

std::optional<core::Send> DecodeSend(std::span<const uint8_t> bytes) {
  core::Send send;
  if (DecodeSnapshot(bytes, kSnapshotFormat, send)) return send;
  send = {};
  send.pruned.emplace();
  send.payment.emplace();
  PrunedForm<core::Send> form{send};
  if (DecodeSnapshot(bytes, kPrunedSnapshotFormat, form)) return send;
  return std::nullopt;
}

bitcoin::Bytes EncodeBatch(const core::Batch& batch) {
  return EncodeSnapshot(kSnapshotFormat, batch);
}

std::optional<core::Batch> DecodeBatch(std::span<const uint8_t> bytes) {
  auto batch = DecodeWhole<core::Batch>(bytes);
  if (!batch) return std::nullopt;
  for (core::Version& version : batch->versions) version.former_txid = FormerTxidOf(version);
  return batch;
}

bitcoin::Bytes EncodeAlarm(const core::Alarm& alarm) {
  return EncodeSnapshot(kSnapshotFormat, alarm);
}

std::optional<core::Alarm> DecodeAlarm(std::span<const uint8_t> bytes) {
  return DecodeWhole<core::Alarm>(bytes);
}

bitcoin::Bytes EncodeChain(const core::ChainState& chain) {
  if (!chain.pruned_up_to) return EncodeSnapshot(kSnapshotFormat, chain);
  return EncodeSnapshot(kPrunedSnapshotFormat, chain, *chain.pruned_up_to);
}

std::optional<core::ChainState> DecodeChain(std::span<const uint8_t> bytes) {
  core::ChainState chain;
  if (!DecodeSnapshot(bytes, kSnapshotFormat, chain)) {
    chain = {};
    const bool is_pruned =
        DecodeSnapshot(bytes, kPrunedSnapshotFormat, chain, chain.pruned_up_to.emplace());
    if (!is_pruned) return std::nullopt;
  }
  if (chain.locator.empty()) return std::nullopt;
  return chain;
}

}  // namespace sendonce::wal
