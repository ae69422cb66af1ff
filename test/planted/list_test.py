#!/usr/bin/env python3
"""Bugs that are planted, here and in the fuzz targets: the words that each of them replaces stand in the tree, once. Part of make check;
nothing is built."""

import sys
import unittest
from pathlib import Path

from bugs import BUGS
from replacement import replaced

TREE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "test/fuzz"))

from planted_bug_list import BUGS as FUZZED  # noqa: E402


class Lists(unittest.TestCase):
    def test_each_bug_can_be_planted(self):
        changes = [change for bug in BUGS for change in bug.changes] + [(bug.file, bug.old, bug.new) for bug in FUZZED]
        for name, old, new in changes:
            with self.subTest(name, old=old):
                self.assertNotEqual(replaced(TREE / name, old, new), (TREE / name).read_text())

    def test_words_that_are_gone_are_reported(self):
        with self.assertRaises(SystemExit):
            replaced(TREE / "configure.ac", "words that are gone", "")

    def test_each_has_a_name_of_its_own(self):
        self.assertEqual(len({bug.name for bug in BUGS}), len(BUGS))


if __name__ == "__main__":
    unittest.main()
