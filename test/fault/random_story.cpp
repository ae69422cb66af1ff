#include "random_story.h"

#include <array>
#include <random>

namespace sendonce::fault {

namespace {

constexpr int32_t kFar = 1'050;  // deeper than anything that is not pruned

class Author {
 public:
  Author(uint64_t seed, bool long_moves) : random_(seed), long_moves_(long_moves) {}

  wal::Story Write() {
    const uint64_t chapters = 10 + random_() % 20;
    for (uint64_t i = 0; i < chapters; ++i) {
      (this->*kChapters[random_() % kChapters.size()])();
    }
    return std::move(story_);
  }

 private:
  using Chapter = void (Author::*)();

  core::SendId NewId() { return "w-" + std::to_string(++ids_); }

  core::BatchId PayUnseen() { return story_.PayUnseen(NewId()); }

  void Submit() { story_.Submit(NewId()); }

  void Burn() {
    const auto id = NewId();
    story_.Submit(id);
    story_.Cancel(id);
  }

  void Pay() { paid_.push_back(story_.Pay(NewId(), ++height_)); }

  void DropAndPayTogether() {
    const auto one = NewId();
    const auto two = NewId();
    story_.Submit(one);
    story_.Submit(two);
    const auto dropped = story_.Reserve({one});
    story_.Drop(dropped);
    story_.ReleaseLocks(dropped);
    const auto batch = story_.Reserve({one, two});
    story_.AskSignature(batch);
    if (random_() % 2) story_.Sign(batch);
  }

  void MeetRival() {
    const auto batch = PayUnseen();
    story_.SeeRival(batch);
    const auto alarm = story_.RaiseAlarm(batch);
    if (random_() % 2) story_.AcceptAlarm(alarm);
    if (random_() % 2) story_.LoseRival(batch);
  }

  void ReorganiseAdopted() {
    const auto batch = PayUnseen();
    story_.Adopt(batch);
    story_.Confirm(batch, ++height_);
    story_.MoveChain(height_ - 1, height_);
    if (random_() % 2) story_.Reopen(batch);
  }

  void LoseCoin() { story_.LoseCoin(PayUnseen()); }

  void Rebuild() { story_.Rebuild(PayUnseen()); }

  void Replace() { story_.Replace(PayUnseen()); }

  void AdoptPayment() { story_.AdoptPayment(NewId()); }

  void GiveVerdict() {
    const auto id = NewId();
    story_.SeeRival(story_.PayUnseen(id));
    story_.GiveVerdict(id, core::OperatorVerdict::kNever);
  }

  void MoveFar() {
    if (!long_moves_) return Pay();
    story_.MoveChain(height_, height_ + kFar);
    height_ += kFar;
    if (!paid_.empty()) story_.Prune(paid_);
    paid_.clear();
  }

  static constexpr std::array<Chapter, 14> kChapters = {
      &Author::Submit,      &Author::Submit,   &Author::Burn,
      &Author::Pay,         &Author::Pay,      &Author::DropAndPayTogether,
      &Author::MeetRival,   &Author::LoseCoin, &Author::ReorganiseAdopted,
      &Author::Rebuild,     &Author::Replace,  &Author::AdoptPayment,
      &Author::GiveVerdict, &Author::MoveFar,
  };

  std::mt19937_64 random_;
  const bool long_moves_;
  wal::Story story_;
  uint64_t ids_ = 0;
  int32_t height_ = 100;
  std::vector<core::BatchId> paid_;  // and not pruned
};

}  // namespace

wal::Story RandomStory(uint64_t seed, bool long_moves) {
  return Author(seed, long_moves).Write();
}

}  // namespace sendonce::fault
