"""kill -9 at every point that a send passes, and again at points of each recovery.

By hand, SENDONCE_TEST_ALL_PAIRS=1 takes all pairs of points instead of a sample: about an hour.
"""

import os

from framework import case, lives
from framework.ordeal import Mishap

TIME_LIMIT_S = 900


def sample(pairs, count):
    return pairs if "SENDONCE_TEST_ALL_PAIRS" in os.environ else lives.evenly(pairs, count)


class CrashTest(lives.LivesTest):
    def kill_everywhere(self, life_class, pairs_in_sample):
        points = self.points_of(life_class)
        pairs = [(each, again) for each in points for again in self.kill_at(life_class, each)]
        for pair in sample(pairs, pairs_in_sample):
            self.kill_at(life_class, *pair)
        self.check_lives(points)

    def kill_at(self, life_class, *points):
        """Returns the points of the recovery from the first kill."""
        return self.live_through(life_class, *map(Mishap, points)).points(run=1)

    def test_paid(self):
        self.kill_everywhere(lives.Paid, pairs_in_sample=120)

    def test_reorganised(self):
        self.kill_everywhere(lives.Reorganised, pairs_in_sample=50)

    def test_fenced(self):
        self.kill_everywhere(lives.Fenced, pairs_in_sample=20)

    def test_given_up(self):
        self.kill_everywhere(lives.GivenUp, pairs_in_sample=30)


if __name__ == "__main__":
    case.main()
