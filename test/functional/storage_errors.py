"""From some point on the disk refuses: sendonced stops before it acknowledges anything more (G7),
and what it had acknowledged is there when it starts again, also if the power went after it.
"""

from framework import case, lives
from framework.ordeal import Mishap, Point

TIME_LIMIT_S = 3600
ERROR_LINE = "storage error, stopping at once: "


class OutlivesItsAnchor(lives.Paid):
    """Recorded; the anchor that follows cannot be put in place."""

    def live(self, ordeal):
        self.submit(ordeal)
        if not ordeal.deaths:  # the acknowledgement came first
            ordeal.wait_for_death()
        self.submit_until_sent(ordeal)
        self.confirm(ordeal)
        self.finish(ordeal)


class StorageErrorTest(lives.LivesTest):
    def setUp(self):
        super().setUp()
        self.daemon.announce(ERROR_LINE)

    def fail_everywhere(self, life_class, operation):
        """At every point behind which a record is written."""
        points = self.points_of(life_class)
        last = max(at for at, each in enumerate(points) if each.name.startswith("append:"))
        for power_goes, point in enumerate(points[: last + 1]):
            self.live_through(life_class, Mishap(point, operation, bool(power_goes % 2)))
        self.check_lives(points[: last + 1])

    def test_failed_append(self):
        self.fail_everywhere(lives.Paid, "append")

    def test_failed_sync(self):
        self.fail_everywhere(lives.Paid, "sync")

    def test_failed_sync_of_a_fence(self):
        self.fail_everywhere(lives.Fenced, "sync")

    def test_failed_rename_of_the_anchor(self):
        point = Point("append:SendRecorded")
        self.regular = {point.name}
        for power_goes in (False, True):
            self.live_through(OutlivesItsAnchor, Mishap(point, "rename", power_goes))
        self.check_lives([point])


if __name__ == "__main__":
    case.main()
