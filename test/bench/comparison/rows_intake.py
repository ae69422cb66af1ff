"""ZMQ messages, parsed and matched."""

from . import bench_program
from .results import Row, limit
from .rounds import alternate


def zmq_intake(context):
    sizes = context.sizes

    def measure():
        report = bench_program.run("zmq-intake", transactions=sizes.zmq_transactions)
        if report["matched_transactions"] != report["different_transactions"] / 100:
            raise RuntimeError(f"one in a hundred spends a reserved coin: {report}")
        return report["transactions_per_s"]

    series = alternate(sizes.rounds, [("sendonce", "/s", measure)])
    yield Row("zmq_intake", "ZMQ transactions matched against 100,000 reserved coins", series,
              [limit(series[0], at_least=200_000)],
              ["two inputs and two outputs of native segwit, one in a hundred spends a reserved"
               " coin; message, parser and the core's step on one thread"])
