"""What the chain and the mempool say, read block by block: the tests' only witness for payments."""

from dataclasses import dataclass

from . import transactions
from .rpc import RpcError
from .waiting import wait_until

NOT_IN_MEMPOOL = -5


@dataclass(frozen=True)
class Payment:
    """One output of one transaction. height is None while it is in the mempool."""

    txid: str
    vout: int
    script: str
    amount_sat: int
    height: int | None


class Chain:
    """One consistent look at a node: all blocks of the best chain after genesis, and the mempool.

    transactions: txid to (parsed transaction, height or None). payments: all outputs, in order.
    """

    def __init__(self, rpc):
        self._rpc = rpc
        self.transactions = {}
        self.payments = []
        wait_until(self._read, "the tip stays where it is while the chain is read")

    def payments_to(self, script, amount_sat=None):
        """Payments to a script (hex), of any amount unless one is given."""
        return [
            each
            for each in self.payments
            if each.script == script and amount_sat in (None, each.amount_sat)
        ]

    def parsed(self):
        return [transaction for transaction, _ in self.transactions.values()]

    def _read(self):
        self.transactions, self.payments = {}, []
        tip = self._rpc.getbestblockhash()
        for height in range(1, self._rpc.getblockcount() + 1):
            block = self._rpc.getblock(self._rpc.getblockhash(height), 2)
            for each in block["tx"]:
                self._add(each["txid"], each["hex"], height)
        for txid in self._rpc.getrawmempool():
            self._add_from_mempool(txid)
        return tip == self._rpc.getbestblockhash()

    def _add_from_mempool(self, txid):
        try:
            raw = self._rpc.getrawtransaction(txid)
        except RpcError as error:
            if error.code != NOT_IN_MEMPOOL:
                raise
            return  # it left between the two calls: replaced, or mined, and then the tip moved
        self._add(txid, raw, None)

    def _add(self, txid, raw, height):
        parsed = transactions.parse(raw)
        assert parsed.txid == txid, f"the test's parser reads {txid} as {parsed.txid}"
        self.transactions[txid] = (parsed, height)
        for vout, output in enumerate(parsed.outputs):
            payment = Payment(txid, vout, output.script.hex(), output.amount_sat, height)
            self.payments.append(payment)
