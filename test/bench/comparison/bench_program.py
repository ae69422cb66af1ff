"""Runs sendonce-bench."""

import json
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from framework.sendonced import build_dir
from framework.waiting import wait_until


def program():
    path = (build_dir() / "test/bench/sendonce-bench").resolve()
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built; run make bench, or set SENDONCE_BUILDDIR")
    return path


def run(scenario, **options):
    """Runs a scenario to its end; returns what it reports. Names have _ for -."""
    words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    done = subprocess.run(
        [program(), scenario, *words, "--json"], stdin=subprocess.DEVNULL, capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"sendonce-bench {scenario} {' '.join(words)}: {done.stderr}")
    return json.loads(done.stdout)


class Load:
    """The load generator, towards one server. What it asks with is given once, the rest each time.

    run() raises if an answer is not of the 2xx kind, unless others are allowed.
    """

    def __init__(self, port, cookie_path=None, **options):
        self._options = {"port": port, **options}
        if cookie_path:
            self._options["cookie"] = cookie_path

    def run(self, refusals=(), **options):
        report = run("load", **{**self._options, **options})
        allowed = {f"status_{status}" for status in refusals}
        bad = {name for name in report if name.startswith("status_") and name[7] != "2"}
        if bad - allowed or report["unanswered"] and not refusals:
            raise RuntimeError(f"the load was refused: {report}")
        return report


@contextmanager
def constant_server(port, body_bytes):
    """evhttp with a constant reply, on one thread."""
    process = subprocess.Popen(
        [program(), "constant-server", f"--port={port}", f"--bytes={body_bytes}"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: accepts(port), "the constant server listens")
        yield
    finally:
        process.stdin.close()
        process.wait()


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def file_of(folder, name, words):
    """A file of words, one a line, for --addresses and --numbers."""
    path = Path(folder) / name
    path.write_text("".join(f"{each}\n" for each in words))
    return path


def new_folder(parent, name):
    return Path(tempfile.mkdtemp(prefix=name + "-", dir=parent))
