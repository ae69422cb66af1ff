"""A higher fee: another version of the batch, by a caller's wish or by policy, of which at most one
confirms; and a version that leaves out whom the node refuses the first one for.
"""

from framework import case, faults, transactions
from framework.chain import Chain
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, COIN_SAT, WAIT_S, SendCase, at_once
from framework.waiting import wait_until

TIME_LIMIT_S = 3600
LOW, HIGH = 2, 30  # sat/vB; the first is what is paid where nothing else was said
REPLACED = ["SendRecorded", "BatchReserved", "SignatureRequested", "VersionSigned",
            "VersionAccepted", "VersionReserved", "SignatureRequested", "VersionSigned",
            "VersionAccepted"]


class BumpCase(SendCase):
    with_proxy = True

    def bump(self, send_id, rate_sat_vb, until_sent=True, **expected):
        """Asks for a higher fee, which is granted; returns the answer."""
        before = len(self.api.get(send_id)["txids"])
        answer = self.api.bump(send_id, rate_sat_vb)
        self.assert_answer(answer, 200, **expected)
        if until_sent:
            self.wait_for_version(send_id, before + 1)
        return answer

    def wait_for_version(self, send_id, count):
        """Until it has so many versions and the newest is in the mempool; returns the answer."""
        def there():
            answer = self.api.get(send_id)
            is_new = len(answer["txids"]) >= count and answer["txid"] == answer["txids"][-1]
            return answer if is_new and answer["txid"] in self.mempool() else None

        return wait_until(there, f"version {count} of {send_id} is in the mempool")

    def refuse_bump(self, send_id, rate_sat_vb, code="cannot_bump", status=409):
        """Returns why."""
        records = self.records(send_id)
        answer = self.api.bump(send_id, rate_sat_vb)
        self.assertEqual((answer.status, answer.json.get("code")), (status, code), answer)
        self.assertEqual(self.records(send_id), records, "nothing is recorded")
        return answer["detail"]

    def mempool(self):
        return self.node.rpc.getrawmempool()

    def raw(self, txid):
        return self.wallet.gettransaction(txid)["hex"]

    def versions(self, answer):
        """All of them, oldest first, as the proxy saw them signed."""
        signed = {each.txid: each for each in map(transactions.parse, self.proxy.signed())}
        return [signed[txid] for txid in answer["txids"]]

    def assert_versions(self, answer, payments):
        """Each spends what the first spends, first and in order, and pays the same byte for byte."""
        first, *others = self.versions(answer)
        for each in others:
            self.assertEqual(each.inputs[: len(first.inputs)][0].coin, first.inputs[0].coin)
            cores = [one.coin for one in each.inputs[: len(first.inputs)]]
            self.assertEqual(cores, [one.coin for one in first.inputs])
            self.assertEqual(each.outputs[:payments], first.outputs[:payments])

    def assert_rate(self, txid, rate_sat_vb):
        vsize = self.node.rpc.decoderawtransaction(self.raw(txid))["vsize"]
        self.assertGreaterEqual(self.fee_sat(txid), rate_sat_vb * vsize)
        self.assertLessEqual(self.fee_sat(txid), rate_sat_vb * (vsize + 4) + 1)


class Bump(BumpCase):
    def test_it_replaces_and_confirms(self):
        first = self.submit("w-1", wait=WAIT_S)
        told = self.bump("w-1", HIGH, outcome="sent", state="broadcast", txid=first["txid"])
        second = self.wait_for_version("w-1", 2)
        self.assertGreater(second["seq"], told["seq"])
        self.assertEqual(self.mempool(), [second["txid"]])
        self.assert_rate(first["txid"], LOW)
        self.assert_rate(second["txid"], HIGH)
        self.assertEqual(second["fee_sat"], self.fee_sat(second["txid"]))
        self.assertEqual(self.records("w-1"), REPLACED)
        self.assert_versions(second, payments=1)
        final = self.finish("w-1")
        self.assert_answer(final, 200, txid=second["txid"], txids=[first["txid"], second["txid"]])
        self.check_payments(self.node, self.proxy)

    def test_again_and_again_across_restarts(self):
        self.submit("w-1", wait=WAIT_S)
        for rate in (10, 20, 40, 80):
            self.bump("w-1", rate)
            self.restart()
        answer = self.wait_for_version("w-1", 5)
        self.assert_rate(answer["txid"], 80)
        self.assert_versions(answer, payments=1)
        self.finish("w-1")
        self.check_payments(self.node, self.proxy)

    def test_all_sends_of_the_batch_go_with_it(self):
        hold = faults.HoldRequest()
        self.proxy.on("fundrawtransaction", hold, first=1)
        self.submit("first")
        hold.wait_reached()
        ids = [f"w-{number}" for number in range(5)]
        for send_id in ids:
            self.submit(send_id)
        hold.release()
        for send_id in ids:
            self.wait_for(send_id, "sent", batch_size=len(ids))
        self.bump("w-3", HIGH)
        for send_id in ids:
            answer = self.wait_for_version(send_id, 2)
            self.assert_versions(answer, payments=len(ids))
        self.finish("w-0")
        self.check_payments(self.node, self.proxy)

    def test_the_original_confirms_instead(self):
        first = self.submit("w-1", wait=WAIT_S)
        old = self.raw(first["txid"])
        self.bump("w-1", HIGH)
        self.node.rpc.generateblock(self.new_address(self.node), [old])
        self.wait_for("w-1", "confirmed", state="confirmed", txid=first["txid"])
        self.assert_answer(self.finish("w-1"), 200, txid=first["txid"])
        self.assertEqual(self.api.alarms()["alarms"], [])
        self.check_payments(self.node, self.proxy)

    def test_the_block_with_the_original_leaves_the_chain(self):
        first = self.submit("w-1", wait=WAIT_S)
        old = self.raw(first["txid"])
        self.bump("w-1", HIGH)
        block = self.node.rpc.generateblock(self.new_address(self.node), [old])["hash"]
        self.wait_for("w-1", "confirmed", txid=first["txid"])
        self.node.rpc.invalidateblock(block)
        self.node.mine_empty(2)
        self.wait_for_version("w-1", 2)
        self.finish("w-1")
        self.check_payments(self.node, self.proxy)

    def test_a_rate_that_is_paid_already_changes_nothing(self):
        sent = self.submit("w-1", self.new_body("w-1", fee={"rate_sat_vb": 12.5}), wait=WAIT_S)
        for rate in (1, 12.5):
            self.assert_answer(self.api.bump("w-1", rate), 200, txids=[sent["txid"]])
        self.bump("w-1", 20)
        records = self.records("w-1")
        self.assert_answer(self.api.bump("w-1", 20), 200)
        self.assertEqual(self.records("w-1"), records)

    def test_many_at_once_make_no_more_versions_than_needed(self):
        self.submit("w-1", wait=WAIT_S)
        answers = at_once([lambda: self.api.bump("w-1", HIGH) for _ in range(20)])
        self.assertEqual([each.status for each in answers], [200] * 20, answers)
        self.assertEqual(len(self.wait_for_version("w-1", 2)["txids"]), 2)
        self.assertEqual(self.records("w-1"), REPLACED)

    def test_a_caller_who_goes_away_changes_nothing(self):
        self.submit("w-1", wait=WAIT_S)
        hold = faults.HoldRequest()
        self.proxy.on("fundrawtransaction", hold)
        with self.api.connect() as connection:
            body = {"rate_sat_vb": HIGH}
            connection.sendall(self.api.request_bytes("POST", "/v1/sends/w-1/bump", body))
            hold.wait_reached()
        hold.release()
        self.wait_for_version("w-1", 2)
        self.check_payments(self.node, self.proxy)


class Coins(BumpCase):
    """Payments that leave next to nothing of their coin."""

    def body(self, send_id, left_sat=1000, **fields):
        return self.new_body(send_id, (COIN_SAT - left_sat,), **fields)

    def test_coins_are_added_and_locked(self):
        self.submit("w-1", self.body("w-1"), wait=WAIT_S)
        hold = faults.HoldRequest()
        self.proxy.on("signrawtransactionwithwallet", hold)
        self.bump("w-1", HIGH, until_sent=False)
        hold.wait_reached()
        funds = self.api.funds().json
        self.assertEqual(len(funds["reservations"][0]["coins"]), 2)
        locked = {(each["txid"], each["vout"]) for each in self.wallet.listlockunspent()}
        hold.release()
        answer = self.wait_for_version("w-1", 2)
        self.assert_versions(answer, payments=1)
        first, second = self.versions(answer)
        self.assertEqual(second.coins - first.coins, locked)
        self.finish("w-1")
        self.check_payments(self.node, self.proxy)

    def test_added_coins_are_free_when_the_original_is_final(self):
        first = self.submit("w-1", self.body("w-1"), wait=WAIT_S)
        old = self.raw(first["txid"])
        self.bump("w-1", HIGH)
        self.node.rpc.generateblock(self.new_address(self.node), [old])
        self.wait_for("w-1", "confirmed", txid=first["txid"])
        self.node.mine(5)
        self.wait_for("w-1", "final")
        wait_until(lambda: not self.wallet.listlockunspent(), "nothing is locked")
        body = self.new_body("w-2", (3 * COIN_SAT - AMOUNT_SAT,))  # takes all that is left
        self.submit("w-2", body, wait=WAIT_S)
        self.finish("w-2")
        self.check_payments(self.node, self.proxy)

    def test_without_any_it_says_so(self):
        body = self.new_body("w-1", (4 * COIN_SAT - 2000,))
        self.submit("w-1", body, wait=WAIT_S)
        self.assertIn("do not cover", self.refuse_bump("w-1", HIGH))
        self.finish("w-1")

    def test_change_that_an_operator_has_spent_is_left_to_him(self):
        sent = self.submit("w-1", wait=WAIT_S)
        change = {"txid": sent["txid"], "vout": 1 - sent["outputs"][0]["vout"]}
        child = self.wallet.createrawtransaction(
            [change], {self.new_address(self.node): to_btc(COIN_SAT - 2 * AMOUNT_SAT)})
        signed = self.wallet.signrawtransactionwithwallet(child)["hex"]
        txid = self.node.rpc.sendrawtransaction(signed)
        self.assertIn(f"its change is spent by transaction {txid}", self.refuse_bump("w-1", HIGH))
        self.finish("w-1")
        self.check_payments(self.node, self.proxy)


class Refusals(BumpCase):
    def test_unknown_too_late_or_not_yet(self):
        self.assert_problem(self.api.bump("nobody", HIGH), 404, "unknown_id")
        self.api.delete("gone")
        self.refuse_bump("gone", HIGH, "too_late")
        rule = self.proxy.on("signrawtransactionwithwallet", faults.DropRequest())
        self.submit("w-1")
        wait_until(lambda: rule.hits > 0, "a signature was asked for")
        self.assertIn("not signed yet", self.refuse_bump("w-1", HIGH))
        self.proxy.remove(rule)
        self.wait_for("w-1", "sent")
        self.node.mine()
        self.wait_for("w-1", "confirmed")
        self.refuse_bump("w-1", HIGH, "too_late")
        self.node.mine(5)
        self.wait_for("w-1", "final")
        self.refuse_bump("w-1", HIGH, "too_late")

    def test_not_enough_more_for_the_node(self):
        body = self.new_body("w-1", fee={"rate_sat_vb": 10})
        self.submit("w-1", body, wait=WAIT_S)
        self.assertIn("insufficient fee", self.refuse_bump("w-1", 10.2))
        self.bump("w-1", 12)

    def test_caps(self):
        self.daemon.restart(*self.options, "-maxfeerate=50", "-maxtxfee=6000", "-maxfeeshare=5")
        self.submit("w-1", self.new_body("w-1", max_fee_sat=2500), wait=WAIT_S)
        for rate, cap in ((51, "-maxfeerate"), (49, "-maxtxfee"), (20, "max_fee_sat")):
            self.assertIn(cap, self.refuse_bump("w-1", rate, "bad_fee", 422))
        self.bump("w-1", 15)
        self.submit("w-2", self.new_body("w-2", (20_000,)), wait=WAIT_S)
        self.assertIn("-maxfeeshare", self.refuse_bump("w-2", 10, "bad_fee", 422))
        self.bump("w-2", 5)
        self.check_payments(self.node, self.proxy)

    def test_a_share_over_the_cap_waits_and_says_so(self):
        self.daemon.restart(*self.options, "-maxfeeshare=5")
        self.submit("w-1", self.new_body("w-1", (2000,)))
        stalled = self.wait_for_stall("w-1", "fee_above_cap")["stalled"]
        self.assertIn("-maxfeeshare", stalled["detail"])
        self.assertEqual(stalled["retry"], "automatic")
        self.submit("w-2", wait=WAIT_S)
        self.daemon.restart(*self.options, "-maxfeeshare=0")
        self.wait_for("w-1", "sent")
        self.check_payments(self.node, self.proxy)

    def test_a_node_that_gives_no_answer(self):
        self.submit("w-1", wait=WAIT_S)
        rule = self.proxy.on("fundrawtransaction", faults.DropReply())
        self.refuse_bump("w-1", HIGH, "node_unavailable", 503)
        self.proxy.remove(rule)
        self.bump("w-1", HIGH)


class Policy(BumpCase):
    """-bumpafter: regtest has no estimate, so that -fallbackfee is one that a test can set."""

    def estimate(self, rate_sat_vb, *options):
        self.daemon.restart(*self.options, f"-fallbackfee={rate_sat_vb}", *options)

    def pass_block(self):
        self.node.mine_empty()
        height = self.node.rpc.getblockcount()
        wait_until(lambda: self.api.status()["wal"]["read_up_to_height"] == height, "it is read")

    def test_step_by_step_up_to_the_estimate(self):
        self.submit("w-1", wait=WAIT_S)
        self.estimate(6, "-bumpafter=2", "-bumpstep=50")
        for count, rate in ((2, 3), (3, 4.5), (4, 6)):
            self.pass_block()
            self.assertEqual(len(self.api.get("w-1")["txids"]), count - 1)
            self.pass_block()
            answer = self.wait_for_version("w-1", count)
            self.assert_rate(answer["txid"], rate)
        for _ in range(4):
            self.pass_block()
        self.assertEqual(self.api.get("w-1")["txids"], answer["txids"])
        self.assert_versions(answer, payments=1)
        self.finish("w-1")
        self.check_payments(self.node, self.proxy)

    def test_it_is_off_unless_it_is_asked_for_and_leaves_named_rates_alone(self):
        self.submit("w-1", wait=WAIT_S)
        self.submit("w-2", self.new_body("w-2", fee={"rate_sat_vb": 3}), wait=WAIT_S)
        self.submit("w-3", self.new_body("w-3", fee={"conf_target": 2}), wait=WAIT_S)
        self.estimate(20)
        self.pass_block()
        self.estimate(20, "-bumpafter=1")
        self.pass_block()
        for send_id, versions in (("w-1", 2), ("w-2", 1), ("w-3", 2)):
            self.wait_for_version(send_id, versions)
            self.assertEqual(len(self.api.get(send_id)["txids"]), versions)


class LeftOut(BumpCase):
    """The node is restarted with another policy between reservation and broadcast."""

    def batch(self, amounts_sat):
        """Sends that are signed together while nothing goes out."""
        self.proxy.on("sendrawtransaction", faults.DropRequest())
        hold = faults.HoldRequest()
        self.proxy.on("fundrawtransaction", hold, first=1)
        self.submit("first")
        hold.wait_reached()
        for send_id, amount_sat in amounts_sat.items():
            self.submit(send_id, self.new_body(send_id, (amount_sat,)))
        hold.release()
        for send_id in amounts_sat:
            self.api.wait_for_state(send_id, "signed")

    def let_go_to_a_node_with(self, *options):
        self.addCleanup(self.node.restart)
        self.node.restart(*options)
        self.proxy.clear()

    def test_the_one_who_is_refused_is_paid_when_the_node_takes_him_again(self):
        self.batch({"w-1": AMOUNT_SAT, "dust": 3000, "w-2": AMOUNT_SAT, "w-3": AMOUNT_SAT})
        self.let_go_to_a_node_with("-dustrelayfee=0.00050000")
        others = ("w-1", "w-2", "w-3")
        for send_id in others:
            self.wait_for(send_id, "sent", batch_size=4)
            self.wait_for_version(send_id, 2)
        self.api.wait_for_state("dust", "conflicted")
        self.assert_answer(self.api.get("dust"), 200, outcome="pending")
        self.assertIn("leaves this send out", self.refuse_bump("dust", HIGH))
        self.node.mine()
        for send_id in others:
            self.wait_for(send_id, "confirmed")
        confirmed = Chain(self.node.rpc).transactions[self.api.get("w-1")["txid"]][0]
        self.assertEqual(len(confirmed.outputs), 4, "three payments and change")
        self.node.restart()
        self.wait_for("dust", "sent", outcome="sent")
        for send_id in ("dust", *others):
            self.finish(send_id)
        self.check_payments(self.node, self.proxy)

    def test_one_alone_waits_for_an_operator(self):
        self.batch({"dust": 3000})
        self.let_go_to_a_node_with("-dustrelayfee=0.00050000")
        stalled = self.wait_for_stall("dust", "node_refuses")["stalled"]
        self.assertEqual(stalled["retry"], "operator")
        self.node.restart()
        self.wait_for("dust", "sent", outcome="sent")
        self.assertEqual(len(self.api.get("dust")["txids"]), 1)
        self.check_payments(self.node, self.proxy)


if __name__ == "__main__":
    case.main()
