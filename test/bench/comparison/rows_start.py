"""Start and memory with long logs."""

import re
import time
from contextlib import ExitStack
from pathlib import Path

from .logs import OPEN_SENDS, START_OPTIONS, daemon_with_log
from .results import Row, limit, ratio
from .rounds import alternate

POLL_S = 0.002


def seconds_until(condition, process):
    began = time.monotonic()
    while not condition():
        if process().poll() is not None:
            raise RuntimeError("sendonced did not start")
        time.sleep(POLL_S)
    return time.monotonic() - began


def memory_mib_of(process):
    """What it holds for itself. Mapped files (LevelDB's tables) are the system's cache."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) / 1024


class Starter:
    """Starts the daemon; what memory it takes is read after the start whose time was taken."""

    def __init__(self, daemon):
        self._daemon = daemon
        self._memory_mib = None

    def seconds_to_ready(self):
        began = time.monotonic()
        self._daemon.launch(*START_OPTIONS)
        seconds_until(lambda: self._answers("/readyz"), lambda: self._daemon.process)
        seconds = time.monotonic() - began
        self._memory_mib = memory_mib_of(self._daemon.process)
        self._check_backlog()
        self._daemon.stop()
        return seconds

    def memory_mib(self):
        return self._memory_mib

    def _answers(self, path):
        try:
            return self._daemon.api.request("GET", path).status == 200
        except OSError:
            return False  # not listening yet, or no cookie yet

    def _check_backlog(self):
        told = self._daemon.api.status()["backlog"]
        if told["waiting_sends"] != OPEN_SENDS:
            raise RuntimeError(f"{OPEN_SENDS} sends should be waiting: {told}")


def start(context):
    sizes = context.sizes
    sides = []
    with ExitStack() as stack:
        for finished in sizes.finished:
            _, daemon = stack.enter_context(daemon_with_log(context, finished))
            starter = Starter(daemon)
            sides += [
                (f"sendonce, {finished:,} finished: ready", "s", starter.seconds_to_ready),
                (f"sendonce, {finished:,} finished: memory", "MiB", starter.memory_mib),
            ]
        series = alternate(sizes.rounds, sides)
    times, memory = series[::2], series[1::2]
    ratios = [
        limit(times[0], at_most=1),
        *(limit(each) for each in times[1:]),
        ratio("memory with the longest log to the shortest", memory[-1], memory[0], at_most=1.1),
    ]
    yield Row("start", "start with a long log", series, ratios, [
        f"{OPEN_SENDS:,} open sends; from the start of the process until /readyz says 200, the"
        " first look at node and wallet included",
        "memory: its own (RssAnon) when ready, without what the system caches of files; these are in"
        " the cache",
    ])
