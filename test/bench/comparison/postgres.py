"""A PostgreSQL of our own: its own folder, its own port, and pgbench as its load generator."""

import os
import pwd
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

from framework.waiting import wait_until

USER = "postgres"  # it refuses to run as root
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
}
TABLE = "create table sends (id text primary key, hash bytea not null, content jsonb not null)"
SUBMIT = """\
\\set n random(1, 1000000000000)
insert into sends values ('w-' || :n, '\\x{digest}'::bytea, '{content}'::jsonb)
  on conflict do nothing;
"""
SUBMIT_BULK = """\
\\set n random(1, 1000000000)
insert into sends select 'w-' || (:n::bigint * {count} + i), '\\x{digest}'::bytea,
  '{content}'::jsonb from generate_series(1, {count}) i on conflict do nothing;
"""


def program(name):
    """Path of one of PostgreSQL's programs, of the newest version; None if there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def _as_its_user():
    """What a command begins with, if we are root."""
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--init-groups"] if _is_root() else []


def _is_root():
    return os.geteuid() == 0


class Postgres:
    """pgbench runs in the same folder, over a Unix socket: what is quickest for it."""

    def __init__(self, folder, port):
        self._folder = folder
        self._port = port

    def run(self, *command, **options):
        return subprocess.run([*_as_its_user(), *command], cwd=self._folder, check=True, text=True,
                              capture_output=True, **options).stdout

    def sql(self, text):
        return self.run(program("psql"), "-qtA", "-h", self._folder, "-p", str(self._port),
                        "-d", "postgres", "-c", text).strip()

    def transactions_per_s(self, script, clients, seconds):
        """Runs a pgbench script with prepared statements; returns its own count."""
        path = self._folder / "script.sql"
        path.write_text(script)
        path.chmod(0o644)
        told = self.run(
            program("pgbench"), "-n", "-M", "prepared", "-h", str(self._folder), "-p",
            str(self._port), "-c", str(clients), "-j", "1", "-T", str(seconds), "-f", str(path),
            "postgres",
        )
        if re.search(r"number of failed transactions: [^0]", told):
            raise RuntimeError(told)
        return float(re.search(r"tps = ([\d.]+)", told).group(1))


@contextmanager
def running(folder, port):
    """A fresh server with an empty table `sends`."""
    folder = Path(folder)
    if _is_root():
        os.chown(folder, pwd.getpwnam(USER).pw_uid, pwd.getpwnam(USER).pw_gid)
    server = Postgres(folder, port)
    server.run(program("initdb"), "-D", "data", "-A", "trust", "--locale=C.UTF-8")
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [*_as_its_user(), program("postgres"), "-D", "data", "-p", str(port), "-k", folder,
             "-c", "listen_addresses=", *settings],
            cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )
    try:
        wait_until(lambda: _answers(server), "PostgreSQL answers")
        server.sql(TABLE)
        yield server
    finally:
        process.terminate()
        process.wait()


def _answers(server):
    try:
        return server.sql("select 1") == "1"
    except subprocess.CalledProcessError:
        return False  # not listening yet
