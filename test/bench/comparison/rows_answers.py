"""How long answers take while blocks arrive and the log compacts."""

import concurrent.futures
import re
from contextlib import ExitStack

from .bench_program import file_of
from .context import CONTENT, SOME_ADDRESS, load_of, lock_wallet
from .crowd import Crowd
from .logs import START_OPTIONS, daemon_with_log, some_ids
from .results import Row, Series, limit
from .rounds import say

RATE = 1_000  # look-ups a second, and as many submits
CONNECTIONS = 32
SECONDS = 6
LIMIT_MS = 20
PERCENTILES = {"50 %": "p50_ms", "99 %": "p99_ms", "99.9 %": "p999_ms"}
TABLE_WRITTEN = re.compile(r"Generated table|Level-0 table #\d+: \d+ bytes")


class Callers:
    """Looks up and submits at a steady rate, both at the same time."""

    def __init__(self, context, daemon, finished):
        self._context = context
        ids = file_of(context.folder, "ids", some_ids(finished))
        self._lookups = load_of(daemon, target="/v1/sends/{address}", addresses=ids,
                                connections=CONNECTIONS, rate=RATE, random=finished)
        self._submits = load_of(
            daemon, method="PUT", target="/v1/sends/{id}", body=CONTENT, connections=CONNECTIONS,
            addresses=file_of(context.folder, "addresses", [SOME_ADDRESS]), rate=RATE)

    def call_while(self, seconds, meanwhile):
        """Reports on look-ups and submits."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            lookups = pool.submit(self._lookups.run, seconds=seconds)
            submits = pool.submit(self._submits.run, seconds=seconds,
                                  prefix=self._context.new_prefix())
            meanwhile()
            return lookups.result(), submits.result()


def tables_written(daemon):
    """What LevelDB says in its own log."""
    return len(TABLE_WRITTEN.findall((daemon.wal_path / "LOG").read_text(errors="replace")))


def mine(node, transactions):
    """A block of what the crowd has put into the mempool."""
    block = node.rpc.getblock(node.mine()[0])
    if len(block["tx"]) <= transactions:
        raise RuntimeError(f"a block of {len(block['tx'])} transactions")


def answers(context):
    sizes = context.sizes
    finished, transactions = sizes.finished[0], sizes.block_transactions
    seconds = min(SECONDS, sizes.seconds * 10)
    kinds = [(what, when) for when in ("quiet", "block") for what in ("look-up", "submit")]
    series = {
        (what, when, part): Series(f"sendonce, {what}, {part}, {when}", "ms")
        for what, when in kinds for part in PERCENTILES
    }
    with ExitStack() as stack:
        node, daemon = stack.enter_context(daemon_with_log(context, finished))
        daemon.start(*START_OPTIONS)
        lock_wallet(node, daemon)
        crowd = Crowd(node, transactions)
        callers = Callers(context, daemon, finished)
        written = tables_written(daemon)
        for _ in range(sizes.rounds):
            crowd.enter()
            for when, meanwhile in (
                ("quiet", lambda: None),
                ("block", lambda: mine(node, transactions)),
            ):
                reports = callers.call_while(seconds, meanwhile)
                for what, report in zip(("look-up", "submit"), reports, strict=True):
                    for part, name in PERCENTILES.items():
                        series[what, when, part].values.append(report[name])
        written = tables_written(daemon) - written
        say(f"LevelDB wrote {written} tables meanwhile")
    ratios = [limit(series[what, "block", "99.9 %"], at_most=LIMIT_MS)
              for what in ("look-up", "submit")]
    yield Row("answers", "answers while a block arrives", list(series.values()), ratios, [
        f"{RATE:,} look-ups of finished sends and {RATE:,} submits a second, which fall due at that"
        f" rate whatever the daemon does, for {seconds} s; a log of {finished:,} finished sends",
        "the wallet is locked: what is submitted is only recorded",
        f"a block of {transactions:,} transactions, which are in the mempool before, or none; LevelDB"
        f" wrote {written} tables in all",
    ])
