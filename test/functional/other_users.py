"""Other users of the wallet, and depositors who take back what they gave: they take coins that a
send counts on. The send is paid again only where the first payment can never confirm beside the
second one (rule R4), and comes back to the first where that one confirms after all (R4').
"""

import contextlib

from framework import audit, case, faults
from framework.chain import Chain
from framework.rpc import to_btc
from framework.sending import BRISK, COIN_SAT, WAIT_S, SendCase
from framework.waiting import wait_until

CONFLICT_DEPTH = 10
FOREIGN_DEPTH = 6  # confirmations before a coin from a stranger's transaction is spent (R9)
TWO_COINS_SAT = COIN_SAT * 3 // 2  # what takes two coins to pay
FEE_SAT = 10_000
HIGH_FEE_SAT = 1_000_000


def outpoint(coin):
    return {"txid": coin["txid"], "vout": coin["vout"]}


class ShareCase(SendCase):
    options = (*BRISK, f"-conflictdepth={CONFLICT_DEPTH}")
    with_proxy = True

    def setUp(self):
        super().setUp()
        self.strangers = []  # every transaction that sendonce did not make
        # Where a deep block, or a person's word, was the reason for a second payment, only that
        # stands between the two.
        self.all_exclude_each_other = True

    def tearDown(self):
        chain = Chain(self.node.rpc)
        self.promises.check(chain)
        if self.all_exclude_each_other:
            self.check_signatures(self.proxy, chain, self.strangers)
        self.daemon.stop()
        audit.check(self.daemon)  # not the chain: alarms are open that nobody has accepted
        super().tearDown()

    # --- what others do

    def take(self, coins, ours_sat=0, theirs_sat=None):
        """A transaction with which somebody else who has the keys spends these coins: to himself,
        and ours_sat of it back to the wallet.
        """
        inputs = [outpoint(each) for each in coins]
        rest_sat = sum(each["amount_sat"] for each in coins) - ours_sat - FEE_SAT
        outputs = [{self.new_address(self.node): to_btc(theirs_sat or rest_sat)}]
        if ours_sat:
            outputs.append({self.wallet.getnewaddress("", "bech32"): to_btc(ours_sat)})
        raw = self.wallet.createrawtransaction(inputs, outputs)
        signed = self.wallet.signrawtransactionwithwallet(raw)
        self.assertTrue(signed["complete"])
        self.strangers.append(signed["hex"])
        return signed["hex"]

    def mine_only(self, *transactions):
        """A block of these; returns its hash."""
        return self.node.rpc.generateblock(self.new_address(self.node), list(transactions))["hash"]

    def fall_back(self, block_hash, *transactions):
        """The block leaves the chain; one of these, and enough behind it, take its place."""
        height = self.node.rpc.getblockcount()
        self.node.rpc.invalidateblock(block_hash)
        self.mine_only(*transactions)
        self.node.mine_empty(max(0, height + 1 - self.node.rpc.getblockcount()))

    @contextlib.contextmanager
    def proxy_holds(self, method):
        """The next such call waits in the proxy until it is released."""
        hold = faults.HoldRequest()
        self.proxy.on(method, hold, first=1)
        yield hold

    # --- what is seen

    def pay_from_two(self, send_id="w-1"):
        """A send that two coins pay for. Returns them and its transaction."""
        self.submit(send_id, self.new_body(send_id, (TWO_COINS_SAT,)), wait=WAIT_S)
        return self.coins_of(send_id), self.raw(self.api.get(send_id)["txid"])

    def coins_of(self, send_id):
        for each in self.api.funds()["reservations"]:
            if send_id in each["ids"]:
                return each["coins"]
        raise AssertionError(f"no coin is reserved for {send_id}")

    def raw(self, txid):
        return self.wallet.gettransaction(txid)["hex"]

    def wait_for_second(self, first_hex, send_id="w-1", but_not=None):
        """Until another transaction than these is out; returns it."""
        first = self.node.rpc.decoderawtransaction(first_hex)["txid"]

        def another():
            answer = self.api.get(send_id)
            is_another = answer["txid"] not in (first, but_not)
            return answer["txid"] if is_another and answer["outcome"] == "sent" else None

        return wait_until(another, f"{send_id} is paid by another transaction")

    def assert_paid_by(self, raw_hex, send_id="w-1"):
        txid = self.node.rpc.decoderawtransaction(raw_hex)["txid"]

        def paid_by_it():
            answer = self.api.get(send_id)
            return answer["txid"] == txid and answer["confirmations"] > 0

        wait_until(paid_by_it, f"{send_id} is paid by {txid}")
        self.assert_answer(self.api.get(send_id), 200, outcome="sent")

    def reservation(self, send_id="w-1"):
        """The newest record that binds the send to coins."""
        records = self.api.history(send_id)["records"]
        return [each for each in records if each["type"] == "BatchReserved"][-1]

    def reserved_coins(self, send_id="w-1"):
        return [outpoint(each) for each in self.reservation(send_id)["coins"]]

    def exclusion_reasons(self, send_id="w-1"):
        return [each["reason"] for each in self.reservation(send_id)["exclusions"]]


class CoinTaken(ShareCase):
    def test_it_is_paid_around_a_coin_that_is_left(self):
        coins, first = self.pay_from_two()
        block = self.mine_only(self.take(coins[:1]))
        self.wait_for_second(first)
        self.assertEqual(self.exclusion_reasons(), ["shared_coin"])
        self.assertIn(outpoint(coins[1]), self.reserved_coins())
        self.give_the_old_one_its_chance(block, first)

    def test_it_is_paid_from_the_takers_change(self):
        coins, first = self.pay_from_two()
        block = self.mine_only(self.take(coins, ours_sat=COIN_SAT))
        self.api.wait_for_state("w-1", "conflicted")
        self.assert_answer(self.api.get("w-1"), 200, outcome="pending")
        self.node.mine_empty(FOREIGN_DEPTH - 1)
        self.wait_for_second(first)
        self.assertEqual(self.exclusion_reasons(), ["descends_from_rival"])
        self.give_the_old_one_its_chance(block, first)

    def give_the_old_one_its_chance(self, block, first):
        """A miner includes it in a chain without the taker's transaction."""
        self.node.mine()
        self.wait_for("w-1", "confirmed")
        self.fall_back(block, first)
        self.assert_paid_by(first)
        self.finish("w-1")

    def test_at_conflict_depth_any_coin_does(self):
        coins, first = self.pay_from_two()
        self.mine_only(self.take(coins))
        self.node.mine_empty(CONFLICT_DEPTH - 2)
        answer = self.wait_for_stall("w-1", "conflicted")
        self.assertEqual(answer["stalled"]["retry"], "automatic")
        self.assertEqual(self.records("w-1").count("BatchReserved"), 1)
        self.node.mine_empty()
        self.wait_for_second(first)
        self.assertEqual(self.exclusion_reasons(), ["deep_rival"])
        self.all_exclude_each_other = False
        self.finish("w-1")

    def test_two_takers_in_a_row_and_the_first_leaves_the_chain(self):
        """The second says nothing of the first payment, whose own taker is gone."""
        coins, first = self.pay_from_two()
        block = self.mine_only(self.take(coins[:1]))
        second = self.wait_for_second(first)
        known = [outpoint(each) for each in coins]
        others = [each for each in self.reservation()["coins"] if outpoint(each) not in known]
        self.fall_back(block, self.take(others))
        self.wait_for_second(first, but_not=second)
        self.assertEqual(len(self.exclusion_reasons()), 2)
        self.finish("w-1")

    def test_a_taker_who_is_still_in_the_mempool(self):
        """Nothing is paid again for him, though a coin is left: he may never confirm."""
        coins, first = self.pay_from_two()
        rival = self.take(coins[:1], theirs_sat=COIN_SAT - HIGH_FEE_SAT)
        self.node.rpc.sendrawtransaction(rival, 0)
        self.api.wait_for_state("w-1", "conflicted")
        self.assert_answer(self.api.get("w-1"), 200, outcome="pending")
        self.submit("w-2", wait=WAIT_S)  # what comes later goes on
        self.assertEqual(self.records("w-1").count("BatchReserved"), 1)
        self.mine_only(first)
        self.assert_paid_by(first)
        self.finish("w-1")
        self.finish("w-2")

    def test_killed_again_and_again(self):
        coins, first = self.pay_from_two()
        self.daemon.kill()
        self.mine_only(self.take(coins[:1]))
        for _ in range(5):
            self.daemon.launch(*self.options)
            self.daemon.wait_alive()
            self.accept_all_alarms()
            self.daemon.kill()
        self.daemon.launch(*self.options)
        self.daemon.wait_alive()
        wait_until(self.accept_all_alarms, "what was spent meanwhile is shown")
        self.wait_for_second(first)
        self.finish("w-1")

    def accept_all_alarms(self):
        """What was spent while sendonce was down: it pays nothing before somebody has looked."""
        alarms = self.api.alarms()["alarms"]
        for each in alarms:
            if not each["accepted"]:
                self.assert_answer(self.api.accept_alarm(each["number"]), 200)
        return alarms


class Operator(ShareCase):
    def test_a_bumped_fee_is_adopted(self):
        _, first = self.pay_from_two()
        bumped = self.wallet.bumpfee(self.api.get("w-1")["txid"], {"fee_rate": 50})["txid"]
        self.strangers.append(self.raw(bumped))
        wait_until(lambda: self.api.get("w-1")["txid"] == bumped, "it is taken over")
        self.assert_answer(self.api.get("w-1"), 200, outcome="sent", state="broadcast")
        kinds = [each["kind"] for each in self.api.alarms()["alarms"]]
        self.assertEqual(kinds, ["foreign_version"])
        self.mine_only(first)  # the old one all the same
        self.assert_paid_by(first)
        self.finish("w-1")

    def test_a_bump_that_leaves_one_out(self):
        """He is paid from the bump's change, so that the first one can never pay him as well."""
        with self.proxy_holds("fundrawtransaction") as held:
            self.submit("w-0")
            held.wait_reached()
            for send_id in ("w-1", "w-2"):  # wait behind it, and are paid together
                body = self.new_send(self.node, send_id)
                self.assertEqual(self.api.put(send_id, body).status, 201)
                self.promises.accepted(send_id)
            held.release()
        first = self.raw(self.wait_for("w-2", "sent")["txid"])
        bumped = self.leave_out("w-1", first)
        self.api.wait_for_state("w-1", "conflicted")
        self.assert_answer(self.api.get("w-2"), 200, outcome="sent", txid=bumped)
        block = self.node.mine()[0]
        self.wait_for_second(first, "w-1")
        self.assertEqual(self.exclusion_reasons("w-1"), ["descends_from_rival"])
        self.node.mine()
        self.wait_for("w-1", "confirmed")
        self.fall_back(block, first)
        self.assert_paid_by(first, "w-1")
        self.assert_paid_by(first, "w-2")
        self.finish("w-0")
        self.finish("w-1")

    def leave_out(self, send_id, raw_hex):
        """bumpfee with every output but those of the send; returns the txid."""
        decoded = self.node.rpc.decoderawtransaction(raw_hex)
        address = self.api.get(send_id)["outputs"][0]["address"]
        change = self.api.history(send_id)["records"]
        change = [each for each in change if each["type"] == "BatchReserved"][-1]["change_vout"]
        outputs = [{each["scriptPubKey"]["address"]: each["value"]} for each in decoded["vout"]
                   if each["scriptPubKey"]["address"] != address and each["n"] != change]
        options = {"fee_rate": 50, "outputs": outputs}
        bumped = self.wallet.bumpfee(decoded["txid"], options)["txid"]
        self.strangers.append(self.raw(bumped))
        return bumped

    def test_who_pays_the_same_address_in_another_amount_leaves_it_to_a_person(self):
        coins, first = self.pay_from_two()
        address = self.api.get("w-1")["outputs"][0]["address"]
        inputs = [outpoint(coins[0])]
        raw = self.wallet.createrawtransaction(inputs, [{address: to_btc(COIN_SAT // 2)}])
        rival = self.wallet.signrawtransactionwithwallet(raw)["hex"]
        self.promises.also_paid(self.script_of("w-1"), COIN_SAT // 2)
        self.strangers.append(rival)
        self.mine_only(rival)
        self.node.mine_empty(CONFLICT_DEPTH + 1)
        answer = self.wait_for_stall("w-1", "conflicted")
        self.assertEqual(answer["stalled"]["retry"], "operator")
        self.assertEqual(self.records("w-1").count("BatchReserved"), 1)
        self.assert_answer(self.api.verdict("w-1", "pay_again", "half is not all"), 200)
        self.wait_for_second(first)
        self.all_exclude_each_other = "verdict" not in self.exclusion_reasons()
        self.finish("w-1")

    def script_of(self, send_id):
        return case.script_of(self.node, self.api.get(send_id)["outputs"][0]["address"])

    def test_an_abandoned_transaction_is_paid_once(self):
        _, first = self.pay_from_two()
        held = self.proxy.on("sendrawtransaction", faults.DropRequest())
        self.node.restart("-persistmempool=0", "-walletbroadcast=0")
        self.addCleanup(self.node.restart)  # others count on a wallet that broadcasts
        self.wallet = self.node.wallet(self.wallet_name)
        txid = self.node.rpc.decoderawtransaction(first)["txid"]
        self.wallet.abandontransaction(txid)
        self.proxy.remove(held)
        self.assert_paid_after_all(first)

    def assert_paid_after_all(self, first):
        txid = self.node.rpc.decoderawtransaction(first)["txid"]
        wait_until(lambda: txid in self.node.rpc.getrawmempool(), "it is sent again")
        self.node.mine()
        self.assert_paid_by(first)
        self.finish("w-1")

    def test_locks_that_an_operator_takes_away_come_back(self):
        self.proxy.on("sendrawtransaction", faults.DropRequest())
        self.submit("w-1", self.new_body("w-1", (TWO_COINS_SAT,)))
        self.api.wait_for_state("w-1", "signed")
        locked = self.wallet.listlockunspent()
        self.assertEqual(len(locked), 2)
        for _ in range(2):
            self.wallet.lockunspent(True)
            self.node.mine_empty()
            wait_until(lambda: len(self.wallet.listlockunspent()) == 2, "they are locked again")
            self.restart()
        self.proxy.clear()
        self.finish("w-1")
        self.assertEqual(self.wallet.listlockunspent(), [])

    def test_his_own_locks_stay_and_are_shown(self):
        coin = self.wallet.listunspent()[0]
        mine = [outpoint(coin)]
        self.wallet.lockunspent(False, mine)
        self.node.mine()
        wait_until(lambda: self.api.funds()["foreign_locks"] == mine, "his lock is shown")
        self.submit("w-1")
        self.finish("w-1")
        self.assertEqual(self.wallet.listlockunspent(), mine)

    def test_an_ordinary_payment_raises_an_alarm_that_is_accepted_for_a_reason(self):
        txid = self.wallet.sendtoaddress(self.new_address(self.node), to_btc(COIN_SAT // 3))
        self.node.mine()
        alarms = wait_until(lambda: self.api.alarms()["alarms"], "it is seen")
        self.assertEqual([(each["kind"], each["txid"]) for each in alarms],
                         [("unexplained_spend", txid)])
        self.submit("w-1")  # paying goes on
        self.finish("w-1")
        number = alarms[0]["number"]
        self.assert_answer(self.api.accept_alarm(number, "the auditors' fee"), 200)
        self.restart()
        self.assertEqual([each["accepted"]["reason"] for each in self.api.alarms()["alarms"]],
                         ["the auditors' fee"])


class Verdicts(ShareCase):
    def conflicted(self):
        coins, first = self.pay_from_two()
        block = self.mine_only(self.take(coins))
        self.api.wait_for_state("w-1", "conflicted")
        return block, first

    def test_it_is_never_paid(self):
        block, _ = self.conflicted()
        answer = self.api.verdict("w-1", "never", "the customer was paid in cash")
        self.assert_answer(answer, 200, outcome="never", state="cancelled")
        self.promises.never("w-1")
        self.fall_back(block)
        self.restart()
        for each in self.api.alarms()["alarms"]:
            self.api.accept_alarm(each["number"])
        self.submit("w-2")
        self.finish("w-2")
        self.assert_answer(self.api.get("w-1"), 200, outcome="never")
        verdict = [each for each in self.api.history("w-1")["records"]
                   if each["type"] == "VerdictGiven"]
        self.assertEqual(verdict[0]["reason"], "the customer was paid in cash")

    def test_it_counts_as_paid(self):
        self.conflicted()
        answer = self.api.verdict("w-1", "paid", "by the other office")
        self.assert_answer(answer, 200, outcome="sent", state="final")
        self.promises.not_accepted("w-1")

    def test_none_is_taken_where_the_rules_decide(self):
        self.pay_from_two()
        for verdict in ("pay_again", "never", "paid"):
            answer = self.api.verdict("w-1", verdict)
            self.assert_problem(answer, 409, "no_verdict_needed")
        self.assert_problem(self.api.verdict("nobody", "never"), 404, "unknown_id")
        self.assert_problem(self.api.verdict("w-1", "perhaps"), 400, "bad_parameter", "verdict")
        self.finish("w-1")

    def test_none_is_taken_for_want_of_an_answer(self):
        """The payment is out, and the daemon has not heard of it."""
        self.proxy.on("sendrawtransaction", faults.DropReply())
        self.submit("w-1")
        self.api.wait_for_state("w-1", "signed")
        wait_until(self.node.rpc.getrawmempool, "the node has it")
        for verdict in ("pay_again", "never", "paid"):
            answer = self.api.verdict("w-1", verdict)
            self.assert_problem(answer, 409, "no_verdict_needed")
        self.proxy.clear()
        self.finish("w-1")

    def test_a_deep_taker_lets_the_send_be_cancelled(self):
        coins, _ = self.pay_from_two()
        everything = coins + [
            {"txid": each["txid"], "vout": each["vout"], "amount_sat": COIN_SAT}
            for each in self.wallet.listunspent(1) if each["amount"] * 100_000_000 == COIN_SAT
        ]
        self.mine_only(self.take(everything))  # nothing is left to pay it from
        self.api.wait_for_state("w-1", "conflicted")
        self.assert_problem(self.api.delete("w-1"), 409, "too_late")
        self.node.mine_empty(CONFLICT_DEPTH - 1)

        def fenced():
            return self.api.delete("w-1").status == 200

        wait_until(fenced, "nothing that pays it can confirm any more")
        self.promises.never("w-1")


class Depositor(ShareCase):
    wallet_coins = 1

    def test_a_deposit_that_is_taken_back_under_our_payment(self):
        """The wallet names no conflict then: no transaction ever spends the coin itself."""
        depositor = self.node.create_wallet(f"{self.wallet_name}-depositor")
        self.node.fund(depositor, [to_btc(2 * COIN_SAT)])
        source = depositor.listunspent()[0]
        deposit, taken_back = (
            self.spend(depositor, source, address)
            for address in (self.wallet.getnewaddress("", "bech32"), self.new_address(self.node))
        )
        block = self.mine_only(deposit)
        self.node.mine_empty(FOREIGN_DEPTH - 1)
        wait_until(lambda: self.api.funds()["spendable"]["coins"] == 2, "the deposit can be spent")
        self.submit("w-1", self.new_body("w-1", (2 * COIN_SAT + COIN_SAT // 2,)), wait=WAIT_S)
        first = self.raw(self.api.get("w-1")["txid"])
        self.fall_back(block, taken_back)
        self.node.fund(self.wallet, [to_btc(3 * COIN_SAT)])
        self.wait_for_second(first)
        self.assertEqual(self.exclusion_reasons(), ["shared_coin"])
        self.finish("w-1")

    def spend(self, wallet, coin, address):
        value = to_btc(2 * COIN_SAT - FEE_SAT)
        inputs = [outpoint(coin)]
        raw = wallet.createrawtransaction(inputs, [{address: value}])
        signed = wallet.signrawtransactionwithwallet(raw)["hex"]
        self.strangers.append(signed)
        return signed


if __name__ == "__main__":
    case.main()
