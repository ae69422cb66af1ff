"""kill -9 just before a system call that matters outside of the process, counted over all threads:
of a send with a higher fee the first call of each kind, and some of the others; so in a recovery too.

`make crash-points` takes all of them.
"""

import os
import subprocess
import sys

from framework import case, lives
from framework.ordeal import KILLED, Mishap, Point
from framework.sendonced import tool

TIME_LIMIT_S = 3600
EACH = 6
LANDMARKS = {  # kinds that no run does without
    "openat LOCK", "rename CURRENT", "rename anchor", "write .cookie.tmp", "rename .cookie",
    "write 0.log", "fdatasync 0.log", "writev socket:[0]",
}
BYTE_BY_BYTE = """
import os, sys
descriptor = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
for byte in b"abc":
    os.write(descriptor, bytes([byte]))
os.rename(sys.argv[1], sys.argv[1] + ".done")
"""
ACROSS_A_PAGE = """
import ctypes, mmap, os, sys
path = os.fsencode(sys.argv[1]) + bytes(1)
memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
at = mmap.PAGESIZE - 5
memory[at:at + len(path)] = path
address = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + at
ctypes.CDLL(None).open(ctypes.c_void_p(address), os.O_WRONLY | os.O_CREAT, 0o600)
"""
CALLS = ["openat f", "write f", "write f", "write f", "rename f.done", "exit_group"]
FOUND_AT = [None, b"", b"a", b"ab", b"abc", b"abc"]  # when it was killed before each of them


class Killer(case.Case):
    """The program that kills is right about when: else nothing below means anything."""

    def setUp(self):
        super().setUp()
        self.file = self.folder / "f"
        self.calls = self.folder / "calls"

    def run_until(self, nth="", kind="", script=BYTE_BY_BYTE):
        """Returns the exit code."""
        self.calls.unlink(missing_ok=True)
        environment = {**os.environ, "SENDONCE_CALLS": str(self.calls)}
        environment |= {"SENDONCE_KILL_AT_CALL": str(nth), "SENDONCE_KILL_AT_KIND": kind}
        command = [tool("kill-at-call"), sys.executable, "-ISc", script, str(self.file)]
        return subprocess.run(command, env=environment).returncode

    def seen(self):
        return self.calls.read_text().splitlines()

    def test_the_nth_call_is_not_made_and_the_one_before_it_is(self):
        for nth, content in enumerate(FOUND_AT, start=1):
            self.assertEqual(self.run_until(nth), KILLED)
            self.assertEqual(self.seen(), CALLS[:nth])
            done = self.file.with_name("f.done")
            file = done if nth == len(CALLS) else self.file
            self.assertEqual(file.read_bytes() if file.exists() else None, content)
            file.unlink(missing_ok=True)

    def test_calls_of_one_kind_are_counted_alone(self):
        self.assertEqual(self.run_until(2, "write f"), KILLED)
        self.assertEqual(self.file.read_bytes(), b"a")
        self.assertEqual(self.run_until(4, "write f"), 0)

    def test_a_path_that_goes_on_in_the_next_page(self):
        self.assertEqual(self.run_until(script=ACROSS_A_PAGE), 0)
        self.assertEqual(self.seen(), [CALLS[0], CALLS[-1]])

    def test_without_a_number_nothing_happens_to_it(self):
        self.assertEqual(self.run_until(), 0)
        self.assertEqual(self.seen(), CALLS)


class CallsTest(lives.LivesTest):
    def kill_at_many(self, *before):
        """Behind the mishaps before. Checks that it was killed at each of the landmarks."""
        run = len(before)
        survey = self.live_through(lives.SentAndRaised, *before, counts_calls=True)
        calls = survey.calls(run)
        chosen = [each for at, each in enumerate(calls) if each.nth == 1 or at % EACH == 0]
        met = set()
        for each in chosen:
            ordeal = self.live_through(lives.SentAndRaised, *before, Mishap(each))
            met.update(death.point.kind for death in ordeal.deaths[run:])
        self.assertEqual(LANDMARKS - met, set())
        self.check_ground()

    def test_a_send_and_a_higher_fee(self):
        self.kill_at_many()

    def test_a_recovery_in_the_middle_of_signing(self):
        self.kill_at_many(Mishap(Point("called:Sign", nth=2)))


if __name__ == "__main__":
    case.main()
