"""Long logs that a real node agrees with, made once and kept in SENDONCE_CACHE."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from framework.bitcoind import Bitcoind

from . import bench_program
from .context import NO_LIMIT, WALLET, Quiet
from .rounds import say
from .wallets import keep

OPEN_SENDS = 1_000
BLOCKS = 100
CHUNK_BYTES = 2**20
FORMAT = 1  # of what is kept; another one is made anew


@contextmanager
def daemon_with_log(context, finished):
    """A node, and a daemon that is not started, on a copy of what is kept."""
    kept = context.cache / "bench" / f"log-{finished}-{FORMAT}"
    if not kept.exists():
        make(context, finished, kept)
    node = Bitcoind(context.new_folder("node") / "datadir", context.ports)
    copy(kept / "node", node.datadir / "regtest")
    daemon = new_daemon(context, node)
    copy(kept / "sendonced", daemon.datadir / "regtest")
    warm(daemon.wal_path)
    try:
        node.start("-blockmaxweight=4000000")  # Knots' default leaves no room for 5,000
        node.mine()  # what is kept may be days old, and then the node waits for newer blocks
        yield node, daemon
    finally:
        daemon.close()
        node.close()


def new_daemon(context, node):
    folder = context.new_folder("sendonced") / "datadir"
    return Quiet(folder, context.ports, node.cookie_path, node.rpc_port, WALLET)


def make(context, finished, kept):
    say(f"making a log of {finished:,} finished sends; the next run finds it in {kept}")
    node = Bitcoind(context.new_folder("making") / "datadir", context.ports)
    try:
        node.start()
        node.mine()
        node.create_wallet(WALLET)
        daemon = new_daemon(context, node)
        daemon.init()
        fill(context, node, daemon, finished)
        node.stop()
        partial = Path(f"{kept}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        keep(node.datadir / "regtest", partial / "node")
        shutil.move(daemon.datadir / "regtest", partial / "sendonced")
        partial.rename(kept)
    finally:
        node.close()


def fill(context, node, daemon, finished):
    node.mine(BLOCKS)
    heights = range(1, node.rpc.getblockcount() + 1)
    blocks = bench_program.file_of(
        context.folder, "blocks", [f"{each} {node.rpc.getblockhash(each)}" for each in heights])
    report = bench_program.run("fill-wal", wal=daemon.wal_path, anchor=daemon.anchor_path,
                               blocks=blocks, finished=finished, open=OPEN_SENDS)
    if report["sends"] != finished + OPEN_SENDS:
        raise RuntimeError(f"not all were written: {report}")


def copy(kept, to):
    """LevelDB never changes a table that it has written, so those are linked."""
    def link_or_copy(source, target):
        if Path(source).suffix == ".ldb":
            try:
                return os.link(source, target)
            except OSError:
                pass  # another file system
        return shutil.copy2(source, target)

    shutil.copytree(kept, to, copy_function=link_or_copy)


def warm(folder):
    """Reads every file once: what is measured is the daemon, with its files in the system's
    cache.
    """
    for path in folder.iterdir():
        with open(path, "rb") as file:
            while file.read(CHUNK_BYTES):
                pass


START_OPTIONS = (NO_LIMIT,)


def some_ids(finished, count=100_000):
    """Ids of finished sends, from all over the log (FilledId in test/bench/wal_filler.cpp)."""
    return [_filled_id(number) for number in range(0, finished, max(1, finished // count))]


def _filled_id(number):
    mask = 2**64 - 1
    number = (number + 0x9E3779B97F4A7C15) & mask
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9 & mask
    number = (number ^ number >> 27) * 0x94D049BB133111EB & mask
    return f"w-{number ^ number >> 31:016x}"
