"""The log against a bitcoind: what it claims of the chain, and what the wallet has spent."""

import hashlib

import keys
import transactions
from ledger import confirmed_version, paid_of, version_with
from node import RpcError
from walk import PRUNED_BATCH
from walk import RAW as RIVAL

CHAIN, CONFIRMED, SPENDS, PAID_ONCE = "chain", "confirmations", "spends", "paid once"
# In the side database.
PAYEE, ON_CHAIN = b"Y", b"V"
NOT_FOUND = -5


def payee_key(script, amount_sat):
    digest = hashlib.sha256(amount_sat.to_bytes(8, "little") + script).digest()
    return PAYEE + digest[:20]


class Comparison:
    """walk is done, and its ledger complete, when with_node is called."""

    def __init__(self, walk, expected, side, report):
        self._walk, self._expected, self._side, self._report = walk, expected, side, report
        self._rpc = None
        self._followed_to = 0  # the highest block of the log that is in the node's chain

    def sends_paid_to(self, send_id, content):
        """Notes who is to be paid what; called for each send while the log is read."""
        for each in content["outputs"]:
            key = payee_key(each["script"], each["amount_sat"])
            self._side.put(key + send_id.encode("utf-8", "surrogateescape"))

    def with_node(self, rpc):
        self._rpc = rpc
        ledger = self._walk.ledger
        if not self._walk.applies:
            self._report.cannot_judge(CHAIN, "the records could not be applied to the end")
        elif rpc.call("getblockhash", 0) != transactions.text_of(ledger.created["genesis"]):
            self._report.find(CHAIN, "the node is on another chain than the log: other genesis")
        elif self._follow():
            self._check_confirmed()
            self._check_spends()
            self._check_paid_once()

    # --- the same chain?

    def _follow(self):
        """Whether the node has the blocks that the log has read."""
        height, _ = self._walk.ledger.locator[-1]
        node_height = self._rpc.call("getblockcount")
        if node_height < height:
            self._report.cannot_judge(CHAIN, f"the node has {node_height} blocks, the log has read "
                                             f"{height}: the node is behind")
            return False
        self._followed_to = max((each[0] for each in self._walk.ledger.locator
                                 if self._is_in_chain(each)), default=-1)
        if self._followed_to < 0:
            self._report.find(CHAIN, "no block that the log knows is in the node's chain")
            return False
        if self._followed_to < height:
            self._report.cannot_judge(
                CHAIN, f"the node's chain forks off above height {self._followed_to} from what the "
                       f"log has read: let sendonced follow it first")
        elif node_height > height:
            self._report.note(f"the node has {node_height - height} blocks that the log has not "
                              "read")
        return True

    def _is_in_chain(self, position):
        height, block = position
        try:
            return self._rpc.call("getblockhash", height) == transactions.text_of(block)
        except RpcError:
            return False

    # --- what is confirmed

    def _check_confirmed(self):
        before = self._report.find_count()
        place, txids = None, ()
        for batch, txid, block in self._claims():
            if block[0] > self._followed_to:
                continue  # that the chain is another one there is said already
            if block != place:
                place, txids = block, self._txids_in(block)
            self._report.count("confirmed batches")
            if txids is None or transactions.text_of(txid) not in txids:
                where = "is not in the chain" if txids is None else "does not hold it"
                self._report.find(CONFIRMED, f"batch {batch} is to be paid by "
                                  f"{transactions.text_of(txid)} in block "
                                  f"{transactions.text_of(block[1])}, which {where}")
            else:
                self._side.put(ON_CHAIN + txid)
            self._report.progress("block", block[0])
        self._report.holds(CONFIRMED, "each confirmed or final transaction is in the block that the "
                           "log says", before)

    def _claims(self):
        """(batch, txid, block) of what the log says is in the chain, pruned batches last."""
        for key, _ in self._expected.entries(prefix=b"h"):
            self._walk.ledger.trim()
            number = keys.number_at_end(key)
            confirmation = self._walk.ledger.batch(number)["confirmation"]
            yield number, confirmation["txid"], confirmation["block"]
        for key, value in self._side.entries(prefix=PRUNED_BATCH):
            height = int.from_bytes(key[1:5], "big")
            yield keys.number_at_end(key), value[:32], (height, value[32:])

    def _txids_in(self, block):
        """None if the block is not in the chain."""
        if not self._is_in_chain(block):
            return None
        return set(self._rpc.call("getblock", transactions.text_of(block[1]), 1)["tx"])

    # --- what was spent

    def _check_spends(self):
        before = self._report.find_count()
        start = transactions.text_of(self._walk.ledger.created["tip"][1])
        try:
            listed = self._rpc.call("listsinceblock", start, 1, False, False, of_wallet=True)
        except RpcError as error:
            self._report.cannot_judge(SPENDS, f"the wallet can not be read: {error}")
            return
        spends = {}
        for each in listed["transactions"]:
            if each["category"] == "send" and self._is_there(each):
                spends.setdefault(each["txid"], (each["confirmations"], set()))[1].add(each["vout"])
        for txid, (confirmations, vouts) in spends.items():
            self._check_spend(transactions.bytes_of(txid), confirmations, vouts)
            self._report.progress("spends of the wallet")
        self._report.counts["spends of the wallet"] = len(spends)
        self._report.holds(SPENDS, "each spend of the wallet since the log began, and each payment "
                           "in it, has a record that explains it", before)

    def _is_there(self, entry):
        """In the chain or in the mempool."""
        if entry["confirmations"] != 0:
            return entry["confirmations"] > 0
        try:
            return bool(self._rpc.call("getmempoolentry", entry["txid"]))
        except RpcError as error:
            if error.code != NOT_FOUND:
                raise
            return False

    def _check_spend(self, txid, confirmations, vouts):
        if confirmations > 0:
            self._side.put(ON_CHAIN + txid)
        if txid in self._walk.ledger.created["spends_before"]:
            return
        versions, was_pruned = self._versions_with(txid)
        alarms = [each for each in self._walk.ledger.alarms.values() if each["txid"] == txid]
        accepted = any(each["accepted_reason"] is not None for each in alarms)
        if was_pruned or (not versions and self._is_twin(txid)):
            return
        if versions:
            self._check_payments(txid, vouts, versions, accepted)
        elif accepted:
            for send_id in self._like_payments(txid):
                self._report.count("payments like a send's, accepted by an operator")
                self._report.note(f"{transactions.text_of(txid)}, which an operator has accepted, "
                                  f"pays what send {send_id} asked for")
        else:
            self._report.find(SPENDS, self._unexplained(txid, alarms))

    def _versions_with(self, txid):
        """Those that may have been signed, and whether one belongs to a pruned batch."""
        found, was_pruned = [], False
        for key, _ in self._expected.entries(prefix=b"t" + txid):
            self._walk.ledger.trim()
            batch = self._walk.ledger.batch(keys.number_at_end(key))
            was_pruned |= batch is None
            version = batch and version_with(batch, txid)
            if version and version["signature_asked"]:
                found.append(version)
        return found, was_pruned

    def _check_payments(self, txid, vouts, versions, accepted):
        """Each payment belongs to exactly one send."""
        bound = [vout for version in versions for paid in version["paid"] for vout in paid]
        text = transactions.text_of(txid)
        for vout in sorted(vout for vout in set(bound) if bound.count(vout) > 1):
            self._report.find(SPENDS, f"output {vout} of {text} is the payment of two sends")
        for vout in sorted(vouts - set(bound)):
            if not accepted and not self._is_change(versions, vout):
                self._report.find(SPENDS, f"output {vout} of {text} pays somebody, and no send has "
                                          "asked for it")

    def _is_change(self, versions, vout):
        return any(each["change_vout"] is not None and vout >= each["change_vout"]
                   for each in versions)

    def _raw(self, txid):
        found = self._rpc.call("gettransaction", transactions.text_of(txid), of_wallet=True)
        return bytes.fromhex(found["hex"])

    def _is_twin(self, txid):
        """It differs from a version only in its signatures: mined in another form (R7)."""
        transaction = transactions.parse(self._raw(txid))
        for coin in transaction.coins:
            for number in self._walk.ledger.claims.get(coin, ()):
                for version in self._walk.ledger.batch(number)["versions"]:
                    raw = version["unsigned_tx"] or version["raw_tx"]
                    if (version["signature_asked"] and
                            transactions.parse(raw).core() == transaction.core()):
                        self._report.note(f"{transactions.text_of(txid)} is a version of batch "
                                          f"{number} with another signature, not yet read")
                        return True
        return False

    def _unexplained(self, txid, alarms):
        text = f"{transactions.text_of(txid)} spends from the wallet, and no record explains it"
        if self._side.get(RIVAL + txid) is not None:
            text += "; it is a rival of a batch"
        for each in alarms:
            text += f"; alarm {each['number']} names it and was not accepted"
        for send_id in self._like_payments(txid):
            text += f"; it pays what send {send_id} asked for"
            if self._is_paid(send_id):
                self._report.count("sends paid twice")
                text += ", which is paid already"
        return text

    def _like_payments(self, txid):
        """Ids of sends that asked for an output that the transaction has."""
        found = []
        for script, amount_sat in transactions.parse(self._raw(txid)).outputs:
            key = payee_key(script, amount_sat)
            found += [each[len(key):].decode("utf-8", "surrogateescape")
                      for each, _ in self._side.entries(prefix=key)]
        return list(dict.fromkeys(found))

    def _is_paid(self, send_id):
        send = self._walk.ledger.send(send_id)
        if send["payment"] is not None:
            return True
        return any(confirmed_version(batch) and paid_of(batch, confirmed_version(batch), send_id)
                   for batch in self._walk.ledger.batches_of(send))

    # --- once

    def _check_paid_once(self):
        before = self._report.find_count()
        for send in self._walk.sends_of_interest():
            there = {version["txid"] for _, version in self._walk.ledger.may_pay(send)
                     if self._side.get(ON_CHAIN + version["txid"]) is not None}
            if len(there) > 1:
                self._report.count("sends paid twice")
                self._report.find(PAID_ONCE, f"send {send['id']} is paid {len(there)} times in the "
                                  "chain (G2): "
                                  + ", ".join(map(transactions.text_of, sorted(there))))
        self._report.holds(PAID_ONCE, "each send is paid by one transaction of the chain at most",
                           before)
