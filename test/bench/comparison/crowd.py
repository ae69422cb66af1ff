"""Blocks of many small transactions that nobody here has anything to do with."""

import hashlib
import json

from framework import transactions
from framework.rpc import to_btc

# Anybody can spend it: a native script that is true.
WITNESS_SCRIPT = bytes([0x51])
SCRIPT = b"\x00\x20" + hashlib.sha256(WITNESS_SCRIPT).digest()
FEE_SAT = 1_000
FAN = 2_000
EACH_SAT = 200_000
FAN_FEE_SAT = 500_000
CALLS_AT_ONCE = 500


def spend(coin, outputs):
    """The raw transaction (hexadecimal) and its txid. coin: txid, vout and amount."""
    inputs = (transactions.Input(coin[0], coin[1], b"", 0xFFFFFFFD),)
    stripped = transactions.serialise(2, inputs, outputs, 0)
    witness = bytes([1, len(WITNESS_SCRIPT)]) + WITNESS_SCRIPT
    raw = stripped[:4] + b"\x00\x01" + stripped[4:-4] + witness + stripped[-4:]
    txid = hashlib.sha256(hashlib.sha256(stripped).digest()).digest()[::-1].hex()
    return raw.hex(), txid


class Crowd:
    """Coins of nobody; enter() spends each of them once."""

    def __init__(self, node, size):
        """node: with a wallet "miner" that has mature rewards."""
        self._node = node
        self._miner = node.wallet("miner")
        self._coins = []
        address = node.rpc.decodescript(SCRIPT.hex())["address"]
        while len(self._coins) < size:
            self._fan_out(address, min(FAN, size - len(self._coins)))

    def enter(self):
        """Spends every coin, into the mempool."""
        made = [self._pass_on(coin) for coin in self._coins]
        self._coins = [coin for _, coin in made]
        for first in range(0, len(made), CALLS_AT_ONCE):
            self._send([raw for raw, _ in made[first:first + CALLS_AT_ONCE]])

    def _pass_on(self, coin):
        amount_sat = coin[2] - FEE_SAT
        raw, txid = spend(coin, (transactions.Output(amount_sat, SCRIPT),))
        return raw, (txid, 0, amount_sat)

    def _fan_out(self, address, count):
        total_sat = count * EACH_SAT + FAN_FEE_SAT
        funding = self._fund(address, total_sat)
        outputs = tuple(transactions.Output(EACH_SAT, SCRIPT) for _ in range(count))
        raw, txid = spend((*funding, total_sat), outputs)
        self._send([raw])
        self._node.mine()
        self._coins += [(txid, vout, EACH_SAT) for vout in range(count)]

    def _fund(self, address, amount_sat):
        """A coin of that amount at the address: its txid and vout."""
        txid = self._miner.sendtoaddress(address, to_btc(amount_sat))
        self._node.mine()
        outputs = transactions.parse(self._miner.gettransaction(txid)["hex"]).outputs
        return txid, [each.script for each in outputs].index(SCRIPT)

    def _send(self, raws):
        calls = [{"id": i, "method": "sendrawtransaction", "params": [raw, 0]}
                 for i, raw in enumerate(raws)]
        _, _, body = self._node.rpc.post(json.dumps(calls).encode())
        refused = [each["error"] for each in json.loads(body) if each["error"]]
        if refused:
            raise RuntimeError(f"the node refused {len(refused)}: {refused[0]}")
