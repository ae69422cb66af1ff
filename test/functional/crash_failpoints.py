"""kill -9 at every failpoint that a send passes on its ways through life, and again at points of each
recovery. `make crash-points` takes all of them, and all pairs.
"""

from framework import case, failpoints, lives
from framework.lives_among_others import LIVES
from framework.ordeal import Mishap

TIME_LIMIT_S = 3600
PAIRS = {lives.SentAndRaised: 80, lives.Reorganised: 20, lives.Fenced: 10, lives.GivenUp: 20}


class CrashTest(lives.LivesTest):
    def test_at_every_failpoint_that_the_code_has(self):
        for life_class in LIVES:
            for each in self.points_of(life_class):
                if life_class in PAIRS or each.name not in self.met:
                    self.live_through(life_class, Mishap(each))
        self.assertEqual(failpoints.in_code() - self.met, set(failpoints.ELSEWHERE))
        self.assertEqual(self.met - failpoints.in_code(), set())
        self.check_ground()

    def test_again_while_recovering(self):
        for life_class, count in PAIRS.items():
            pairs = []
            for each in self.points_of(life_class):
                recovery = self.live_through(life_class, Mishap(each)).points(run=1)
                pairs += [(each, again) for again in recovery]
            for pair in lives.evenly(pairs, count):
                self.live_through(life_class, *map(Mishap, pair))
        self.check_ground()


if __name__ == "__main__":
    case.main()
