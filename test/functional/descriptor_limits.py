"""File descriptors (RLIMIT_NOFILE): without one left a record can not be written, and who opens
connections needs no login. So sendonced starts only where all that it allows fits, and raises the
soft limit to that.
"""

import contextlib
import os
import re
from pathlib import Path

from framework import case
from framework.sending import BRISK, WAIT_S, SendCase
from framework.waiting import wait_until

CONNECTIONS = 500
SOFT = 300
PLENTY = 4_000
TOO_FEW = 400
BEYOND = 100
PAYMENTS = 3
NEEDS = re.compile(r"-maxconnections=(\d+) needs (\d+) file descriptors, and the limit is (\d+)")
WAY_OUT = re.compile(r"start with -maxconnections=(\d+) or less")


class DescriptorLimits(SendCase):
    options = BRISK

    def limit(self, soft, hard):
        """From the next start on."""
        self.daemon.runs_under = ("prlimit", f"--nofile={soft}:{hard}")

    def sockets(self):
        """How many it has: those of callers, and some of its own."""
        count = 0
        for each in Path(f"/proc/{self.daemon.process.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                count += os.readlink(each).startswith("socket:")
        return count

    def refused(self, connections):
        """What it says about so many connections: how many descriptors they need, and the way out."""
        words = self.daemon.refuses(*self.options, f"-maxconnections={connections}")
        needs = NEEDS.search(words)
        self.assertEqual(needs.group(1, 3), (str(connections), str(TOO_FEW)), words)
        self.assertIn("LimitNOFILE=", words)
        return int(needs[2]), words

    def test_what_does_not_fit_is_refused_and_what_is_advised_fits(self):
        self.daemon.stop()
        self.limit(TOO_FEW, TOO_FEW)
        needed, words = self.refused(CONNECTIONS)
        advised = int(WAY_OUT.search(words)[1])
        self.assertEqual(advised, CONNECTIONS - (needed - TOO_FEW))
        self.refused(advised + 1)
        self.daemon.start(*self.options, f"-maxconnections={advised}")
        self.crowd(advised)

    def test_the_soft_limit_is_raised(self):
        self.daemon.stop()
        self.limit(SOFT, PLENTY)
        self.daemon.start(*self.options, f"-maxconnections={CONNECTIONS}")
        self.crowd(CONNECTIONS)

    def test_it_is_not_lowered(self):
        self.daemon.stop()
        self.limit(PLENTY, PLENTY)
        self.daemon.start(*self.options)
        limits = Path(f"/proc/{self.daemon.process.pid}/limits").read_text()
        self.assertRegex(limits, rf"Max open files +{PLENTY} +{PLENTY} ")

    def crowd(self, connections):
        """As many as may come, and more, while payments are made."""
        caller = self.api.open()
        self.addCleanup(caller.close)
        self.assert_answer(self.api.request_on(caller, "GET", "/v1/status"), 200)
        crowd = [self.connect() for _ in range(connections - 1)]
        wait_until(lambda: self.sockets() >= connections, "all of them are there")
        crowd += [self.connect() for _ in range(BEYOND)]
        for number in range(PAYMENTS):
            send_id = f"w-{number}"
            body = self.new_send(self.node, send_id)
            answer = self.api.request_on(caller, "PUT", f"/v1/sends/{send_id}?wait={WAIT_S}", body)
            self.assert_answer(answer, 201, outcome="sent")
            self.promises.accepted(send_id)
        for each in crowd:
            each.close()
        self.check_payments(self.node)

    def connect(self):
        connection = self.api.connect()
        self.addCleanup(connection.close)
        return connection


if __name__ == "__main__":
    case.main()
