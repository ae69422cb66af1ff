#!/usr/bin/env python3
"""What counts as a search to the end and as a violation, and what does not: of a pan that was killed, above all. Part of make check."""

import importlib.util
import signal
import stat
import sys
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

from pan_report import read_report
from searches import LOG, Mutant, Search


def load_runner():
    loader = SourceFileLoader("model_run", str(Path(__file__).with_name("run")))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("model_run", loader))
    sys.modules["model_run"] = module
    loader.exec_module(module)
    return module


runner = load_runner()
TO_THE_END = """\
State-vector 36 byte, depth reached 19, errors: 0
       36 states, stored
       28 states, matched
"""
LARGE = """\
State-vector 100 byte, depth reached 71, errors: 0
 1.2345678e+08 states, stored
"""
VIOLATION = """\
pan:1: assertion violated (bad==0) (at depth 4)
pan: wrote payment.pml.trail
Warning: Search not completed
State-vector 52 byte, depth reached 5, errors: 1
       56 states, stored
"""
SEARCH = Search("a", LOG, "", "")
MUTANT = Mutant("b", LOG, "", "", "G2", "")


class Reports(unittest.TestCase):
    def refused(self, code, told, why):
        report = read_report(code, told)
        self.assertIn(why, report.trouble)
        for violated in ("", "G2"):
            outcome = runner.outcome_of(report, story=f"violated: {violated}" if violated else "", seconds=0)
            for one in (SEARCH, MUTANT):
                self.assertFalse(runner.is_as_expected(one, outcome), (told, one))
                self.assertTrue(runner.line_of(one, outcome).startswith("FAIL"))
                self.assertIn(why, runner.line_of(one, outcome))

    def test_a_search_to_the_end(self):
        report = read_report(0, TO_THE_END)
        self.assertEqual((report.states, report.depth, report.errors, report.trouble), (36, 19, 0, ""))
        self.assertEqual(read_report(0, LARGE).states, 123_456_780)
        outcome = runner.outcome_of(report, "", 0)
        self.assertTrue(runner.is_as_expected(SEARCH, outcome))
        self.assertFalse(runner.is_as_expected(MUTANT, outcome))

    def test_a_violation(self):
        report = read_report(0, VIOLATION)
        self.assertEqual((report.states, report.depth, report.errors, report.trouble), (56, 4, 1, ""))
        outcome = runner.outcome_of(report, "violated: G2", 0)
        self.assertTrue(runner.is_as_expected(MUTANT, outcome))
        self.assertFalse(runner.is_as_expected(SEARCH, outcome))

    def test_killed_or_failed(self):
        self.refused(-signal.SIGKILL, "", "killed by SIGKILL")
        self.refused(-signal.SIGKILL, TO_THE_END, "killed by SIGKILL")
        self.refused(-signal.SIGSEGV, VIOLATION, "killed by SIGSEGV")
        self.refused(1, TO_THE_END, "ended with 1")

    def test_told_too_little(self):
        self.refused(0, "", "no line of State-vector")
        self.refused(0, "       36 states, stored\n", "no line of State-vector")
        self.refused(0, TO_THE_END.replace("36 states", "0 states"), "no states")
        self.refused(0, TO_THE_END.splitlines()[0], "no states")

    def test_left_something_out(self):
        for words in ("error: max search depth too small", "pan: out of memory", "pan: reached -DMEMLIM bound",
                      "Warning: Search not completed", "search incomplete"):
            self.refused(0, f"{words}\n{TO_THE_END}", words.split(": ")[-1])


class Pan(unittest.TestCase):
    """A pan that does as it is told to, where the search would have built one."""

    def outcome(self, script):
        def build(_, folder, __):
            pan = folder / "pan"
            pan.write_text(f"#!/bin/sh\n{script}\n")
            pan.chmod(pan.stat().st_mode | stat.S_IXUSR)

        runner.build = build
        return runner.search(SEARCH, memory_mb=1)

    def test_one_that_is_killed(self):
        for script in ("kill -KILL $$", f"cat <<END\n{TO_THE_END}END\nkill -KILL $$", "exit 1", "exit 0"):
            self.assertFalse(runner.is_as_expected(SEARCH, self.outcome(script)), script)

    def test_one_that_ends(self):
        self.assertTrue(runner.is_as_expected(SEARCH, self.outcome(f"cat <<END\n{TO_THE_END}END")))


if __name__ == "__main__":
    unittest.main()
