"""Everything at once, by the dice, for a minute: submits and cancels, an operator who spends, bumps
and leaves out, blocks that come and go, old transactions mined again, lost calls, deaths of daemon
and node. No id is ever paid twice, none that was fenced is paid, all that was ever signed for an id
excludes each other; and when the world comes to rest, all that was acknowledged is paid.

SENDONCE_TEST_SEED repeats a run's decisions, SENDONCE_TEST_SECONDS makes it longer or shorter.
"""

import http.client
import os
import random
import time

from framework import audit, case, faults
from framework.chain import Chain
from framework.rpc import HttpError, RpcError, to_btc
from framework.sending import BRISK, COIN_SAT, WHOLE_CHANGE, SendCase
from framework.waiting import wait_until

SECONDS = int(os.environ.get("SENDONCE_TEST_SECONDS", "60"))
TIME_LIMIT_S = 3600
CONFLICT_DEPTH = 10_000  # out of reach: what is paid again has to exclude the rest by its coins
PATIENCE = 20  # rounds at the end before somebody gives a verdict on what is still stuck
MAX_SENDS = 60
EVENTS_BETWEEN_CHECKS = 15
AMOUNTS_SAT = (100_000, 1_000_000, COIN_SAT // 2, COIN_SAT * 3 // 2)
FEE_SAT = 20_000
LOSS = 0.05
# How often each happens, compared with the others.
EVENTS = {
    "submit": 6,
    "mine": 5,
    "let_time_pass": 4,
    "take_a_coin": 2,
    "bump_as_operator": 2,
    "bump": 2,
    "leave_out": 1,
    "reorganise": 2,
    "cancel": 2,
    "kill_daemon": 2,
    "restart_node": 1,
    "lose_calls": 1,
    "accept_alarms": 3,
}


class Sometimes(faults.Fault):
    """Strikes some calls: their request or their reply is lost."""

    def __init__(self, dice):
        self._dice = dice

    def before(self, exchange):
        self._cut_or_not()

    def after(self, exchange, reply):
        self._cut_or_not()
        return reply

    def _cut_or_not(self):
        if self._dice.random() < LOSS:
            raise faults.Cut


class Play(SendCase):
    wallet_coins = 30
    with_proxy = True
    options = (*(option for option in BRISK if option != WHOLE_CHANGE),
               f"-conflictdepth={CONFLICT_DEPTH}", "-rpcclienttimeout=3")

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("SENDONCE_TEST_SEED", random.randrange(2**32)))
        print(f"SENDONCE_TEST_SEED={self.seed}")
        self.dice = random.Random(self.seed)
        self.strangers = []
        self.sends = []
        self.done = dict.fromkeys(EVENTS, 0)
        self.rounds = 0

    def test_it(self):
        deadline = time.monotonic() + SECONDS
        count = 0
        while time.monotonic() < deadline:
            self.one_event()
            count += 1
            if count % EVENTS_BETWEEN_CHECKS == 0:
                self.check()
        print(f"{count} events: {self.done}")
        self.check()
        self.come_to_rest()

    def one_event(self):
        name = self.dice.choices(list(EVENTS), list(EVENTS.values()))[0]
        try:
            getattr(self, name)()
            self.done[name] += 1
        except (RpcError, HttpError):
            pass  # the node would not have it: an old coin, a fee too low, nothing to bump

    def check(self):
        chain = Chain(self.node.rpc)
        self.promises.check(chain, all_paid=False)
        self.check_signatures(self.proxy, chain, self.strangers)

    # --- callers

    def ask(self, request):
        """As a caller has to: until there is an answer that is about the id."""
        def answered():
            try:
                answer = request()
            except (OSError, http.client.HTTPException):
                return None
            return answer if answer.status != 503 else None

        try:
            return wait_until(answered, "an answer", timeout_s=3)
        except TimeoutError:
            return None

    def submit(self):
        if len(self.sends) == MAX_SENDS:
            return
        send_id = f"w-{len(self.sends)}"
        body = self.new_send(self.node, send_id, self.dice.choice(AMOUNTS_SAT))
        self.sends.append(send_id)
        answer = self.ask(lambda: self.api.put(send_id, body))
        if answer:
            self.assert_answer(answer, 201)
            self.promises.accepted(send_id)

    def cancel(self):
        send_id = self.dice.choice(self.sends or ["nobody"])
        answer = self.ask(lambda: self.api.delete(send_id))
        if answer and answer.status == 200 and send_id in self.sends:
            self.assert_answer(answer, 200, outcome="never")
            self.promises.never(send_id)

    def bump(self):
        send_id = self.dice.choice(self.sends or ["nobody"])
        rate = self.dice.choice((5, 10, 20, 40))
        answer = self.ask(lambda: self.api.bump(send_id, rate))
        if answer:
            self.assertIn(answer.status, (200, 404, 409, 422), answer)

    def let_time_pass(self):
        self.ask(lambda: self.api.get(self.dice.choice(self.sends or ["nobody"]), wait=1))

    def accept_alarms(self):
        answer = self.ask(self.api.alarms)
        for each in answer["alarms"] if answer else []:
            if not each["accepted"]:
                self.ask(lambda number=each["number"]: self.api.accept_alarm(number))

    # --- the operator

    def take_a_coin(self):
        coins = self.wallet.listunspent(1, 9_999_999, [], True, {"minimumAmount": 0.05})
        reserved = self.ask(self.api.funds)
        coins = [(each["txid"], each["vout"], round(each["amount"] * 100_000_000)) for each in coins]
        for each in reserved["reservations"] if reserved else []:
            coins += [(one["txid"], one["vout"], one["amount_sat"]) for one in each["coins"]]
        if not coins:  # all of them are spent in the mempool
            return
        txid, vout, amount_sat = self.dice.choice(sorted(coins))
        outputs = [{self.new_address(self.node): to_btc(amount_sat // 10)}]
        if self.dice.random() < 0.7:
            change_sat = amount_sat - amount_sat // 10 - FEE_SAT * self.dice.choice((1, 20))
            outputs.append({self.wallet.getnewaddress("", "bech32"): to_btc(change_sat)})
        raw = self.wallet.createrawtransaction([{"txid": txid, "vout": vout}], outputs)
        taken = self.wallet.signrawtransactionwithwallet(raw)["hex"]
        self.strangers.append(taken)
        if self.dice.random() < 0.5:
            self.node.rpc.sendrawtransaction(taken, 0)
        else:
            self.mine_only(taken)

    def ours_in_mempool(self):
        txids = self.node.rpc.getrawmempool()
        signed = {self.node.rpc.decoderawtransaction(each)["txid"] for each in self.proxy.signed()}
        return sorted(set(txids) & signed)

    def bump_as_operator(self):
        self.operators_bump({})

    def leave_out(self):
        self.operators_bump({"outputs": []})

    def operators_bump(self, options):
        txids = self.ours_in_mempool()
        if not txids:
            return
        txid = self.dice.choice(txids)
        if "outputs" in options:
            outputs = self.node.rpc.getrawtransaction(txid, True)["vout"]
            paid = [{each["scriptPubKey"]["address"]: each["value"]} for each in outputs[:-1]]
            options = {"outputs": paid[1:]} if len(paid) > 1 else {}
        bumped = self.wallet.bumpfee(txid, {"fee_rate": self.dice.choice((20, 60)), **options})
        self.strangers.append(self.wallet.gettransaction(bumped["txid"])["hex"])

    # --- the chain

    def mine(self):
        self.node.mine()

    def mine_only(self, *transactions):
        self.node.rpc.generateblock(self.new_address(self.node), list(transactions))

    def reorganise(self):
        """The new chain begins with old transactions, as far as they can stand there."""
        height = self.node.rpc.getblockcount()
        depth = self.dice.randint(1, 3)
        self.node.rpc.invalidateblock(self.node.rpc.getblockhash(height - depth + 1))
        old = self.proxy.signed() + self.strangers
        self.dice.shuffle(old)
        for each in old[:5]:
            try:
                self.mine_only(each)
            except RpcError:
                pass  # not in this chain
        self.node.mine_empty(max(0, height + 1 - self.node.rpc.getblockcount()))

    # --- deaths and losses

    def kill_daemon(self):
        self.daemon.kill()
        self.daemon.launch(*self.options)
        self.daemon.wait_alive()

    def restart_node(self):
        keeps = self.dice.choice(("-persistmempool=1", "-persistmempool=0"))
        self.node.restart(keeps)

    def lose_calls(self):
        rule = self.proxy.on("*", Sometimes(self.dice))
        self.let_time_pass()
        self.proxy.remove(rule)

    # --- the end

    def come_to_rest(self):
        self.proxy.clear()
        self.node.fund(self.wallet, [to_btc(COIN_SAT * 2)] * 12)
        wait_until(self.all_is_done, "all that was acknowledged is paid")
        self.promises.check(Chain(self.node.rpc))
        wait_until(self.no_alarm_is_open, "somebody has accepted every alarm")
        self.daemon.stop()
        audit.check(self.daemon, self.node)

    def no_alarm_is_open(self):
        self.accept_alarms()
        answer = self.ask(self.api.alarms)
        return answer and all(each["accepted"] for each in answer["alarms"])

    def all_is_done(self):
        """Somebody looks after the alarms, and blocks come."""
        self.rounds += 1
        self.accept_alarms()
        self.node.mine()
        time.sleep(0.1)  # blocks come far apart: what is asked of the node between them is done
        return all(self.is_done(each) for each in self.sends)

    def is_done(self, send_id):
        answer = self.api.get(send_id)
        if answer.status == 404 or answer["outcome"] == "never":
            return True
        if answer["state"] == "conflicted" and self.rounds > PATIENCE:
            self.api.verdict(send_id, "pay_again", "the dice have it")
        return answer["state"] == "final"


if __name__ == "__main__":
    case.main()
