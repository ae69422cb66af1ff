"""Nodes with large wallets, made once and kept in SENDONCE_CACHE.

Each has two wallets of so many coins: one that sendonce pays from, and one for sendtoaddress, so
that neither sees what the other does. Every coin has an address of its own, as deposits have.
"""

import math
import shutil
from contextlib import contextmanager
from pathlib import Path

from framework.bitcoind import Bitcoind
from framework.rpc import to_btc

from .rounds import say

OURS, THEIRS = "ours", "theirs"
COIN_SAT = 1_000_000
OUTPUTS_PER_TRANSACTION = 2_500  # about 77,500 vB; a standard transaction may have 100,000
SPARE_ADDRESSES = 200
# The wallet's own defaults would be legacy addresses for change; this is what sendonce uses too.
OPTIONS = ("-addresstype=bech32", "-changetype=bech32", "-txindex=1")
FORMAT = 1  # of what is kept; another one is made anew


@contextmanager
def node_with_wallets(context, coins):
    """A running node on a copy of what is kept."""
    kept = context.cache / "bench" / f"wallets-{coins}-{FORMAT}"
    if not kept.exists():
        make(context, coins, kept)
    node = Bitcoind(context.new_folder("node") / "datadir", context.ports)
    shutil.copytree(kept, node.datadir / "regtest")
    try:
        node.start(*OPTIONS)
        node.mine()  # what is kept may be days old, and then the node waits for newer blocks
        yield node
    finally:
        node.close()


def make(context, coins, kept):
    say(f"making wallets of {coins:,} coins; the next run finds them in {kept}")
    node = Bitcoind(context.new_folder("making") / "datadir", context.ports)
    node.rpc = node.rpc.with_timeout(600)
    try:
        node.start(*OPTIONS)
        miner = mine_enough(node, 2 * coins)
        for name in (OURS, THEIRS):
            fill(node, miner, name, coins)
        node.mine(6)
        for name in (OURS, THEIRS):
            count = len(node.wallet(name).listunspent())
            if count != coins:
                raise RuntimeError(f"the wallet {name} has {count} coins, not {coins}")
        node.stop()
        keep(node.datadir / "regtest", kept)
    finally:
        node.close()


def mine_enough(node, coins):
    """Blocks whose rewards are mature and pay for so many coins."""
    miner = node.create_wallet("miner")
    address = miner.getnewaddress("", "bech32")
    node.mine(122, address)
    needed = to_btc(coins * COIN_SAT + 10_000_000)
    while miner.getbalance() < needed:
        node.mine(50, address)
    return miner


def fill(node, miner, name, coins):
    addresses = addresses_of_new_wallet(node, name, coins)
    transactions = math.ceil(coins / OUTPUTS_PER_TRANSACTION)
    for number in range(transactions):
        part = addresses[number * OUTPUTS_PER_TRANSACTION:][:OUTPUTS_PER_TRANSACTION]
        miner.sendmany("", {each: to_btc(COIN_SAT) for each in part})
        node.mine()


def addresses_of_new_wallet(node, name, count):
    """A wallet of native segwit alone, whose first addresses are derived in one call."""
    descriptors = segwit_descriptors(node, f"seed of {name}")
    wallet = node.create_wallet(name, blank=True)
    wanted = count + SPARE_ADDRESSES
    requests = [{**each, "active": True, "timestamp": "now", "range": [0, wanted]}
                for each in descriptors]
    if not all(each["success"] for each in wallet.importdescriptors(requests)):
        raise RuntimeError("the wallet took no descriptors")
    public = [each for each in wallet.listdescriptors()["descriptors"] if not each["internal"]]
    return node.rpc.deriveaddresses(public[0]["desc"], [0, count - 1])


def segwit_descriptors(node, name):
    """The two of a throw-away wallet, with their private keys: for deposits and for change."""
    donor = node.create_wallet(name)
    found = [each for each in donor.listdescriptors(True)["descriptors"]
             if each["desc"].startswith("wpkh(")]
    node.rpc.unloadwallet(name, False)
    return [{"desc": each["desc"], "internal": each["internal"]} for each in found]


def keep(datadir, kept):
    """Under its name only when it is whole."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(f"{kept}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(datadir, partial, ignore=shutil.ignore_patterns("debug.log", ".cookie", "*.pid"))
    partial.rename(kept)
