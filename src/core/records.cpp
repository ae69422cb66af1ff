#include "core/records.h"

namespace sendonce::core {

namespace {

struct Namer {
  std::string_view operator()(const WalCreated&) const { return "WalCreated"; }
  std::string_view operator()(const SendRecorded&) const { return "SendRecorded"; }
  std::string_view operator()(const SendEnded&) const { return "SendEnded"; }
  std::string_view operator()(const BatchReserved&) const { return "BatchReserved"; }
  std::string_view operator()(const SignatureRequested&) const { return "SignatureRequested"; }
  std::string_view operator()(const VersionSigned&) const { return "VersionSigned"; }
  std::string_view operator()(const VersionAccepted&) const { return "VersionAccepted"; }
  std::string_view operator()(const VersionAdopted&) const { return "VersionAdopted"; }
  std::string_view operator()(const RivalSeen&) const { return "RivalSeen"; }
  std::string_view operator()(const RivalGone&) const { return "RivalGone"; }
  std::string_view operator()(const BatchConfirmed&) const { return "BatchConfirmed"; }
  std::string_view operator()(const BatchReopened&) const { return "BatchReopened"; }
  std::string_view operator()(const BatchFinal&) const { return "BatchFinal"; }
  std::string_view operator()(const BatchDropped&) const { return "BatchDropped"; }
  std::string_view operator()(const ChainMoved&) const { return "ChainMoved"; }
  std::string_view operator()(const AlarmRaised&) const { return "AlarmRaised"; }
  std::string_view operator()(const AlarmAccepted&) const { return "AlarmAccepted"; }
  std::string_view operator()(const VersionReserved&) const { return "VersionReserved"; }
  std::string_view operator()(const VerdictGiven&) const { return "VerdictGiven"; }
  std::string_view operator()(const PaymentAdopted&) const { return "PaymentAdopted"; }
  std::string_view operator()(const LocksReleased&) const { return "LocksReleased"; }
  std::string_view operator()(const CoinsVanished&) const { return "CoinsVanished"; }
  std::string_view operator()(const DetailPruned&) const { return "DetailPruned"; }
};

}  // namespace

std::string_view RecordName(const Record& record) {
  return std::visit(Namer{}, record);
}

}  // namespace sendonce::core
