"""Rule R1 seen from outside: what the node was asked for stands in the log that a death left behind.

A signature that is asked for again is the same one, so an effect that came before its record can
stay without consequences for a long time; here it is seen at once.
"""

import json


class WriteAhead:
    """Holds a log against the calls that a proxy sees from now on. Not thread-safe."""

    def __init__(self, proxy):
        self._proxy = proxy
        self._seen = len(proxy.calls())

    def check(self, daemon):
        """daemon is dead. Raises AssertionError for a call since the last check without a record."""
        calls = self._proxy.calls()
        fresh, self._seen = calls[self._seen :], len(calls)
        asked = {_first(each) for each in fresh if each.method == "signrawtransactionwithwallet"}
        sent = {_first(each) for each in fresh if each.method == "sendrawtransaction"}
        if not asked and not sent:
            return
        to_be_signed, signed = _in_log(daemon)
        assert asked <= to_be_signed, f"signed before it was on record: {asked - to_be_signed}"
        assert sent <= signed, f"sent before it was on record: {sent - signed}"


def _first(call):
    return call.params["hexstring"] if isinstance(call.params, dict) else call.params[0]


def _in_log(daemon):
    """Transactions whose signature is asked for, and signed or adopted ones, by the log."""
    dumped = daemon.wal_tool("dump")
    assert dumped.returncode == 0, dumped.stderr
    reserved, to_be_signed, signed = {}, set(), set()
    for record in map(json.loads, dumped.stdout.splitlines()):
        kind = record["type"]
        if kind == "BatchReserved":
            reserved[record["seq"], 0] = record["unsigned_tx"]
        elif kind == "VersionReserved":
            reserved[record["batch"], record["version"]] = record["unsigned_tx"]
        elif kind == "SignatureRequested":
            to_be_signed.add(reserved[record["batch"], record["version"]])
        elif kind in ("VersionSigned", "VersionAdopted"):
            signed.add(record["raw_tx"])
    return to_be_signed, signed
