#!/usr/bin/env python3
"""How long contrib/audit-log takes for a long log, and how much memory: sendonced begins it,
sendonce-bench fill-wal goes on with it (500 sends in a batch), the auditor has to prove it.

Needs the built programs (SENDONCE_BUILDDIR, or the current folder) and a bitcoind.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "functional"))

from framework import audit  # noqa: E402
from framework.bitcoind import Bitcoind  # noqa: E402
from framework.ports import Ports  # noqa: E402
from framework.sendonced import Sendonced, build_dir  # noqa: E402

WALLET = "hot"
BLOCKS = 300
LOOK_EVERY_S = 0.1
EXAMPLES = """\
examples:
  test/bench/audit_filled.py                    100,000 sends
  test/bench/audit_filled.py --sends 1000000
"""


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES, allow_abbrev=False,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sends", type=int, default=100_000, metavar="N", help="(100,000)")
    parser.add_argument("--open", type=int, default=1_000, metavar="N",
                        help="and so many that wait to be paid (1,000)")
    return parser.parse_args()


def fill(folder, arguments):
    """The daemon, stopped, whose log is that long."""
    ports = Ports()
    node = Bitcoind(folder / "node", ports)
    try:
        node.start().mine()
        node.create_wallet(WALLET)
        daemon = Sendonced(folder / "sendonced", ports, node.cookie_path, node.rpc_port, WALLET)
        daemon.init()
        node.mine(BLOCKS)
        heights = range(1, node.rpc.getblockcount() + 1)
        lines = [f"{each} {node.rpc.getblockhash(each)}\n" for each in heights]
        (folder / "blocks").write_text("".join(lines))
    finally:
        node.close()
    subprocess.run([build_dir() / "test/bench/sendonce-bench", "fill-wal",
                    f"--wal={daemon.wal_path}", f"--anchor={daemon.anchor_path}",
                    f"--blocks={folder / 'blocks'}", f"--finished={arguments.sends}",
                    f"--open={arguments.open}"], check=True, stdout=sys.stderr)
    return daemon


def watch(pid):
    """Until it has ended. Returns how much memory of its own it has had (MiB)."""
    most_kib = 0
    while True:
        status = Path(f"/proc/{pid}/status").read_text()
        found = re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE)
        if not found:
            return most_kib / 1024  # a zombie has none
        most_kib = max(most_kib, int(found.group(1)))
        time.sleep(LOOK_EVERY_S)


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory(prefix="audit-filled-") as folder:
        daemon = fill(Path(folder), arguments)
        size = sum(each.stat().st_size for each in daemon.wal_path.iterdir())
        started = time.monotonic()
        auditor = subprocess.Popen([audit.PROGRAM, f"--anchorfile={daemon.anchor_path}",
                                    daemon.wal_path])
        own_mib = watch(auditor.pid)
        _, status, used = os.wait4(auditor.pid, 0)
        seconds = time.monotonic() - started
        print(f"{size / 1e6:.0f} MB of log, {seconds:.0f} s, of these {used.ru_utime:.0f} s of a "
              f"processor; most memory {own_mib:.0f} MiB, with the tables that are mapped "
              f"{used.ru_maxrss / 1024:.0f} MiB")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
