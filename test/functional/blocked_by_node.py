"""What in the node keeps a send from being paid (G5): it starts, downloads, is behind, is another
one, hangs, is slow, refuses or talks nonsense. It is shown, others are not held up where they can
be paid, and all are paid once it is over.
"""

import contextlib
import shutil
import threading
import time

from framework import case, faults
from framework.bitcoind import Bitcoind
from framework.blocking import BlockedCase
from framework.drafts import script_of
from framework.rpc import HttpError
from framework.sending import BRISK, WAIT_S
from framework.transactions import parse
from framework.waiting import wait_until

IMPATIENT = (*BRISK, "-rpcclienttimeout=1")
MAX_REPLY_BYTES = 256_000_000  # src/node/rpc_client.h
TWO_DAYS_S = 172_800
NO_REPLY = "no complete reply in time"
DUST_SAT = 1_000  # above the usual limit of 294


class AnswersCase(BlockedCase):
    """What the proxy says in the node's place, or makes of its replies, to every call."""

    def assert_blocked_by(self, fault, code, says):
        """One send whose coins are reserved, and one that comes then."""
        rule = self.proxy.on("lockunspent", faults.DropRequest())
        self.submit("before")
        wait_until(lambda: rule.hits > 0, "its coins are reserved")
        self.proxy.on("*", fault)
        self.proxy.remove(rule)
        self.submit("during")
        for send_id in ("before", "during"):
            self.assert_all_blocked(send_id, code, says=says)
        self.proxy.clear()
        self.assert_goes_on("before", "during")


class Answers(AnswersCase):
    """The daemon has patience: else a reply that is late is none, and blocks it by another code."""

    def test_it_is_warming_up(self):
        self.assert_blocked_by(faults.WARMING_UP, "node_unavailable", "Loading block index")

    def test_its_words_have_no_end(self):
        fault = faults.Refuse(-28, "x" * 1_000_000)
        self.assert_blocked_by(fault, "node_unavailable", r"^x{1000}\.\.\. \(cut: 1000000 bytes\)$")

    def test_its_work_queue_is_full(self):
        self.assert_blocked_by(faults.WORK_QUEUE_FULL, "node_unavailable", "503 Work queue depth")

    def test_it_refuses_the_credentials(self):
        self.assert_blocked_by(faults.UNAUTHORIZED, "node_unauthorized", "401")

    def test_it_breaks_down(self):
        self.assert_blocked_by(faults.BROKEN, "node_unavailable", "500 Internal")

    def test_it_answers_with_rubbish(self):
        self.assert_blocked_by(faults.Garble(), "node_unavailable", "not a reply")

    def test_it_answers_with_another_calls_reply(self):
        self.assert_blocked_by(faults.WrongId(), "node_unavailable", "not a reply")

    def test_it_answers_with_too_much(self):
        self.assert_blocked_by(faults.Flood(MAX_REPLY_BYTES + 1), "node_unavailable", ".")

    def test_it_hangs_up(self):
        self.assert_blocked_by(faults.DropRequest(), "node_unavailable", ".")


class Slow(AnswersCase):
    options = IMPATIENT

    def test_it_answers_a_byte_a_second(self):
        self.assert_blocked_by(faults.Trickle(1), "node_unavailable", NO_REPLY)


class Hung(BlockedCase):
    options = IMPATIENT

    def test_it_stands_still(self):
        body = self.new_send(self.node, "w-1")
        self.node.hang()
        self.addCleanup(self.node.resume)
        self.submit("w-1", body)
        self.assert_all_blocked("w-1", "node_unavailable", says=NO_REPLY)
        self.node.resume()
        self.assert_goes_on("w-1")


class TooSlow(BlockedCase):
    """The incident's second cause: a transaction takes longer to build than anybody waits."""

    options = IMPATIENT
    wallet_coins = 12

    def body_that_hangs(self, send_id, method):
        """Each call of the method that names this payee is held."""
        body = self.new_send(self.node, send_id)
        script = script_of(self.node, body["outputs"][0]["address"])
        self.hold = faults.HoldRequest()
        self.rule = self.proxy.on(method, faults.Naming(script, self.hold))
        return body

    def let_go(self):
        self.proxy.remove(self.rule)
        self.hold.release()

    def test_one_send(self):
        for method in ("fundrawtransaction", "signrawtransactionwithwallet", "sendrawtransaction"):
            with self.subTest(method):
                self.submit(f"slow-{method}", self.body_that_hangs(f"slow-{method}", method))
                self.assert_blocked(f"slow-{method}", "node_unavailable", says=NO_REPLY)
                self.submit(f"other-{method}")
                self.wait_for(f"other-{method}", "sent", outcome="sent")
                self.let_go()
                self.assert_goes_on(f"slow-{method}", f"other-{method}")

    def test_one_send_among_others(self):
        """They queue up behind a call, so that they would be paid together."""
        gate = faults.HoldRequest()
        rule = self.proxy.on("gettxout", gate, first=1)
        self.submit("first")
        gate.wait_reached()
        self.submit("slow", self.body_that_hangs("slow", "fundrawtransaction"))
        others = [f"w-{number}" for number in range(8)]
        for send_id in others:
            self.submit(send_id)
        gate.release()
        self.proxy.remove(rule)
        for send_id in others:
            self.wait_for(send_id, "sent", outcome="sent")
        self.assert_blocked("slow", "node_unavailable", says=NO_REPLY)
        self.let_go()
        self.assert_goes_on("first", "slow", *others)

    def test_more_than_a_few_at_once(self):
        """A large transaction is too slow each time; smaller ones are not."""
        self.proxy.on("fundrawtransaction", SlowIfLarge(outputs=3))
        gate = faults.HoldRequest()
        self.proxy.on("gettxout", gate, first=1)
        ids = [f"w-{number}" for number in range(12)]
        for send_id in ids:
            self.submit(send_id)
        gate.release()
        for send_id in ids:
            sent = self.wait_for(send_id, "sent", outcome="sent")
            self.assertLessEqual(sent["batch_size"], 3)
            self.node.mine()
        self.assert_goes_on(*ids)


class SlowIfLarge(faults.Fault):
    """Holds calls whose transaction has more outputs, until the proxy ends."""

    def __init__(self, outputs):
        self._outputs = outputs

    def before(self, exchange):
        (request,) = exchange.requests
        parsed = parse(request["params"][0])
        if len(parsed.outputs) > self._outputs:
            exchange.pause(WAIT_S)


class Credentials(BlockedCase):
    """As the daemon finds them, not as the proxy says."""

    def leave_one_waiting(self, send_id):
        lost = self.proxy.on("fundrawtransaction", faults.DropRequest())
        self.submit(send_id)
        self.proxy.wait_for_call("fundrawtransaction")
        self.daemon.stop()
        self.proxy.remove(lost)

    def launch(self, *options):
        self.daemon.launch(*self.options, *options)
        self.daemon.wait_alive()

    def test_a_wrong_password(self):
        self.leave_one_waiting("w-1")
        self.launch("-rpcuser=somebody", "-rpcpassword=else")
        self.assert_all_blocked("w-1", "node_unauthorized", says="401")
        self.restart()
        self.assert_goes_on("w-1")

    def test_a_cookie_that_is_not_the_nodes_any_more(self):
        """It is read again each time, and so helps once it is the right one."""
        cookie = self.folder / "cookie"
        shutil.copy(self.node.cookie_path, cookie)
        self.daemon.restart(*self.options, f"-rpccookiefile={cookie}")
        cookie.write_text("__cookie__:" + "0" * 64)
        self.node.restart()
        self.submit("w-1")
        self.assert_all_blocked("w-1", "node_unauthorized", says="401")
        shutil.copy(self.node.cookie_path, cookie)
        self.assert_goes_on("w-1")

    def test_no_cookie(self):
        self.leave_one_waiting("w-1")
        self.launch(f"-rpccookiefile={self.folder / 'none'}")
        self.assert_all_blocked("w-1", "node_unavailable", says="is the node running")
        self.restart()
        self.assert_goes_on("w-1")


class WorkQueue(BlockedCase):
    options = IMPATIENT  # a call of its own that got into the queue does not keep it long

    def test_it_is_full(self):
        """The node's own 503: its one thread and its queue are taken by callers who wait."""
        peer = self.start_node("-listen=1")
        peer.create_wallet("miner")
        self.node.restart("-rpcthreads=1", "-rpcworkqueue=4")
        self.addCleanup(self.node.restart)
        self.node.connect(peer)
        body = self.new_send(self.node, "w-1")
        height = peer.rpc.getblockcount() + 1
        waiting = [threading.Thread(target=self.wait_for_height, args=(height,)) for _ in range(9)]
        for each in waiting:
            each.start()
        wait_until(lambda: self.api.status()["stalled"], "the queue is full")
        self.submit("w-1", body)
        self.assert_all_blocked("w-1", "node_unavailable", says="503 Work queue depth")
        peer.mine()
        for each in waiting:
            each.join()
        self.assert_goes_on("w-1")

    def wait_for_height(self, height):
        """Some find the queue full themselves."""
        with contextlib.suppress(HttpError):
            self.node.rpc.with_timeout(WAIT_S).waitforblockheight(height)


class Chain(BlockedCase):
    def test_initial_block_download(self):
        """Its tip is two days old by its own clock."""
        self.submit_and_hold("w-1")
        later = int(time.time()) + TWO_DAYS_S
        self.restart_node(f"-mocktime={later}")
        self.assertTrue(self.node.rpc.getblockchaininfo()["initialblockdownload"])
        self.proxy.clear()
        self.assert_all_blocked("w-1", "initial_block_download", says="downloading")
        self.restart_node()
        self.assert_goes_on("w-1")

    def test_a_stale_chain(self):
        self.submit_and_hold("w-1")
        tip = self.node.mine()[0]
        wait_until(lambda: self.api.status()["wal"]["read_up_to_hash"] == tip, "the block is read")
        self.node.rpc.invalidateblock(tip)
        self.assert_all_blocked("w-1", "node_behind", says="less work")
        self.proxy.clear()
        self.assert_all_blocked("w-1", "node_behind", says="less work")
        self.node.rpc.reconsiderblock(tip)
        self.assert_goes_on("w-1")

    def test_another_chain_at_the_same_port(self):
        self.submit_and_hold("w-1")
        other = self.start_signet_node()
        self.proxy.target_port = other.rpc_port
        self.daemon.stop()
        self.proxy.clear()
        self.daemon.launch(*self.options, f"-rpccookiefile={other.cookie_path}")
        self.daemon.wait_alive()
        self.assert_all_blocked("w-1", "other_chain", "operator", says="signet.*point -rpcconnect")
        self.assert_problem(self.api.delete("w-1"), 503, "not_paying")
        self.proxy.target_port = self.node.rpc_port
        self.restart()
        self.assert_goes_on("w-1")

    def submit_and_hold(self, send_id):
        """It stays recorded while the proxy has this rule."""
        self.proxy.on("fundrawtransaction", faults.DropRequest())
        self.submit(send_id)
        self.proxy.wait_for_call("fundrawtransaction")

    def restart_node(self, *options):
        self.node.restart(*options)

    def start_signet_node(self):
        node = Bitcoind(self.folder / "signet", self.ports)
        self.addCleanup(node.close)
        node.cookie_path.parent.mkdir()
        node.start("-regtest=0", "-signet=1", "-connect=0", "-listen=0",
                   f"-rpcport={node.rpc_port}", f"-rpccookiefile={node.cookie_path}")
        node.create_wallet(self.wallet_name)
        return node


class Policy(BlockedCase):
    def assert_one_waits(self, bad_body, code, says):
        """The bad one, though it stands in a queue with others; they are paid."""
        gate = faults.HoldRequest()
        rule = self.proxy.on("gettxout", gate, first=1)
        self.submit("first")
        gate.wait_reached()
        self.submit("bad", bad_body)
        self.submit("good")
        gate.release()
        self.proxy.remove(rule)
        for send_id in ("first", "good"):
            self.wait_for(send_id, "sent", outcome="sent")
        self.assert_blocked("bad", code, "operator", says=says)

    def test_its_wallet_calls_an_amount_too_small(self):
        self.node.restart("-dustrelayfee=0.001")
        self.addCleanup(self.node.restart)
        self.assert_one_waits(self.new_body("bad", (DUST_SAT,)), "cannot_build", "too small")
        self.node.restart()
        self.assert_goes_on("first", "bad", "good")

    def test_it_does_not_relay_a_payment(self):
        body = self.new_body("bad")
        script = script_of(self.node, body["outputs"][0]["address"])
        refusal = faults.Result([{"allowed": False, "reject-reason": "scriptpubkey"}])
        rule = self.proxy.on("testmempoolaccept", faults.Naming(script, refusal))
        self.assert_one_waits(body, "node_refuses", "scriptpubkey")
        self.proxy.remove(rule)
        self.assert_goes_on("first", "bad", "good")

    def test_it_does_not_show_what_it_is_given(self):
        """With -privatebroadcast: what stays out of its mempool could still be paid."""
        rule = self.proxy.on("lockunspent", faults.DropRequest())
        self.submit("w-1")
        self.proxy.wait_for_call("lockunspent")
        shown = self.proxy.on("getprivatebroadcastinfo", faults.Result({"transactions": [{}]}))
        wait_until(lambda: self.api.status()["stalled"], "the node is read")
        self.proxy.remove(rule)
        self.assert_all_blocked("w-1", "private_broadcast", "operator", says="-privatebroadcast")
        self.assert_problem(self.api.delete("w-1"), 503, "not_paying")
        self.proxy.remove(shown)
        self.assert_goes_on("w-1")

    def test_it_wants_a_higher_fee(self):
        self.node.restart("-minrelaytxfee=0.0005")
        self.addCleanup(self.node.restart)
        self.submit("w-1")
        self.assert_blocked("w-1", "fee_too_low", says="min.*fee not met")
        self.submit("w-2", self.new_body("w-2", fee={"rate_sat_vb": 60}))
        self.wait_for("w-2", "sent", outcome="sent")
        self.node.restart()
        self.assert_goes_on("w-1", "w-2")


if __name__ == "__main__":
    case.main()
