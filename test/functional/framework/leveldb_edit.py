#!/usr/bin/python3 -B
"""Reads or changes a LevelDB database, for framework/forgery.py: a process of its own, because
Debian's plyvel belongs to the system's Python, which need not be the one that runs the tests.

leveldb_edit.py FOLDER < changes: a JSON object, key to value or null (absent), all in hexadecimal.
Prints all that is in it then, as such an object.
"""

import json
import sys

import plyvel


def main():
    folder, = sys.argv[1:]
    changes = json.load(sys.stdin)
    database = plyvel.DB(folder, create_if_missing=False)
    for key, value in changes.items():
        if value is None:
            database.delete(bytes.fromhex(key))
        else:
            database.put(bytes.fromhex(key), bytes.fromhex(value))
    json.dump({key.hex(): value.hex() for key, value in database}, sys.stdout)
    database.close()


if __name__ == "__main__":
    main()
