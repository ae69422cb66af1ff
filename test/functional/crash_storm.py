"""kill -9 at random under load, of daemon and node. `make kill-storm` goes on for thousands of kills.

SENDONCE_TEST_SEED repeats a run's dice.
"""

import os
import random

from framework import case
from framework.storm import StormCase

KILLS = 40


class Storm(StormCase):
    node_every = 15

    def test_it(self):
        seed = int(os.environ.get("SENDONCE_TEST_SEED", random.randrange(2**32)))
        print(f"SENDONCE_TEST_SEED={seed}")
        self.storm(KILLS, seed)
        print(self.counts())


if __name__ == "__main__":
    case.main()
