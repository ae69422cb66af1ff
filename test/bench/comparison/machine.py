"""The machine and the versions: no number means anything without them."""

import os
import platform
import re
import shutil
import subprocess
import time
from pathlib import Path

from framework import bitcoind
from framework.sendonced import build_dir

from . import SOURCE_DIR, etcd, postgres


def first_line(*command):
    """Of what a program says about itself; says so where there is no such program."""
    if not command[0] or not (shutil.which(command[0]) or Path(command[0]).exists()):
        return "not installed"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def package(name):
    """A Debian package's version."""
    return first_line("dpkg-query", "-W", "-f", "${Version}\n", name)


def processor():
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return f"{os.cpu_count()} x {model.group(1) if model else platform.machine()}"


def memory_gib():
    kib = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text()).group(1))
    return kib / 2**20


def build_flags():
    """CXX and CXXFLAGS of the build that is measured."""
    makefile = (build_dir() / "Makefile").read_text()
    found = [re.search(rf"^{name} = (.*)$", makefile, re.MULTILINE) for name in ("CXX", "CXXFLAGS")]
    compiler, flags = (each.group(1).strip() for each in found)
    return compiler.split()[-1], flags


def commit():
    done = subprocess.run(["git", "-C", SOURCE_DIR, "describe", "--always", "--dirty"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def stamp():
    return {"at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "commit": commit()}


def sync_ms(folder, count=200):
    """The median of what a write of 4 KiB and fdatasync take there."""
    path = Path(folder) / "sync-probe"
    durations = []
    with open(path, "wb", buffering=0) as file:
        for _ in range(count):
            began = time.monotonic()
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            durations.append(time.monotonic() - began)
    path.unlink()
    return sorted(durations)[count // 2] * 1000


def describe(folder):
    """(name, value) pairs. folder: where the databases are."""
    compiler, flags = build_flags()
    return [
        ("processor", processor()),
        ("memory", f"{memory_gib():.0f} GiB"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("write of 4 KiB and fdatasync", f"{sync_ms(folder):.2f} ms (median)"),
        ("compiler", f"{first_line(compiler, '--version')}, {flags}"),
        ("LevelDB", package("libleveldb-dev")),
        ("libevent", package("libevent-dev")),
        ("bitcoind", first_line(bitcoind.program(), "-version")),
        ("PostgreSQL", first_line(postgres.program("postgres"), "--version")),
        ("etcd", first_line(etcd.program(), "--version")),
    ]
