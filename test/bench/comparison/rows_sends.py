"""Sends that are paid: one, and a queue of them, against sendtoaddress; and their bytes on chain."""

import time
from contextlib import ExitStack, contextmanager

from framework.rpc import to_btc

from .bench_program import Load, file_of
from .context import AMOUNT_SAT, CONTENT, ITEM, load_of, payee_addresses
from .results import Ratio, Row, Series, ratio
from .rounds import alternate
from .wallets import OURS, THEIRS, node_with_wallets

OUR_SENDS = 20  # in each round
THEIR_SENDS = 3
BULK = 1_000
CONNECTIONS = 64
LAST = 1_000
LONGEST_WAIT_S = 600
MIDDLE_WALLET = 15_000


class Payer:
    """A daemon on a prepared wallet, and sendtoaddress on its twin."""

    def __init__(self, context, node, daemon):
        self.node = node
        self._context = context
        self._addresses = file_of(context.folder, "payees", payee_addresses(node))
        self._daemon = daemon
        body = '{"id":1,"method":"sendtoaddress","params":["{address}",%s]}' % to_btc(AMOUNT_SAT)
        self._rpc = Load(node.rpc_port, node.cookie_path, method="POST", connections=1,
                         target=node.wallet(THEIRS).path, body=body, addresses=self._addresses)

    def load(self, **options):
        return load_of(self._daemon, addresses=self._addresses, **options)

    def send_one_by_one(self, count):
        """The median of the time from submit to accepted by the node."""
        load = self.load(method="PUT", target="/v1/sends/{id}?wait=600&until=sent", body=CONTENT,
                         counted='"outcome":"sent"')
        report = load.run(requests=count, prefix=self._context.new_prefix())
        if report["counted"] != count:
            raise RuntimeError(f"not all were sent: {report}")
        return report["p50_ms"]

    def sendtoaddress(self, count):
        return self._rpc.run(requests=count)["p50_ms"]

    def submit(self, count):
        """In bulk; returns the prefix of their ids."""
        prefix = self._context.new_prefix()
        bulk = min(BULK, count)
        load = self.load(method="POST", target="/v1/sends", body='{"sends":[{items}]}', item=ITEM,
                         bulk=bulk, connections=2, counted='"replayed":false')
        report = load.run(requests=count // bulk, prefix=prefix)
        if report["counted"] != count // bulk * bulk:
            raise RuntimeError(f"not all were recorded: {report}")
        return prefix

    def wait_until_sent(self, prefix, first, count):
        load = self.load(target=f"/v1/sends/{{id}}?wait={LONGEST_WAIT_S}&until=sent",
                         connections=CONNECTIONS, counted='"outcome":"sent"')
        report = load.run(requests=count, first=first, prefix=prefix)
        if report["counted"] != count:
            raise RuntimeError(f"not all were sent: {report}")

    def queue_seconds(self, count):
        """From the first submit until the last of so many is accepted by the node."""
        began = time.monotonic()
        prefix = self.submit(count)
        last = min(LAST, count)
        self.wait_until_sent(prefix, count - last, last)
        seconds = time.monotonic() - began
        self.wait_until_sent(prefix, 0, count)
        return seconds


@contextmanager
def payer(context, coins, *options):
    with ExitStack() as stack:
        node = stack.enter_context(node_with_wallets(context, coins))
        daemon = stack.enter_context(context.sendonced(node, OURS, *options))
        yield Payer(context, node, daemon)


def one_send(context):
    """All sizes of wallet in turns, so that they can be compared with each other too."""
    sizes = context.sizes
    with ExitStack() as stack:
        sides = []
        for coins in sizes.coins:
            each = stack.enter_context(payer(context, coins))
            each.send_one_by_one(1)
            sides += [
                (f"sendonce, {coins:,} coins", "ms", lambda p=each: p.send_one_by_one(OUR_SENDS)),
                (f"sendtoaddress, {coins:,} coins", "ms",
                 lambda p=each: p.sendtoaddress(THEIR_SENDS)),
            ]
        series = alternate(sizes.rounds, sides)
    ours, theirs = series[::2], series[1::2]
    ratios = [
        ratio(f"to sendtoaddress, {coins:,} coins", mine, other,
              **({"at_most": 0.1} if coins == MIDDLE_WALLET else {}))
        for coins, mine, other in zip(sizes.coins, ours, theirs, strict=True)
    ]
    spread = [max(values) / min(values)
              for values in zip(*(each.values for each in ours), strict=True)]
    ratios.append(Ratio("slowest to quickest wallet", spread, at_most=1.5))
    yield Row("one_send", "one send, submit to accepted by the node", series, ratios, [
        f"PUT with wait and until=sent, the median of {OUR_SENDS} in each round, one after the other;"
        f" sendtoaddress, the median of {THEIR_SENDS}",
        "two wallets of the same size in one node; native segwit coins of 0.01 BTC",
    ])


def queue(context):
    sizes = context.sizes
    coins = MIDDLE_WALLET if MIDDLE_WALLET in sizes.coins else sizes.coins[-1]
    with payer(context, coins) as each:
        def ours():
            each.node.mine()
            return sizes.queue / each.queue_seconds(sizes.queue)

        series = alternate(sizes.rounds, [
            (f"sendonce, {sizes.queue:,} submitted at once", "/s", ours),
            ("sendtoaddress in a loop", "/s", lambda: 1_000 / each.sendtoaddress(THEIR_SENDS)),
        ])
    yield Row("queue", f"sends per second that queue up, {coins:,} coins", series,
              [ratio("to sendtoaddress", *series, at_least=1_000)],
              [f"bulk calls of {BULK:,} until the node has accepted the last; sendtoaddress,"
               f" the median of {THEIR_SENDS} in each round",
               "a block is mined before each round"])


def vsize_of(node, txid):
    return node.rpc.getrawtransaction(txid, True)["vsize"]


def sizes_on_chain(context, each, daemon, count):
    """vB for each send, of so many that were waiting when the node came to answer. It stands still
    meanwhile, so that they wait together."""
    each.node.hang()
    try:
        prefix = each.submit(count)
    finally:
        each.node.resume()
    each.wait_until_sent(prefix, 0, count)
    txids = {daemon.api.get(f"{prefix}{number:09}")["txid"] for number in range(count)}
    return sum(vsize_of(each.node, txid) for txid in txids) / count


def bytes_on_chain(context):
    sizes = context.sizes
    coins = sizes.coins[min(1, len(sizes.coins) - 1)]
    theirs = Series("sendtoaddress", "vB")
    series = []
    for count in sizes.batches:
        with ExitStack() as stack:
            node = stack.enter_context(node_with_wallets(context, coins))
            daemon = stack.enter_context(context.sendonced(node, OURS, f"-maxbatch={count}"))
            each = Payer(context, node, daemon)
            mine = Series(f"sendonce, batches of {count}", "vB")
            for _ in range(min(sizes.rounds, 3)):
                mine.values.append(sizes_on_chain(context, each, daemon, count))
                node.mine()
            series.append(mine)
            if not theirs.values:
                address = payee_addresses(node, 1)[0]
                wallet = node.wallet(THEIRS)
                theirs.values = [vsize_of(node, wallet.sendtoaddress(address, to_btc(AMOUNT_SAT)))
                                 for _ in mine.values]
    ratios = [ratio(f"batches of {count}", mine, theirs, at_most=0.25)
              for count, mine in zip(sizes.batches, series, strict=True)]
    yield Row("bytes_on_chain", "vsize for each send", [*series, theirs], ratios,
              ["native segwit coins, payees and change; one output for each send"])
