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
              kIsNumbered<21, core::LocksReleased> && kIsNumbered<22, core::CoinsVanished>);
static_assert(std::variant_size_v<core::Record> == 22);

template <size_t... Indexes>
bool EmplaceType(core::Record& record, size_t number, std::index_sequence<Indexes...>) {
  return ((number == Indexes + 1 ? (record.emplace<Indexes>(), true) : false) || ...);
}

template <class T>
bitcoin::Bytes EncodeSnapshot(const T& value) {
  Writer writer;
  writer(kSnapshotFormat, value);
  return writer.Take();
}

template <class T>
std::optional<T> DecodeSnapshot(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  uint8_t format = 0;
  T value;
  reader(format);
  if (format != kSnapshotFormat) return std::nullopt;
  reader(value);
  if (!reader.complete()) return std::nullopt;
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
  return EncodeSnapshot(send);
}

std::optional<core::Send> DecodeSend(std::span<const uint8_t> bytes) {
  return DecodeSnapshot<core::Send>(bytes);
}

bitcoin::Bytes EncodeBatch(const core::Batch& batch) {
  return EncodeSnapshot(batch);
}

std::optional<core::Batch> DecodeBatch(std::span<const uint8_t> bytes) {
  return DecodeSnapshot<core::Batch>(bytes);
}

bitcoin::Bytes EncodeAlarm(const core::Alarm& alarm) {
  return EncodeSnapshot(alarm);
}

std::optional<core::Alarm> DecodeAlarm(std::span<const uint8_t> bytes) {
  return DecodeSnapshot<core::Alarm>(bytes);
}

bitcoin::Bytes EncodeChain(const core::ChainState& chain) {
  return EncodeSnapshot(chain);
}

std::optional<core::ChainState> DecodeChain(std::span<const uint8_t> bytes) {
  auto chain = DecodeSnapshot<core::ChainState>(bytes);
  if (chain && chain->locator.empty()) return std::nullopt;
  return chain;
}

}  // namespace sendonce::wal
