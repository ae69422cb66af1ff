#!/usr/bin/env python3
"""What the tallies of test/crash/points and test/crash/storm keep: failures above all. Part of make check; no daemon is started."""

import importlib.util
import io
import sys
import tempfile
import types
import unittest
from contextlib import redirect_stderr, redirect_stdout
from importlib.machinery import SourceFileLoader
from pathlib import Path

HERE = Path(__file__).resolve().parent


def load(name):
    loader = SourceFileLoader(f"crash_{name}", str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


points, storm = load("points"), load("storm")

from crash_points.record import Record  # noqa: E402
from framework.bound import bound_of  # noqa: E402
from tally import BEGUN, CHECKED, FAILED, Build, Tally  # noqa: E402

ONE, OTHER = Build("11", "tree1"), Build("22", "tree2")
ENTRIES = [types.SimpleNamespace(key=f"point {number}", part="calls", mishaps=("mishap",)) for number in range(250)]
POINTS = types.SimpleNamespace(seconds=None, seed=7)
STORM = types.SimpleNamespace(seconds=None, seed=7, kills=1000)


class Played(unittest.TestCase):
    """A ground on which nothing happens, or what is wrong."""

    wrong = None

    def __init__(self, what):
        super().__init__("test_it")
        self._what = what

    def test_it(self):
        with self.subTest("a life"):
            if self.wrong == "life":
                self.fail("paid twice")
        if self.wrong == "end":
            raise TimeoutError("not final")
        if self.wrong == "stop":
            raise KeyboardInterrupt
        if self.wrong == "skip":
            self.skipTest("no node")

    def figures(self):
        if not isinstance(self._what, list):
            return {"kills": 200, "node_kills": 8}
        lived = [[each.key, 1] for each in self._what]
        return {"lived": lived, "lives": len(lived), "kills": 200}


def played(wrong):
    return type("Played", (Played,), {"wrong": wrong})


class TallyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "file"

    def storm(self, build=ONE):
        return Tally(self.path, build, storm.ground_of)

    def points(self, build=ONE, all_builds=True):
        return Record(self.path, build, all_builds)

    @staticmethod
    def quietly(run, *arguments):
        with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
            return run(*arguments)

    def test_a_failed_ground_stays_and_is_told_first(self):
        for wrong, words in (("life", "paid twice"), ("end", "not final"), ("skip", "no node")):
            self.assertFalse(self.quietly(storm.go_on, self.storm(), STORM, played(wrong)))
            self.assertTrue(self.storm().of(FAILED)[-1].why[0].endswith(words), words)
        self.assertTrue(self.quietly(storm.go_on, self.storm(), STORM, played(None)))
        summary = self.storm().summary()
        self.assertTrue(summary.startswith("FAILED: a ground of build 11, tree tree1: seed 7\n"), summary)
        self.assertIn("paid twice", summary)
        self.assertIn("grounds: 5 checked, 3 failed, 0 without an end; on those checked: 1000 kills, 40 node_kills", summary)

    def test_a_ground_without_an_end_stays(self):
        with self.assertRaises(KeyboardInterrupt):
            self.quietly(storm.go_on, self.storm(), STORM, played("stop"))
        self.assertEqual(len(self.storm().of(BEGUN)), 1)
        self.assertIn("1 without an end", self.storm().summary())

    def test_builds_are_told_apart(self):
        self.quietly(storm.go_on, self.storm(), STORM, played(None))
        self.assertEqual(self.storm(OTHER).sums("22"), {})
        self.quietly(storm.go_on, self.storm(OTHER), STORM, played(None))
        summary = self.storm(OTHER).summary()
        self.assertIn("build 11, tree tree1: grounds: 5 checked", summary)
        self.assertIn("build 22 (this one), tree tree2: grounds: 5 checked", summary)

    def test_lives_of_a_failed_ground_are_lived_again(self):
        record = self.points()
        self.assertFalse(self.quietly(points.live, ENTRIES, record, POINTS, played("life")))
        self.assertEqual(self.points().deaths, {})
        self.assertEqual(self.points().tally.of(FAILED)[0].about, {"seed": 7, "first": "point 0"})
        self.assertEqual(points.said_of(record, 0, False), "FAILED")

    def test_lives_of_other_builds_are_named(self):
        self.assertTrue(self.quietly(points.live, ENTRIES, self.points(), POINTS, played(None)))
        other = self.points(OTHER)
        self.assertEqual(len(other.deaths), 250)
        self.assertIn("the table is of 250 lives of build 11;", other.summary(types.SimpleNamespace(entries=[])))
        self.assertEqual(self.points(OTHER, all_builds=False).deaths, {})

    def test_nothing_is_said_of_what_was_not_checked_in_this_run(self):
        record = self.points()
        self.assertEqual(points.said_of(record, 0, True), "nothing was lived through in this run")
        self.quietly(points.live, ENTRIES, record, POINTS, played(None))
        self.assertTrue(points.said_of(record, 0, True).startswith("250 lives with 600 kills on 3 grounds in this run: nothing"))
        self.assertEqual(points.said_of(record, 3, True), "nothing was lived through in this run")

    def test_lines_from_before_builds_were_noted(self):
        self.path.write_text('["point 1", 1]\n')
        self.assertEqual(self.points().deaths, {"point 1": 1})
        self.assertIn("from before builds and failures were noted: 1 lines: 1 lives, 1 kills", self.points().tally.summary())
        self.path.write_text("[1000, 200, 8]\n")
        self.assertEqual(len(self.storm().of(CHECKED)), 1)
        self.assertEqual(self.storm().sums(ONE.sha256), {})

    def test_the_build_is_its_programs(self):
        one, other = self.path.with_name("one"), self.path.with_name("other")
        one.write_bytes(b"1")
        other.write_bytes(b"2")
        self.assertNotEqual(Build.of([one]).sha256, Build.of([other]).sha256)
        self.assertEqual(Build.of([one]), Build.of([one]))

    def test_a_bound_is_over_grounds_that_did_not_fail(self):
        self.assertIn("at most 3/60 = 0.05", bound_of("grounds", 60))
        for text in (bound_of("grounds", 0), bound_of("grounds", 2), bound_of("grounds", 100, 1)):
            self.assertNotIn("%", text)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]])
