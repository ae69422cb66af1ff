#!/usr/bin/env python3
"""The simulator's node against a real one: the same operations, the same answers.

test/sim/sendonce-sim --node plays random operations on its node and says what that answered.
SENDONCE_TEST_SEEDS, as 7-20 or as 7, has other seeds than 1-6 played.
"""

import json
import os
import subprocess

from framework import case, drafts, transactions
from framework.drafts import outpoint, script_of
from framework.rpc import RpcError, to_btc, to_sat
from framework.sendonced import build_dir

OPERATIONS = 60
SEQUENCE = 0xFFFFFFFD
ANSWERS = {-27: "in chain", -25: "missing"}


def seeds():
    first, _, last = os.environ.get("SENDONCE_TEST_SEEDS", "1-6").partition("-")
    chosen = range(int(first), int(last or first) + 1)
    assert chosen, f"no seeds from {first} to {last}"
    return chosen


def operations_of(seed):
    program = build_dir() / "test/sim/sendonce-sim"
    command = [program, "--seed", str(seed), "--node", str(OPERATIONS)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in text.splitlines()]


class RealNode:
    """Carries operations out, and keeps the names that they use."""

    def __init__(self, node, wallet, payee_script):
        self.node = node
        self.wallet = wallet
        self.payee_script = payee_script
        self.coins = {}  # name -> txid, vout, amount in BTC
        self.raw = {}  # name of a transaction -> hex
        self.names = {}  # txid -> name

    def perform(self, operation):
        return getattr(self, "do_" + operation["op"].replace(" ", "_"))(operation)

    def fund_all(self, operations):
        amounts = [to_btc(each["amount"]) for each in operations]
        txid = self.node.fund(self.wallet, [str(amount) for amount in amounts])
        for each in self.wallet.listunspent(1):
            name = next(one["coin"] for one in operations if one["amount"] == to_sat(each["amount"]))
            self.coins[name] = each
        assert len(self.coins) == len(operations), txid

    def do_sign(self, operation):
        coins = [self.coins[name] for name in operation["inputs"]]
        paid_sat, change_sat = operation["outputs"]
        change = self.wallet.getrawchangeaddress("bech32")
        outputs = [(self.payee_script, paid_sat), (script_of(self.node, change), change_sat)]
        raw = drafts.unsigned(coins, outputs, SEQUENCE)
        signed = self.wallet.signrawtransactionwithwallet(raw)
        if not signed["complete"]:
            return "cannot sign"
        name = operation["tx"]
        txid = transactions.parse(signed["hex"]).txid
        self.raw[name] = signed["hex"]
        self.names[txid] = name
        for vout, amount_sat in enumerate(operation["outputs"]):
            self.coins[f"{name}:{vout}"] = {
                "txid": txid, "vout": vout, "amount": to_btc(amount_sat),
            }
        return "accepted"

    def do_broadcast(self, operation):
        try:
            self.node.rpc.sendrawtransaction(self.raw[operation["tx"]])
        except RpcError as error:
            if error.code in ANSWERS:
                return ANSWERS[error.code]
            return "fee too low" if "insufficient fee" in error.message else "refused"
        return "accepted"

    def do_lock(self, operation):
        self.wallet.lockunspent(False, [outpoint(self.coins[operation["coin"]])])

    def do_unlock(self, operation):
        self.wallet.lockunspent(True, [outpoint(self.coins[operation["coin"]])])

    def do_mine(self, _):
        self.node.mine()

    def do_mine_one(self, operation):
        self._mine_only([operation["tx"]])

    def do_reorganise(self, operation):
        rpc = self.node.rpc
        height = rpc.getblockcount()
        rpc.invalidateblock(rpc.getblockhash(height - operation["depth"] + 1))
        self._mine_only(operation["txs"])
        self.node.mine_empty(height + 1 - rpc.getblockcount())

    def _mine_only(self, names):
        address = self.node.wallet("miner").getnewaddress("", "bech32")
        self.node.rpc.generateblock(address, [self.raw[name] for name in names])

    def do_mempool(self, _):
        return sorted(self.names[txid] for txid in self.node.rpc.getrawmempool())

    def do_coins(self, _):
        """With coins that the wallet keeps back for transactions of its own that are nowhere now:
        the simulated wallet shows them, and has no such memory."""
        shown = {(each["txid"], each["vout"]) for each in self.wallet.listunspent(0)}
        shown |= self._kept_back()
        locked = {(each["txid"], each["vout"]) for each in self.wallet.listlockunspent()}
        names = {(each["txid"], each["vout"]): name for name, each in self.coins.items()}
        return sorted(names[coin] for coin in shown - locked)

    def _kept_back(self):
        kept = set()
        for name, raw in self.raw.items():
            transaction = transactions.parse(raw)
            try:
                if self.wallet.gettransaction(transaction.txid)["confirmations"] != 0:
                    continue
            except RpcError:
                continue  # the wallet has never seen it
            if transaction.txid in self.node.rpc.getrawmempool():
                continue
            kept |= {coin for coin in transaction.coins if self._is_unspent(*coin)}
        return kept

    def _is_unspent(self, txid, vout):
        return self.node.rpc.gettxout(txid, vout, True) is not None

    def do_look_up(self, operation):
        coin = outpoint(self.coins[operation["coin"]])
        spender = self.node.rpc.gettxspendingprevout([coin])[0].get("spendingtxid")
        if spender:
            return f"spent by {self.names[spender]}"
        return "unspent" if self._is_unspent(coin["txid"], coin["vout"]) else "absent"


class SimNode(case.Case):
    def test_the_simulated_node_answers_as_a_real_one(self):
        compared, played = 0, seeds()
        for seed in played:
            operations = operations_of(seed)
            # Blocks that are taken back and the transactions of other seeds stay out of the way.
            node = self.start_node()
            wallet = node.create_wallet(case.WALLET)
            real = RealNode(node, wallet, script_of(node, self.new_address(node)))
            real.fund_all([each for each in operations if each["op"] == "fund"])
            for number, operation in enumerate(operations):
                if operation["op"] == "fund":
                    continue
                answer = real.perform(operation)
                if "answer" in operation:
                    compared += 1
                    self.assertEqual(
                        answer, operation["answer"], f"seed {seed}, line {number + 1}: {operation}"
                    )
            node.stop()
        self.assertGreater(compared, 0)
        print(f"{compared} answers compared, seeds {played.start} to {played.stop - 1}")


if __name__ == "__main__":
    case.main()
