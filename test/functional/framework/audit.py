"""contrib/audit-log, run on a stopped daemon's log or on a copy of it."""

import json
import subprocess

from .bitcoind import SOURCE_DIR
from .waiting import PATIENCE_S

PROGRAM = SOURCE_DIR / "contrib" / "audit-log"
PROVED, REFUTED, NOT_JUDGED = 0, 1, 2


def run(*words):
    """The finished process."""
    return subprocess.run([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE_S)


def node_words(node):
    """The words that name a node."""
    return f"--rpcport={node.rpc_port}", f"--rpccookiefile={node.cookie_path}"


def report(wal, anchor, *words):
    """The report, as JSON says it, and the exit status."""
    done = run("--json", f"--anchorfile={anchor}", *words, wal)
    if not done.stdout or done.stderr:
        raise RuntimeError(f"audit-log left with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout), done.returncode


def check(daemon, node=None):
    """AssertionError unless the log of the stopped daemon is proved, by itself and by the node."""
    words = node_words(node) if node else ()
    told, status = report(daemon.wal_path, daemon.anchor_path, *words)
    if status != PROVED:
        raise AssertionError(f"the auditor says: {json.dumps(told, indent=1)}")
    return told
