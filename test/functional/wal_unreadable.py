"""A table of the WAL that can not be read any more while sendonced or sendonce-wal runs, as on a disk
with a bad sector: each stops with the words and the status that it has for it.

LevelDB maps its tables into memory, so this is a signal and no error. A file that was cut behind
its back gives the same one.
"""

import http.client
import subprocess

from framework import case

EXIT_STORAGE = 3  # src/daemon/application.h
UNREADABLE = 2  # src/cli/wal_tool.h
SENDS = 200  # many blocks of a table: a dump has 60,000 bytes
PIPE_BYTES = 4096  # the least that Linux has: a dump that nobody reads waits in its first blocks


class UnreadableTableTest(case.Case):
    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node()
        self.daemon = self.start_sendonced(self.node)
        self.ids = [f"send-{number}" for number in range(SENDS)]
        for each in self.ids:
            self.assertEqual(self.daemon.api.put(each, self.new_send(self.node, each)).status, 201)
        self.daemon.stop()
        self.daemon.start()  # moves the records into a table, and reads it

    def cut_tables(self):
        tables = list(self.daemon.wal_path.glob("*.ldb"))
        self.assertTrue(tables)
        for table in tables:
            with open(table, "r+b") as file:
                file.truncate(0)

    def test_sendonced_stops_as_at_any_storage_error(self):
        self.cut_tables()
        with self.assertRaises((OSError, http.client.HTTPException)):
            for each in self.ids:
                self.daemon.api.history(each)
        self.assertEqual(self.daemon.wait_exit(), EXIT_STORAGE)
        self.assertIn("storage error: a file of the WAL can not be read", self.daemon.last_words())

    def test_sendonce_wal_says_that_it_can_not_read_it(self):
        self.daemon.stop()
        command = self.daemon.wal_tool_command("dump")
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, pipesize=PIPE_BYTES) as dump:
            dump.stdout.readline()  # it is in the middle of the log until somebody reads on
            self.cut_tables()
            _, said = dump.communicate()
        self.assertEqual(dump.returncode, UNREADABLE, said)
        self.assertIn(b"a file of the log can not be read", said)


if __name__ == "__main__":
    case.main()
