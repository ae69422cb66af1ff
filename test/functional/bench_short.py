#!/usr/bin/env python3
"""Whether the rows of make bench still work, with next to no load: each checks its own results.
How long anything takes is not looked at."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from framework import case
from framework.case import TMPDIR_VARIABLE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from comparison import plot, results, table  # noqa: E402
from comparison.context import SHORT, Context  # noqa: E402
from comparison.rows import ROWS  # noqa: E402


class BenchTest(case.Case):
    """Rows that need no other database. They share what they prepare."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cache = Path(tempfile.mkdtemp(prefix="cache-", dir=os.environ.get(TMPDIR_VARIABLE)))
        cls.addClassCleanup(shutil.rmtree, cls.cache)

    def test_look_ups_are_answered(self):
        self._run_row("lookups")

    def test_a_send_is_accepted_by_the_node(self):
        self._run_row("one_send")

    def test_a_queue_is_sent(self):
        self._run_row("queue")

    def test_batches_are_as_large_as_they_may_be(self):
        self._run_row("bytes_on_chain")

    def test_zmq_messages_are_matched(self):
        self._run_row("zmq_intake")

    def test_a_filled_log_is_one_that_the_daemon_starts_with(self):
        self._run_row("start")

    def test_finished_sends_of_a_filled_log_are_found(self):
        self._run_row("long_log")

    def test_calls_are_answered_while_a_block_arrives(self):
        self._run_row("answers")

    def test_nothing_acknowledged_is_lost_by_overload(self):
        self._run_row("overload")

    def _run_row(self, name):
        context = Context(self.folder, self.cache, SHORT, self.ports)
        rows = list(ROWS[name](context))
        for row in rows:
            row.measured = {"at": "now", "commit": "this"}
            self.assertTrue(all(value >= 0 for each in row.series for value in each.values), row)
        again = results.from_json(results.to_json(rows))
        self.assertEqual(again, rows)
        document = table.document(again, [])
        for row in rows:
            self.assertIn(f"### {row.title}", document)
            self.assertEqual(plot.svg(row).count("<rect"), 1 + len(row.series))


if __name__ == "__main__":
    case.main()
