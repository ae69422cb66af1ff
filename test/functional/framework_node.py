"""The framework itself: does it see what it must, against a real node? No sendonce in here."""

import http.client
import socket
import threading

from framework import case, drafts, faults, transactions
from framework.chain import Chain
from framework.compared import Compared
from framework.promises import Promises
from framework.rpc import HttpError, RpcError, to_btc, to_sat
from framework.waiting import PATIENCE_S, wait_until

AMOUNT_SAT = 123_456


def rpc_through(proxy, node, timeout_s=PATIENCE_S):
    return node.rpc.at_port(proxy.port).with_timeout(timeout_s)


def sign_payment(node, address, amount_sat, coin, fee_sat=1000):
    wallet = node.wallet(case.WALLET)
    return drafts.sign(wallet, drafts.payment(node, wallet, coin, address, amount_sat, fee_sat))


class NodeTest(case.Case):
    def test_flush_before_kill_keeps_the_chain(self):
        node = self.start_funded_node(coins=1)
        tip = node.rpc.getbestblockhash()
        node.kill()
        node.start()
        self.assertEqual(node.rpc.getbestblockhash(), tip)
        self.assertEqual(node.wallet(case.WALLET).getbalance(), 1)

    def test_kill_without_flush_is_what_it_says(self):
        node = self.start_node()
        node.mine(10)
        node.kill(flush=False)
        node.start()
        self.assertLess(node.rpc.getblockcount(), 10)

    def test_restart_keeps_wallet_and_mempool(self):
        node = self.start_funded_node(coins=1)
        txid = node.wallet(case.WALLET).sendtoaddress(self.new_address(node), to_btc(AMOUNT_SAT))
        node.restart()
        wait_until(lambda: node.rpc.getrawmempool() == [txid], "it is read again")
        self.assertIn(case.WALLET, node.rpc.listwallets())

    def test_a_hung_node_answers_nothing_until_resumed(self):
        node = self.start_node()
        node.hang()
        with self.assertRaises(TimeoutError):
            node.rpc.with_timeout(0.5).getblockcount()
        node.resume()
        self.assertEqual(node.rpc.getblockcount(), 0)

    def test_two_nodes_reorganise(self):
        node, other = self.start_node(), self.start_node()
        node.connect(other)
        node.rpc.setnetworkactive(False)
        node.mine(2)
        longer = other.mine(3)[-1]
        node.rpc.setnetworkactive(True)
        node.connect(other)
        self.assertEqual(node.rpc.getbestblockhash(), longer)

    def test_endpoints_are_the_ones_that_the_node_reports(self):
        node = self.start_node()
        reported = {each["type"]: each["address"] for each in node.rpc.getzmqnotifications()}
        self.assertEqual(
            reported, {"pubrawtx": node.zmq["rawtx"], "pubsequence": node.zmq["sequence"]}
        )

    def test_amounts_stay_exact(self):
        self.assertEqual(to_sat(to_btc(2_099_999_999_999_999)), 2_099_999_999_999_999)
        with self.assertRaises(ValueError):
            to_sat("0.000000001")
        with self.assertRaises(TypeError):
            to_btc(0.5)

    def test_a_wait_that_fails_says_what_for(self):
        with self.assertRaisesRegex(TimeoutError, "the moon is full"):
            wait_until(lambda: False, "the moon is full", timeout_s=0)


class ChainTest(case.Case):
    def test_parser_agrees_with_the_node_on_every_transaction(self):
        node = self.start_funded_node(coins=3)
        for kind in ("legacy", "p2sh-segwit", "bech32", "bech32m"):
            address = self.new_address(node, kind)
            node.wallet(case.WALLET).sendtoaddress(address, to_btc(AMOUNT_SAT))
        chain = Chain(node.rpc)  # compares each txid
        for txid, (parsed, height) in chain.transactions.items():
            if height is None:
                decoded = node.rpc.decoderawtransaction(parsed.raw.hex())
                spent = {(each["txid"], each["vout"]) for each in decoded["vin"]}
                self.assertEqual(parsed.coins, spent, txid)
                amounts = [to_sat(each["value"]) for each in decoded["vout"]]
                self.assertEqual([each.amount_sat for each in parsed.outputs], amounts, txid)

    def test_parser_refuses_what_is_not_one_transaction(self):
        node = self.start_funded_node(coins=1)
        coin = node.wallet(case.WALLET).listunspent()[0]
        raw = sign_payment(node, self.new_address(node), AMOUNT_SAT, coin)
        for bad in (raw[:-2], raw + "00", "", "00" * 60):
            with self.assertRaises(ValueError):
                transactions.parse(bad)


class PromisesTest(case.Case):
    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=4)
        self.wallet = self.node.wallet(case.WALLET)
        self.send = self.new_send(self.node, "w-1", AMOUNT_SAT)
        self.address = self.send["outputs"][0]["address"]

    def pay(self, amount_sat=AMOUNT_SAT):
        return self.wallet.sendtoaddress(self.address, to_btc(amount_sat))

    def assert_broken(self, message, all_paid=True):
        with self.assertRaisesRegex(AssertionError, message):
            self.check_payments(self.node, all_paid=all_paid)

    def test_one_payment_is_fine_confirmed_or_not(self):
        self.promises.accepted("w-1")
        self.pay()
        self.check_payments(self.node)
        self.node.mine()
        self.check_payments(self.node)

    def test_a_second_payment_is_noticed(self):
        self.promises.accepted("w-1")
        self.pay()
        self.node.mine()
        self.pay()
        self.assert_broken("w-1 .* is paid by .*, ")

    def test_a_second_payment_of_an_unanswered_id_is_noticed(self):
        self.pay()
        self.check_payments(self.node)
        self.pay()
        self.assert_broken("w-1 .* is paid by .*, ")

    def test_a_lost_one_is_noticed(self):
        self.promises.accepted("w-1")
        self.check_payments(self.node, all_paid=False)
        self.assert_broken("w-1 .* is paid by nothing")

    def test_a_payment_after_never_is_noticed(self):
        self.promises.never("w-1")
        self.check_payments(self.node)
        self.pay()
        self.assert_broken("w-1 .*never.* is paid by")

    def test_another_amount_is_noticed(self):
        self.pay(AMOUNT_SAT + 1)
        self.assert_broken("which nobody asked for")

    def test_half_a_payment_is_noticed(self):
        script = drafts.script_of(self.node, self.new_address(self.node))
        own = drafts.script_of(self.node, self.address)
        self.promises = Promises()
        self.promises.submitted("two", [(own, AMOUNT_SAT), (script, AMOUNT_SAT)])
        self.promises.accepted("two")
        self.pay()
        self.assert_broken("in part")

    def test_signatures_of_one_id_that_could_both_confirm_are_noticed(self):
        self.promises.accepted("w-1")
        first, second = self.wallet.listunspent()[:2]
        one = sign_payment(self.node, self.address, AMOUNT_SAT, first)
        bumped = sign_payment(self.node, self.address, AMOUNT_SAT, first, fee_sat=5000)
        rebuilt = sign_payment(self.node, self.address, AMOUNT_SAT, second)
        compared = Compared()
        self.promises.check_signatures([one, bumped, one], compared=compared)
        self.promises.check_signatures([one, bumped], compared=compared)
        self.assertEqual(compared.figures(), {"signed": 2, "paying": 2, "pairs": 1})
        with self.assertRaisesRegex(AssertionError, "can both confirm"):
            self.promises.check_signatures([one, bumped, rebuilt])

    def test_a_conflict_of_ancestors_counts(self):
        """The second payment spends change of a transaction that spends the first one's coin."""
        self.promises.accepted("w-1")
        coin = self.wallet.listunspent()[0]
        one = sign_payment(self.node, self.address, AMOUNT_SAT, coin)
        rival = sign_payment(self.node, self.new_address(self.node), AMOUNT_SAT, coin)
        self.node.rpc.sendrawtransaction(rival)
        change = next(
            each for each in self.wallet.listunspent(0) if each["confirmations"] == 0
        )
        rebuilt = sign_payment(self.node, self.address, AMOUNT_SAT, change)
        self.promises.check_signatures([one, rebuilt, rival])
        self.promises.check_signatures([one, rebuilt], Chain(self.node.rpc))
        with self.assertRaisesRegex(AssertionError, "can both confirm"):
            self.promises.check_signatures([one, rebuilt])


class ProxyTest(case.Case):
    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=2)
        self.proxy = self.start_proxy(self.node)
        self.rpc = rpc_through(self.proxy, self.node)
        self.wallet = self.rpc.wallet(case.WALLET)

    def unsigned(self):
        wallet = self.node.wallet(case.WALLET)
        address = self.new_address(self.node)
        return drafts.payment(self.node, wallet, wallet.listunspent()[0], address, AMOUNT_SAT)

    def assert_transport_error(self, call):
        with self.assertRaises((OSError, http.client.HTTPException)):
            call()

    def test_forwards_results_errors_and_notification_endpoints(self):
        self.assertEqual(self.rpc.getblockcount(), self.node.rpc.getblockcount())
        self.assertEqual(self.rpc.getzmqnotifications(), self.node.rpc.getzmqnotifications())
        with self.assertRaises(RpcError) as caught:
            self.rpc.getblockhash(1_000_000)
        self.assertEqual((caught.exception.code, caught.exception.http_status), (-8, 500))

    def test_a_wrong_cookie_is_the_nodes_business(self):
        forged = self.folder / "forged"
        forged.write_text("__cookie__:wrong")
        with self.assertRaises(HttpError) as caught:
            self.rpc.with_cookie(forged).getblockcount()
        self.assertEqual(caught.exception.http_status, 401)

    def test_keeps_a_connection_open(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=PATIENCE_S)
        for _ in range(3):
            connection.request("POST", "/", b"[]", self.rpc.headers())
            connection.getresponse().read()
            self.assertIsNotNone(connection.sock)
        connection.close()

    def test_records_a_signature_whose_reply_it_dropped(self):
        raw = self.unsigned()
        self.proxy.on("signrawtransactionwithwallet", faults.DropReply(), first=1)
        self.assert_transport_error(lambda: self.wallet.signrawtransactionwithwallet(raw))
        self.assertEqual(len(self.proxy.signed()), 1)
        again = self.wallet.signrawtransactionwithwallet(raw)["hex"]
        self.assertEqual(self.proxy.signed(), [again])

    def test_records_what_is_sent_also_when_the_request_is_dropped(self):
        raw = self.node.wallet(case.WALLET).signrawtransactionwithwallet(self.unsigned())["hex"]
        self.proxy.on("sendrawtransaction", faults.DropRequest())
        self.assert_transport_error(lambda: self.rpc.sendrawtransaction(raw))
        self.assertEqual(self.proxy.signed(), [raw])
        self.assertEqual(self.node.rpc.getrawmempool(), [])

    def test_an_incomplete_signature_is_none(self):
        unsigned = self.unsigned()
        self.node.create_wallet("stranger")
        self.rpc.wallet("stranger").signrawtransactionwithwallet(unsigned)
        self.assertEqual(self.proxy.signed(), [])

    def test_a_dropped_reply_was_executed_and_a_dropped_request_was_not(self):
        address = self.new_address(self.node)
        for fault, sent in ((faults.DropRequest(), 0), (faults.DropReply(), 1)):
            rule = self.proxy.on("sendtoaddress", fault)
            self.assert_transport_error(lambda: self.wallet.sendtoaddress(address, "0.01"))
            self.assertEqual(len(self.node.rpc.getrawmempool()), sent)
            self.proxy.remove(rule)

    def test_counts_first_and_nth(self):
        first = self.proxy.on("uptime", faults.UNAUTHORIZED, first=2)
        third = self.proxy.on("uptime", faults.WORK_QUEUE_FULL, nth=4)
        statuses = []
        for _ in range(5):
            try:
                self.rpc.uptime()
                statuses.append(200)
            except HttpError as error:
                statuses.append(error.http_status)
        self.assertEqual(statuses, [401, 401, 200, 503, 200])
        self.assertEqual((first.seen, first.hits, third.seen, third.hits), (5, 2, 5, 1))

    def test_other_methods_pass_a_rule(self):
        self.proxy.on("uptime", faults.DropRequest())
        self.assertGreater(self.rpc.getblockcount(), 0)

    def test_spoilt_replies(self):
        for fault in (faults.CutReply(), faults.Garble()):
            rule = self.proxy.on("getblockchaininfo", fault)
            with self.assertRaises((OSError, http.client.HTTPException, ValueError)):
                self.rpc.getblockchaininfo()
            self.proxy.remove(rule)

    def test_wrong_id_and_refusal(self):
        self.proxy.on("uptime", faults.WrongId(), first=1)
        status, _, body = self.rpc.post(b'{"id": 7, "method": "uptime"}')
        self.assertEqual(status, 200)
        self.assertIn(b"not yours", body)
        self.proxy.on("uptime", faults.Refuse(-28, "Loading"))
        with self.assertRaises(RpcError) as caught:
            self.rpc.uptime()
        self.assertEqual(caught.exception.code, -28)

    def test_trickle_arrives_whole_if_one_waits_and_not_otherwise(self):
        rule = self.proxy.on("uptime", faults.Trickle(pause_per_byte_s=0.01))
        self.assertGreaterEqual(self.rpc.uptime(), 0)
        self.proxy.remove(rule)
        self.proxy.on("uptime", faults.Trickle(pause_per_byte_s=60))
        self.assert_transport_error(lambda: rpc_through(self.proxy, self.node, 0.5).uptime())

    def test_a_delayed_request_is_executed_after_its_caller_has_gone(self):
        """The incident in small: the caller's timeout says nothing about the payment."""
        hold = faults.HoldRequest()
        self.proxy.on("sendtoaddress", hold)
        impatient = rpc_through(self.proxy, self.node, 0.1).wallet(case.WALLET)
        address = self.new_address(self.node)
        with self.assertRaises(TimeoutError):
            impatient.sendtoaddress(address, "0.01")
        hold.wait_reached()
        self.assertEqual(self.node.rpc.getrawmempool(), [])
        hold.release()
        self.proxy.wait_for_call("sendtoaddress")
        self.assertEqual(len(self.node.rpc.getrawmempool()), 1)

    def test_held_calls_wait_for_the_test(self):
        for hold, executed in ((faults.HoldRequest(), 0), (faults.HoldReply(), 1)):
            before = len(self.node.rpc.getrawmempool())
            rule = self.proxy.on("sendtoaddress", hold)
            call = threading.Thread(
                target=self.wallet.sendtoaddress, args=(self.new_address(self.node), "0.01")
            )
            call.start()
            hold.wait_reached()
            self.assertEqual(len(self.node.rpc.getrawmempool()), before + executed)
            hold.release()
            call.join()
            self.assertEqual(len(self.node.rpc.getrawmempool()), before + 1)
            self.proxy.remove(rule)

    def test_a_dead_node_is_a_reset_connection(self):
        self.node.kill()
        self.assert_transport_error(self.rpc.getblockcount)
        self.node.start()
        self.assertGreater(self.rpc.getblockcount(), 0)

    def test_batches_are_recorded_call_by_call(self):
        body = b'[{"id": 1, "method": "uptime"}, {"id": 2, "method": "getblockcount"}]'
        self.rpc.post(body)
        self.assertEqual([each.method for each in self.proxy.calls()], ["uptime", "getblockcount"])
        self.assertEqual(self.proxy.calls("getblockcount")[0].reply["id"], 2)

    def test_many_connections_at_once(self):
        results = []
        threads = [
            threading.Thread(target=lambda: results.append(self.rpc.getblockcount()))
            for _ in range(30)
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(results, [self.node.rpc.getblockcount()] * 30)

    def test_closing_ends_what_hangs(self):
        hold = faults.HoldRequest()
        self.proxy.on("uptime", hold)
        with socket.create_connection(("127.0.0.1", self.proxy.port), timeout=PATIENCE_S) as idle:
            call = threading.Thread(target=self.assert_transport_error, args=(self.rpc.uptime,))
            call.start()
            hold.wait_reached()
            self.proxy.close()
            call.join()
            self.assertEqual(idle.recv(1), b"")


if __name__ == "__main__":
    case.main()
