// How often each kind of thing happens in a schedule. Drawn anew for each, so that some schedules
// hold much of what is rare in most, and others none of it (swarm testing, Groce and others 2012):
// what needs one rare thing again and again would never be met if all were always mixed alike.

#ifndef SENDONCE_TEST_SIM_WEIGHTS_H
#define SENDONCE_TEST_SIM_WEIGHTS_H

#include <cstddef>
#include <initializer_list>
#include <vector>

#include "dice.h"

namespace sendonce::sim {

class Weights {
 public:
  Weights(std::initializer_list<int> usual) : weights_(usual) {}

  // From the kind at `first` on: each is left out, left alone or made more frequent.
  void Draw(Dice& dice, size_t first) {
    static constexpr int kFactors[] = {0, 1, 1, 2, 6};
    for (size_t i = first; i < weights_.size(); ++i) weights_[i] *= kFactors[dice.Roll(5)];
  }

  // The place of a kind.
  size_t Roll(Dice& dice) const {
    int sides = 0;
    for (const int weight : weights_) sides += weight;
    if (sides == 0) return 0;
    int roll = dice.Roll(sides);
    size_t place = 0;
    while ((roll -= weights_[place]) >= 0) ++place;
    return place;
  }

 private:
  std::vector<int> weights_;
};

}  // namespace sendonce::sim

#endif  // SENDONCE_TEST_SIM_WEIGHTS_H
