"""Durable submits, alone and in bulk, against PostgreSQL and etcd."""

import hashlib
from contextlib import ExitStack

from . import etcd, postgres
from .bench_program import Load, file_of
from .context import CONTENT, ITEM, SOME_ADDRESS, load_of
from .results import Row, Series, ratio
from .rounds import alternate

CLIENTS = (1, 16, 64)
BULK = 1_000
STORED = CONTENT.replace("{address}", SOME_ADDRESS)
SETTINGS = [
    "sendonced's wallet is locked: it records what it is given and pays nothing meanwhile",
    "both make each submit durable before they answer: " +
    ", ".join(f"{name}={value}" for name, value in postgres.SETTINGS.items()),
    "PostgreSQL is asked by pgbench (prepared statements, one transaction for each submit) over a "
    "Unix socket, sendonced and etcd by sendonce-bench over TCP, with one client thread each",
]


def our_submits(context, daemon, connections):
    addresses = file_of(context.folder, "addresses", [SOME_ADDRESS])
    load = load_of(daemon, method="PUT", target="/v1/sends/{id}", body=CONTENT,
                   addresses=addresses, connections=connections, seconds=context.sizes.seconds)
    return lambda: load.run(prefix=context.new_prefix())["good_per_s"]


def postgres_submits(context, server, clients):
    digest = hashlib.sha256(STORED.encode()).hexdigest()
    script = postgres.SUBMIT.format(digest=digest, content=_for_pgbench(STORED))
    seconds = max(1, round(context.sizes.seconds))
    return lambda: server.transactions_per_s(script, clients, seconds)


def etcd_submits(context, port, connections):
    load = Load(port, method="POST", target="/v3/kv/txn", body=etcd.submit_body(STORED),
                connections=connections, seconds=context.sizes.seconds)
    return lambda: load.run(prefix=context.new_prefix())["good_per_s"]


def _for_pgbench(text):
    """A colon before a letter would be a variable of pgbench."""
    return text.replace('":"', '": "')


def submits(context):
    sides = []
    with ExitStack() as stack:
        daemon = stack.enter_context(context.recording_sendonced())
        server = stack.enter_context(
            postgres.running(context.new_folder("postgres"), context.ports.take()))
        etcd_port = context.ports.take()
        stack.enter_context(
            etcd.running(context.new_folder("etcd"), etcd_port, context.ports.take()))
        for count in CLIENTS:
            sides += [
                (f"sendonce, {count}", "/s", our_submits(context, daemon, count)),
                (f"PostgreSQL, {count}", "/s", postgres_submits(context, server, count)),
                (f"etcd, {count}", "/s", etcd_submits(context, etcd_port, count)),
            ]
        series = alternate(context.sizes.rounds, sides)
    named = {each.name: each for each in series}
    ratios = [
        ratio("to PostgreSQL's best", named["sendonce, 64"], best_of(series, "PostgreSQL"),
              at_least=2),
        *(ratio(f"to PostgreSQL, {count}", named[f"sendonce, {count}"],
                named[f"PostgreSQL, {count}"]) for count in CLIENTS),
        ratio("to etcd's best", named["sendonce, 64"], best_of(series, "etcd")),
    ]
    yield Row("submits", "durable submits, by number of connections", series, ratios, SETTINGS)


def best_of(series, name):
    """The one of those with that name whose median is highest."""
    return max((each for each in series if each.name.startswith(name)), key=lambda s: s.median)


def our_bulk(context):
    """A daemon of its own for each round: all together would be more than -maxbacklog can be."""
    addresses = file_of(context.folder, "addresses", [SOME_ADDRESS])

    def measure():
        with context.recording_sendonced() as daemon:
            load = load_of(daemon, method="POST", target="/v1/sends", body='{"sends":[{items}]}',
                           item=ITEM, bulk=BULK, addresses=addresses, connections=4,
                           seconds=context.sizes.seconds, counted='"state":"recorded"')
            report = load.run(prefix=context.new_prefix())
        if report["counted"] != report["good"] * BULK:
            raise RuntimeError(f"not all of them were recorded: {report}")
        return report["counted"] / report["seconds"]
    return measure


def postgres_bulk(context, server):
    digest = hashlib.sha256(STORED.encode()).hexdigest()
    script = postgres.SUBMIT_BULK.format(digest=digest, content=_for_pgbench(STORED), count=BULK)
    seconds = max(1, round(context.sizes.seconds))
    return lambda: BULK * server.transactions_per_s(script, 4, seconds)


def bulk_submits(context):
    with ExitStack() as stack:
        server = stack.enter_context(
            postgres.running(context.new_folder("postgres"), context.ports.take()))
        ours, theirs, single = alternate(context.sizes.rounds, [
            ("sendonce, 1,000 a call", "/s", our_bulk(context)),
            ("PostgreSQL, 1,000 a statement", "/s", postgres_bulk(context, server)),
            ("PostgreSQL, one a transaction, 64", "/s", postgres_submits(context, server, 64)),
        ])
    # The target names a machine; what can be compared from one to another is the ratio.
    ratios = [
        ratio("to PostgreSQL, one by one", ours, single, at_least=100_000 / 16_000),
        ratio("to PostgreSQL, 1,000 a statement", ours, theirs),
    ]
    yield Row("bulk_submits", "durable submits, 1,000 in a call", [ours, theirs, single], ratios,
              [*SETTINGS, "PostgreSQL makes the 1,000 rows by itself (generate_series), and is sent"
                          " next to nothing"])
