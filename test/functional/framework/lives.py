"""Ways of a send through life, lived under mishaps: each again for each point that it passes.

The points are found by living such a life once without mishap, so that a new one is covered by
itself.
"""

import http.client
import re

from . import audit, case, faults
from .chain import Chain
from .ordeal import Mishap, Ordeal
from .write_ahead import WriteAhead

FINALITY = 2
COINS = 20
OPTIONS = (f"-finality={FINALITY}",)
WAIT_S = 20
LOW, HIGH = 2, 30  # sat/vB
RELEASED = re.compile(r'type="LocksReleased"\} [1-9]')


def evenly(items, count):
    """So many of the items, from everywhere among them."""
    step = max(1, len(items) / count)
    return [items[int(at * step)] for at in range(min(count, len(items)))]


def name_of(life_class, mishaps):
    """An id that says by itself what its send went through."""
    parts = [
        f"{each.then}{'.cut' * each.power_goes}.{each.point.name}.{each.point.nth}"
        for each in mishaps
    ]
    return "-".join([life_class.__name__, *parts])


class Life:
    """What one send goes through. Both parts repeat what they ask for until it is answered."""

    LANDMARKS = ()  # points that it passes, or it is not the life that it is meant to be

    def __init__(self, test, send_id):
        self.test, self.send_id = test, send_id
        self.api, self.node, self.promises = test.daemon.api, test.node, test.promises
        self.body = test.new_send(self.node, send_id)

    def before(self, ordeal):
        """What comes before the mishaps."""

    def live(self, ordeal):
        raise NotImplementedError

    # --- what lives are made of

    def submit(self, ordeal):
        answer = ordeal.answer_to(lambda: self.api.put(self.send_id, self.body))
        self.test.assertIn(answer.status, (200, 201), answer)
        self.promises.accepted(self.send_id)

    def submit_until_sent(self, ordeal):
        """From the first acknowledgement on the id is known, whatever happens."""
        def again():
            answer = self.api.put(self.send_id, self.body, wait=WAIT_S, until="sent")
            self.test.assertIn(answer.status, (200, 503), answer)
            return answer

        sent = ordeal.send_in(("broadcast",), again)
        self.test.assertTrue(sent["replayed"])

    def wait_for(self, ordeal, state):
        def known():
            answer = self.api.get(self.send_id, wait=WAIT_S, until=state)
            self.test.assertEqual(answer.status, 200, answer)
            return answer

        ordeal.send_in((state,), known)

    def confirm(self, ordeal):
        self.node.mine()
        self.wait_for(ordeal, "confirmed")

    def finish(self, ordeal):
        self.node.mine(FINALITY - 1)
        self.wait_for(ordeal, "final")


class Paid(Life):
    """Submitted, sent, confirmed, final."""

    LANDMARKS = (
        "append:SendRecorded", "answer", "call:DraftTransaction", "append:BatchReserved",
        "durable:BatchReserved", "call:LockCoins", "append:SignatureRequested", "call:Sign",
        "called:Sign", "append:VersionSigned", "durable:VersionSigned", "call:Broadcast",
        "called:Broadcast", "append:VersionAccepted", "append:BatchConfirmed", "append:BatchFinal",
    )

    def live(self, ordeal):
        self.submit(ordeal)
        self.submit_until_sent(ordeal)
        self.confirm(ordeal)
        self.finish(ordeal)


class Raised(Paid):
    """Sent, given a higher fee, confirmed, final."""

    LANDMARKS = (
        "call:LookUpCoins", "call:DraftTransaction", "append:VersionReserved",
        "durable:VersionReserved", "answer", "append:SignatureRequested", "call:Sign",
        "called:Sign", "append:VersionSigned", "durable:VersionSigned", "call:Broadcast",
        "called:Broadcast", "append:VersionAccepted", "append:BatchConfirmed", "append:BatchFinal",
    )

    def __init__(self, *arguments):
        super().__init__(*arguments)
        # Named, because the node learns from what was confirmed before what to call usual.
        self.body["fee"] = {"rate_sat_vb": LOW}

    def before(self, ordeal):
        self.submit(ordeal)
        self.submit_until_sent(ordeal)

    def live(self, ordeal):
        ordeal.send_in(("broadcast",), lambda: self.api.bump(self.send_id, HIGH))
        ordeal.send_in(("broadcast",), self.replaced)
        self.confirm(ordeal)
        self.finish(ordeal)

    def replaced(self):
        """The answer once the second version is in the mempool, and known to be."""
        answer = self.api.get(self.send_id)
        is_there = answer["txid"] in self.node.rpc.getrawmempool()
        is_second = answer["txids"][1:] == [answer["txid"]]
        return answer if is_there and is_second else None


class SentAndRaised(Raised):
    """All of that in one run, if nothing happens."""

    LANDMARKS = (*Paid.LANDMARKS, *Raised.LANDMARKS)

    def before(self, ordeal):
        """Nothing yet."""

    def live(self, ordeal):
        super().before(ordeal)
        super().live(ordeal)


class Reorganised(Life):
    """Confirmed; its block leaves the chain, and another one takes it up."""

    LANDMARKS = ("append:BatchReopened", "append:BatchConfirmed", "append:BatchFinal")

    def before(self, ordeal):
        self.submit(ordeal)
        self.submit_until_sent(ordeal)
        self.confirm(ordeal)

    def live(self, ordeal):
        self.node.rpc.invalidateblock(self.node.rpc.getbestblockhash())
        self.node.mine_empty(2)
        ordeal.send_in(("broadcast",), lambda: self.api.get(self.send_id))
        self.confirm(ordeal)
        self.finish(ordeal)


class Fenced(Life):
    """Cancelled before it was ever submitted."""

    LANDMARKS = ("append:SendEnded", "durable:SendEnded")

    def live(self, ordeal):
        self.promises.never(self.send_id)
        self.cancel(ordeal)
        late = ordeal.answer_to(lambda: self.api.put(self.send_id, self.body))
        self.test.assertEqual((late.status, late["code"]), (409, "id_cancelled"), late)

    def cancel(self, ordeal):
        answer = ordeal.answer_to(lambda: self.api.delete(self.send_id))
        self.test.assertEqual((answer.status, answer["outcome"]), (200, "never"), answer)


class GivenUp(Fenced):
    """Cancelled when its coins are reserved and locked, and no signature was asked for."""

    LANDMARKS = ("append:BatchDropped", "append:SendEnded", "call:UnlockCoins",
                 "append:LocksReleased", "durable:LocksReleased")

    def before(self, ordeal):
        self.wallet = self.node.wallet(case.WALLET)
        self.wallet.lockunspent(True)  # what was left behind by a death before the unlocking

    def live(self, ordeal):
        unknown = self.test.proxy.on("lockunspent", faults.DropReply())
        self.submit(ordeal)
        ordeal.send_in(("reserved",), lambda: self.api.get(self.send_id))
        self.promises.never(self.send_id)
        self.cancel(ordeal)
        again = ordeal.answer_to(lambda: self.api.put(self.send_id, self.body))
        self.test.assertEqual((again.status, again["outcome"]), (200, "never"), again)
        if not ordeal.deaths:
            ordeal.wait_for(self.unlocked, "the coins are unlocked, and that is on record")
        self.test.proxy.remove(unknown)

    def unlocked(self):
        """Durable too: so is what is written after it."""
        try:
            metrics = self.api.request("GET", "/metrics").body.decode()
            if self.wallet.listlockunspent() or not RELEASED.search(metrics):
                return False
            return self.api.delete(f"{self.send_id}~fence").status == 200
        except (OSError, http.client.HTTPException):
            return False  # it has met its mishap


class LivesTest(case.Case):
    """All lives of a test share node, wallet and log."""

    SYNC_MS = 0  # how long a sync takes where the disk is a faulty one

    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=COINS)
        self.proxy = self.start_proxy(self.node)
        self.daemon = self.new_sendonced(self.node, self.proxy)
        self.daemon.init()
        self.daemon.start(*OPTIONS)  # and reads the blocks that were there already
        self.write_ahead = WriteAhead(self.proxy)
        self.met = set()  # names of the points at which a mishap was met
        self.regular = set()  # names of the points that every life of the kind passes

    def live_through(self, life_class, *mishaps, counts_calls=False):
        """One life with its mishaps. Returns the ordeal that it was."""
        send_id = name_of(life_class, mishaps)
        while send_id in self.promises.ids():
            send_id += "-again"
        life = life_class(self, send_id)
        life.before(Ordeal(self.daemon, self.folder / send_id / "before", options=OPTIONS))
        ordeal = Ordeal(
            self.daemon, self.folder / send_id / "life", *mishaps,
            options=OPTIONS, sync_ms=self.SYNC_MS, counts_calls=counts_calls,
            after_death=self.write_ahead.check,
        )
        with self.subTest(send_id):
            ordeal.answer_to(lambda: self.daemon.api.request("GET", "/readyz"))
            life.live(ordeal)
            ordeal.end()
        self.met.update(each.point.name for each in ordeal.deaths)
        return ordeal

    def points_of(self, life_class):
        """Those of one life. check_lives expects a mishap at those that a second one passes too."""
        points, again = (self.live_through(life_class).points(run=0) for _ in range(2))
        self.regular = {each.name for each in points} & {each.name for each in again}
        self.assertLessEqual(set(life_class.LANDMARKS), self.regular)
        return points

    def check_lives(self, points):
        """At the end: a mishap was met at each of the points, and every promise was kept."""
        names = {each.name for each in points} & self.regular
        self.assertEqual(names - self.met, set(), "not reached")
        self.check_ground()

    def check_ground(self):
        """Chain, signatures, answers and log, after any number of lives."""
        self.check_payments(self.node, self.proxy)
        self.check_answers()
        self.daemon.stop()
        verified = self.daemon.wal_tool("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        audit.check(self.daemon, self.node)

    def check_answers(self):
        """The daemon, without any fault, tells of each id what the chain shows."""
        self.daemon.program, self.daemon.environment = "sendonced", {}
        self.daemon.runs_under = ()
        self.daemon.start(*OPTIONS)
        chain = Chain(self.node.rpc)
        for send_id in self.promises.ids():
            answer = self.daemon.api.get(send_id)
            paid_by = {each.txid for each in self.promises.payments(send_id, chain)}
            expected = (200, "sent", "final") if paid_by else (200, "never", "cancelled")
            told = (answer.status, answer["outcome"], answer["state"])
            self.assertEqual(told, expected, answer)
            self.assertEqual({answer["txid"]} - {None}, paid_by)
