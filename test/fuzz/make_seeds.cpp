// First inputs for the targets whose inputs are no text, made of the values of the log's unit
// tests. Writes into the folders of the corpus below the one that is named.

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "sample.h"
#include "wal/anchor.h"
#include "wal/codec.h"
#include "wal/frame.h"
#include "wal/key.h"

namespace sendonce {
namespace {

using bitcoin::Bytes;

class Corpus {
 public:
  explicit Corpus(std::filesystem::path root) : root_(std::move(root)) {}

  // What a target that tells kinds of input apart by the first byte takes for that kind.
  void Add(const std::string& target, const std::string& name, uint8_t kind, Bytes bytes) {
    bytes.insert(bytes.begin(), kind);
    Add(target, name, bytes);
  }

  void Add(const std::string& target, const std::string& name, const Bytes& bytes) {
    std::filesystem::create_directories(root_ / target);
    std::ofstream file(root_ / target / ("seed-" + name), std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }

 private:
  std::filesystem::path root_;
};

Bytes BytesOf(const std::string& text) {
  return {text.begin(), text.end()};
}

void AddRecords(Corpus& corpus) {
  for (const core::Record& record : wal::SampleRecords()) {
    corpus.Add("wal_codec", std::string(core::RecordName(record)), 0, wal::EncodeRecord(record));
  }
  corpus.Add("wal_codec", "send", 1, wal::EncodeSend(wal::SampleSend()));
  corpus.Add("wal_codec", "pruned-send", 1, wal::EncodeSend(wal::SamplePrunedSend()));
  corpus.Add("wal_codec", "batch", 2, wal::EncodeBatch(wal::SampleBatch()));
  corpus.Add("wal_codec", "alarm", 3, wal::EncodeAlarm(wal::SampleAlarm()));
  corpus.Add("wal_codec", "chain", 4, wal::EncodeChain(wal::SampleChain()));
  corpus.Add("wal_codec", "pruned-chain", 4, wal::EncodeChain(wal::SamplePrunedChain()));
}

void AddFrames(Corpus& corpus, const wal::Story& story) {
  const auto frames = story.Frames();
  for (size_t i = 0; i < 3; ++i) {
    corpus.Add("wal_frame", "frame-" + std::to_string(i + 1), 0, frames[i]);
    const auto stub = wal::StubOf(frames[i]);
    if (stub) corpus.Add("wal_frame", "stub-" + std::to_string(i + 1), 1, wal::EncodeStub(*stub));
  }
  const std::string anchor = wal::EncodeAnchor({{1, 2, 3}, 17, wal::SampleHash(4)});
  corpus.Add("wal_frame", "anchor", 2, BytesOf(anchor));
  corpus.Add("wal_frame", "anchor-to-forge", 3, BytesOf(anchor));
  const wal::Key keys[] = {wal::FrameKey(3),          wal::SendKey("w-1"),
                           wal::BatchKey(7),          wal::OpenSendKey("w-1"),
                           wal::OpenBatchKey(7),      wal::ConfirmedKey(101, 7),
                           wal::ChainKey(),           wal::TxidKey(wal::SampleHash(1), 7),
                           wal::AlarmKey(9),          wal::SendHistoryKey("w-1", 8),
                           wal::BatchHistoryKey(7, 8)};
  for (size_t i = 0; i < std::size(keys); ++i) {
    corpus.Add("wal_frame", "key-" + std::to_string(i), 4, keys[i]);
  }
}

void Append(const core::Record& record, Bytes& to) {
  const Bytes bytes = wal::EncodeRecord(record);
  to.push_back(static_cast<uint8_t>(bytes.size()));
  to.push_back(static_cast<uint8_t>(bytes.size() >> 8));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void AddStory(Corpus& corpus, const std::string& name, const wal::Story& story) {
  Bytes all;
  for (const core::Entry& entry : story.entries()) Append(entry.record, all);
  corpus.Add("ledger", name, all);
}

// Lives of a send, each short enough for one input.
struct Life {
  const char* name;
  void (*live)(wal::Story& story);
};

constexpr Life kLives[] = {
    {"paid", [](wal::Story& story) { story.Pay("w-1", 101); }},
    {"cancelled",
     [](wal::Story& story) {
       story.Submit("w-1");
       story.Drop(story.Reserve({"w-1"}));
       story.Cancel("w-1");
       story.Cancel("burnt");
     }},
    {"rebuilt", [](wal::Story& story) { story.Rebuild(story.PayUnseen("w-1")); }},
    {"replaced",
     [](wal::Story& story) {
       const core::BatchId batch = story.PayUnseen("w-1");
       story.Accept(batch);
       story.Replace(batch);
       story.Adopt(batch);
     }},
    {"rival",
     [](wal::Story& story) {
       const core::BatchId batch = story.PayUnseen("w-1");
       story.SeeRival(batch);
       story.AcceptAlarm(story.RaiseAlarm(batch));
       story.LoseRival(batch);
     }},
    {"reopened", [](wal::Story& story) { story.Reopen(story.Pay("w-1", 101)); }},
    {"verdict",
     [](wal::Story& story) {
       story.SeeRival(story.PayUnseen("w-1"));
       story.GiveVerdict("w-1", core::OperatorVerdict::kNever);
     }},
    {"adopted",
     [](wal::Story& story) {
       const core::BatchId batch = story.AdoptPayment("w-1");
       story.Confirm(batch, 101);
       story.MoveChain(100, 101);
     }},
};

wal::Story StoryOf(const Life& life) {
  wal::Story story;
  life.live(story);
  return story;
}

// A second batch that claims the coin of the first: refused.
void AddDoubleClaim(Corpus& corpus) {
  wal::Story story;
  story.Submit("w-1");
  story.Submit("w-2");
  const core::BatchId batch = story.Reserve({"w-1"});
  Bytes all;
  for (const core::Entry& entry : story.entries()) Append(entry.record, all);
  auto again = std::get<core::BatchReserved>(story.entries().at(batch - 1).record);
  again.sends = {"w-2"};
  Append(again, all);
  corpus.Add("ledger", "double-claim", all);
}

void AddTransactions(Corpus& corpus, const wal::Story& story) {
  size_t count = 0;
  for (const core::Entry& entry : story.entries()) {
    const auto* version = std::get_if<core::VersionSigned>(&entry.record);
    const auto* reserved = std::get_if<core::BatchReserved>(&entry.record);
    if (version) corpus.Add("transaction", "signed-" + std::to_string(++count), version->raw_tx);
    if (reserved) {
      corpus.Add("transaction", "unsigned-" + std::to_string(++count), reserved->unsigned_tx);
    }
  }
}

void WriteAll(Corpus& corpus) {
  const wal::Story every = wal::Story::OfEveryType();
  AddRecords(corpus);
  AddFrames(corpus, every);
  for (const Life& life : kLives) AddStory(corpus, life.name, StoryOf(life));
  AddDoubleClaim(corpus);
  AddTransactions(corpus, StoryOf(kLives[0]));
}

}  // namespace
}  // namespace sendonce

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_seeds CORPUS_FOLDER\n");
    return 2;
  }
  sendonce::Corpus corpus{std::filesystem::path(argv[1])};
  sendonce::WriteAll(corpus);
  return 0;
}
