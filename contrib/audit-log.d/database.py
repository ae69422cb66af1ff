"""Access to LevelDB: the log's database, without ever writing where it lies, and databases of the
auditor's own.

To open a LevelDB is to write. So it is opened somewhere else: a folder of links and copies. A table
is never changed once it is written, and a database that is opened gives new files numbers above
that of its manifest: tables below it are linked, all else is copied.
"""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from pathlib import Path

import plyvel
from report import CannotJudge

TABLE = re.compile(r"(\d+)\.(?:ldb|sst)$")
MANIFEST = re.compile(r"MANIFEST-(\d+)\n?$")
WRITE_BUFFER = 16 << 20
OPEN_FILES = 74  # the least that LevelDB takes: what is open is mapped
FLUSH_ENTRIES = 20_000


@contextlib.contextmanager
def held(folder):
    """No daemon starts on the folder meanwhile; CannotJudge if one runs."""
    path = folder / "LOCK"
    try:
        lock = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield  # a copy: nobody could have locked it
        return
    except OSError as error:
        raise CannotJudge(f"{path} can not be opened: {error.strerror}") from None
    try:
        fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CannotJudge(f"{folder} is in use by a running sendonced: stop it, or copy folder and "
                          "anchor as one snapshot and say --copy") from None
    finally:
        os.close(lock)


def _is_settled(name, manifest_number):
    table = TABLE.fullmatch(name)
    return bool(table) and int(table.group(1)) < manifest_number


def _stand_in(folder, other):
    """Fills the other folder with what can be opened in the place of the first one."""
    manifest = MANIFEST.fullmatch((folder / "CURRENT").read_text(errors="replace"))
    number = int(manifest.group(1)) if manifest else 0
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.name in ("LOCK", "LOG", "LOG.old"):
            continue
        if _is_settled(path.name, number):
            (other / path.name).symlink_to(path.resolve())
        else:
            shutil.copyfile(path, other / path.name)


@contextlib.contextmanager
def opened_apart(folder):
    """The log's database, to be read. plyvel.Error from here or later: it is damaged."""
    folder = Path(folder)
    if not (folder / "CURRENT").is_file():
        raise CannotJudge(f"{folder} holds no log: there is no file CURRENT in it")
    with tempfile.TemporaryDirectory(prefix="audit-log-") as other:
        try:
            _stand_in(folder, Path(other))
        except OSError as error:
            raise CannotJudge(f"{folder} can not be read: {error}") from None
        database = plyvel.DB(other, create_if_missing=False, paranoid_checks=True,
                             max_open_files=OPEN_FILES)
        try:
            yield database
        finally:
            database.close()


def entries(database, **bounds):
    """All keys and values in order, each compared with its checksum."""
    with database.iterator(verify_checksums=True, fill_cache=False, **bounds) as found:
        yield from found


class Scratch:
    """A database of our own, for what may be more than memory holds. Read what was written."""

    def __init__(self, folder):
        self._database = plyvel.DB(str(folder), create_if_missing=True, bloom_filter_bits=10,
                                   write_buffer_size=WRITE_BUFFER, max_open_files=OPEN_FILES)
        self._unwritten = {}

    def put(self, key, value=b""):
        self._unwritten[key] = value
        self._flush_at(FLUSH_ENTRIES)

    def delete(self, key):
        self._unwritten[key] = None
        self._flush_at(FLUSH_ENTRIES)

    def get(self, key):
        if key in self._unwritten:
            return self._unwritten[key]
        return self._database.get(key)

    def entries(self, prefix=None):
        """As it is now; not what is put while they are read."""
        self._flush_at(1)
        return entries(self._database, prefix=prefix)

    def close(self):
        self._database.close()

    def _flush_at(self, count):
        if len(self._unwritten) < count:
            return
        with self._database.write_batch() as batch:
            for key, value in self._unwritten.items():
                if value is None:
                    batch.delete(key)
                else:
                    batch.put(key, value)
        self._unwritten.clear()


@contextlib.contextmanager
def scratch(name):
    with tempfile.TemporaryDirectory(prefix=f"audit-log-{name}-") as folder:
        made = Scratch(folder)
        try:
            yield made
        finally:
            made.close()
