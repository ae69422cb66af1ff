"""What became of grounds, each a node, a wallet and a log of its own: a file with a line when one is begun, and one when it was
checked or has failed.

A failure stays in the file, and so does a ground that nobody saw the end of. Each line says of which build it is, and nothing is
added up over builds without a word.
"""

import collections
import hashlib
import json
import secrets
import subprocess
import sys
import unittest
from dataclasses import dataclass, field
from pathlib import Path

BEGUN, CHECKED, FAILED = "begun", "checked", "failed"
NOT_NOTED = "not noted"  # the build of lines that are older than this file


@dataclass(frozen=True)
class Build:
    """sha256: of the programs, one behind the other. tree: the commit that the scripts stand at, and the build should."""

    sha256: str
    tree: str

    @classmethod
    def of(cls, programs):
        content = b"".join(each.read_bytes() for each in programs)
        return cls(hashlib.sha256(content).hexdigest()[:16], tree_at(Path(__file__).parent))


def tree_at(folder):
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "no commit"  # unpacked from an archive


@dataclass
class Ground:
    build: str  # Build.sha256
    tree: str
    about: dict  # its seed, and where it began
    became: str = BEGUN
    figures: dict = field(default_factory=dict)
    why: list = field(default_factory=list)  # of a failure: which tests, and the last words of each


class Tally:
    """old: makes a Ground of a line of the former format."""

    def __init__(self, path, build, old):
        self.build = build
        self.grounds = {}
        self._path = path
        for number, line in enumerate(path.read_text().splitlines() if path.exists() else []):
            read = json.loads(line)
            if isinstance(read, list):
                self.grounds[f"old {number}"] = old(read)
            else:
                self._take(read)

    def begin(self, **about):
        name = secrets.token_hex(8)
        self._write({"ground": name, "became": BEGUN, "build": self.build.sha256, "tree": self.build.tree, "about": about})
        return name

    def end(self, name, became, figures, why=()):
        self._write({"ground": name, "became": became, "build": self.build.sha256, "tree": self.build.tree, "figures": figures,
                     "why": list(why)})

    def of(self, became, build=None):
        """Grounds of which that became; of one build, or of all."""
        return [each for each in self.grounds.values() if each.became == became and build in (None, each.build)]

    def builds(self):
        return sorted({each.build for each in self.grounds.values()})

    def summary(self):
        """Failures first, then a line for each build."""
        lines = [_failure(each) for each in self.of(FAILED)]
        return "\n".join(lines + [self._line_of(each) for each in self.builds()] or ["no ground was begun"])

    def _line_of(self, build):
        trees = ", ".join(sorted({each.tree for each in self.grounds.values() if each.build == build}))
        this = " (this one)" if build == self.build.sha256 else ""
        counts = ", ".join(f"{len(self.of(became, build))} {became}" for became in (CHECKED, FAILED))
        figures = ", ".join(f"{count} {name}" for name, count in self.sums(build).items())
        if build == NOT_NOTED:
            return f"from before builds and failures were noted: {len(self.of(CHECKED, build))} lines: {figures}"
        return (f"build {build}{this}, tree {trees}: grounds: {counts}, {len(self.of(BEGUN, build))} without an end;"
                f" on those checked: {figures or 'nothing'}")

    def sums(self, build):
        sums = collections.Counter()
        for each in self.of(CHECKED, build):
            sums.update({name: figure for name, figure in each.figures.items() if isinstance(figure, int)})
        return dict(sums)

    def _write(self, entry):
        with open(self._path, "a") as file:
            file.write(json.dumps(entry) + "\n")
        self._take(entry)

    def _take(self, entry):
        if entry["became"] == BEGUN:
            self.grounds[entry["ground"]] = Ground(entry["build"], entry["tree"], entry["about"])
            return
        ground = self.grounds[entry["ground"]]
        ground.became, ground.figures, ground.why = entry["became"], entry["figures"], entry["why"]


def _failure(ground):
    about = ", ".join(f"{name} {value}" for name, value in ground.about.items())
    return "\n    ".join([f"FAILED: a ground of build {ground.build}, tree {ground.tree}: {about}", *ground.why])


def run(tally, ground, **about):
    """Runs the test that a ground is, with a line before and behind. Returns whether all went well. ground.figures(): what was
    done on it, also when it has failed."""
    name = tally.begin(**about)
    result = unittest.TextTestRunner(verbosity=0, stream=sys.stderr).run(ground)
    good = result.wasSuccessful() and result.testsRun == 1 and not result.skipped
    tally.end(name, CHECKED if good else FAILED, ground.figures(), [] if good else _why(result))
    return good


def _why(result):
    problems = result.failures + result.errors + result.skipped
    said = [f"{case}: {text.strip().splitlines()[-1]}" for case, text in problems]
    return said or [f"{result.testsRun} tests ran, {len(result.unexpectedSuccesses)} passed that should not"]
