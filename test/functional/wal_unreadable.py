"""A table of the WAL that can not be read any more while sendonced runs, as on a disk with a bad
sector: it stops with the words and the status of a storage error.

LevelDB maps its tables into memory, so this is a signal and no error. A file that was cut behind
its back gives the same one.
"""

import http.client

from framework import case

EXIT_STORAGE = 3  # src/daemon/application.h
SENDS = 40  # more than one block of a table


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

    def test_it_stops_as_at_any_storage_error(self):
        tables = list(self.daemon.wal_path.glob("*.ldb"))
        self.assertTrue(tables)
        for table in tables:
            with open(table, "r+b") as file:
                file.truncate(0)
        with self.assertRaises((OSError, http.client.HTTPException)):
            for each in self.ids:
                self.daemon.api.history(each)
        self.assertEqual(self.daemon.wait_exit(), EXIT_STORAGE)
        self.assertIn("storage error: a file of the WAL can not be read", self.daemon.last_words())


if __name__ == "__main__":
    case.main()
