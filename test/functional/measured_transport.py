"""How bitcoind's RPC server and its ZMQ publisher behave: which errors mean "not executed", and
what a notification is worth.
"""

import http.client
import json
import threading

from framework import case, drafts, zmtp
from framework.rpc import HttpError
from framework.waiting import PATIENCE_S, wait_until

AMOUNT_SAT = 1_000_000


class ErrorsOfTheServer(case.SharedNodeCase):
    coins = 1

    def status_of(self, request):
        status, content_type, body = self.node.rpc.post(json.dumps(request).encode())
        self.assertEqual(content_type, "application/json")
        return status, json.loads(body)

    def test_version_1_errors_are_500_and_404_for_an_unknown_method(self):
        status, answer = self.status_of({"id": 1, "method": "getblockhash", "params": [10**6]})
        self.assertEqual((status, answer["error"]["code"]), (500, -8))
        status, answer = self.status_of({"id": 1, "method": "nonsense"})
        self.assertEqual((status, answer["error"]["code"]), (404, -32601))

    def test_version_2_errors_are_200(self):
        request = {"jsonrpc": "2.0", "id": 1, "method": "getblockhash", "params": [10**6]}
        status, answer = self.status_of(request)
        self.assertEqual((status, answer["error"]["code"]), (200, -8))

    def test_the_cookie_changes_with_each_start_and_the_old_one_is_401(self):
        old = self.folder / "old_cookie"
        old.write_bytes(self.node.cookie_path.read_bytes())
        self.node.restart()
        self.assertNotEqual(old.read_bytes(), self.node.cookie_path.read_bytes())
        with self.assertRaises(HttpError) as caught:
            self.node.rpc.with_cookie(old).getblockcount()
        self.assertEqual((caught.exception.http_status, caught.exception.body), (401, b""))


class WorkQueue(case.Case):
    def test_a_full_one_is_503_in_text_and_nothing_is_executed(self):
        node = self.start_node("-rpcthreads=1", "-rpcworkqueue=1", "-debug=rpc")
        address = self.new_address(node)
        self.assertFalse(self.is_full(node))
        wait_until(lambda: "method=waitfornewblock" in node.log_path.read_text(),
                   "the thread has taken the first, and the queue is empty")
        wait_until(lambda: self.is_full(node), "the work queue is full")
        mine = {"id": 1, "method": "generatetoaddress", "params": [1, address]}
        status, content_type, body = node.rpc.post(json.dumps(mine).encode())
        self.assertEqual((status, body), (503, b"Work queue depth exceeded"))
        self.assertTrue(content_type.startswith("text/html"))
        node.restart()
        self.assertEqual(node.rpc.getblockcount(), 0)

    def is_full(self, node):
        """Asks for what does not end. The node goes on with it when its caller has gone: the first
        takes the only thread, the next the queue's only place.
        """
        try:
            node.rpc.with_timeout(0.5).waitfornewblock(0)
        except TimeoutError:
            return False
        except HttpError as error:
            return error.http_status == 503
        raise AssertionError("a call that waits for a block came back without one")


class Notifications(case.Case):
    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=5)
        self.wallet = self.node.wallet(case.WALLET)

    def subscribe(self, topic):
        """A subscription that is known to work: notifications before it took hold are lost."""
        subscriber = zmtp.Subscriber(self.node.zmq[topic], topic)
        self.addCleanup(subscriber.close)
        return subscriber

    def pay(self):
        return self.wallet.sendtoaddress(self.new_address(self.node), "0.1")

    def until(self, subscriber, matches):
        """Receives until one matches; returns all that came, the matching one last."""
        received = [subscriber.receive()]
        while not matches(received[-1]):
            received.append(subscriber.receive())
        return received

    def settled(self, topic):
        """A subscriber after its first notification, which the loop provokes."""
        subscriber = self.subscribe(topic)
        stop = threading.Event()
        poke = threading.Thread(target=self._mine_until, args=(stop,))
        poke.start()
        subscriber.receive()
        stop.set()
        poke.join()
        return subscriber

    def _mine_until(self, stop):
        while not stop.wait(0.1):
            self.node.mine()

    def test_rawtx_comes_at_entry_and_again_for_each_block_that_connects_or_disconnects_it(self):
        subscriber = self.settled("rawtx")
        txid = self.pay()
        raw = bytes.fromhex(self.wallet.gettransaction(txid)["hex"])
        block = self.node.mine()[0]
        self.node.rpc.invalidateblock(block)
        self.node.rpc.reconsiderblock(block)
        times, last = 0, None
        while times < 4:  # entry, connected, disconnected, connected again
            note = subscriber.receive()
            if last is not None:
                self.assertEqual(note.counter, last + 1)
            last = note.counter
            times += note.body == raw

    def test_sequence_tells_what_happened_to_a_hash(self):
        subscriber = self.settled("sequence")
        txid = self.pay()
        [*_, added] = self.until(subscriber, lambda note: note.body[32:33] == b"A")
        self.assertEqual(added.body[:32].hex(), txid)
        block = self.node.mine()[0]
        [*_, connected] = self.until(
            subscriber, lambda note: note.body[:33] == bytes.fromhex(block) + b"C"
        )
        self.node.rpc.invalidateblock(block)
        [*_, left] = self.until(subscriber, lambda note: note.body[32:33] == b"D")
        self.assertEqual(left.body[:32], connected.body[:32])

    def test_a_replacement_is_removal_and_addition(self):
        subscriber = self.settled("sequence")
        coin = self.wallet.listunspent()[0]
        address = self.new_address(self.node)
        txids = []
        for fee_sat in (1000, 5000):
            raw = drafts.payment(self.node, self.wallet, coin, address, AMOUNT_SAT, fee_sat)
            txids.append(self.node.rpc.sendrawtransaction(drafts.sign(self.wallet, raw)))
        notes = self.until(subscriber, lambda note: note.body[:32].hex() == txids[1])
        told = [(note.body[:32].hex(), note.body[32:33]) for note in notes]
        self.assertIn((txids[0], b"R"), told)

    def test_counters_start_again_with_the_node_so_a_gap_can_be_invisible(self):
        subscriber = self.settled("rawtx")
        self.node.mine(30)  # one notification each
        before = [subscriber.receive().counter for _ in range(30)][-1]
        self.node.restart()
        self.node.mine()  # nobody hears this one
        after = self.settled("rawtx")
        self.pay()
        self.assertLess(after.receive().counter, before)

    def test_a_restart_closes_the_connection(self):
        subscriber = self.settled("rawtx")
        self.node.restart()
        with self.assertRaises((EOFError, OSError)):
            self.until(subscriber, lambda note: False)


class KeepAlive(case.SharedNodeCase):
    coins = 1

    def test_one_connection_serves_many_calls(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.node.rpc_port, timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        for number in range(3):
            body = json.dumps({"id": number, "method": "uptime"})
            connection.request("POST", "/", body, self.node.rpc.headers())
            self.assertEqual(json.loads(connection.getresponse().read())["id"], number)
            self.assertIsNotNone(connection.sock)


if __name__ == "__main__":
    case.main()
