"""What was lived through, and checked, and what failed: kept in a file, so that a run can go on."""

import collections

import tally

from .plan import PARTS


def _ground_of(old):
    key, deaths = old
    return tally.Ground(tally.NOT_NOTED, tally.NOT_NOTED, {}, tally.CHECKED, {"lived": [[key, deaths]], "lives": 1, "kills": deaths})


class Record:
    """deaths: key of an entry: how many of its mishaps were met. all_builds: also in lives of other builds."""

    def __init__(self, path, build, all_builds=True):
        self.tally = tally.Tally(path, build, _ground_of)
        self._of = None if all_builds else build.sha256

    @property
    def deaths(self):
        deaths = {}
        for ground in self.tally.of(tally.CHECKED, self._of):
            for key, met in ground.figures["lived"]:
                deaths[key] = max(met, deaths.get(key, 0))
        return deaths

    def summary(self, plan):
        deaths = self.deaths
        lines = ["part               in the plan  lived  killed there"]
        totals = [0, 0, 0]
        for part in PARTS:
            row = _row([each for each in plan.entries if each.part == part], deaths)
            totals = [one + other for one, other in zip(totals, row, strict=True)]
            lines.append(_line(part, row))
        lines += [_line("sum", totals), _never_met(plan, deaths)]
        return "\n".join([self.tally.summary(), self._of_how_many_builds(), *lines])

    def _of_how_many_builds(self):
        builds = collections.Counter()
        for ground in self.tally.of(tally.CHECKED, self._of):
            builds[ground.build] += len(ground.figures["lived"])
        told = ", ".join(f"{count} lives of build {build}" for build, count in sorted(builds.items()))
        return f"the table is of {told or 'no lives'}; a point that two builds lived through counts once"


def _row(entries, deaths):
    lived = [each for each in entries if each.key in deaths]
    return [len(entries), len(lived), len([each for each in lived if _met(each, deaths)])]


def _met(entry, deaths):
    return deaths.get(entry.key, 0) == len(entry.mishaps)


def _never_met(plan, deaths):
    """By name: the nth of them may come in one run and not in the next."""
    names, met = set(), set()
    for each in plan.entries:
        if each.key in deaths:
            name = _name(each.mishaps[-1].point)
            names.add(name)
            met |= {name} if _met(each, deaths) else set()
    missing = ", ".join(sorted(names - met)) or "none"
    return f"{len(names)} failpoints and kinds of calls; never killed at: {missing}"


def _name(point):
    return str(point).rpartition("#")[0]


def _line(name, numbers):
    return f"{name:18} {numbers[0]:11}  {numbers[1]:5}  {numbers[2]:12}"
