// The core against a naive model: the bytes are moves of everybody around it (core_game.h), and
// whatever they do, what may be seen from outside holds (core_model.h).

#include "core_game.h"
#include "input.h"
#include "target.h"

namespace {

constexpr int kMaxMoves = 60;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  sendonce::fuzz::Input input(data, size);
  sendonce::fuzz::CoreGame game(input);
  for (int move = 0; move < kMaxMoves && !input.empty(); ++move) game.Move();
  game.Finish();
  return 0;
}
