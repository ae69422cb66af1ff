// The core between a log in memory and the toy node of its unit tests, played by the bytes of an
// input: callers, the disk, the node's answers (honest, refused, not known with or without an
// effect, garbled, late and twice), other users of the wallet, blocks and reorganisations, crashes,
// time. Everything that the core does is shown to the naive model (core_model.h).

#ifndef SENDONCE_TEST_FUZZ_CORE_GAME_H
#define SENDONCE_TEST_FUZZ_CORE_GAME_H

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/machine.h"
#include "core_model.h"
#include "input.h"
#include "memory_log.h"
#include "toy_node.h"

namespace sendonce::fuzz {

class CoreGame {
 public:
  explicit CoreGame(Input& input);

  // One move, chosen by the next bytes.
  void Move();

  // The world comes to rest; what was acknowledged is paid exactly once.
  void Finish();

 private:
  struct Asked {
    core::SendId id;
    std::optional<core::SendContent> submitted;
  };

  // --- moves
  void Submit();
  void SubmitMany();
  void AskForOne();
  void AskForService();
  void Decide();
  void Sync();
  void AnswerNode();
  void RepeatReply();
  void Chain();
  void Strangers();
  void PassTime();
  void Crash();

  // --- the node's answers
  template <typename Command, typename T>
  void Reply(Command command, core::Outcome<T> honest);
  template <typename T>
  core::Outcome<T> Distort(core::Outcome<T> honest);
  void Answer(const core::ReadChain& effect);
  void Answer(const core::ReadCoins& effect);
  void Answer(const core::ReadSpends& effect);
  void Answer(const core::LookUpTransaction& effect);
  void Answer(const core::LookUpCoins& effect);
  void Answer(const core::DraftTransaction& effect);
  void Answer(const core::LockCoins& effect);
  void Answer(const core::UnlockCoins& effect);
  void Answer(const core::Sign& effect);
  void Answer(const core::Broadcast& effect);
  void Answer(const core::FindPrunable& effect);
  void Answer(const core::Append&) {}
  void Answer(const core::Answer&) {}

  void Give(const core::Command& command);
  void Carry(const core::Effect& effect);
  void Told(const core::Answer& answer);
  void AnswerAt(size_t index);
  void Settle();

  core::CallToken Call(const core::SendId& id, std::optional<core::SendContent> submitted = {});
  core::SendId Id();
  core::SendContent Content(const core::SendId& id);
  std::optional<core::Send> StoredOf(const core::SendId& id) const;
  std::optional<bitcoin::Transaction> Known();
  void Remember();
  void CheckPayments() const;
  void CheckAllPaid() const;

  Input& input_;
  const core::Policy policy_;
  core::MemoryLog log_;
  core::ToyNode node_;
  CoreModel model_;
  std::unique_ptr<core::Machine> machine_;
  std::deque<core::Effect> asked_;
  std::map<core::CallToken, std::vector<Asked>> calls_;
  core::CallToken last_call_ = 0;
  std::vector<core::Command> replies_;       // that the node gave since the last start
  std::vector<bitcoin::Transaction> known_;  // every transaction of the world
  size_t signed_seen_ = 0;
  core::Millis now_ms_ = 1'000'000;
  bool honest_ = false;   // Finish: no more faults
  bool peaceful_ = true;  // nobody else has spent, no block went, no operator decided, no refusal
  bool stopped_ = false;
};

}  // namespace sendonce::fuzz

#endif  // SENDONCE_TEST_FUZZ_CORE_GAME_H
