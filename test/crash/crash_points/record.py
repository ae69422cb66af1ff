"""What was lived through, and checked: kept in a file, a line each, so that a run can go on."""

import json

from .plan import PARTS


class Record:
    def __init__(self, path):
        self._path = path
        self.deaths = {}  # key of an entry: how many of its mishaps were met
        if path.exists():
            for line in path.read_text().splitlines():
                key, deaths = json.loads(line)
                self.deaths[key] = deaths

    def add(self, entry, deaths):
        """To be called once everything was checked."""
        self.deaths[entry.key] = max(deaths, self.deaths.get(entry.key, 0))
        with open(self._path, "a") as file:
            file.write(json.dumps([entry.key, deaths]) + "\n")

    def kills(self):
        return sum(self.deaths.values())

    def summary(self, plan):
        lines = ["part               in the plan  lived  killed there"]
        totals = [0, 0, 0]
        for part in PARTS:
            row = self._row([each for each in plan.entries if each.part == part])
            totals = [one + other for one, other in zip(totals, row, strict=True)]
            lines.append(_line(part, row))
        return "\n".join([*lines, _line("sum", totals), self._never_met(plan)])

    def _row(self, entries):
        lived = [each for each in entries if each.key in self.deaths]
        return [len(entries), len(lived), len([each for each in lived if self._met(each)])]

    def _met(self, entry):
        return self.deaths.get(entry.key, 0) == len(entry.mishaps)

    def _never_met(self, plan):
        """By name: the nth of them may come in one run and not in the next."""
        names, met = set(), set()
        for each in plan.entries:
            if each.key in self.deaths:
                name = _name(each.mishaps[-1].point)
                names.add(name)
                met |= {name} if self._met(each) else set()
        missing = ", ".join(sorted(names - met)) or "none"
        return f"{len(names)} failpoints and kinds of calls; never killed at: {missing}"


def _name(point):
    return str(point).rpartition("#")[0]


def _line(name, numbers):
    return f"{name:18} {numbers[0]:11}  {numbers[1]:5}  {numbers[2]:12}"
