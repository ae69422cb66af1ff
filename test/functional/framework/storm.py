"""kill -9 at random under load: of the daemon, and of its node too. Callers go on meanwhile, as the
contract tells them to: what is not answered is asked again, with the same words.
"""

import http.client
import random
import threading
import time

from . import case
from .chain import Chain
from .compared import words_of
from .drafts import script_of
from .rpc import HttpError, RpcError
from .sending import BRISK, WHOLE_CHANGE
from .waiting import wait_until

FINALITY = 2
OPTIONS = (*(each for each in BRISK if each != WHOLE_CHANGE), f"-finality={FINALITY}")
CALLERS = 4
COINS = 30
ADDRESSES = 20
MAX_SENDS = 300  # on one ground: what all of them say in the end is read one by one
FIRST_AMOUNT_SAT = 20_000
NO_ANSWER = (401, 503)  # the cookie of the run before; not ready, or overloaded
RATES = (5, 10, 20, 40)
BLOCK_EVERY_S = 0.7


class Caller(threading.Thread):
    """One of those who submit, ask, cancel and raise fees. What it was told goes to the promises."""

    def __init__(self, storm, seed):
        super().__init__()
        self._storm = storm
        self._dice = random.Random(seed)
        self.failure = None

    def run(self):
        try:
            while not self._storm.ended.is_set():
                self._one_thing()
        except Exception as failure:  # shown by the test, which waits for this thread
            self.failure = failure
            self._storm.ended.set()

    def _one_thing(self):
        todo = self._dice.choices((self._submit, self._repeat, self._cancel, self._bump), (5, 4, 1, 2))
        todo[0]()

    def _submit(self):
        send_id, body = self._storm.new_send_of_pool(self._dice)
        if send_id is None:
            return self._repeat()
        answer = self._ask(lambda: self._storm.api.put(send_id, body))
        if answer:
            self._expect(answer, (200, 201))
            self._storm.accepted(send_id)
        return None

    def _repeat(self):
        """The same words again: the id is known, for ever."""
        send_id, body = self._storm.any_accepted(self._dice)
        answer = send_id and self._ask(lambda: self._storm.api.put(send_id, body))
        if answer:
            self._expect(answer, (200,))
            assert answer["outcome"] in self._storm.possible(send_id), answer

    def _cancel(self):
        """Of an id that was perhaps never heard of, so that there is something to cancel."""
        send_id, body = self._storm.new_send_of_pool(self._dice)
        if send_id is None:
            return
        if self._dice.random() < 0.5:
            self._ask(lambda: self._storm.api.put(send_id, body), tries=1)
        answer = self._ask(lambda: self._storm.api.delete(send_id))
        if answer and answer.status == 200:
            assert answer["outcome"] == "never", answer
            self._storm.never(send_id)
        elif answer:
            self._expect(answer, (409,))
            self._storm.accepted(send_id)

    def _bump(self):
        send_id, _ = self._storm.any_accepted(self._dice)
        answer = send_id and self._ask(
            lambda: self._storm.api.bump(send_id, self._dice.choice(RATES)), tries=3)
        if answer:
            self._expect(answer, (200, 409, 422))

    def _ask(self, request, tries=10_000):
        """None if there was no answer until the storm was over."""
        for _ in range(tries):
            if self._storm.ended.is_set():
                return None
            try:
                answer = request()
            except (OSError, http.client.HTTPException):
                answer = None
            if answer and answer.status not in NO_ANSWER:
                return answer
            time.sleep(0.01)
        return None

    @staticmethod
    def _expect(answer, statuses):
        assert answer.status in statuses, answer


class StormCase(case.Case):
    """storm(kills) is one ground: node, wallet and log of its own, checked at the end."""

    node_every = 25  # kills of the daemon to one of the node

    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=COINS)
        self.proxy = self.start_proxy(self.node)
        self.daemon = self.new_sendonced(self.node, self.proxy)
        self.daemon.init()
        self.api = self.daemon.api
        self._addresses = [self.new_address(self.node) for _ in range(ADDRESSES)]
        self._scripts = [script_of(self.node, each) for each in self._addresses]
        self.miner_address = self.new_address(self.node)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self._submitted = self._planned = 0
        self._bodies, self._accepted, self._never = {}, [], set()
        self.kills = self.node_kills = 0
        self._next_block = 0

    def storm(self, kills, seed):
        """Kills the daemon so many times. Everything that was promised is held against the chain."""
        self._planned = kills
        dice = random.Random(seed)
        callers = [Caller(self, dice.random()) for _ in range(CALLERS)]
        self.daemon.launch(*OPTIONS)
        for each in callers:
            each.start()
        try:
            while self.kills < kills and not self.ended.is_set():
                self._let_time_pass(dice)
                self._kill(dice)
        finally:
            self.ended.set()
            for each in callers:
                each.join()
        for each in callers:
            if each.failure:
                raise each.failure
        self._come_to_rest()

    # --- for the callers

    def new_send_of_pool(self, dice):
        """An id and a body that nobody has used; none while there are enough for so many kills."""
        with self.lock:
            if self._submitted >= MAX_SENDS * (self.kills + 1) / self._planned:
                return None, None
            number = self._submitted
            self._submitted += 1
            at, amount_sat = dice.randrange(ADDRESSES), FIRST_AMOUNT_SAT + number
            send_id = f"w-{number}"
            self.promises.submitted(send_id, [(self._scripts[at], amount_sat)])
            outputs = [{"address": self._addresses[at], "amount_sat": amount_sat}]
            self._bodies[send_id] = {"outputs": outputs}
            return send_id, self._bodies[send_id]

    def any_accepted(self, dice):
        with self.lock:
            send_id = dice.choice(self._accepted) if self._accepted else None
            return send_id, self._bodies.get(send_id)

    def accepted(self, send_id):
        with self.lock:
            self.promises.accepted(send_id)
            self._accepted.append(send_id)

    def never(self, send_id):
        with self.lock:
            self.promises.never(send_id)
            self._never.add(send_id)

    def possible(self, send_id):
        return ("never",) if send_id in self._never else ("pending", "sent")

    # --- the storm

    def _let_time_pass(self, dice):
        """Often so little that it is killed while it starts; and now and then there is a block."""
        time.sleep(dice.uniform(0, 0.15) if dice.random() < 0.4 else dice.uniform(0.1, 0.8))
        if time.monotonic() >= self._next_block:
            self._next_block = time.monotonic() + BLOCK_EVERY_S
            self._mine()

    def _mine(self):
        try:
            self.node.mine(address=self.miner_address)
        except (OSError, http.client.HTTPException, HttpError, RpcError):
            pass  # the node is on its way up

    def _kill(self, dice):
        if (self.kills + 1) % self.node_every == 0:
            self._kill_node(dice)
        self.daemon.kill()
        self.kills += 1
        self.daemon.launch(*OPTIONS)

    def _kill_node(self, dice):
        """The daemon goes on, or is killed again, before the node answers."""
        self.node.wait_for_rpc()
        self.node.kill()
        self.node_kills += 1
        time.sleep(dice.uniform(0, 0.5))
        self.node.launch()

    # --- the end

    def _come_to_rest(self):
        self.node.wait_for_rpc()
        self.daemon.kill()
        self.daemon.start(*OPTIONS)
        wait_until(self._all_is_done, "all that was acknowledged is final")
        chain = Chain(self.node.rpc)
        self.promises.check(chain)
        self.check_signatures(self.proxy, chain)
        for send_id in self._never:
            self.assertEqual(self.api.get(send_id)["outcome"], "never")
        self.assertGreater(len(self._accepted), 0)
        self.assertEqual(self.api.alarms()["alarms"], [])
        self.daemon.stop()
        verified = self.daemon.wal_tool("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def _all_is_done(self):
        self._mine()
        return all(self.api.get(each)["state"] == "final" for each in self._accepted)

    def counts(self):
        return (f"{self.kills} kills of sendonced, {self.node_kills} of bitcoind,"
                f" {len(self._accepted)} sends acknowledged, {len(self._never)} fenced,"
                f" {words_of(self.compared.figures())}")
