// Has the node make and judge unsigned transactions around coins that were chosen by us.

#ifndef SENDONCE_NODE_DRAFTER_H
#define SENDONCE_NODE_DRAFTER_H

#include <string>
#include <vector>

#include "core/commands.h"
#include "core/effects.h"
#include "node/rpc_client.h"

namespace sendonce::node {

// Not thread-safe. Blocking.
class Drafter {
 public:
  explicit Drafter(RpcClient& rpc) : rpc_(rpc) {}

  // See Bitcoind::MakeDraft.
  core::Outcome<core::Draft> MakeDraft(const core::DraftTransaction& effect);

 private:
  struct ChangeAddress {
    std::string address;
    bitcoin::Script script;
  };
  struct Funded {
    bitcoin::Bytes unsigned_tx;
    size_t change_outputs = 0;
  };

  core::Outcome<std::string> SpareAddress(size_t index);
  core::Outcome<std::vector<ChangeAddress>> ChangeFor(size_t count);
  core::Outcome<Funded> Fund(const core::DraftTransaction& effect,
                             const std::vector<ChangeAddress>& change, bitcoin::FeeRate rate);

  RpcClient& rpc_;
  // Asked for and in no draft yet: a draft that fails again and again must not empty the keypool.
  std::vector<std::string> spares_;
};

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_DRAFTER_H
