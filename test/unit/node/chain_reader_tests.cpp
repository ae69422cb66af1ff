#include "node/chain_reader.h"

#include <boost/test/unit_test.hpp>

#include "scripted_chain.h"

namespace sendonce::node {

namespace {

using core::ChainPosition;
using core::ChainStep;
using core::Refusal;
using test::Error;
using test::RefusalOf;
using test::Result;
using test::ResultOf;
using test::UnknownOf;

// A node at height 3.
struct Fixture {
  Fixture() { chain.Extend(4, 1); }

  core::Outcome<ChainStep> Read(const std::vector<ChainPosition>& locator) {
    return ReadChainStep(rpc, locator);
  }

  test::ScriptedNode node;
  test::ScriptedChain chain{node};
  RpcClient rpc{node.Options()};
};

void CheckBlocks(const ChainStep& step, const test::ScriptedChain& chain, int32_t first,
                 size_t count) {
  BOOST_TEST(step.connected);
  BOOST_TEST(step.fork_height == first - 1);
  BOOST_REQUIRE(step.blocks.size() == count);
  for (size_t i = 0; i < count; ++i) {
    BOOST_CHECK(step.blocks[i].position == chain.At(first + static_cast<int32_t>(i)));
    BOOST_TEST(step.blocks[i].transactions.size() == 1U);
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(chain_reader_tests, Fixture)

BOOST_AUTO_TEST_CASE(at_the_tip_there_is_nothing_to_read) {
  const ChainStep step = ResultOf(Read({chain.At(1), chain.tip()}));
  CheckBlocks(step, chain, 4, 0);
  BOOST_TEST(!step.more);
  BOOST_CHECK(step.facts.tip == chain.tip());
  BOOST_TEST(node.CallsOf("getblockheader").empty());
}

BOOST_AUTO_TEST_CASE(blocks_behind_the_locator_are_read) {
  const ChainStep step = ResultOf(Read({chain.At(0), chain.At(1)}));
  CheckBlocks(step, chain, 2, 2);
  BOOST_TEST(!step.more);
}

BOOST_AUTO_TEST_CASE(a_long_chain_is_read_in_steps) {
  chain.Extend(static_cast<int>(core::kMaxBlocksPerRead), 1);
  const ChainStep first = ResultOf(Read({chain.At(0)}));
  CheckBlocks(first, chain, 1, core::kMaxBlocksPerRead);
  BOOST_TEST(first.more);
  const ChainStep second = ResultOf(Read({chain.At(0), first.blocks.back().position}));
  CheckBlocks(second, chain, 9, 3);
  BOOST_TEST(!second.more);
}

BOOST_AUTO_TEST_CASE(exactly_as_many_blocks_as_one_step_takes_are_all) {
  chain.Extend(static_cast<int>(core::kMaxBlocksPerRead) - 3, 1);
  const ChainStep step = ResultOf(Read({chain.At(0)}));
  CheckBlocks(step, chain, 1, core::kMaxBlocksPerRead);
  BOOST_TEST(!step.more);
}

BOOST_AUTO_TEST_CASE(after_a_reorganisation_the_highest_common_block_is_the_fork) {
  const std::vector<ChainPosition> locator = {chain.At(0), chain.At(1), chain.At(2), chain.At(3)};
  chain.CutAbove(1);
  chain.Extend(3, 2);
  CheckBlocks(ResultOf(Read(locator)), chain, 2, 3);
}

BOOST_AUTO_TEST_CASE(a_chain_that_lost_blocks_forks_at_its_tip) {
  const std::vector<ChainPosition> locator = {chain.At(0), chain.At(1), chain.At(3)};
  chain.CutAbove(1);
  const ChainStep step = ResultOf(Read(locator));
  CheckBlocks(step, chain, 2, 0);
  BOOST_TEST(!step.more);
}

BOOST_AUTO_TEST_CASE(blocks_that_the_node_does_not_know_are_passed_over) {
  CheckBlocks(ResultOf(Read({chain.At(1), {7, bitcoin::Hash256{{9}}}})), chain, 2, 2);
}

BOOST_AUTO_TEST_CASE(no_common_block_is_said) {
  const ChainStep step = ResultOf(Read({{0, bitcoin::Hash256{{8}}}, {7, bitcoin::Hash256{{9}}}}));
  BOOST_TEST(!step.connected);
  BOOST_TEST(step.blocks.empty());
  BOOST_TEST(step.facts.chain == "regtest");
}

BOOST_AUTO_TEST_CASE(a_block_that_does_not_link_is_unknown) {
  const auto genesis = chain.At(0);
  node.On("getblockhash", [this](const Json& params) {
    const auto height = static_cast<int32_t>(*params.At(0).Integer());
    return Result(HashText(height == 2 ? chain.At(3).hash : chain.At(height).hash));
  });
  BOOST_TEST(UnknownOf(Read({genesis})).find("changed") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reorganisation_while_blocks_are_read_is_unknown) {
  const auto genesis = chain.At(0);
  bool moved = false;
  node.On("getblock", [this, &moved](const Json& params) {
    if (!std::exchange(moved, true)) {
      const auto asked = chain.BytesAt(1);
      chain.CutAbove(0);
      chain.Extend(5, 2);
      return Result(HexText(asked));
    }
    return Result(HexText(chain.BytesAt(ReadHash(params.At(0)) == chain.At(2).hash ? 2 : 3)));
  });
  UnknownOf(Read({genesis}));
}

BOOST_AUTO_TEST_CASE(a_chain_that_becomes_shorter_while_it_is_read_is_unknown) {
  const auto genesis = chain.At(0);
  node.On("getblockhash", [](const Json& params) {
    return *params.At(0).Integer() == 0 ? Result(JsonString(std::string(64, '0')))
                                        : Error(-8, "Block height out of range");
  });
  UnknownOf(Read({genesis}));
}

BOOST_AUTO_TEST_CASE(another_block_at_the_height_of_the_tip_is_unknown) {
  const auto locator = chain.At(2);
  const auto replaced = chain.At(3);
  node.On("getblockhash", [this, &replaced](const Json& params) {
    const auto height = static_cast<int32_t>(*params.At(0).Integer());
    if (height == 3 && chain.tip() == replaced) {
      chain.CutAbove(2);
      chain.Extend(1, 2);
    }
    return Result(HashText(chain.At(height).hash));
  });
  UnknownOf(Read({locator}));
}

BOOST_AUTO_TEST_CASE(a_fork_above_the_tip_of_the_facts_is_unknown) {
  const auto high = chain.At(3);
  chain.CutAbove(2);
  node.On("getblockheader", Result(R"({"height":3,"confirmations":1})"));
  UnknownOf(Read({high}));
}

BOOST_AUTO_TEST_CASE(a_chain_that_only_grows_meanwhile_is_read_to_where_it_was) {
  const auto genesis = chain.At(0);
  bool grown = false;
  node.On("getblockhash", [this, &grown](const Json& params) {
    const auto height = static_cast<int32_t>(*params.At(0).Integer());
    if (height == 1 && !std::exchange(grown, true)) chain.Extend(1, 1);
    return Result(HashText(chain.At(height).hash));
  });
  CheckBlocks(ResultOf(Read({genesis})), chain, 1, 3);
}

BOOST_AUTO_TEST_CASE(another_block_than_the_one_that_was_asked_for_is_unknown) {
  const auto genesis = chain.At(0);
  chain.Extend(static_cast<int>(core::kMaxBlocksPerRead), 1);
  const ChainPosition before_last = chain.At(core::kMaxBlocksPerRead - 1);
  const auto wanted = chain.At(core::kMaxBlocksPerRead).hash;
  // It links, and the tip is not reached: nothing else would show it.
  node.On("getblock", [this, before_last, wanted](const Json& params) {
    if (ReadHash(params.At(0)) == wanted) {
      return Result(HexText(test::MakeBlock(before_last, 9).bytes));
    }
    for (int32_t height = 0;; ++height) {
      if (ReadHash(params.At(0)) != chain.At(height).hash) continue;
      return Result(HexText(chain.BytesAt(height)));
    }
  });
  UnknownOf(Read({genesis}));
}

BOOST_AUTO_TEST_CASE(a_block_that_does_not_parse_is_unknown) {
  const auto genesis = chain.At(0);
  bitcoin::Bytes cut = chain.BytesAt(1);
  cut.pop_back();
  for (const std::string& text :
       {HexText(cut), HexText({}), std::string("\"zz\""), std::string("5"), std::string("null")}) {
    node.On("getblock", Result(text));
    UnknownOf(Read({genesis}));
  }
}

BOOST_AUTO_TEST_CASE(a_header_that_contradicts_the_locator_is_unknown) {
  for (const char* header : {R"({"height":2,"confirmations":1})", R"({"height":1})", "{}", "null",
                             R"({"confirmations":1})", R"({"height":1,"confirmations":"1"})"}) {
    node.On("getblockheader", Result(header));
    UnknownOf(Read({chain.At(1)}));
  }
}

BOOST_AUTO_TEST_CASE(refusals_and_unknowns_are_passed_on) {
  for (const char* method : {"getblockchaininfo", "getblockheader", "getblockhash", "getblock"}) {
    test::ScriptedNode other;
    test::ScriptedChain same(other);
    same.Extend(4, 1);
    RpcClient client(other.Options());
    other.On(method, Error(-28, "Loading"));
    BOOST_CHECK(RefusalOf(ReadChainStep(client, {same.At(1)})) == Refusal::kNotExecuted);
    other.On(method, Error(-999, "odd"));
    UnknownOf(ReadChainStep(client, {same.At(1)}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
