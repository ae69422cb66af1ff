#!/usr/bin/env python3
"""Every fuzz target runs its corpus: what was found once is not found again, and what the seeds say
still means what it did. Part of make check, which runs it in the folder of the build."""

import subprocess
import sys
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
BUILD = Path("test/fuzz").resolve()
MAX_FILE_BYTES = 4_096
MAX_CORPUS_BYTES = 1_000_000
TIMEOUT_S = 3600


def programs():
    return sorted(path for path in BUILD.glob("fuzz_*") if path.suffix == "")


def corpus_of(program):
    return sorted((SOURCE / "corpus" / program.name.removeprefix("fuzz_")).iterdir())


class CorpusTest(unittest.TestCase):
    def test_every_target_takes_its_corpus(self):
        self.assertTrue(programs())
        for program in programs():
            with self.subTest(program.name):
                files = corpus_of(program)
                self.assertTrue(files)
                done = subprocess.run([program, *files], capture_output=True, timeout=TIMEOUT_S)
                told = done.stderr.decode(errors="replace")
                self.assertEqual(done.returncode, 0, told[-4_000:])
                self.assertEqual(told.count("Running: "), len(files))
                print(f"{program.name}: {len(files)} inputs", file=sys.stderr)

    def test_every_corpus_has_its_target(self):
        names = {program.name.removeprefix("fuzz_") for program in programs()}
        self.assertEqual({folder.name for folder in (SOURCE / "corpus").iterdir()}, names)

    def test_it_stays_small(self):
        sizes = [path.stat().st_size for path in (SOURCE / "corpus").glob("*/*")]
        self.assertLess(max(sizes), MAX_FILE_BYTES)
        self.assertLess(sum(sizes), MAX_CORPUS_BYTES)


if __name__ == "__main__":
    unittest.main()
