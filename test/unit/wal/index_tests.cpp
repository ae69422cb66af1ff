#include "wal/index.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "sample.h"
#include "wal/codec.h"
#include "wal/key.h"

namespace sendonce::wal {

namespace {

// The writes of one entry by the description of their keys; "-" for a deletion.
std::map<std::string, std::string> Described(const core::Entry& entry) {
  std::map<std::string, std::string> described;
  for (const KeyWrite& write : IndexWrites(entry)) {
    const bool is_new = described
                            .emplace(DescribeKey(write.key),
                                     write.value ? bitcoin::HexFromBytes(*write.value) : "-")
                            .second;
    BOOST_TEST(is_new, "a key stands twice: " << DescribeKey(write.key));
  }
  return described;
}

std::set<std::string> Keys(const core::Entry& entry) {
  std::set<std::string> keys;
  for (const auto& [key, value] : Described(entry)) keys.insert(key);
  return keys;
}

std::string Hex(const bitcoin::Bytes& bytes) {
  return bitcoin::HexFromBytes(bytes);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(index_writes)

BOOST_AUTO_TEST_CASE(keys_are_as_documented) {
  BOOST_TEST(Hex(FrameKey(0x0102)) ==
             "72"
             "0000000000000102");
  BOOST_TEST(Hex(SendKey("ab")) ==
             "73"
             "6162");
  BOOST_TEST(Hex(BatchKey(3)) ==
             "62"
             "0000000000000003");
  BOOST_TEST(Hex(OpenSendKey("ab")) ==
             "6f73"
             "6162");
  BOOST_TEST(Hex(OpenBatchKey(3)) ==
             "6f62"
             "0000000000000003");
  BOOST_TEST(Hex(ConfirmedKey(258, 3)) ==
             "68"
             "00000102"
             "0000000000000003");
  BOOST_TEST(Hex(TxidKey(bitcoin::Txid(), 3)) == "74" + std::string(64, '0') + "0000000000000003");
  BOOST_TEST(Hex(SendHistoryKey("ab", 3)) ==
             "6973"
             "6162"
             "00"
             "0000000000000003");
  BOOST_TEST(Hex(BatchHistoryKey(3, 4)) ==
             "6962"
             "0000000000000003"
             "0000000000000004");
  BOOST_TEST(Hex(AlarmKey(3)) ==
             "61"
             "0000000000000003");
  BOOST_TEST(Hex(ChainKey()) == "63");
}

BOOST_AUTO_TEST_CASE(the_order_of_keys_is_the_order_of_numbers) {
  BOOST_TEST((FrameKey(255) < FrameKey(256)));
  BOOST_TEST((ConfirmedKey(255, 9) < ConfirmedKey(256, 1)));
  BOOST_TEST((SendHistoryKey("a", 255) < SendHistoryKey("a", 256)));
  BOOST_TEST(!HasPrefix(SendHistoryKey("ab", 1), SendHistoryPrefix("a")));
  BOOST_TEST(!HasPrefix(SendHistoryKey("a", 1), SendHistoryPrefix("ab")));
}

BOOST_AUTO_TEST_CASE(no_description_trusts_its_key) {
  for (const bitcoin::Bytes& odd : {bitcoin::Bytes(),
                                    {'r', 1},
                                    {'o'},
                                    {'o', 'x'},
                                    {'i', 's', 'a'},
                                    {'h', 1},
                                    {'t'},
                                    {'z', 9}}) {
    BOOST_TEST(DescribeKey(odd) == "unknown key 0x" + Hex(odd));
  }
  BOOST_TEST(DescribeKey(SendKey("a\n")) == "send 0x610a");
  BOOST_TEST(DescribeKey(SendHistoryKey("w-1", 5)) == "history of send w-1: record 5");
  BOOST_TEST(DescribeKey(ChainKey()) == "chain");
  BOOST_TEST(!NumberAtEnd(ChainKey()));
}

BOOST_AUTO_TEST_CASE(the_first_record_writes_the_chain) {
  const Story story;
  BOOST_TEST(Keys(story.entries()[0]) == (std::set<std::string>{"chain"}));
}

BOOST_AUTO_TEST_CASE(a_send_is_open_until_it_ends) {
  Story story;
  story.Submit("w");
  story.Cancel("w");
  const auto recorded = Described(story.entries()[1]);
  BOOST_TEST(recorded.at("open mark of send w") == "");
  BOOST_TEST(recorded.at("history of send w: record 2") == "");
  BOOST_TEST(recorded.at("send w") == Hex(EncodeSend(story.entries()[1].sends[0])));
  const auto ended = Described(story.entries()[2]);
  BOOST_TEST(ended.at("open mark of send w") == "-");
  BOOST_TEST(ended.at("history of send w: record 3") == "");
  BOOST_TEST(ended.at("send w") == Hex(EncodeSend(*story.ledger().FindSend("w"))));
}

BOOST_AUTO_TEST_CASE(a_batch_writes_its_sends_its_txids_and_its_place_in_the_chain) {
  Story story;
  const auto batch = story.Pay("w", 101);
  const std::string b = std::to_string(batch);
  const auto& entries = story.entries();
  const auto txid = bitcoin::DisplayHex(story.CurrentTxid(batch));

  BOOST_TEST(Keys(entries[batch - 1]) ==
             (std::set<std::string>{
                 "send w", "open mark of send w", "batch " + b, "open mark of batch " + b,
                 "transaction " + txid + " of batch " + b, "history of send w: record " + b,
                 "history of batch " + b + ": record " + b}));
  const auto confirmed = Described(entries[6]);
  BOOST_TEST(confirmed.at("batch " + b + " confirmed at height 101") == "");
  BOOST_TEST(confirmed.at("history of batch " + b + ": record 7") == "");
  BOOST_TEST(confirmed.count("send w") == 0U);
  const auto finished = Described(entries.back());
  BOOST_TEST(finished.at("open mark of send w") == "-");
  BOOST_TEST(finished.at("open mark of batch " + b) == "-");
  BOOST_TEST(finished.count("batch " + b + " confirmed at height 101") == 0U);

  story.Reopen(batch);
  const auto reopened = Described(story.entries().back());
  BOOST_TEST(reopened.at("batch " + b + " confirmed at height 101") == "-");
  BOOST_TEST(reopened.at("open mark of send w") == "");
  BOOST_TEST(reopened.at("open mark of batch " + b) == "");
}

BOOST_AUTO_TEST_CASE(a_dropped_batch_stands_in_the_history_of_its_sends) {
  Story story;
  story.Submit("w");
  const auto batch = story.Reserve({"w"});
  story.Drop(batch);
  const auto dropped = Described(story.entries().back());
  BOOST_TEST(dropped.at("history of send w: record 4") == "");
  BOOST_TEST(dropped.at("history of batch 3: record 4") == "");
  BOOST_TEST(dropped.at("open mark of batch 3") == "");  // the node may still hold its locks
  story.ReleaseLocks(batch);
  BOOST_TEST(Described(story.entries().back()).at("open mark of batch 3") == "-");
  BOOST_TEST(Described(story.entries().back()).at("history of batch 3: record 5") == "");
}

BOOST_AUTO_TEST_CASE(an_adopted_payment_is_found_by_its_id_its_batch_and_its_txid) {
  Story story;
  const auto batch = story.AdoptPayment("w");
  const auto adopted = Described(story.entries().back());
  const std::string txid = bitcoin::DisplayHex(story.CurrentTxid(batch));
  for (const std::string key : {"send w", "batch 2", "open mark of send w", "open mark of batch 2",
                                "history of send w: record 2", "history of batch 2: record 2"}) {
    BOOST_TEST(adopted.contains(key), key);
  }
  BOOST_TEST(adopted.contains("transaction " + txid + " of batch 2"));
}

BOOST_AUTO_TEST_CASE(a_verdict_is_about_its_send_and_a_new_version_about_its_batch) {
  Story story;
  const auto batch = story.PayUnseen("w");
  story.Replace(batch);
  const auto& version = story.ledger().FindBatch(batch)->versions.at(1);
  const std::string txid = bitcoin::DisplayHex(version.txid);
  const auto replaced = Described(story.entries().back());
  BOOST_TEST(replaced.contains("history of batch 3: record 6"));
  BOOST_TEST(replaced.contains("transaction " + txid + " of batch 3"));
  story.SeeRival(batch);
  story.GiveVerdict("w", core::OperatorVerdict::kNever);
  const auto verdict = Described(story.entries().back());
  BOOST_TEST(verdict.contains("history of send w: record 8"));
}

BOOST_AUTO_TEST_CASE(an_alarm_is_about_its_batch_also_when_it_is_accepted) {
  Story story;
  story.Submit("w");
  const auto batch = story.Reserve({"w"});
  const auto alarm = story.RaiseAlarm(batch);
  story.AcceptAlarm(alarm);
  BOOST_TEST(Keys(story.entries()[3]) ==
             (std::set<std::string>{"alarm 4", "history of batch 3: record 4"}));
  BOOST_TEST(Keys(story.entries()[4]) ==
             (std::set<std::string>{"alarm 4", "history of batch 3: record 5"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::wal
