#!/usr/bin/env python3
"""Whether sendonce-bench still does what its scenarios say: results, never times. Part of make
check, which runs it in the folder of the build."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from comparison import bench_program  # noqa: E402
from comparison.bench_program import Load, constant_server  # noqa: E402

from framework.ports import Ports  # noqa: E402

BODY_BYTES = 100
REQUESTS = 200


class LoadTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ports = Ports()
        cls.addClassCleanup(ports.close)
        cls.port = ports.take()
        cls.closed_port = ports.take()
        cls.enterClassContext(constant_server(cls.port, BODY_BYTES))
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def test_every_request_is_answered_once(self):
        report = Load(self.port, connections=7, counted="x" * BODY_BYTES).run(requests=REQUESTS)
        self.assertEqual(report["good"], REQUESTS)
        self.assertEqual(report["status_200"], REQUESTS)
        self.assertEqual(report["counted"], REQUESTS)
        self.assertEqual(sum(report["good_by_second"]), REQUESTS)

    def test_what_was_acknowledged_can_be_asked_again(self):
        numbers = self.folder / "numbers"
        Load(self.port, connections=3).run(requests=REQUESTS, first=1_000, acknowledged=numbers)
        asked = sorted(map(int, numbers.read_text().split()))
        self.assertEqual(asked, list(range(1_000, 1_000 + REQUESTS)))
        report = Load(self.port).run(numbers=numbers)
        self.assertEqual(report["good"], REQUESTS)

    def test_requests_that_fall_due_at_a_rate_are_all_asked(self):
        report = Load(self.port, connections=2).run(requests=REQUESTS, rate=100_000)
        self.assertEqual((report["good"], report["unsent"]), (REQUESTS, 0))

    def test_percentiles_are_in_order(self):
        report = Load(self.port, connections=2).run(requests=REQUESTS)
        times = [report[name] for name in ("p50_ms", "p99_ms", "p999_ms", "max_ms")]
        self.assertEqual(times, sorted(times))
        self.assertGreater(times[0], 0)

    def test_nobody_there_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "cannot connect"):
            Load(self.closed_port).run(requests=1)


class ProgramTest(unittest.TestCase):
    def test_every_scenario_is_explained_with_an_example(self):
        listed = self._say("--list")
        names = [line.split()[0] for line in listed.splitlines()]
        self.assertIn("load", names)
        told = self._say("--help")
        for name in names:
            self.assertIn(f"example: sendonce-bench {name} --", told)

    def test_an_unknown_option_is_an_error(self):
        with self.assertRaisesRegex(RuntimeError, "unknown: --coin"):
            bench_program.run("zmq-intake", coin=1)

    def test_reserved_coins_are_recognised(self):
        report = bench_program.run("zmq-intake", coins=1_000, transactions=1_000, own=50)
        self.assertEqual(report["matched_transactions"], report["different_transactions"] / 50)

    def _say(self, word):
        done = subprocess.run([bench_program.program(), word], capture_output=True, text=True,
                              check=True)
        return done.stdout


if __name__ == "__main__":
    unittest.main()
