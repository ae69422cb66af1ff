"""A send from its submit to final, what is told about it on the way, and what the daemon tells of
itself.
"""

import http.client
import os

from framework import case, faults
from framework.chain import Chain
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, COIN_SAT, WAIT_S, SendCase, at_once
from framework.waiting import wait_until

LIFE = ["SendRecorded", "BatchReserved", "SignatureRequested", "VersionSigned", "VersionAccepted",
        "BatchConfirmed", "BatchFinal"]


class Lifecycle(SendCase):
    def test_from_submit_to_final(self):
        body = self.new_send(self.node, "w-1")
        sent = self.submit("w-1", body, wait=WAIT_S, until="sent")
        self.assert_answer(sent, 201, outcome="sent", state="broadcast", replayed=False,
                           confirmations=0, block_hash=None, stalled=None, batch_size=1,
                           fee_sat=self.fee_sat(sent["txid"]), txids=[sent["txid"]])
        self.assertIn(sent["txid"], self.node.rpc.getrawmempool())
        block = self.node.mine()[0]
        self.wait_for("w-1", "confirmed", state="confirmed", confirmations=1, block_hash=block,
                      block_height=self.node.rpc.getblockcount())
        self.node.mine(5)
        final = self.wait_for("w-1", "final", state="final", outcome="sent", confirmations=6,
                              txid=sent["txid"], block_hash=block)
        self.assertGreater(final["seq"], sent["seq"])
        self.assertEqual(self.records("w-1"), LIFE)
        self.assert_answer(self.api.put("w-1", body), 200, replayed=True, state="final")
        self.check_payments(self.node)

    def test_a_wait_that_runs_out_shows_the_send_as_it_stands(self):
        self.submit("w-1", wait=WAIT_S)
        answer = self.api.get("w-1", wait=1, until="confirmed")
        self.assert_answer(answer, 200, state="broadcast", confirmations=0)

    def test_those_who_wait_are_answered_when_it_happens(self):
        self.submit("w-1", wait=WAIT_S)
        waits = [lambda until=until: self.wait_for("w-1", until)
                 for until in ("confirmed", "final") for _ in range(5)]
        answers = at_once([*waits, lambda: self.node.mine(6)])[:-1]
        self.assertEqual([each["state"] for each in answers[5:]], ["final"] * 5)
        self.assertLessEqual({each["state"] for each in answers[:5]}, {"confirmed", "final"})

    def test_several_outputs_of_every_kind_two_of_them_alike(self):
        body = self.new_body("w-1", (10_000, 20_000, 30_000, 40_000),
                             ("legacy", "p2sh-segwit", "bech32", "bech32m"), alike=2)
        sent = self.submit("w-1", body, wait=WAIT_S)
        paid = {each.vout: (each.script, each.amount_sat)
                for each in Chain(self.node.rpc).payments if each.txid == sent["txid"]}
        wanted = [(case.script_of(self.node, each["address"]), each["amount_sat"])
                  for each in body["outputs"]]
        vouts = [each["vout"] for each in sent["outputs"]]
        self.assertEqual([paid.pop(vout) for vout in vouts], wanted)
        self.assertEqual(len(paid), 1, "change, and nothing else")
        self.check_payments(self.node)

    def test_a_reference_is_kept(self):
        reference = "Kundin 4711 \u4ed5\u9001\u308a \U0001f34e"
        body = self.new_body("w-1", reference=reference)
        self.assert_answer(self.submit("w-1", body), 201, reference=reference)
        self.restart()
        self.assert_answer(self.finish("w-1"), 200, reference=reference)

    def test_change_is_spent_again_after_one_confirmation(self):
        body = self.new_body("w-1", (4 * COIN_SAT - 2 * AMOUNT_SAT,))  # takes all four coins
        first = self.submit("w-1", body, wait=WAIT_S)
        self.submit("w-2")
        self.wait_for_stall("w-2", "insufficient_funds")
        self.node.mine()
        second = self.wait_for("w-2", "sent", outcome="sent")
        spent = Chain(self.node.rpc).transactions[second["txid"]][0].coins
        self.assertEqual({txid for txid, _ in spent}, {first["txid"]})
        self.check_payments(self.node)


class Fees(SendCase):
    options = (*SendCase.options, "-fallbackfee=3")

    def assert_rate(self, answer, rate_sat_vb):
        """Exactly, but for signatures that came out a byte or two shorter than foreseen."""
        raw = self.wallet.gettransaction(answer["txid"])["hex"]
        vsize = self.node.rpc.decoderawtransaction(raw)["vsize"]
        self.assertEqual(answer["fee_sat"], self.fee_sat(answer["txid"]))
        self.assertGreaterEqual(answer["fee_sat"], rate_sat_vb * vsize)
        self.assertLessEqual(answer["fee_sat"], rate_sat_vb * (vsize + 2) + 1)

    def test_a_rate(self):
        body = self.new_body("w-1", fee={"rate_sat_vb": 12.5})
        self.assert_rate(self.submit("w-1", body, wait=WAIT_S), 12.5)

    def test_without_an_estimate_a_target_and_no_choice_cost_the_fallback(self):
        body = self.new_body("w-1", fee={"conf_target": 2})
        self.assert_rate(self.submit("w-1", body, wait=WAIT_S), 3)
        self.assert_rate(self.submit("w-2", wait=WAIT_S), 3)

    def test_a_share_above_max_fee_sat_waits_and_hinders_nobody(self):
        self.submit("dear", self.new_body("dear", max_fee_sat=100, fee={"rate_sat_vb": 3}))
        self.wait_for_stall("dear", "fee_above_cap")
        enough = self.new_body("enough", max_fee_sat=1000, fee={"rate_sat_vb": 3})
        sent = self.submit("enough", enough, wait=WAIT_S)
        self.assert_answer(sent, 201, outcome="sent", batch_size=1)
        self.assert_answer(self.api.delete("dear"), 200, outcome="never")
        self.promises.never("dear")
        self.check_payments(self.node)

    def test_the_operators_cap_holds_for_all(self):
        self.submit("w-1", self.new_body("w-1", fee={"rate_sat_vb": 1000.001}))
        self.wait_for_stall("w-1", "fee_above_cap")
        self.daemon.restart(*self.options, "-maxfeerate=1001", "-maxfeeshare=0")
        self.assert_rate(self.wait_for("w-1", "sent", outcome="sent"), 1000.001)
        self.check_payments(self.node)


class Together(SendCase):
    """Sends that queue up, while one before them is held in the node."""

    wallet_coins = 6
    with_proxy = True

    def setUp(self):
        super().setUp()
        self.hold = faults.HoldRequest()
        self.proxy.on("fundrawtransaction", self.hold, first=1)
        self.submit("first")
        self.hold.wait_reached()

    def sent_after_release(self, *ids):
        self.hold.release()
        self.wait_for("first", "sent", batch_size=1)
        return [self.wait_for(send_id, "sent", outcome="sent") for send_id in ids]

    def test_what_queues_up_is_paid_by_one_transaction(self):
        ids = [f"w-{number}" for number in range(20)]
        for send_id in ids:
            self.submit(send_id)
        sent = self.sent_after_release(*ids)
        self.assertEqual({each["txid"] for each in sent}, {sent[0]["txid"]})
        self.assertEqual({each["batch_size"] for each in sent}, {20})
        self.assertEqual(len({each["outputs"][0]["vout"] for each in sent}), 20)
        self.check_payments(self.node, self.proxy)

    def test_one_that_wants_to_be_alone_or_another_fee_is(self):
        bodies = {
            "w-1": {},
            "alone": {"batch": False},
            "dear": {"fee": {"rate_sat_vb": 20}},
            "w-2": {"batch": True},
        }
        for send_id, fields in bodies.items():
            self.submit(send_id, self.new_body(send_id, **fields))
        sent = dict(zip(bodies, self.sent_after_release(*bodies)))
        sizes = {send_id: each["batch_size"] for send_id, each in sent.items()}
        self.assertEqual(sizes, {"w-1": 2, "alone": 1, "dear": 1, "w-2": 2})
        self.assertEqual(len({each["txid"] for each in sent.values()}), 3)
        self.check_payments(self.node, self.proxy)

    def test_in_company_a_share_is_small_enough(self):
        for send_id in ("w-1", "w-2"):
            self.submit(send_id, self.new_body(send_id, max_fee_sat=300, fee={"rate_sat_vb": 3}))
        for sent in self.sent_after_release("w-1", "w-2"):
            self.assert_answer(sent, 200, batch_size=2)
            self.assertGreater(sent["fee_sat"], 300)
        self.check_payments(self.node, self.proxy)

    def test_those_that_cannot_be_paid_hold_up_nobody(self):
        for number in (1, 2, 3):
            capped = self.new_body(f"dear-{number}", fee={"rate_sat_vb": number}, max_fee_sat=1)
            self.submit(f"dear-{number}", capped)
        self.submit("w-1")
        self.sent_after_release("w-1")
        self.check_payments(self.node, all_paid=False)


class Restart(SendCase):
    """SIGTERM and a new start change nothing, in whatever state a send is."""

    with_proxy = True

    def pass_through_restart(self, send_id, state):
        before = self.reach(send_id, state)
        self.restart()
        self.assert_answer(self.api.get(send_id), 200, state=state, txid=before["txid"],
                           outputs=before["outputs"], created_at=before["created_at"])

    def reach(self, send_id, state):
        def reached():
            answer = self.api.get(send_id)
            return answer if answer["state"] == state else None

        return wait_until(reached, f"{send_id} is {state}")

    def restart_where(self, method, fault, state):
        """With a fault that keeps the send in that state until the restart is over."""
        rule = self.proxy.on(method, fault)
        self.submit("w-1")
        wait_until(lambda: rule.hits > 0, f"{method} was called")
        self.pass_through_restart("w-1", state)
        self.proxy.remove(rule)
        self.finish("w-1")
        self.assertEqual(self.records("w-1"), LIFE)
        self.check_payments(self.node, self.proxy)

    def test_recorded(self):
        self.restart_where("fundrawtransaction", faults.DropRequest(), "recorded")

    def test_reserved(self):
        self.restart_where("lockunspent", faults.DropRequest(), "reserved")

    def test_reserved_and_the_signature_is_somewhere(self):
        self.restart_where("signrawtransactionwithwallet", faults.DropReply(), "reserved")

    def test_signed(self):
        self.restart_where("sendrawtransaction", faults.DropRequest(), "signed")

    def test_signed_and_out_without_our_knowing(self):
        self.restart_where("sendrawtransaction", faults.DropReply(), "signed")

    def test_broadcast_confirmed_and_final(self):
        self.submit("w-1", wait=WAIT_S)
        for blocks, state in ((0, "broadcast"), (1, "confirmed"), (5, "final")):
            self.node.mine(blocks)
            self.pass_through_restart("w-1", state)
        self.assertEqual(self.records("w-1"), LIFE)
        self.check_payments(self.node, self.proxy)

    def test_a_block_that_came_while_it_was_down(self):
        self.submit("w-1", wait=WAIT_S)
        self.daemon.stop()
        self.node.mine(6)
        self.daemon.start(*self.options)
        self.wait_for("w-1", "final", state="final", confirmations=6)


class Funds(SendCase):
    with_proxy = True

    def wait_for_funds(self, **expected):
        def as_expected():
            funds = self.api.funds().json
            return all(funds[kind]["coins"] == coins for kind, coins in expected.items())

        wait_until(as_expected, f"funds {expected}, now {self.api.funds()}")

    def test_a_reservation_shows_whose_it_is_until_its_change_can_be_spent(self):
        everything = {"amount_sat": 4 * COIN_SAT, "coins": 4}
        self.assert_answer(self.api.funds(), 200, known=True, spendable=everything,
                           reserved={"amount_sat": 0, "coins": 0}, reservations=[])
        rule = self.proxy.on("sendrawtransaction", faults.DropRequest())
        self.submit("w-1")
        wait_until(lambda: rule.hits > 0, "it is signed")
        funds = self.api.funds()
        self.assert_answer(funds, 200, spendable={"amount_sat": 3 * COIN_SAT, "coins": 3},
                           reserved={"amount_sat": COIN_SAT, "coins": 1})
        (reservation,) = funds["reservations"]
        self.assertEqual((reservation["ids"], reservation["reason"]), (["w-1"], "signed"))
        self.assertEqual([each["amount_sat"] for each in reservation["coins"]], [COIN_SAT])
        self.proxy.remove(rule)
        sent = self.wait_for("w-1", "sent")
        self.node.mine()
        self.wait_for_funds(spendable=4, reserved=0)
        left = 4 * COIN_SAT - AMOUNT_SAT - sent["fee_sat"]
        self.assertEqual(self.api.funds()["spendable"]["amount_sat"], left)

    def test_a_lock_that_no_record_explains_is_shown_and_stays(self):
        coin = self.wallet.listunspent()[0]
        locked = {"txid": coin["txid"], "vout": coin["vout"]}
        self.wallet.lockunspent(False, [locked])
        self.restart()  # what is not locked by us is read at start: from here on it is left alone
        self.submit("w-1", wait=WAIT_S)
        self.node.mine(6)
        self.wait_for("w-1", "final", state="final")
        self.wait_for_funds(spendable=3, reserved=0)
        wait_until(lambda: self.api.funds()["foreign_locks"] == [locked], "the operator's lock")
        self.assertEqual(self.wallet.listlockunspent(), [locked])

    def test_a_deposit_waits_for_six_confirmations(self):
        self.node.fund(self.wallet, [to_btc(COIN_SAT)], confirmations=5)
        self.wait_for_funds(spendable=4, waiting_for_confirmations=1)
        self.node.mine()
        self.wait_for_funds(spendable=5, waiting_for_confirmations=0)


class Health(SendCase):
    with_proxy = True

    def ready(self):
        return self.api.request("GET", "/readyz", headers={"Authorization": None})

    def test_without_its_node_it_is_alive_not_ready_and_goes_on_by_itself(self):
        self.assert_answer(self.ready(), 200, ready=True, stalled=None)
        self.proxy.on("*", faults.DropRequest())
        down = wait_until(lambda: (answer := self.ready()).status == 503 and answer, "not ready")
        self.assertEqual(down["stalled"]["code"], "node_unavailable", down)
        self.assertEqual(down["stalled"]["retry"], "automatic")
        alive = self.api.request("GET", "/healthz", headers={"Authorization": None})
        self.assert_answer(alive, 200, alive=True)
        # The call that has failed first need not be the one that tells whether the node is there.
        wait_until(lambda: not self.api.status()["node"]["reachable"], "the node is not reached")
        self.assertIs(self.api.status()["paying"], False)
        self.submit("w-1")
        self.assertEqual(self.wait_for_stall("w-1", "node_unavailable")["state"], "recorded")
        self.proxy.clear()
        self.wait_for("w-1", "sent", outcome="sent", stalled=None)
        self.assert_answer(self.ready(), 200, ready=True)

    def endpoints(self):
        """They are asked for once the node is reached, which says nothing of the payments."""
        return {each["topic"]: each["endpoint"] for each in self.api.status()["zmq"]}

    def test_status(self):
        sent = self.submit("w-1", wait=WAIT_S)
        wait_until(self.endpoints, "it listens to the node")
        self.assertEqual(self.endpoints(), self.node.zmq)
        status = self.api.status().json
        self.assertEqual((status["paying"], status["accepting"], status["open_alarms"]),
                         (True, True, 0))
        self.assertEqual(status["node"]["chain"], "regtest")
        self.assertEqual(status["node"]["block_hash"], self.node.rpc.getbestblockhash())
        self.assertEqual(status["wallet"], {"name": self.wallet_name, "locked": False})
        self.assertGreaterEqual(status["wal"]["durable_seq"], sent["seq"])
        self.assertEqual(status["backlog"], {
            "open_sends": 1, "waiting_sends": 0, "open_batches": 1,
            "oldest_pending_since": None})

    def metrics(self):
        """Name with labels to value."""
        answer = self.api.request("GET", "/metrics")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["content-type"].startswith("text/plain"))
        lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    def test_metrics(self):
        body = self.new_send(self.node, "w-1")
        self.submit("w-1", body, wait=WAIT_S)
        self.api.put("w-1", body)
        metrics = self.metrics()
        expected = {
            'sendonce_replies_total{verdict="created"}': 1,
            'sendonce_replies_total{verdict="known"}': 1,
            'sendonce_records_total{type="SendRecorded"}': 1,
            'sendonce_records_total{type="VersionAccepted"}': 1,
            "sendonce_open_sends": 1,
            "sendonce_open_batches": 1,
            "sendonce_accepting": 1,
            "sendonce_paying": 1,
            'sendonce_pool_coins{kind="spendable"}': 3,
            'sendonce_pool_sat{kind="spendable"}': 3 * COIN_SAT,
        }
        self.assertEqual({name: metrics.get(name) for name in expected}, expected)


class Alarms(SendCase):
    def test_a_spend_that_no_record_explains_stays_until_it_is_accepted(self):
        self.assert_answer(self.api.alarms(), 200, alarms=[])
        address = self.new_address(self.node)
        stranger = self.wallet.sendtoaddress(address, to_btc(AMOUNT_SAT))
        self.node.mine()
        (alarm,) = wait_until(lambda: self.api.alarms()["alarms"], "an alarm")
        self.assertEqual((alarm["kind"], alarm["txid"], alarm["accepted"]),
                         ("unexplained_spend", stranger, None))
        self.submit("w-1", wait=WAIT_S)
        self.accept(alarm["number"])
        self.restart()
        (accepted,) = self.api.alarms()["alarms"]
        self.assertEqual(accepted["accepted"]["reason"], "paid by hand")
        self.assertEqual(self.api.status()["open_alarms"], 0)
        self.check_payments(self.node)

    def accept(self, number):
        path = f"/v1/alarms/{number}/accept"
        self.assert_problem(self.api.request("POST", path, {}), 400, "missing_field", "reason")
        other = self.api.request("POST", f"/v1/alarms/{number + 1}/accept", {"reason": "no"})
        self.assert_problem(other, 404, "not_found")
        answer = self.api.request("POST", path, {"reason": "paid by hand"})
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer["accepted"]["reason"], "paid by hand")


class Signals(SendCase):
    def test_sigterm_answers_those_who_wait_and_leaves_nothing_behind(self):
        self.submit("w-1", wait=WAIT_S)
        pid_file = self.daemon.datadir / "sendonced.pid"
        self.assertEqual(pid_file.read_text().strip(), str(self.daemon.process.pid))
        waiting = self.api.connect()
        self.addCleanup(waiting.close)
        waiting.sendall(self.api.request_bytes("GET", "/v1/sends/w-1?wait=600&until=final"))
        self.api.request("GET", "/healthz")  # answered after the request before it was taken in
        self.daemon.stop()
        reply = http.client.HTTPResponse(waiting)
        reply.begin()
        self.assertEqual(reply.status, 200)
        self.assertIn(b'"state":"broadcast"', reply.read())
        self.assertFalse(pid_file.exists() or self.daemon.cookie_path.exists())
        with self.assertRaises(ConnectionRefusedError):
            self.api.connect()

    def test_sighup_opens_the_log_anew(self):
        rotated = self.daemon.log_path.with_suffix(".1")
        os.rename(self.daemon.log_path, rotated)
        self.daemon.reopen_log()
        wait_until(self.daemon.log_path.exists, "the log is opened anew")
        self.submit("w-1", wait=WAIT_S)
        self.daemon.wait_for_log("VersionAccepted")
        self.assertNotIn("VersionAccepted", rotated.read_text())


if __name__ == "__main__":
    case.main()
