// The simulator's random numbers: the same seed gives the same numbers on every machine
// (splitmix64, Steele, Lea and Flood 2014).

#ifndef SENDONCE_TEST_SIM_DICE_H
#define SENDONCE_TEST_SIM_DICE_H

#include <cstdint>
#include <vector>

namespace sendonce::sim {

class Dice {
 public:
  using result_type = uint64_t;  // of the standard's algorithms

  explicit Dice(uint64_t seed) : state_(seed) {}

  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return UINT64_MAX; }

  uint64_t operator()() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // 0 to sides - 1.
  int Roll(int sides) { return static_cast<int>((*this)() % static_cast<uint64_t>(sides)); }
  bool OneIn(int sides) { return Roll(sides) == 0; }

  template <typename T>
  const T& Pick(const std::vector<T>& items) {
    return items[static_cast<size_t>(Roll(static_cast<int>(items.size())))];
  }

 private:
  uint64_t state_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_DICE_H
