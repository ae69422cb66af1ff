"""A real bitcoind on regtest, in a folder of its own."""

import functools
import http.client
import os
import signal
import subprocess
from decimal import Decimal
from pathlib import Path

from .rpc import HttpError, Rpc, RpcError
from .waiting import PATIENCE_S, wait_until

SOURCE_DIR = Path(__file__).resolve().parents[3]
# Higher than the 100 that rewards need to mature: Knots refuses a lock time of 21 as spam, and the
# wallet's sendtoaddress now and then picks one up to 100 blocks back, then fails without a word.
FIRST_FUNDED_HEIGHT = 122
IN_WARMUP = -28

# -listenonion and -natpmp are off so that a second node finds nothing taken. Both ZMQ topics that
# sendonced uses are published. unsafesqlitesync and the small key pool save seconds: what is
# written survives kill -9, though not a power cut. All else is bitcoind's default, on purpose.
CONFIGURATION = """\
regtest=1
[regtest]
server=1
bind=127.0.0.1:{port}
port={port}
rpcport={rpc_port}
listenonion=0
natpmp=0
fallbackfee=0.0001
keypool=100
unsafesqlitesync=1
zmqpubrawtx={zmq_rawtx}
zmqpubsequence={zmq_sequence}
"""


@functools.cache
def _found(*options):
    found = subprocess.run(
        [SOURCE_DIR / "contrib" / "bitcoind-get", *options],
        stdout=subprocess.PIPE, text=True, check=True,
    )
    return found.stdout.splitlines()[-1]


def program():
    """Path of the bitcoind to use. Raises if none can be had: such tests fail, they never skip."""
    return _found()


def bitcoin_cli_program():
    """Path of the bitcoin-cli that belongs to it."""
    return _found("--cli")


class Bitcoind:
    """One node. Started and stopped by hand; the caller makes sure that close() is called."""

    def __init__(self, folder, ports):
        self.datadir = Path(folder)
        self.datadir.mkdir(parents=True)
        self.port = ports.take()
        self.rpc_port = ports.take()
        self.zmq = {topic: f"tcp://127.0.0.1:{ports.take()}" for topic in ("rawtx", "sequence")}
        self.cookie_path = self.datadir / "regtest" / ".cookie"
        self.log_path = self.datadir / "regtest" / "debug.log"
        self.rpc = Rpc(self.rpc_port, self.cookie_path)
        self.process = None
        self.detached = False  # True: it outlives this process, and Ctrl-C for this process
        self._write_configuration()

    # --- life

    def start(self, *options):
        """Starts it and waits until it answers. Options: bitcoind's, for this start only."""
        self.launch(*options)
        self.wait_for_rpc()
        return self

    def launch(self, *options):
        """Starts it and returns at once."""
        assert self.process is None, "it runs already"
        with open(self.datadir / "stderr", "ab") as stderr:
            self.process = subprocess.Popen(
                [program(), f"-datadir={self.datadir}", "-printtoconsole=0", *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr,
                start_new_session=self.detached,
            )

    def wait_for_rpc(self):
        wait_until(self._answers, f"bitcoind in {self.datadir} answers")

    def stop(self):
        """Ends it as an operator does (SIGTERM), and checks that it went down in order."""
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        self.process = None
        if code != 0:
            raise RuntimeError(f"bitcoind left with {code}: {self._last_words()}")

    def kill(self, flush=True):
        """kill -9. Without the flush a regtest node forgets its blocks, often all of them.

        flush=False is for a node that cannot answer (hung), or for a test of that very loss.
        """
        if flush:
            self.flush()
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self, *options):
        self.stop()
        return self.start(*options)

    def hang(self):
        """Stops its threads where they are; its sockets stay open and answer nothing."""
        os.kill(self.process.pid, signal.SIGSTOP)
        wait_until(self._stands_still, "every thread of the node stands still")

    def _stands_still(self):
        """A thread in the middle of something is stopped a moment after the signal was sent."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return all(each.read_text().rpartition(")")[2].split()[0] == "T" for each in tasks)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def flush(self):
        """Makes blocks and coins durable (reading the set of coins writes it out first)."""
        self.rpc.gettxoutsetinfo("none")

    def close(self):
        """Ends it whatever state it is in."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    # --- wallets

    def create_wallet(self, name, **options):
        """Makes a wallet that is loaded again at each start; returns its RPC client."""
        self.rpc.createwallet(name, load_on_startup=True, **options)
        return self.wallet(name)

    def wallet(self, name):
        return self.rpc.wallet(name)

    # --- chain

    def mine(self, count=1, address=None):
        """Mines blocks of what is in the mempool; returns their hashes."""
        return self.rpc.generatetoaddress(count, address or self._miner_address())

    def mine_empty(self, count=1):
        """Mines blocks that leave the mempool as it is; returns their hashes."""
        address = self._miner_address()
        return [self.rpc.generateblock(address, [])["hash"] for _ in range(count)]

    def fund(self, wallet, amounts_btc, confirmations=6):
        """Gives a wallet one native segwit coin per amount, each confirmed; returns the txid."""
        self._make_mature_coins(sum(map(Decimal, amounts_btc)))
        outputs = [{wallet.getnewaddress("", "bech32"): Decimal(each)} for each in amounts_btc]
        sent = self._miner().send(outputs)
        self.mine(confirmations)
        return sent["txid"]

    def connect(self, other):
        """Makes other a peer and waits until both have the same tip. Again after each restart."""
        self.rpc.addnode(f"127.0.0.1:{other.port}", "onetry")
        self.wait_for_same_tip(other)

    def wait_for_same_tip(self, other):
        def same_tip():
            return self.rpc.getbestblockhash() == other.rpc.getbestblockhash()

        wait_until(same_tip, "both nodes have the same tip")

    # --- inside

    def _write_configuration(self):
        text = CONFIGURATION.format(
            port=self.port, rpc_port=self.rpc_port,
            zmq_rawtx=self.zmq["rawtx"], zmq_sequence=self.zmq["sequence"],
        )
        (self.datadir / "bitcoin.conf").write_text(text)

    def _answers(self):
        if self.process.poll() is not None:
            code, self.process = self.process.returncode, None
            raise RuntimeError(f"bitcoind ended at start with {code}: {self._last_words()}")
        try:
            return self.rpc.getblockcount() >= 0
        except (OSError, http.client.HTTPException, HttpError):
            return False  # not listening yet, or the cookie is the one of the run before
        except RpcError as error:
            if error.code != IN_WARMUP:
                raise
            return False

    def _last_words(self):
        return (self.datadir / "stderr").read_text()[-2000:].strip() or "(nothing on stderr)"

    def _miner(self):
        """The wallet that owns the block rewards: not one that a test looks at."""
        if "miner" not in self.rpc.listwallets():
            self.create_wallet("miner")
        return self.wallet("miner")

    def _miner_address(self):
        return self._miner().getnewaddress("", "bech32")

    def _make_mature_coins(self, amount_btc):
        self.mine(max(0, FIRST_FUNDED_HEIGHT - self.rpc.getblockcount()))
        while self._miner().getbalance() <= amount_btc:
            self.mine(10)
