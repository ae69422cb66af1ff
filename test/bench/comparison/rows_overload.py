"""Twice the load that the machine can take, for minutes."""

import threading

from .bench_program import file_of
from .context import CONTENT, load_of, payee_addresses
from .results import Ratio, Row, Series
from .rows_start import resident_mib
from .wallets import OURS, node_with_wallets

CONNECTIONS = 128
SAMPLES = 60
REFUSED = (503,)


class Sampler(threading.Thread):
    """Notes memory, and what is paid, at equal times."""

    def __init__(self, daemon, node, minutes):
        super().__init__()
        self._daemon, self._node = daemon, node
        self._interval_s = minutes * 60 / SAMPLES
        self._done = threading.Event()
        self.memory_mib, self.waiting = [], []

    def run(self):
        while not self._done.wait(self._interval_s):
            self.memory_mib.append(resident_mib(self._daemon.process))
            self.waiting.append(self._daemon.api.status()["backlog"]["waiting_sends"])
            self._node.mine()

    def stop(self):
        self._done.set()
        self.join()


def capacity(load, context):
    """Submits a second that are acknowledged when each connection asks again at once."""
    return load.run(seconds=context.sizes.seconds, prefix=context.new_prefix())["good_per_s"]


def thirds(values):
    """The means of the first and of the last third."""
    count = max(1, len(values) // 3)
    return sum(values[:count]) / count, sum(values[-count:]) / count


def check_nothing_lost(daemon, numbers, prefix):
    """After kill -9 and a new start, every acknowledged send is known. Returns how many."""
    daemon.kill()
    daemon.start()
    report = load_of(daemon, target="/v1/sends/{id}", connections=CONNECTIONS, prefix=prefix,
                     numbers=numbers).run()
    expected = len(numbers.read_text().split())
    if report["good"] != expected or expected == 0:
        raise RuntimeError(f"{expected} sends were acknowledged: {report}")
    return expected


def overload(context):
    sizes = context.sizes
    coins = sizes.coins[min(1, len(sizes.coins) - 1)]
    with node_with_wallets(context, coins) as node, context.sendonced(node, OURS) as daemon:
        load = load_of(
            daemon, method="PUT", target="/v1/sends/{id}", body=CONTENT, connections=CONNECTIONS,
            addresses=file_of(context.folder, "payees", payee_addresses(node)))
        rate = 2 * capacity(load, context)
        prefix, numbers = context.new_prefix(), context.folder / "acknowledged"
        sampler = Sampler(daemon, node, sizes.overload_minutes)
        sampler.start()
        try:
            report = load.run(refusals=REFUSED, rate=rate, seconds=sizes.overload_minutes * 60,
                              prefix=prefix, acknowledged=numbers)
        finally:
            sampler.stop()
        kept = check_nothing_lost(daemon, numbers, prefix)
    yield row_of(report, sampler, rate, kept, sizes)


def row_of(report, sampler, rate, kept, sizes):
    first, last = thirds(report["good_by_second"])
    memory = sampler.memory_mib or [0]
    early, late = thirds(memory)
    series = [
        Series("sendonce, acknowledged in the first third", "/s", [first]),
        Series("sendonce, acknowledged in the last third", "/s", [last]),
        Series("asked for", "/s", [rate]),
        Series("sendonce, memory, mean of the first third", "MiB", [early]),
        Series("sendonce, memory, mean of the last third", "MiB", [late]),
        Series("sendonce, memory, highest", "MiB", [max(memory)]),
        Series("sendonce, answers with 2xx, 99 %", "ms", [report["p99_ms"]]),
    ]
    refused = report.get("status_503", 0)
    ratios = [
        Ratio("throughput, last third to first", [last / first], at_least=0.8),
        Ratio("memory, last third to first", [late / early if early else 1], at_most=1.5),
        Ratio("acknowledged sends that were lost", [0], at_most=0),
    ]
    return Row("overload", "twice the load that the machine can take", series, ratios, [
        f"{sizes.overload_minutes:g} minutes of submits that fall due at twice the rate that was"
        f" reached before, {CONNECTIONS} connections",
        f"{kept:,} were acknowledged, {refused:,.0f} refused with 503, {report['unsent']:,.0f} found"
        " no free connection; after kill -9 and a new start every acknowledged one is known",
        "sends waiting to be paid, from the first sample to the last: "
        + " ".join(str(each) for each in sampler.waiting[::max(1, len(sampler.waiting) // 12)]),
    ])
