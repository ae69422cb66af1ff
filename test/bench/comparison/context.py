"""What all rows share: folders, ports, sizes; a sendonced that only records."""

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from framework.bitcoind import Bitcoind
from framework.ports import Ports
from framework.sendonced import Sendonced
from framework.waiting import wait_until

from .bench_program import Load, new_folder

AMOUNT_SAT = 2_000  # so little that no wallet here runs dry
CONTENT = '{"outputs":[{"address":"{address}","amount_sat":%d}],"reference":"customer 4711"}' % AMOUNT_SAT
ITEM = '{"id":"{id}",' + CONTENT[1:]
WALLET = "hot"
NO_LIMIT = "-maxbacklog=1000000"


@dataclass(frozen=True)
class Sizes:
    """How much is measured. The short run finds out whether it works, not how fast it is."""

    rounds: int = 5
    seconds: float = 3
    coins: tuple = (1_000, 15_000, 100_000)
    queue: int = 20_000
    transactions: int = 200  # that a look-up by txid chooses from
    batches: tuple = (100, 500, 2_000)
    zmq_transactions: int = 1_000_000
    finished: tuple = (1_000_000, 10_000_000)
    block_transactions: int = 5_000
    overload_minutes: float = 3


SHORT = Sizes(
    rounds=1, seconds=0.05, coins=(30,), queue=50, transactions=3, batches=(20,),
    zmq_transactions=1_000, finished=(500,), block_transactions=20, overload_minutes=0.01,
)


class Context:
    """Not thread-safe. close() removes what was made."""

    def __init__(self, folder, cache, sizes, ports=None):
        self.folder = Path(folder)
        self.cache = Path(cache)
        self.sizes = sizes
        self.ports = ports or Ports()
        self._prefixes = 0

    def new_folder(self, name):
        return new_folder(self.folder, name)

    def new_prefix(self):
        """Of ids that nobody has used."""
        self._prefixes += 1
        return f"r{self._prefixes}-"

    @contextmanager
    def node(self, *options):
        node = Bitcoind(self.new_folder("node") / "datadir", self.ports)
        try:
            node.start(*options)
            node.mine()  # before that it takes itself for one that is far behind
            yield node
        finally:
            node.close()

    @contextmanager
    def sendonced(self, node, wallet, *options):
        """Initialised, started, ready to pay."""
        folder = self.new_folder("sendonced") / "datadir"
        daemon = Quiet(folder, self.ports, node.cookie_path, node.rpc_port, wallet)
        try:
            daemon.init()
            yield daemon.start(*options)
        finally:
            daemon.close()

    @contextmanager
    def recording_sendonced(self, *options):
        """One that records what it is given, and pays nothing meanwhile."""
        with self.node() as node:
            node.create_wallet(WALLET)
            with self.sendonced(node, WALLET, NO_LIMIT, *options) as daemon:
                lock_wallet(node, daemon)
                yield daemon


def lock_wallet(node, daemon):
    """From here on sends are only recorded."""
    node.wallet(WALLET).encryptwallet("passphrase")
    node.mine()  # a new block makes it look

    def noticed():
        stalled = daemon.api.status()["stalled"]
        return stalled and stalled["code"] == "wallet_locked"

    wait_until(noticed, "sendonced sees that the wallet is locked")


class Quiet(Sendonced):
    """A daemon as an operator runs it: without debug lines."""

    def options(self):
        return [each for each in super().options() if not each.startswith("-debug")]


def load_of(daemon, **options):
    return Load(daemon.port, daemon.cookie_path, **options)


def payee_addresses(node, count=1_000):
    """Addresses that no loaded wallet knows: the node has no work with who is paid."""
    name = f"payees-{count}"
    node.rpc.createwallet(name)
    public = [each["desc"] for each in node.wallet(name).listdescriptors()["descriptors"]
              if each["desc"].startswith("wpkh(") and not each["internal"]]
    node.rpc.unloadwallet(name)
    return node.rpc.deriveaddresses(public[0], [0, count - 1])


# Any bech32 address of regtest will do where nothing is paid.
SOME_ADDRESS = "bcrt1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqdku202"
