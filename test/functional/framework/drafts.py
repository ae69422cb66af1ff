"""Transactions built by hand, where a test wants other ones than the wallet would build."""

from . import transactions
from .rpc import to_sat

REPLACEABLE = 0xFFFFFFFD  # BIP 125
DEFAULT_FEE_SAT = 1000


def script_of(node, address):
    return node.rpc.validateaddress(address)["scriptPubKey"]


def outpoint(coin):
    """A coin of listunspent, as the RPCs take it."""
    return {"txid": coin["txid"], "vout": coin["vout"]}


def unsigned(coins, outputs, sequence=REPLACEABLE, locktime=0):
    """Hex of a transaction of coins (as in listunspent) to outputs (script hex, satoshi), in order.

    Outputs may be alike, which bitcoind's own createrawtransaction refuses.
    """
    inputs = [transactions.Input(each["txid"], each["vout"], b"", sequence) for each in coins]
    to = [transactions.Output(amount_sat, bytes.fromhex(script)) for script, amount_sat in outputs]
    return transactions.serialise(2, inputs, to, locktime).hex()


def payment(node, wallet, coin, address, amount_sat, fee_sat=DEFAULT_FEE_SAT):
    """Hex of an unsigned payment of one coin to an address, with change back to the wallet."""
    change_sat = to_sat(coin["amount"]) - amount_sat - fee_sat
    change = wallet.getrawchangeaddress("bech32")
    return unsigned(
        [coin], [(script_of(node, address), amount_sat), (script_of(node, change), change_sat)]
    )


def sign(wallet, raw):
    """Hex of the signed transaction; raises if the wallet cannot complete it."""
    signed = wallet.signrawtransactionwithwallet(raw)
    if not signed["complete"]:
        raise ValueError(f"not complete: {signed['errors']}")
    return signed["hex"]


def fund(wallet, raw, **options):
    """fundrawtransaction with the inputs of raw alone."""
    return wallet.fundrawtransaction(raw, {"add_inputs": False, **options})


