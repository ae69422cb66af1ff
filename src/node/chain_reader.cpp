#include "node/chain_reader.h"

#include <cassert>
#include <optional>

#include "node/failure.h"
#include "node/node_facts.h"
#include "node/rpc_values.h"

namespace sendonce::node {

namespace {

using core::ChainPosition;
using core::ChainStep;
using core::Outcome;
using core::Refusal;
using core::Refused;

// Blocks one by one: each can have 8 MB of hexadecimal digits.
constexpr char kRawBlock[] = "0";

bool IsRefused(const Outcome<Json>& reply, Refusal why) {
  const auto* refused = std::get_if<Refused>(&reply);
  return refused && refused->why == why;
}

// Whether the block is in the node's best chain.
Outcome<bool> IsInBestChain(RpcClient& rpc, const ChainPosition& block) {
  auto reply = rpc.Call("getblockheader", JsonArray({HashText(block.hash)}));
  if (IsRefused(reply, Refusal::kNotFound)) return false;
  const Json* header = std::get_if<Json>(&reply);
  if (!header) return FailedAs<bool>(std::move(reply));
  const auto confirmations = ReadInt32((*header)["confirmations"]);
  if (!confirmations || ReadInt32((*header)["height"]) != block.height) {
    return Malformed("getblockheader");
  }
  return *confirmations >= 1;
}

// The highest of the blocks that is in the node's best chain.
Outcome<std::optional<ChainPosition>> FindFork(RpcClient& rpc,
                                               const std::vector<ChainPosition>& locator,
                                               const ChainPosition& tip) {
  for (auto block = locator.rbegin(); block != locator.rend(); ++block) {
    if (*block == tip) return *block;
    auto found = IsInBestChain(rpc, *block);
    const bool* in_chain = std::get_if<bool>(&found);
    if (!in_chain) return FailedAs<std::optional<ChainPosition>>(std::move(found));
    if (*in_chain) return *block;
  }
  return std::optional<ChainPosition>();
}

Outcome<bitcoin::Block> ReadRawBlock(RpcClient& rpc, const bitcoin::BlockHash& hash) {
  auto reply = rpc.Call("getblock", JsonArray({HashText(hash), kRawBlock}));
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<bitcoin::Block>(std::move(reply));
  const auto bytes = ReadHex(*result);
  auto block = bytes ? bitcoin::ParseBlock(*bytes) : std::nullopt;
  if (!block || block->hash != hash) return Malformed("getblock");
  return std::move(*block);
}

Outcome<core::ReadBlock> ReadBlockAfter(RpcClient& rpc, const ChainPosition& last) {
  auto hash = ReadHashAt(rpc, last.height + 1);
  const auto* found = std::get_if<bitcoin::BlockHash>(&hash);
  if (!found) return FailedAs<core::ReadBlock>(std::move(hash));
  auto read = ReadRawBlock(rpc, *found);
  auto* block = std::get_if<bitcoin::Block>(&read);
  if (!block) return FailedAs<core::ReadBlock>(std::move(read));
  if (block->previous_hash != last.hash) return Moved("the chain");
  return core::ReadBlock{{last.height + 1, block->hash}, std::move(block->transactions)};
}

// From the fork towards the tip, as many as one step may have.
Outcome<std::vector<core::ReadBlock>> ReadBlocks(RpcClient& rpc, ChainPosition last,
                                                 const ChainPosition& tip) {
  std::vector<core::ReadBlock> blocks;
  while (last.height < tip.height && blocks.size() < core::kMaxBlocksPerRead) {
    auto read = ReadBlockAfter(rpc, last);
    auto* block = std::get_if<core::ReadBlock>(&read);
    if (!block) return FailedAs<std::vector<core::ReadBlock>>(std::move(read));
    last = block->position;
    blocks.push_back(std::move(*block));
  }
  if (last.height == tip.height && last != tip) return Moved("the chain");
  return blocks;
}

}  // namespace

Outcome<bitcoin::BlockHash> ReadHashAt(RpcClient& rpc, int32_t height) {
  auto reply = rpc.Call("getblockhash", JsonArray({std::to_string(height)}));
  // -8: the chain is not that high any more.
  if (IsRefused(reply, Refusal::kRejected)) return Moved("the chain");
  const Json* result = std::get_if<Json>(&reply);
  if (!result) return FailedAs<bitcoin::BlockHash>(std::move(reply));
  const auto hash = ReadHash(*result);
  if (!hash) return Malformed("getblockhash");
  return *hash;
}

Outcome<ChainStep> ReadChainStep(RpcClient& rpc, const std::vector<ChainPosition>& locator) {
  assert(!locator.empty());
  auto facts = ReadNodeFacts(rpc);
  if (!std::holds_alternative<core::NodeFacts>(facts)) {
    return FailedAs<ChainStep>(std::move(facts));
  }
  ChainStep step;
  step.facts = std::get<core::NodeFacts>(std::move(facts));
  const ChainPosition tip = step.facts.tip;
  auto fork = FindFork(rpc, locator, tip);
  const auto* found = std::get_if<std::optional<ChainPosition>>(&fork);
  if (!found) return FailedAs<ChainStep>(std::move(fork));
  if (!*found) return step;
  if ((*found)->height > tip.height) return Moved("the chain");
  auto blocks = ReadBlocks(rpc, **found, tip);
  if (!std::holds_alternative<std::vector<core::ReadBlock>>(blocks)) {
    return FailedAs<ChainStep>(std::move(blocks));
  }
  step.connected = true;
  step.fork_height = (*found)->height;
  step.blocks = std::get<std::vector<core::ReadBlock>>(std::move(blocks));
  step.more = step.fork_height + static_cast<int32_t>(step.blocks.size()) < tip.height;
  return step;
}

}  // namespace sendonce::node
