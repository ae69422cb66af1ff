"""Which points there are: lives without a mishap, and lives with one, are lived and noted down."""

import json
import sys
import unittest

from framework import lives
from framework.lives_among_others import LIVES
from framework.ordeal import Call, Mishap, Point

# Of these every system call too, and every pair; of the others the failpoints.
IN_DEPTH = (lives.SentAndRaised, lives.Reorganised, lives.Fenced, lives.GivenUp)
REPEATS = 3  # runs differ: what one of them passes is a point


class Survey:
    """points, calls: of a life without a mishap, by its name. points_again, calls_again: of the
    recovery from a kill at a failpoint, by (name of the life, point).
    """

    def __init__(self):
        self.points, self.calls = {}, {}
        self.points_again, self.calls_again = {}, {}

    @classmethod
    def load_or_make(cls, path):
        """What stands in the file is not looked for again."""
        survey = cls()
        if path.exists():
            survey._read(json.loads(path.read_text()))
        if [each for each in LIVES if each.__name__ not in survey.points]:
            print("survey: which points there are", flush=True)
            runner = unittest.TextTestRunner(verbosity=0, stream=sys.stderr)
            if not runner.run(_Surveyor(survey)).wasSuccessful():
                sys.exit("the survey failed")
            path.write_text(json.dumps(survey._as_json()))
        return survey

    def _as_json(self):
        return {
            "points": [[life, *_plain(all_)] for life, all_ in self.points.items()],
            "calls": [[life, *_plain(all_)] for life, all_ in self.calls.items()],
            "points_again": [[life, *_plain([at, *all_])]
                             for (life, at), all_ in self.points_again.items()],
            "calls_again": [[life, *_plain([at]), *_plain(all_)]
                            for (life, at), all_ in self.calls_again.items()],
        }

    def _read(self, stored):
        for life, *names in stored["points"]:
            self.points[life] = [Point(*each) for each in names]
        for life, *names in stored["calls"]:
            self.calls[life] = [Call(nth, kind) for kind, nth in names]
        for life, at, *names in stored["points_again"]:
            self.points_again[life, Point(*at)] = [Point(*each) for each in names]
        for life, at, *names in stored["calls_again"]:
            self.calls_again[life, Point(*at)] = [Call(nth, kind) for kind, nth in names]


def _plain(points):
    return [[each.name if isinstance(each, Point) else each.kind, each.nth] for each in points]


def _union(lists):
    """Each once, in the order in which they were met first."""
    return list(dict.fromkeys(each for one in lists for each in one))


class _Surveyor(lives.LivesTest):
    def __init__(self, survey):
        super().__init__("test_it")
        self._survey = survey

    def test_it(self):
        for each in LIVES:
            if each.__name__ not in self._survey.points:
                self._look_at(each)
        self.check_ground()

    def _look_at(self, life_class):
        survey, life = self._survey, life_class.__name__
        survey.points[life] = _union(self._points(life_class) for _ in range(REPEATS))
        survey.calls[life] = []
        if life_class in IN_DEPTH:
            self._look_deep(life_class)
        print(f"  {life}: {len(survey.points[life])} failpoints,"
              f" {len(survey.calls[life])} system calls", flush=True)

    def _look_deep(self, life_class):
        survey, life = self._survey, life_class.__name__
        survey.calls[life] = _union(self._calls(life_class) for _ in range(REPEATS))
        for each in survey.points[life]:
            survey.points_again[life, each] = self._points(life_class, Mishap(each))
            survey.calls_again[life, each] = self._calls(life_class, Mishap(each))

    def _points(self, life_class, *mishaps):
        return self.live_through(life_class, *mishaps).points(len(mishaps))

    def _calls(self, life_class, *mishaps):
        return self.live_through(life_class, *mishaps, counts_calls=True).calls(len(mishaps))
