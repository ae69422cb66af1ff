"""Look-ups by id, against the least that an HTTP server can do and against bitcoind."""

from contextlib import ExitStack

from .bench_program import Load, constant_server, file_of
from .context import CONTENT, SOME_ADDRESS, WALLET, load_of, lock_wallet
from .logs import START_OPTIONS, daemon_with_log, some_ids
from .results import Row, ratio
from .rounds import alternate

CONNECTIONS = 64


def record(context, daemon, count, prefix):
    """Submits so many; returns the length of a reply to a look-up of one."""
    addresses = file_of(context.folder, "addresses", [SOME_ADDRESS])
    load_of(daemon, method="PUT", target="/v1/sends/{id}", body=CONTENT, addresses=addresses,
            connections=CONNECTIONS, requests=count, prefix=prefix).run()
    answer = daemon.api.get(f"{prefix}{0:09}")
    return len(answer.body)


def spend_often(node, count):
    """Txids of so many transactions of a wallet."""
    wallet = node.create_wallet("busy")
    node.fund(wallet, ["0.01"] * count)
    payee = wallet.getnewaddress("", "bech32")
    txids = [wallet.sendtoaddress(payee, "0.001") for _ in range(count)]
    node.mine()
    return wallet, txids


def gettransaction(context, node):
    wallet, txids = spend_often(node, context.sizes.transactions)
    body = '{"id":1,"method":"gettransaction","params":["{address}"]}'
    return Load(node.rpc_port, node.cookie_path, method="POST", target=wallet.path, body=body,
                addresses=file_of(context.folder, "txids", txids))


def lookups(context):
    sizes = context.sizes
    prefix = context.new_prefix()
    count = int(sizes.seconds * 10_000)
    with ExitStack() as stack:
        node = stack.enter_context(context.node())
        node.create_wallet(WALLET)
        daemon = stack.enter_context(context.sendonced(node, WALLET))
        lock_wallet(node, daemon)
        body_bytes = record(context, daemon, count, prefix)
        port = context.ports.take()
        stack.enter_context(constant_server(port, body_bytes))
        by_id = load_of(daemon, target="/v1/sends/{id}", prefix=prefix)
        constant = Load(port)
        by_txid = gettransaction(context, node)

        def hits(connections):
            return by_id.run(connections=connections, seconds=sizes.seconds, random=count)

        def misses():
            return by_id.run(refusals=(404,), connections=CONNECTIONS, seconds=sizes.seconds,
                             prefix="none-")

        series = alternate(sizes.rounds, [
            ("sendonce, known id", "/s", lambda: hits(CONNECTIONS)["good_per_s"]),
            ("sendonce, unknown id", "/s", lambda: per_second(misses(), "status_404")),
            ("constant reply of evhttp", "/s",
             lambda: constant.run(connections=CONNECTIONS, seconds=sizes.seconds)["good_per_s"]),
            ("sendonce, one connection", "/s", lambda: hits(1)["good_per_s"]),
            ("gettransaction, one connection", "/s",
             lambda: by_txid.run(connections=1, seconds=sizes.seconds)["good_per_s"]),
        ])
    known, unknown, least, one, node_one = series
    ratios = [
        ratio("known id to constant reply", known, least, at_least=0.8),
        ratio("unknown id to constant reply", unknown, least, at_least=0.8),
        ratio("to gettransaction", one, node_one),
    ]
    yield Row("lookups", f"look-ups by id, {CONNECTIONS} connections", series, ratios, [
        f"{count:,} recorded sends, asked for at random",
        f"the constant reply is as long as a send ({body_bytes} bytes), one thread, no"
        " authentication",
    ])


def long_log(context):
    """Look-ups of sends that were finished long ago, at random from all over the log."""
    sizes = context.sizes
    sides = []
    with ExitStack() as stack:
        for finished in sizes.finished:
            _, daemon = stack.enter_context(daemon_with_log(context, finished))
            daemon.start(*START_OPTIONS)
            ids = some_ids(finished)
            by_id = load_of(daemon, target="/v1/sends/{address}", connections=CONNECTIONS,
                            addresses=file_of(context.folder, f"ids-{finished}", ids),
                            random=len(ids), seconds=sizes.seconds)
            sides.append((f"sendonce, {finished:,} finished", "/s",
                          lambda load=by_id: load.run()["good_per_s"]))
        body_bytes = len(daemon.api.get(ids[0]).body)
        port = context.ports.take()
        stack.enter_context(constant_server(port, body_bytes))
        constant = Load(port, connections=CONNECTIONS, seconds=sizes.seconds)
        sides.append(("constant reply of evhttp", "/s", lambda: constant.run()["good_per_s"]))
        series = alternate(sizes.rounds, sides)
    ratios = [ratio(f"{finished:,} finished, to constant reply", mine, series[-1], at_least=0.8)
              for finished, mine in zip(sizes.finished, series[:-1], strict=True)]
    yield Row("long_log", f"look-ups of finished sends, {CONNECTIONS} connections", series, ratios,
              [f"of 100,000 ids from all over the log, at random; replies of {body_bytes} bytes",
               "the files are in the system's cache"])


def per_second(report, name):
    return report[name] / report["seconds"]
