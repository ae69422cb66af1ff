"""ZMQ makes sendonce look earlier, and nothing else: off, late, with gaps, flooded, restarted or
forged, it changes no record and no result.
"""

import re
import signal
import threading
from pathlib import Path
from urllib.parse import urlparse

from framework import case, drafts, faults, transactions, zmtp
from framework.rpc import to_btc
from framework.sending import AMOUNT_SAT, BRISK, WAIT_S, SendCase
from framework.waiting import wait_until

FINALITY = 2
NEVER_MS = 86_400_000  # the longest interval that the options take
# What a daemon with these sees, it sees because of ZMQ.
NEWS_ALONE = (*BRISK, f"-finality={FINALITY}", f"-reconcileinterval={NEVER_MS}",
              f"-rebroadcastinterval={NEVER_MS}")
NO_ZMQ = ("-nozmqpubrawtx", "-nozmqpubsequence")
# Six times as many as wait at most to be looked at (src/daemon/hint_box.h).
FLOOD = 60_000
MIB = 1_048_576
MOST_IN_SOCKET = 240_000_000  # bytes, src/node/zmq_subscriber.h; the large ones are five times that
LARGE_INPUTS = 95_000
LARGE = 300


class NewsCase(SendCase):
    options = NEWS_ALONE

    def tearDown(self):
        self.check_payments(self.node, self.proxy)
        super().tearDown()

    def topics(self):
        """What the status page says, by topic."""
        return {each["topic"]: each for each in self.api.status()["zmq"]}

    def wait_for_topics(self, **expected):
        def as_expected():
            told = [{name: each[name] for name in expected} for each in self.topics().values()]
            return told and told == [expected] * len(told)

        wait_until(as_expected, f"topics are {expected}, now {self.topics()}")

    def hear(self):
        """A subscription is in force some time after its connection: from the first news on."""
        self.wait_for_topics(alive=True)  # the node is asked where it publishes after it is reached
        before = {topic: each["messages"] for topic, each in self.topics().items()}

        def heard():
            self.node.mine()
            return all(each["messages"] > before[topic] for topic, each in self.topics().items())

        wait_until(heard, "news of both topics")

    def pay(self, send_id="w-1"):
        return self.submit(send_id, wait=WAIT_S)["txid"]

    def whole_life(self):
        """Sent, bumped by an operator, confirmed, reorganised away, final."""
        bumped = self.wallet.bumpfee(self.pay())["txid"]
        wait_until(lambda: self.api.get("w-1")["txid"] == bumped, "the bump is adopted")
        block = self.node.mine()[0]
        self.wait_for("w-1", "confirmed", block_hash=block)
        self.node.rpc.invalidateblock(block)
        self.node.mine_empty(2)
        self.api.wait_for_state("w-1", "broadcast")
        self.node.mine(FINALITY)
        self.wait_for("w-1", "final", state="final", txid=bumped)


class Off(NewsCase):
    options = (*BRISK, f"-finality={FINALITY}")

    def test_for_the_whole_run(self):
        self.daemon.restart(*self.options, *NO_ZMQ)
        self.assertEqual(self.topics(), {})
        self.whole_life()

    def test_the_node_publishes_none(self):
        self.addCleanup(self.node.restart)
        self.node.restart(*NO_ZMQ)
        self.restart()
        self.whole_life()
        self.assertEqual(self.topics(), {})


class On(NewsCase):
    def test_it_is_enough(self):
        self.hear()
        self.whole_life()
        self.wait_for_topics(alive=True, gaps=0)

    def test_one_topic_is_left_out(self):
        self.daemon.restart(*self.options, "-nozmqpubrawtx")
        self.wait_for_topics(alive=True)
        self.assertEqual(set(self.topics()), {"sequence"})
        self.hear()
        self.pay()
        self.wait_for("w-1", "confirmed", block_hash=self.node.mine()[0])

    def test_the_status_says_what_is_alive(self):
        self.wait_for_topics(alive=True, gaps=0)
        self.node.stop()
        self.wait_for_topics(alive=False)
        self.node.start()
        self.wait_for_topics(alive=True, gaps=0)

    def test_what_a_restart_hides_from_the_counters_is_looked_for(self):
        """The connection is new, the first counter too; the block in between was told to nobody."""
        self.pay()
        self.daemon.process.send_signal(signal.SIGSTOP)
        self.node.restart()
        block = self.node.mine()[0]
        self.daemon.process.send_signal(signal.SIGCONT)
        self.wait_for("w-1", "confirmed", block_hash=block)
        self.wait_for_topics(alive=True, gaps=0)

    def test_it_comes_when_the_daemon_runs_already(self):
        given = [f"-zmqpub{topic}={endpoint}" for topic, endpoint in self.node.zmq.items()]
        self.addCleanup(self.node.restart)
        self.node.restart(*NO_ZMQ)
        self.daemon.restart(*self.options, *given)
        self.pay()
        self.wait_for_topics(alive=False)
        self.node.restart()
        self.wait_for_topics(alive=True)
        self.hear()
        self.node.mine(FINALITY)
        self.wait_for("w-1", "final", state="final")


class Disturbed(NewsCase):
    """A relay between node and daemon holds news back, or loses it."""

    def setUp(self):
        super().setUp()
        self.relay = zmtp.Relay(self.node.zmq, self.ports.take())
        self.addCleanup(self.relay.close)
        at = self.relay.publisher.endpoint
        self.given = (f"-zmqpubrawtx={at}", f"-zmqpubsequence={at}")
        self.daemon.restart(*self.options, *self.given)
        self.relay.publisher.wait_subscribed("rawtx", "sequence")
        self.hear()

    def mine_untold(self):
        """A block whose news the relay has, and the daemon has not; returns its hash."""
        block = self.node.mine()[0]
        *_, last = self.node.rpc.getblock(block, 2)["tx"]
        self.relay.wait_taken(rawtx=bytes.fromhex(last["hex"]),
                              sequence=bytes.fromhex(block) + b"C")
        self.told_nothing()
        return block

    def told_nothing(self):
        """A wait that runs out: nothing is known of what has happened."""
        answer = self.api.get("w-1", wait=1, until="confirmed")
        self.assert_answer(answer, 200, state="broadcast", confirmations=0)

    def something_else(self):
        """News about nothing that the send has to do with."""
        self.node.wallet("miner").send([{self.new_address(self.node): to_btc(AMOUNT_SAT)}])

    def test_late(self):
        self.pay()
        self.relay.hold()
        block = self.mine_untold()
        self.relay.release()
        self.wait_for("w-1", "confirmed", block_hash=block)
        self.wait_for_topics(alive=True, gaps=0)

    def test_a_gap_is_counted_and_what_was_lost_is_looked_for(self):
        self.pay()
        self.relay.lose()
        block = self.mine_untold()
        self.relay.lose(False)
        self.something_else()
        self.wait_for("w-1", "confirmed", block_hash=block)
        self.wait_for_topics(alive=True, gaps=1)

    def test_lost_for_ever_it_is_not_missed(self):
        self.relay.lose()  # news of the blocks that were mined before may be on their way
        self.daemon.restart(*BRISK, f"-finality={FINALITY}", *self.given)
        self.whole_life()
        self.wait_for_topics(alive=True, messages=0)

    def test_more_than_can_wait(self):
        """A flood of transactions of nobody's, in which the news of the block has got lost."""
        self.pay()
        self.relay.lose()
        block = self.mine_untold()
        flood = threading.Thread(target=self.flood)
        flood.start()
        self.pay("w-2")
        flood.join()
        self.wait_for("w-1", "confirmed", block_hash=block)
        self.assertEqual(self.topics()["rawtx"]["gaps"], 1)
        wait_until(lambda: self.topics()["rawtx"]["messages"] > FLOOD, "all of it is read")
        self.pay("w-3")

    def flood(self):
        nobodys = forged_transaction([NOBODYS_COIN])
        for counter in range(FLOOD, 2 * FLOOD):
            self.relay.publisher.send("rawtx", nobodys, counter)


class Forged(NewsCase):
    """Another process took the node's ports while it was down, and tells what it likes."""

    options = (*BRISK, f"-finality={FINALITY}")
    with_proxy = True
    wallet_coins = 6

    def setUp(self):
        super().setUp()
        self.prepare_sends()
        self.addCleanup(self.node.restart)
        self.take_the_ports()
        self.counters = dict.fromkeys(self.node.zmq, 0)

    def prepare_sends(self):
        """One in each state from `signed` on: what the node hears of the first is held back."""
        self.pay("final")
        self.node.mine(FINALITY)
        self.wait_for("final", "final", state="final")
        self.pay("confirmed")
        self.node.mine()
        self.wait_for("confirmed", "confirmed", state="confirmed")
        self.pay("broadcast")
        self.held = self.proxy.on("sendrawtransaction", faults.DropRequest())
        self.submit("signed")
        self.api.wait_for_state("signed", "signed")
        self.ids = ("final", "confirmed", "broadcast", "signed")

    def take_the_ports(self):
        self.node.stop()
        self.publishers = {}
        for topic, endpoint in self.node.zmq.items():
            self.publishers[topic] = zmtp.Publisher(urlparse(endpoint).port)
            self.addCleanup(self.publishers[topic].close)
        self.node.start()
        self.daemon.wait_ready()
        for topic, publisher in self.publishers.items():
            publisher.wait_subscribed(topic)

    def tell(self, topic, body):
        self.publishers[topic].send(topic, body, self.counters[topic])
        self.counters[topic] += 1

    def tell_of_transaction(self, raw):
        self.tell("rawtx", raw)
        self.tell("sequence", bytes.fromhex(transactions.parse(raw.hex()).txid) + b"A" + bytes(8))

    def all_that_is_recorded(self):
        history = {send_id: self.api.history(send_id)["records"] for send_id in self.ids}
        status = self.api.status()
        return history, status["wal"]["durable_seq"], status["open_alarms"], self.funds()

    def funds(self):
        funds = self.api.funds().json
        return {name: funds[name] for name in ("spendable", "reserved", "waiting_for_confirmations")}

    def heard(self, malformed=0):
        """Waits until all was taken, and the node was asked again after that."""
        for topic in self.counters:
            wait_until(lambda: self.topics()[topic]["messages"] >= self.counters[topic] - malformed,
                       f"all of {topic} was taken")
        self.look_again()

    def look_again(self):
        """A whole look that has begun after this call: what it found out is known."""
        # One may be on its way now, and the one that begins a look comes before what it finds out.
        asked = len(self.proxy.calls("getblockchaininfo"))
        wait_until(lambda: len(self.proxy.calls("getblockchaininfo")) > asked + 2, "a new look")

    def check_nothing_is_recorded(self, tell, malformed=0):
        self.look_again()  # the newest block's coins are in the funds
        before = self.all_that_is_recorded()
        tell()
        self.heard(malformed)
        self.assertEqual(self.all_that_is_recorded(), before)
        self.proxy.remove(self.held)
        self.wait_for("signed", "sent", outcome="sent")
        self.node.mine(FINALITY)
        for send_id in self.ids:
            self.wait_for(send_id, "final", state="final")

    def ours(self, send_id):
        """Its transaction, as the daemon's log has it."""
        txid = self.api.get(send_id)["txid"]
        signed = {transactions.parse(raw).txid: raw for raw in self.proxy.signed()}
        return transactions.parse(signed[txid])

    def test_rivals(self):
        """What spends the sends' coins in another way, and was never signed."""
        def tell():
            for send_id in self.ids:
                self.tell_of_transaction(forged_transaction(coins_of(self.ours(send_id))))

        self.check_nothing_is_recorded(tell)

    def test_payments(self):
        """What pays a send with its own coins, and was never accepted by a node."""
        def tell():
            for send_id in self.ids:
                ours = self.ours(send_id)
                outputs = [(each.script.hex(), each.amount_sat) for each in ours.outputs]
                dropped = drafts.unsigned(coins_of(ours), outputs[::-1])
                self.tell_of_transaction(bytes.fromhex(dropped))
                self.tell_of_transaction(ours.raw)

        self.check_nothing_is_recorded(tell)

    def test_deposits(self):
        def tell():
            script = drafts.script_of(self.node, self.wallet.getnewaddress("", "bech32"))
            self.tell_of_transaction(forged_transaction([NOBODYS_COIN], script))

        self.check_nothing_is_recorded(tell)

    def test_blocks(self):
        """A new one that is none, and the end of the one that has a payment."""
        def tell():
            block = bytes.fromhex(self.api.get("confirmed")["block_hash"])
            for body in (b"\x22" * 32 + b"C", block + b"D", b"\x33" * 32 + b"C"):
                self.tell("sequence", body)

        self.check_nothing_is_recorded(tell)

    def test_what_makes_no_sense(self):
        def tell():
            for body in (b"", b"\x00", b"\xff" * 1_000_000, bytes(33), self.ours("signed").raw[:-1]):
                self.tell("rawtx", body)
                self.tell("sequence", body)
            for frames in ((b"rawtx",), (b"rawtx", b""), (b"rawtx", b"", b""), (b"sequence",) * 20):
                self.publishers[frames[0].decode()].send_frames(*frames)

        self.check_nothing_is_recorded(tell, malformed=5)

    def test_large_ones(self):
        """So many bytes that it would be noticed if they were kept."""
        def tell():
            inputs = (b"\x11" * 32 + bytes(5) + b"\xff" * 4) * LARGE_INPUTS
            output = b"\x01" + AMOUNT_SAT.to_bytes(8, "little") + b"\0"
            large = b"\2\0\0\0\xfe" + LARGE_INPUTS.to_bytes(4, "little") + inputs + output + bytes(4)
            for _ in range(LARGE):
                self.tell("rawtx", large)

        before = self.most_memory()
        self.check_nothing_is_recorded(tell)
        grown = self.most_memory() - before
        print(f"{LARGE} transactions of {LARGE_INPUTS} inputs: {grown // MIB} MiB more at most")
        self.assertLess(grown, MOST_IN_SOCKET + 64 * MIB)

    def most_memory(self):
        status = Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


NOBODYS_COIN = {"txid": "11" * 32, "vout": 0}


def forged_transaction(coins, script="0014" + "22" * 20):
    return bytes.fromhex(drafts.unsigned(coins, [(script, AMOUNT_SAT)]))


def coins_of(transaction):
    return [{"txid": each.txid, "vout": each.vout} for each in transaction.inputs]


if __name__ == "__main__":
    case.main()
