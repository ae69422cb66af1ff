"""The incident itself, as a crowd: the same submits again and again from 64 connections at once,
pipelined and in bulk, with the daemon killed in between. As many payments as ids (G1, G2, G4).

SENDONCE_TEST_SUBMITS, SENDONCE_TEST_IDS, SENDONCE_TEST_KILLS and SENDONCE_TEST_CONNECTIONS say how
many, and SENDONCE_TEST_SEED repeats a run's decisions.
"""

import json
import os
import random
import time

from framework import case
from framework.chain import Chain
from framework.drafts import script_of
from framework.duplicate_load import DuplicateLoad
from framework.paid_ids import PaidIds
from framework.sending import AMOUNT_SAT, BRISK, WHOLE_CHANGE
from framework.waiting import wait_until

SUBMITS = int(os.environ.get("SENDONCE_TEST_SUBMITS", "100000"))
IDS = int(os.environ.get("SENDONCE_TEST_IDS", "1000"))
KILLS = int(os.environ.get("SENDONCE_TEST_KILLS", "5"))
CONNECTIONS = int(os.environ.get("SENDONCE_TEST_CONNECTIONS", "64"))
TIME_LIMIT_S = 3600
OPTIONS = (*(option for option in BRISK if option != WHOLE_CHANGE), "-finality=2")
COINS = 20
LOOKED_UP_AT_ONCE = 1000
SHOWN_EVERY_S = 10


class DuplicateSubmits(case.Case):
    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SENDONCE_TEST_SEED", random.randrange(2**32)))
        print(f"SENDONCE_TEST_SEED={self.seed}")
        self.dice = random.Random(self.seed)
        self.node = self.start_funded_node(coins=COINS)
        self.proxy = self.start_proxy(self.node)
        self.daemon = self.start_sendonced(self.node, self.proxy, options=OPTIONS)
        self.address = self.new_address(self.node)
        self.bodies = {f"w-{number}": self.body(AMOUNT_SAT + number) for number in range(IDS)}
        self.kills = 0

    def body(self, amount_sat):
        return {"outputs": [{"address": self.address, "amount_sat": amount_sat}]}

    def test_as_many_payments_as_ids(self):
        load = DuplicateLoad(self.daemon.port, self.daemon.cookie_path, self.bodies, self.seed)
        load.start(CONNECTIONS, SUBMITS)
        try:
            self.kill_now_and_then(load)
        finally:
            load.stop()
        self.check_answers(load.tally)
        wait_until(self.all_are_final, "all of them are final")
        self.check_chain()

    def kill_now_and_then(self, load):
        """The first time while the ids are being recorded, the others at any point of the load."""
        points = sorted([IDS // 4, *(self.dice.randrange(IDS, SUBMITS) for _ in range(KILLS - 1))])
        shown = time.monotonic()
        for point in points:
            while load.done < point and load.is_running():
                time.sleep(0.001)
                if time.monotonic() > shown + SHOWN_EVERY_S:
                    shown = time.monotonic()
                    print(f"{load.done} of {SUBMITS} submits, {self.kills} kills", flush=True)
            self.assertIsNone(self.daemon.process.poll(), self.daemon.last_words())
            self.daemon.kill()
            self.daemon.start(*OPTIONS)
            self.kills += 1
            self.node.mine()
        wait_until(lambda: not load.is_running(), "the load is over", TIME_LIMIT_S)

    def check_answers(self, tally):
        print("figures", json.dumps({
            "ids": IDS, "submits_answered_200_or_201": tally.by_status[200] + tally.by_status[201],
            "said_to_be_new": sum(tally.recorded.values()), "without_answer": tally.unanswered,
            "kills": self.kills,
            **{f"status {status}": count for status, count in sorted(tally.by_status.items())}}))
        self.assertEqual(tally.strange[:3], [])
        self.assertEqual(set(tally.created_at), set(self.bodies))
        self.assertEqual([name for name, count in tally.recorded.items() if count > 1], [])
        self.assertEqual([name for name, all_ in tally.created_at.items() if len(all_) > 1], [])

    def all_are_final(self):
        self.node.mine()
        names = list(self.bodies)
        states = set()
        for at in range(0, IDS, LOOKED_UP_AT_ONCE):
            results = self.daemon.api.look_up(names[at:at + LOOKED_UP_AT_ONCE])["results"]
            states |= {each["send"]["state"] for each in results}
        return states == {"final"}

    def check_chain(self):
        script = script_of(self.node, self.address)
        pairs = {name: (script, body["outputs"][0]["amount_sat"])
                 for name, body in self.bodies.items()}
        paid = PaidIds({pair: name for name, pair in pairs.items()}, Chain(self.node.rpc))
        self.assertEqual(list(paid.problems({name: [pair] for name, pair in pairs.items()})), [])
        several = paid.check_signatures(self.proxy.signed(), self.compared)
        print("figures", json.dumps({"payments": len(paid.by_id),
                                     "ids_with_several_signed_transactions": several,
                                     **self.compared.figures()}))


if __name__ == "__main__":
    case.main()
