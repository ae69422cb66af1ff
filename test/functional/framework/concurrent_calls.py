"""The base of tests in which many callers meet on few ids while everything goes wrong around them:
sockets cut at any point, answers lost or late, requests late or twice, the daemon killed and
stopped, its disk slow, the node killed, hung, restarted, its replies lost, the wallet locked.
"""

import asyncio
import collections
import json
import os
import random
import threading
import time

from . import case, faults, history
from .callers import Callers
from .chain import Chain
from .drafts import script_of
from .faulty_line import Line
from .history import LOOK_UP, Call, History
from .id_window import IdWindow
from .ordeal import FAULTY
from .paid_ids import PaidIds
from .sending import BRISK, WHOLE_CHANGE
from .waiting import wait_until

CONNECTIONS = int(os.environ.get("SENDONCE_TEST_CONNECTIONS", "64"))
COINS = 40
PASSPHRASE = "correct horse"
FOR_LONG_S = 10_000_000
OPTIONS = (*(option for option in BRISK if option != WHOLE_CHANGE), "-maxconnections=2000",
           "-rpcclienttimeout=3", "-finality=2")
# What happens around the callers, and how often.
EVENTS = {"calm": 2, "kill_daemon": 4, "stop_daemon": 1, "kill_node": 1, "restart_node": 1,
          "hang_node": 2, "lock_wallet": 3, "lose_calls": 2}
BULK = 500
SLOW_DISK = 0.5  # of the starts
SYNC_MS = 60
SHOWN_EVERY_S = 30


class Sometimes(faults.Fault):
    """Loses requests and replies between daemon and node."""

    def __init__(self, dice):
        self._dice = dice

    def before(self, exchange):
        self._cut_or_not()

    def after(self, exchange, reply):
        self._cut_or_not()
        return reply

    def _cut_or_not(self):
        if self._dice.random() < 0.2:
            raise faults.Cut


class ConcurrentCase(case.Case):
    """setUp starts a node, a proxy and a daemon; play() lets callers at it; then the checks."""

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SENDONCE_TEST_SEED", random.randrange(2**32)))
        print(f"SENDONCE_TEST_SEED={self.seed}")
        self.dice = random.Random(self.seed)
        self.node = self.start_funded_node(coins=COINS)
        self.wallet = self.node.wallet(case.WALLET)
        self.wallet.encryptwallet(PASSPHRASE)
        self.unlock()
        self.proxy = self.start_proxy(self.node)
        self.daemon = self.start_sendonced(self.node, self.proxy, options=OPTIONS)
        self.events = dict.fromkeys(EVENTS, 0)
        self.history = History()
        self.scripts = {each: script_of(self.node, each)
                        for each in (self.new_address(self.node) for _ in range(2))}
        self.ids = IdWindow(list(self.scripts), self.dice)

    def unlock(self):
        self.wallet.walletpassphrase(PASSPHRASE, FOR_LONG_S)

    # --- the callers, on a thread of their own

    def play(self, is_enough, lie=None):
        """Until is_enough(). lie: what the line makes of a reply, see faulty_line.Line."""
        line = Line(self.ports.take(), self.daemon.port, random.Random(self.seed + 1), lie)
        callers = Callers(line.port, self.daemon.cookie_path, self.ids, self.history,
                          random.Random(self.seed + 2))

        async def both():
            await line.open()
            await callers.run(CONNECTIONS)
            line.close()

        failed = []
        thread = threading.Thread(target=self.run_noting, args=(both, failed))
        thread.start()
        try:
            self.let_things_happen(lambda: failed or is_enough(), callers)
        finally:
            callers.stop()
            thread.join()
        self.assertEqual(failed, [])
        self.note_what_the_line_knows(line)
        self.report(answered=callers.answered, unanswered=callers.unanswered,
                    **{f"line: {name}": count for name, count in line.met.items()},
                    **{f"event: {name}": count for name, count in self.events.items()})

    def run_noting(self, run, failed):
        try:
            asyncio.run(run())
        except BaseException as error:  # for the main thread
            failed.append(repr(error))
            raise

    def note_what_the_line_knows(self, line):
        for each in self.history.calls():
            each.undelivered = each.number in line.undelivered
            each.twice = each.number in line.twice

    # --- what happens meanwhile

    def let_things_happen(self, is_enough, callers):
        shown = time.monotonic()
        while not is_enough():
            name = self.dice.choices(list(EVENTS), list(EVENTS.values()))[0]
            getattr(self, name)()
            self.events[name] += 1
            self.node.mine()
            if time.monotonic() > shown + SHOWN_EVERY_S:
                shown = time.monotonic()
                print(f"{callers.answered} answered, {len(self.ids.ids)} ids", flush=True)

    def calm(self):
        time.sleep(self.dice.uniform(0.2, 1))

    def kill_daemon(self):
        self.calm()
        self.kill_if_alive()
        self.choose_disk()
        self.daemon.start(*OPTIONS)

    def kill_if_alive(self):
        """One that has ended by itself has failed."""
        self.assertIsNone(self.daemon.process.poll(), self.daemon.last_words())
        self.daemon.kill()

    def choose_disk(self):
        """On a slow one much is on its way that is not durable yet."""
        is_slow = self.dice.random() < SLOW_DISK
        self.daemon.program = FAULTY if is_slow else "sendonced"
        disk = {"SENDONCE_DISK": str(self.daemon.wal_path.parent), "SENDONCE_SYNC_MS": str(SYNC_MS)}
        self.daemon.environment = disk if is_slow else {}

    def stop_daemon(self):
        self.calm()
        self.daemon.restart(*OPTIONS)

    def kill_node(self):
        self.node.kill()
        self.daemon_alone()
        self.node.start()
        self.unlock()

    def restart_node(self):
        self.node.stop()
        self.daemon_alone()
        self.node.start()
        self.unlock()

    def hang_node(self):
        self.node.hang()
        self.daemon_alone()
        self.node.resume()

    def daemon_alone(self):
        """It may die meanwhile: it answers what it knows without a node, as before."""
        self.calm()
        if self.dice.random() < 0.3:
            self.kill_if_alive()
            self.daemon.launch(*OPTIONS)

    def lock_wallet(self):
        self.wallet.walletlock()
        self.calm()
        self.unlock()

    def lose_calls(self):
        rule = self.proxy.on("*", Sometimes(self.dice))
        self.calm()
        self.proxy.remove(rule)

    # --- the end

    def come_to_rest(self):
        self.proxy.clear()
        self.daemon.wait_ready()
        wait_until(self.all_is_done, "all that was recorded is paid or will never be")

    def all_is_done(self):
        self.node.mine()
        states = collections.Counter(
            each["send"]["state"] if each["status"] == 200 else "unknown"
            for each in self.look_up_all())
        return set(states) <= {"final", "cancelled", "expired", "unknown"} and states

    def look_up_all(self):
        """The answers for all ids; the calls are written down as the callers' are."""
        names = list(self.ids.ids)
        answers = []
        for at in range(0, len(names), BULK):
            part = names[at:at + BULK]
            begin = time.monotonic()
            results = self.daemon.api.look_up(part)["results"]
            end = time.monotonic()
            self.history.add([
                Call(10**9 + len(self.history.calls()), LOOK_UP, name, begin, None, end, answer)
                for name, answer in zip(part, results)])
            answers += results
        return answers

    def findings(self):
        """Ids whose calls cannot have happened one after the other."""
        begin = time.monotonic()
        findings, steps = history.check(
            self.history, lambda name: self.ids.ids[name].contents, self.ids.expiries_of)
        sizes = [len(each) for each in self.history.by_id().values()]
        self.report(calls=sum(sizes), steps=steps, ids=len(sizes), most_calls_on_an_id=max(sizes),
                    findings=len(findings), checked_in_s=round(time.monotonic() - begin, 1))
        return findings

    def report(self, **figures):
        """A line that test/history/run adds up."""
        print("figures", json.dumps(figures), flush=True)

    def check_chain(self):
        """Each id is paid with the content that is recorded, if its outcome says so, and once."""
        outcomes, expected = collections.Counter(), {}
        for name, answer in zip(self.ids.ids, self.look_up_all()):
            known = answer["status"] == 200
            outcomes[answer["send"]["state"] if known else "unknown"] += 1
            if known and answer["send"]["outcome"] == "sent":
                expected[name] = [(self.scripts[each["address"]], each["amount_sat"])
                                  for each in answer["send"]["outputs"]]
        owners = {(self.scripts[address], amount_sat): each.name for each in self.ids.ids.values()
                  for content in each.contents for address, amount_sat in each.outputs(content)}
        paid = PaidIds(owners, Chain(self.node.rpc))
        self.assertEqual(list(paid.problems(expected)), [])
        several = paid.check_signatures(self.proxy.signed(), self.compared)
        self.report(payments=len(expected), ids_with_several_signed_transactions=several,
                    **self.compared.figures(), **{f"end: {name}": count for name, count in outcomes.items()})
