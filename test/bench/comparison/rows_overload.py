"""Twice the load that the machine can take, for minutes."""

import threading
import time

from .bench_program import file_of
from .context import CONTENT, load_of, payee_addresses
from .results import Ratio, Row, Series
from .rows_start import memory_mib_of
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
        self.seconds, self.memory_mib, self.waiting = [], [], []

    def run(self):
        began = time.monotonic()
        while not self._done.wait(self._interval_s):
            waiting = self._daemon.api.status()["backlog"]["waiting_sends"]
            self.seconds.append(time.monotonic() - began)
            self.waiting.append(waiting)
            self.memory_mib.append(memory_mib_of(self._daemon.process))
            self._node.mine()

    def stop(self):
        self._done.set()
        self.join()


def paid_per_second(sampler, good_by_second):
    """Between the samples: what was acknowledged, but for what waits more than before."""
    def acknowledged(seconds):
        whole = int(seconds)
        part = good_by_second[whole] * (seconds - whole) if whole < len(good_by_second) else 0
        return sum(good_by_second[:whole]) + part

    paid = [acknowledged(at) - waiting
            for at, waiting in zip(sampler.seconds, sampler.waiting, strict=True)]
    steps = zip(paid, paid[1:], sampler.seconds, sampler.seconds[1:])
    return [(after - before) / (late - early) for before, after, early, late in steps]


def capacity(load, context):
    """Submits a second that are acknowledged when each connection asks again at once."""
    return load.run(seconds=context.sizes.seconds, prefix=context.new_prefix())["good_per_s"]


def thirds(values):
    """The means of the first and of the last third; 0 if there is nothing."""
    values = values or [0]
    count = max(1, len(values) // 3)
    return sum(values[:count]) / count, sum(values[-count:]) / count


def check_nothing_lost(daemon, numbers, prefix):
    """After kill -9 and a new start, every acknowledged send is known, also before the daemon is
    ready to pay: it compares its log with the wallet first, and the node takes its time to list
    what was paid. Returns how many.
    """
    daemon.kill()
    daemon.launch()
    daemon.wait_alive()
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
    yield row_of(report, sampler, rate, kept, sizes, coins)


def row_of(report, sampler, rate, kept, sizes, coins):
    first, last = thirds(report["good_by_second"])
    paid_first, paid_last = thirds(paid_per_second(sampler, report["good_by_second"]))
    early, late = thirds(sampler.memory_mib)
    series = [
        Series("sendonce, acknowledged in the first third", "/s", [first]),
        Series("sendonce, acknowledged in the last third", "/s", [last]),
        Series("sendonce, given to a batch in the first third", "/s", [max(0, paid_first)]),
        Series("sendonce, given to a batch in the last third", "/s", [max(0, paid_last)]),
        Series("asked for", "/s", [rate]),
        Series("sendonce, memory, mean of the first third", "MiB", [early]),
        Series("sendonce, memory, mean of the last third", "MiB", [late]),
        Series("sendonce, memory, highest", "MiB", [max(sampler.memory_mib, default=0)]),
        Series("sendonce, answers with 2xx, 99 %", "ms", [report["p99_ms"]]),
    ]
    refused = report.get("status_503", 0)
    ratios = [
        Ratio("acknowledged, last third to first", [last / first]),
        Ratio("paid, last third to first", [paid_last / paid_first if paid_first else 1],
              at_least=0.8),
        Ratio("memory, last third to first", [late / early if early else 1], at_most=1.5),
        Ratio("acknowledged sends that were lost", [0], at_most=0),
    ]
    return Row("overload", "twice the load that the machine can take", series, ratios, [
        f"{sizes.overload_minutes:g} minutes of submits that fall due at twice the rate that was"
        f" reached before, {CONNECTIONS} connections",
        f"a wallet of {coins:,} coins, a block every {sizes.overload_minutes * 60 / SAMPLES:.3g} s",
        f"{kept:,} were acknowledged, {refused:,.0f} refused with 503, {report['unsent']:,.0f} found"
        " no free connection; after kill -9 and a new start every acknowledged one is known",
        "sends waiting to be paid, from the first sample to the last: "
        + " ".join(str(each) for each in sampler.waiting[::max(1, len(sampler.waiting) // 12)]),
    ])
