// Blocks that link, and the RPCs that show them as a node's best chain.

#ifndef SENDONCE_TEST_UNIT_NODE_SCRIPTED_CHAIN_H
#define SENDONCE_TEST_UNIT_NODE_SCRIPTED_CHAIN_H

#include <string>
#include <vector>

#include "bitcoin/transaction.h"
#include "core/send.h"
#include "node/rpc_values.h"
#include "scripted_node.h"

namespace sendonce::test {

struct ChainBlock {
  core::ChainPosition position;
  bitcoin::Bytes bytes;
};

// A block of one transaction, another one for each salt. Without work: that is the node's to check.
inline ChainBlock MakeBlock(const core::ChainPosition& previous, uint8_t salt) {
  bitcoin::Bytes header(4);
  header.insert(header.end(), previous.hash.bytes.begin(), previous.hash.bytes.end());
  header.resize(80, salt);
  bitcoin::Transaction coinbase;
  coinbase.inputs.push_back({{{}, 0xffffffff}, {salt, 1}, 0xffffffff, {}});
  coinbase.outputs.push_back({50, {0x51}});
  ChainBlock block{{previous.height + 1, bitcoin::DoubleSha256(header)}, header};
  block.bytes.push_back(1);
  const bitcoin::Bytes transaction = bitcoin::SerializeTransaction(coinbase);
  block.bytes.insert(block.bytes.end(), transaction.begin(), transaction.end());
  return block;
}

// The node of a test with a chain. The test may change the chain between calls, and in the middle
// of one by taking over a method.
class ScriptedChain {
 public:
  explicit ScriptedChain(ScriptedNode& node) {
    Extend(0, 1);
    node.On("getblockchaininfo", [this](const node::Json&) { return Info(); });
    node.On("getblockhash", [this](const node::Json& params) { return HashAt(params); });
    node.On("getblockheader", [this](const node::Json& params) { return Header(params); });
    node.On("getblock", [this](const node::Json& params) { return Block(params); });
    node.On("getnetworkinfo", Result(R"({"subversion":"/Scripted:1/"})"));
    node.On("uptime", Result("60"));
    node.On("listlabels", Result("[]"));
    node.On("getwalletinfo", Result(R"({"walletname":"w","private_keys_enabled":true,)"
                                    R"("scanning":false,"lastprocessedblock":{"height":0}})"));
  }

  void Extend(int count, uint8_t salt) {
    for (int i = 0; i < count; ++i) {
      const core::ChainPosition previous =
          blocks_.empty() ? core::ChainPosition{-1, {}} : blocks_.back().position;
      blocks_.push_back(MakeBlock(previous, salt));
      all_.push_back(blocks_.back());
    }
  }
  // Blocks above that height leave the chain; the node still knows them.
  void CutAbove(int32_t height) { blocks_.resize(static_cast<size_t>(height) + 1); }

  core::ChainPosition At(int32_t height) const {
    return blocks_.at(static_cast<size_t>(height)).position;
  }
  core::ChainPosition tip() const { return blocks_.back().position; }
  const bitcoin::Bytes& BytesAt(int32_t height) const {
    return blocks_.at(static_cast<size_t>(height)).bytes;
  }

 private:
  Answer Info() const {
    return Result(node::JsonObject({{"chain", node::JsonString("regtest")},
                                    {"blocks", std::to_string(tip().height)},
                                    {"bestblockhash", node::HashText(tip().hash)},
                                    {"chainwork", node::JsonString(std::string(64, '1'))},
                                    {"initialblockdownload", "false"}}));
  }

  Answer HashAt(const node::Json& params) const {
    const auto height = static_cast<size_t>(*params.At(0).Integer());
    if (height >= blocks_.size()) return Error(-8, "Block height out of range");
    return Result(node::HashText(blocks_[height].position.hash));
  }

  Answer Header(const node::Json& params) const {
    for (const ChainBlock& block : all_) {
      if (block.position.hash != node::ReadHash(params.At(0))) continue;
      const auto height = static_cast<size_t>(block.position.height);
      const bool in_chain = height < blocks_.size() && blocks_[height].position == block.position;
      const size_t confirmations = blocks_.size() - height;
      return Result(
          node::JsonObject({{"height", std::to_string(height)},
                            {"confirmations", in_chain ? std::to_string(confirmations) : "-1"}}));
    }
    return Error(-5, "Block not found");
  }

  Answer Block(const node::Json& params) const {
    for (const ChainBlock& block : all_) {
      if (block.position.hash != node::ReadHash(params.At(0))) continue;
      return Result(node::HexText(block.bytes));
    }
    return Error(-5, "Block not found");
  }

  std::vector<ChainBlock> blocks_;  // the best chain, from height 0
  std::vector<ChainBlock> all_;
};

}  // namespace sendonce::test

#endif  // SENDONCE_TEST_UNIT_NODE_SCRIPTED_CHAIN_H
