"""The power is cut at every point that a send passes: what was not synced is gone."""

from framework import case, lives
from framework.ordeal import CUT, Mishap

TIME_LIMIT_S = 3600


class PowerCutTest(lives.LivesTest):
    SYNC_MS = 20  # long enough for anything that does not wait for it to be too early

    def cut_everywhere(self, life_class, pairs_in_sample):
        points = self.points_of(life_class)
        pairs = [(each, again) for each in points for again in self.cut_at(life_class, each)]
        for pair in lives.evenly(pairs, pairs_in_sample):
            self.cut_at(life_class, *pair)
        self.check_lives(points)

    def cut_at(self, life_class, *points):
        """Returns the points of the recovery from the first cut."""
        mishaps = [Mishap(each, CUT) for each in points]
        return self.live_through(life_class, *mishaps).points(run=1)

    def test_paid(self):
        self.cut_everywhere(lives.Paid, pairs_in_sample=30)

    def test_fenced(self):
        self.cut_everywhere(lives.Fenced, pairs_in_sample=10)


if __name__ == "__main__":
    case.main()
