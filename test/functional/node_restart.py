"""The node goes away and comes back, loses its mempool or its blocks, hangs, reorganises: sends go on
by themselves, and each is paid once.
"""

from framework import case, faults
from framework.waiting import wait_until

TIME_LIMIT_S = 3600
FINALITY = 2
# Nobody but sendonce brings a transaction back into the mempool.
FORGETFUL = ("-persistmempool=0", "-walletbroadcast=0")
# Where a send can be when something happens to the node: the call that is on its way, before or
# after the node has carried it out.
PHASES = {
    "coins are looked up": ("gettxout", faults.HoldRequest),
    "draft": ("fundrawtransaction", faults.HoldReply),
    "lock": ("lockunspent", faults.HoldRequest),
    "locked": ("lockunspent", faults.HoldReply),
    "sign": ("signrawtransactionwithwallet", faults.HoldRequest),
    "signed": ("signrawtransactionwithwallet", faults.HoldReply),
    "broadcast": ("sendrawtransaction", faults.HoldRequest),
    "broadcasted": ("sendrawtransaction", faults.HoldReply),
}


class NodeTest(case.Case):
    # Two starts within two seconds look like one: then the next round of sending helps.
    OPTIONS = [f"-finality={FINALITY}", "-retrymax=1000", "-rebroadcastinterval=1000"]

    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=30)
        self.proxy = self.start_proxy(self.node)
        self.daemon = self.new_sendonced(self.node, self.proxy)
        self.daemon.init()
        self.daemon.start(*self.OPTIONS)
        self.api = self.daemon.api

    def tearDown(self):
        self.check_payments(self.node, self.proxy)

    def submit(self, send_id):
        answer = self.api.put(send_id, self.new_send(self.node, send_id))
        self.assertEqual(answer.status, 201, answer)
        self.promises.accepted(send_id)
        return answer

    def pay(self, send_id):
        self.submit(send_id)
        return self.api.wait_for_outcome(send_id, "sent")

    def wait_for_stall(self, code):
        def stalled():
            stall = self.api.status()["stalled"]
            return stall and stall["code"] == code

        wait_until(stalled, f"nothing is paid because of {code}")

    def mempool_has(self, txid):
        wait_until(lambda: txid in self.node.rpc.getrawmempool(), f"{txid} is in the mempool")

    def at_each_phase(self, happen):
        """happen(held) is called while a call of each phase is held in the proxy."""
        for phase, (method, hold) in PHASES.items():
            with self.subTest(phase):
                held = hold()
                rule = self.proxy.on(method, held, first=1)
                self.submit(f"{happen.__name__}-{phase.replace(' ', '-')}")
                held.wait_reached()
                happen(held)
                self.proxy.remove(rule)
                self.see_it_through(self.promises.ids()[-1])

    def see_it_through(self, send_id):
        sent = self.api.wait_for_outcome(send_id, "sent")
        self.mempool_has(sent["txid"])
        self.node.mine()
        self.api.wait_for_state(send_id, "confirmed")


class RestartTest(NodeTest):
    def test_stopped_and_started(self):
        def stopped(held):
            self.node.stop()
            held.release()
            self.wait_for_stall("node_unavailable")
            self.node.start(*FORGETFUL)

        self.at_each_phase(stopped)

    def test_killed_and_started(self):
        def killed(held):
            self.node.kill()
            held.release()
            self.node.start()

        self.at_each_phase(killed)

    def test_the_mempool_is_lost(self):
        txid = self.pay("w-1")["txid"]
        self.node.restart(*FORGETFUL)
        self.mempool_has(txid)
        self.node.mine()
        self.api.wait_for_state("w-1", "confirmed")

    def test_new_ids_while_it_is_down(self):
        """Answers never wait for the node."""
        self.pay("known")
        body = self.new_send(self.node, "w-1")
        self.node.stop()
        self.wait_for_stall("node_unavailable")
        answer = self.api.put("w-1", body)
        self.promises.accepted("w-1")
        self.assertEqual((answer.status, answer["outcome"]), (201, "pending"), answer)
        self.assertEqual(answer["stalled"]["code"], "node_unavailable")
        self.assertEqual(self.api.get("known")["outcome"], "sent")
        self.node.start()
        self.see_it_through("w-1")

    def test_started_before_the_node(self):
        """What is known is told; nothing new is promised before the log was compared with the
        wallet.
        """
        self.pay("known")
        body = self.new_send(self.node, "w-1")
        self.daemon.stop()
        self.node.stop()
        self.daemon.launch(*self.OPTIONS)
        self.daemon.wait_alive()
        self.assertEqual(self.api.get("known")["outcome"], "sent")
        for refused in (self.api.put("w-1", body), self.api.delete("w-1")):
            self.assertEqual((refused.status, refused["code"]), (503, "starting"), refused)
        self.node.start()
        self.daemon.wait_ready()
        self.assertEqual(self.api.put("w-1", body).status, 201)
        self.promises.accepted("w-1")
        self.see_it_through("w-1")

    def test_the_blocks_are_lost(self):
        """A node behind what the log has seen builds nothing (R10), until it has caught up."""
        peer = self.start_node()
        self.node.connect(peer)
        self.pay("known")
        confirmed = self.node.mine()
        self.api.wait_for_state("known", "confirmed")
        self.node.wait_for_same_tip(peer)
        body = self.new_send(self.node, "w-1")
        self.node.kill(flush=False)
        self.node.start()
        self.assertLess(self.node.rpc.getblockcount(), peer.rpc.getblockcount())
        self.wait_for_stall("node_behind")
        self.assertEqual(self.api.put("w-1", body)["stalled"]["code"], "node_behind")
        self.promises.accepted("w-1")
        known = self.api.get("known")
        self.assertEqual((known["state"], known["block_hash"]), ("confirmed", confirmed[0]))
        self.assertEqual(self.api.get("w-1")["state"], "recorded")
        self.node.connect(peer)
        self.see_it_through("w-1")


class HangTest(NodeTest):
    OPTIONS = [*NodeTest.OPTIONS, "-rpcclienttimeout=1"]

    def test_hangs(self):
        """Its calls time out, and are carried out when their caller has gone long ago."""
        def hung(held):
            self.node.hang()
            held.release()
            self.wait_for_stall("node_unavailable")
            answer = self.api.get(self.promises.ids()[-1])
            self.assertEqual(answer.status, 200, answer)
            self.node.resume()

        self.at_each_phase(hung)

    def test_new_ids_while_it_hangs(self):
        bodies = {f"w-{n}": self.new_send(self.node, f"w-{n}") for n in range(5)}
        self.node.hang()
        for send_id, body in bodies.items():
            self.assertEqual(self.api.put(send_id, body).status, 201)
            self.promises.accepted(send_id)
        self.wait_for_stall("node_unavailable")
        self.node.resume()
        for send_id in bodies:
            self.api.wait_for_outcome(send_id, "sent")


class ReorganisationTest(NodeTest):
    def pay_and_confirm(self):
        self.pay("w-1")
        self.node.mine()
        return self.api.wait_for_state("w-1", "confirmed")

    def test_less_work_is_no_reorganisation(self):
        before = self.pay_and_confirm()
        self.node.rpc.invalidateblock(before["block_hash"])
        self.wait_for_stall("node_behind")
        self.assertEqual(self.api.get("w-1")["block_hash"], before["block_hash"])
        self.node.rpc.reconsiderblock(before["block_hash"])
        self.daemon.wait_ready()
        self.assertEqual(self.api.get("w-1")["block_hash"], before["block_hash"])

    def test_the_mempool_is_lost_with_the_block(self):
        """Nothing but sendonce remembers the transaction."""
        before = self.pay_and_confirm()
        self.node.restart(*FORGETFUL)
        self.node.rpc.invalidateblock(before["block_hash"])
        self.node.restart(*FORGETFUL)
        self.assertEqual(self.node.rpc.getrawmempool(), [])
        self.node.mine_empty(2)
        self.mempool_has(before["txid"])
        self.node.mine(FINALITY)
        after = self.api.wait_for_state("w-1", "final")
        self.assertEqual(after["txid"], before["txid"])
        self.assertNotEqual(after["block_hash"], before["block_hash"])


if __name__ == "__main__":
    case.main()
