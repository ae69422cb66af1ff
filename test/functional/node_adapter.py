"""sendonce's adapter to bitcoind (src/node/) against a real one: what it reads is what the node
says, and each of its calls comes to one of three outcomes, whatever happens on the way.
"""

from framework import case, drafts, faults, transactions
from framework.probe import CALL_TIMEOUT_MS, Probe
from framework.rpc import to_sat
from framework.waiting import wait_until

WAL_ID = "00112233445566778899aabbccddeeff"
NOBODYS = f"{'11' * 32}:0"
MAX_FEE_RATE = 1_000_000  # sat/kvB
MAX_BLOCKS_PER_READ = 8


def outpoint(coin):
    return f"{coin['txid']}:{coin['vout']}"


def coin_word(coin):
    return f"coin={outpoint(coin)}:{to_sat(coin['amount'])}:{coin['scriptPubKey']}"


def position(node, height):
    return f"{height}:{node.rpc.getblockhash(height)}"


class AdapterCase(case.Case):
    def start_probe(self, node, wallet=case.WALLET, proxy=None, timeout_ms=CALL_TIMEOUT_MS):
        port = proxy.port if proxy else node.rpc_port
        probe = Probe(port, node.cookie_path, wallet, timeout_ms)
        self.addCleanup(probe.close)
        return probe

    def assert_refused(self, code, outcome):
        self.assertEqual((outcome.kind, outcome.why.split(" ")[0]), ("refused", code), outcome)

    def assert_unknown(self, outcome):
        self.assertEqual(outcome.kind, "unknown", outcome)


class SharedCase(case.SharedNodeCase, AdapterCase):
    """One node; each test takes coins of its own and a probe of its own."""

    def setUp(self):
        super().setUp()
        self.probe = self.start_probe(self.node)
        self.payee_script = drafts.script_of(self.node, self.new_address(self.node))

    def pay_from(self, coins, payee):
        """With these coins: one that the wallet chose could be another test's."""
        inputs = [{"txid": coin["txid"], "vout": coin["vout"]} for coin in coins]
        options = {"inputs": inputs, "add_inputs": False}
        self.wallet.send([payee], None, "unset", None, options)

    def draft(self, coins, amounts_sat, *more, rate=5_000, probe=None):
        pays = [f"pay={amount}:{self.payee_script}" for amount in amounts_sat]
        words = [f"rate={rate}", *map(coin_word, coins), *pays, *more]
        return (probe or self.probe).call("draft", *words)

    def signed(self, coins, amounts_sat, rate=5_000):
        """Transaction id and bytes."""
        draft = self.draft(coins, amounts_sat, rate=rate)
        raw = self.probe.done("sign", draft.one("hex")).one("hex")
        return self.node.rpc.decoderawtransaction(raw)["txid"], raw

    def broadcast(self, txid, raw, max_fee_rate=MAX_FEE_RATE):
        return self.probe.call("broadcast", txid, max_fee_rate, raw)


class Facts(AdapterCase):
    def test_node_and_wallet_are_as_the_node_says(self):
        node = self.start_funded_node(coins=1)
        facts = self.start_probe(node).done("facts")
        chain, wallet = node.rpc.getblockchaininfo(), node.wallet(case.WALLET).getwalletinfo()
        expected = {
            "chain": "regtest", "genesis": node.rpc.getblockhash(0),
            "tip": f"{chain['blocks']}:{chain['bestblockhash']}", "work": chain["chainwork"],
            "initial_block_download": str(int(chain["initialblockdownload"])),
            "subversion": node.rpc.getnetworkinfo()["subversion"], "wallet": case.WALLET,
            "private_keys": "1", "locked": "0", "scanning": "0",
            "wallet_height": str(wallet["lastprocessedblock"]["height"]),
        }
        self.assertEqual(dict(facts.values), expected)

    def test_a_locked_wallet_is_seen_and_does_not_sign(self):
        node = self.start_funded_node(coins=1)
        wallet, probe = node.wallet(case.WALLET), self.start_probe(node)
        wallet.encryptwallet("secret")
        self.assertEqual(probe.done("facts").one("locked"), "1")
        coin, script = wallet.listunspent()[0], drafts.script_of(node, self.new_address(node))
        draft = probe.done("draft", "rate=5000", coin_word(coin), f"pay=10000:{script}")
        self.assert_refused("wallet_locked", probe.call("sign", draft.one("hex")))
        wallet.walletpassphrase("secret", 60)
        self.assertEqual(probe.done("facts").one("locked"), "0")
        probe.done("sign", draft.one("hex"))

    def test_wallets_that_are_missing_or_not_named(self):
        node = self.start_node()
        self.assert_refused("wallet_not_loaded", self.start_probe(node, "none").call("facts"))
        node.create_wallet("with space/and slash")
        name = self.start_probe(node, "with space/and slash").done("facts").one("wallet")
        self.assertEqual(name, "with space/and slash")

    def test_the_node_meets_what_is_required(self):
        node = self.start_funded_node(coins=1)
        requirements = self.start_probe(node).done("requirements")
        self.assertEqual(requirements.all("unmet"), [])
        self.assertEqual(requirements.one("rawtx"), node.zmq["rawtx"])
        self.assertEqual(requirements.one("sequence"), node.zmq["sequence"])

    def test_a_watch_only_wallet_is_not_enough(self):
        node = self.start_node()
        node.create_wallet("watch", disable_private_keys=True)
        probe = self.start_probe(node, "watch")
        self.assertIn("private keys", probe.done("requirements").one("unmet"))
        self.assertEqual(probe.done("facts").one("private_keys"), "0")
        self.assertEqual(probe.call("bind", WAL_ID).kind, "refused")


class Binding(AdapterCase):
    def test_a_binding_is_in_the_facts_and_survives_a_kill(self):
        node = self.start_funded_node(coins=1)
        probe = self.start_probe(node)
        self.assertEqual(probe.done("facts").all("binding"), [])
        address = probe.done("bind", WAL_ID).one("text")
        self.assertTrue(address.startswith("bcrt1q"), address)
        probe.done("probe", address)
        other = probe.done("bind", "ff" * 16).one("text")
        self.assertNotEqual(address, other)
        node.kill()
        node.start()
        self.assertEqual(sorted(probe.done("facts").all("binding")), [WAL_ID, "ff" * 16])

    def test_a_probe_for_a_strangers_address_is_not_signed(self):
        node = self.start_funded_node(coins=1)
        probe = self.start_probe(node)
        self.assert_refused("cannot_sign", probe.call("probe", self.new_address(node)))


class ReadingTheChain(AdapterCase):
    def test_blocks_are_read_in_steps_from_the_highest_common_one(self):
        node = self.start_node()
        node.create_wallet(case.WALLET)
        node.mine(MAX_BLOCKS_PER_READ + 3)
        probe = self.start_probe(node)
        first = probe.done("chain", position(node, 0))
        self.assertEqual(first.one("fork"), "0")
        self.assertEqual(first.one("more"), "1")
        expected = [position(node, height) for height in range(1, MAX_BLOCKS_PER_READ + 1)]
        self.assertEqual(first.all("block"), expected)
        second = probe.done("chain", position(node, 0), expected[-1])
        self.assertEqual(len(second.all("block")), 3)
        self.assertEqual(second.one("more"), "0")
        txids = [txid for height in range(9, 12)
                 for txid in node.rpc.getblock(node.rpc.getblockhash(height))["tx"]]
        self.assertEqual(second.all("txid"), txids)

    def test_a_reorganisation_goes_back_to_the_fork(self):
        node = self.start_node()
        node.create_wallet(case.WALLET)
        node.mine(5)
        probe = self.start_probe(node)
        locator = [position(node, height) for height in range(6)]
        node.rpc.invalidateblock(node.rpc.getblockhash(3))
        self.assertEqual(probe.done("chain", *locator).one("fork"), "2")
        node.mine(4)
        step = probe.done("chain", *locator)
        self.assertEqual(step.one("fork"), "2")
        self.assertEqual(step.all("block"), [position(node, height) for height in range(3, 7)])

    def test_another_chain_has_no_common_block(self):
        node = self.start_node()
        node.create_wallet(case.WALLET)
        step = self.start_probe(node).done("chain", f"7:{'22' * 32}")
        self.assertEqual(step.one("connected"), "0")


class Coins(SharedCase):
    def as_word(self, coin):
        depth = coin["confirmations"]
        height = self.node.rpc.getblockcount() - depth + 1 if depth else 0
        return f"{outpoint(coin)}:{to_sat(coin['amount'])}:{coin['scriptPubKey']}:{height}"

    def test_only_the_coins_of_the_last_blocks_are_read(self):
        self.node.mine(12)  # more than are read beyond what is asked for
        tip = self.node.rpc.getblockcount()
        self.assertEqual(self.probe.done("coins", str(tip)).all("coin"), [])
        payee = {self.wallet.getnewaddress("", "bech32"): "0.00000998"}
        self.pay_from([self.take_coin()], payee)
        self.node.mine()
        recent = list(map(self.as_word, self.wallet.listunspent(1, 1)))
        self.assertEqual(sorted(self.probe.done("coins", str(tip)).all("coin")), sorted(recent))
        self.assertIn(":998:", "".join(recent))

    def test_the_wallets_coins_are_read_exactly(self):
        payee = {self.wallet.getnewaddress("", "bech32"): "0.00000999"}
        self.pay_from([self.take_coin()], payee)
        coins = self.probe.done("coins").all("coin")
        self.assertEqual(sorted(coins), sorted(map(self.as_word, self.wallet.listunspent(0))))
        self.assertIn(":999:", "".join(coins))
        self.node.mine()

    def test_standings_follow_a_coin_through_its_life(self):
        coin, other = self.take_coin(), self.take_coin()
        words = ("lookup", outpoint(coin), outpoint(other), NOBODYS)
        self.assertEqual(self.probe.done(*words).all("standing"), ["unspent", "unspent", "neither"])
        txid, raw = self.signed([coin], [100_000])
        self.assertEqual(self.broadcast(txid, raw).kind, "done")
        self.assertEqual(self.probe.done(*words).all("standing"), [txid, "unspent", "neither"])
        self.node.mine()
        self.assertEqual(self.probe.done(*words).all("standing"), ["neither", "unspent", "neither"])

    def test_spends_are_those_of_the_wallet_since_a_block(self):
        since = position(self.node, self.node.rpc.getblockcount())
        coin = self.take_coin()
        txid, raw = self.signed([coin], [100_000, 100_000])
        self.broadcast(txid, raw)
        self.assertEqual(self.probe.done("spends", since).all("spend"), [f"{txid}:0"])
        self.node.mine()
        self.assertEqual(self.probe.done("spends", since).all("spend"), [f"{txid}:1"])
        since = position(self.node, self.node.rpc.getblockcount())
        self.assertEqual(self.probe.done("spends", since).all("spend"), [])

    def test_a_payment_is_looked_up_through_its_life(self):
        coin = self.take_coin()
        txid, raw = self.signed([coin], [100_000, 250_000])
        self.assert_refused("not_found", self.probe.call("transaction", txid))
        self.broadcast(txid, raw)
        found = self.probe.done("transaction", txid)
        self.assertEqual((found.one("hex"), found.all("block")), (raw, []))
        self.assertEqual(found.all("sent"), ["0", "1"])
        self.assertEqual(found.one("fee"), str(-to_sat(self.wallet.gettransaction(txid)["fee"])))
        self.node.mine()
        found = self.probe.done("transaction", txid)
        self.assertEqual(found.one("block"), position(self.node, self.node.rpc.getblockcount()))

    def test_a_payment_that_lost_its_coin_is_not_found(self):
        coin = self.take_coin()
        loser, raw = self.signed([coin], [100_000])
        winner, rival = self.signed([coin], [200_000], rate=50_000)
        self.assertEqual(self.broadcast(loser, raw).kind, "done")
        self.assertEqual(self.broadcast(winner, rival).kind, "done")
        self.assert_refused("not_found", self.probe.call("transaction", loser))  # replaced
        self.node.mine()
        self.assertLess(self.wallet.gettransaction(loser)["confirmations"], 0)
        self.assert_refused("not_found", self.probe.call("transaction", loser))
        self.assertEqual(self.probe.done("transaction", winner).one("hex"), rival)

    def test_locks_are_persistent_and_may_be_repeated(self):
        coin, free = self.take_coin(), self.take_coin()
        for _ in range(2):
            self.probe.done("lock", outpoint(coin))
        self.assertEqual(self.wallet.listlockunspent(), [drafts.outpoint(coin)])
        self.assertEqual(self.probe.done("coins").all("locked"), [outpoint(coin)])
        self.wallet.unloadwallet()
        self.node.rpc.loadwallet(case.WALLET)
        self.assertEqual(self.wallet.listlockunspent(), [drafts.outpoint(coin)])
        self.assertNotIn(outpoint(coin), "".join(self.probe.done("coins").all("coin")))
        for _ in range(2):
            self.probe.done("unlock", outpoint(free), outpoint(coin), NOBODYS)
        self.assertEqual(self.wallet.listlockunspent(), [])
        self.assert_refused("node_rejects", self.probe.call("lock", NOBODYS))


class Drafts(SharedCase):
    def test_a_replacement_is_drafted_around_coins_that_are_spent_in_the_mempool(self):
        coin = self.take_coin()
        txid, raw = self.signed([coin], [100_000])
        self.broadcast(txid, raw)
        self.assertEqual(self.draft([coin], [100_000], rate=9_000).all("missing"), [outpoint(coin)])
        low = self.draft([coin], [100_000], "replaces=1", rate=5_001)
        self.assertTrue(low.one("judgement").startswith("fee_too_low"), low)
        draft = self.draft([coin], [100_000], "replaces=1", rate=9_000)
        self.assertEqual((draft.all("missing"), draft.all("judgement")), ([], []))
        newer = self.probe.done("sign", draft.one("hex")).one("hex")
        newer_txid = self.node.rpc.decoderawtransaction(newer)["txid"]
        self.assertEqual(self.broadcast(newer_txid, newer).kind, "done")
        self.node.mine()
        gone = self.draft([coin], [100_000], "replaces=1", rate=12_000)
        self.assertEqual(gone.all("missing"), [outpoint(coin)])

    def test_a_draft_is_what_was_asked_for_and_clean(self):
        coins = [self.take_coin(), self.take_coin()]
        draft = self.draft(coins, [100_000, 100_000, 250_000])
        self.assertEqual(draft.kind, "done", draft)
        self.assertEqual(draft.all("judgement"), [])
        self.assertEqual(draft.one("tip"), self.node.rpc.getbestblockhash())
        made = self.node.rpc.decoderawtransaction(draft.one("hex"))
        spent = [(each["txid"], each["vout"], each["sequence"]) for each in made["vin"]]
        self.assertEqual(spent, [(c["txid"], c["vout"], drafts.REPLACEABLE) for c in coins])
        self.assertEqual(made["locktime"], 0)
        paid = [(to_sat(out["value"]), out["scriptPubKey"]["hex"]) for out in made["vout"]]
        self.assertEqual(paid[:3], [(a, self.payee_script) for a in (100_000, 100_000, 250_000)])
        self.assertEqual(paid[3][1], draft.one("change"))
        self.assertEqual(len(paid), 4)

    def test_the_fee_is_that_of_the_signed_transaction(self):
        coin = self.take_coin()
        draft = self.draft([coin], [100_000], rate=7_000)
        raw = self.probe.done("sign", draft.one("hex")).one("hex")
        decoded = self.node.rpc.decoderawtransaction(raw)
        fee_sat = to_sat(coin["amount"]) - sum(to_sat(out["value"]) for out in decoded["vout"])
        self.assertGreaterEqual(fee_sat, 7 * decoded["vsize"])
        self.assertLessEqual(fee_sat, 7 * (decoded["vsize"] + 1))

    def test_the_lowest_fee_rate_is_judged_by_the_signed_size_for_each_kind_of_coin(self):
        kinds = ("bech32", "bech32m", "p2sh-segwit", "legacy")
        scripts = {}
        for kind in kinds:
            address = self.wallet.getnewaddress("", kind)
            self.pay_from([self.take_coin()], {address: "0.01"})
            scripts[drafts.script_of(self.node, address)] = kind
        self.node.mine()
        coins = [coin for coin in self.wallet.listunspent() if coin["scriptPubKey"] in scripts]
        self.assertEqual(len(coins), len(kinds))
        for coin in coins:
            with self.subTest(scripts[coin["scriptPubKey"]]):
                low = self.draft([coin], [100_000], rate=950)
                self.assertTrue(low.one("judgement").startswith("fee_too_low"), low)
                enough = self.draft([coin], [100_000], rate=1_000)
                self.assertEqual(enough.all("judgement"), [])
                raw = self.probe.done("sign", enough.one("hex")).one("hex")
                self.assertTrue(self.node.rpc.testmempoolaccept([raw])[0]["allowed"])

    def test_coins_that_do_not_cover_or_are_gone(self):
        coin = self.take_coin()
        outcome = self.draft([coin], [to_sat(coin["amount"])])
        self.assert_refused("insufficient_funds", outcome)
        gone = {**coin, "txid": "11" * 32}
        self.assertEqual(self.draft([gone, coin], [1_000]).all("missing"), [outpoint(gone)])
        txid, raw = self.signed([coin], [100_000])
        self.broadcast(txid, raw)
        self.assertEqual(self.draft([coin], [1_000]).all("missing"), [outpoint(coin)])

    def test_dust_is_refused_before_anything_is_built(self):
        self.assert_refused("cannot_build", self.draft([self.take_coin()], [100]))

    def test_without_an_estimate_the_fallback_serves(self):
        words = [coin_word(self.take_coin()), f"pay=100000:{self.payee_script}", "target=6"]
        self.assert_refused("no_fee_estimate", self.probe.call("draft", *words))
        self.assertEqual(self.probe.done("draft", *words, "fallback=3000").one("rate"), "3000")

    def test_a_locked_coin_is_drafted(self):
        coin = self.take_coin()
        self.probe.done("lock", outpoint(coin))
        self.assertEqual(self.draft([coin], [100_000]).all("judgement"), [])
        self.probe.done("unlock", outpoint(coin))

    def test_drafts_that_fail_waste_no_change_address(self):
        def change_index():
            script = self.draft([coin], [100_000]).one("change")
            address = self.node.rpc.decodescript(script)["address"]
            return int(self.wallet.getaddressinfo(address)["hdkeypath"].split("/")[-1])

        coin = self.take_coin()
        first = change_index()
        for _ in range(3):
            self.assert_refused("insufficient_funds", self.draft([coin], [to_sat(coin["amount"])]))
        self.assertEqual(change_index(), first + 1)


class Policy(AdapterCase):
    def test_what_the_mempool_will_not_take_is_judged(self):
        node = self.start_funded_node("-acceptnonstdtxn=0", coins=1)
        (coin,) = node.wallet(case.WALLET).listunspent()
        odd = "51" * 40
        draft = self.start_probe(node).done("draft", "rate=5000", coin_word(coin), f"pay=1000:{odd}")
        self.assertEqual(draft.one("judgement"), "node_refuses scriptpubkey")


class Signing(SharedCase):
    def test_signing_is_deterministic_and_changes_nothing_else(self):
        draft = self.draft([self.take_coin(), self.take_coin()], [100_000]).one("hex")
        first = self.probe.done("sign", draft).one("hex")
        self.assertEqual(self.probe.done("sign", draft).one("hex"), first)
        unsigned, signed = transactions.parse(draft), transactions.parse(first)
        self.assertEqual(unsigned.coins, signed.coins)
        self.assertEqual(unsigned.txid, signed.txid)

    def test_a_coin_that_is_spent_cannot_be_signed_for(self):
        coin = self.take_coin()
        draft = self.draft([coin], [100_000]).one("hex")
        txid, raw = self.signed([coin], [200_000])
        self.broadcast(txid, raw)
        self.node.mine()
        self.assert_refused("cannot_sign", self.probe.call("sign", draft))


class Broadcasting(SharedCase):
    def test_the_same_bytes_again_are_accepted_until_they_are_in_the_chain(self):
        txid, raw = self.signed([self.take_coin()], [100_000])
        for _ in range(2):
            self.assertEqual(self.broadcast(txid, raw).kind, "done")
        self.node.mine()
        self.assert_refused("already_in_chain", self.broadcast(txid, raw))

    def test_an_older_version_is_refused_first_for_its_fee_then_for_its_coins(self):
        coin = self.take_coin()
        old, raw_old = self.signed([coin], [100_000], rate=2_000)
        new, raw_new = self.signed([coin], [100_000], rate=20_000)
        self.assertEqual(self.broadcast(old, raw_old).kind, "done")
        self.assertEqual(self.broadcast(new, raw_new).kind, "done")
        self.assert_refused("fee_too_low", self.broadcast(old, raw_old))
        self.node.mine()
        self.assert_refused("coin_missing_or_spent", self.broadcast(old, raw_old))

    def test_our_own_caps_are_the_nodes_too(self):
        txid, raw = self.signed([self.take_coin()], [100_000], rate=20_000)
        self.assert_refused("fee_above_cap", self.broadcast(txid, raw, max_fee_rate=10_000))
        self.assertEqual(self.broadcast(txid, raw, max_fee_rate=25_000).kind, "done")

    def test_a_fee_below_the_minimum_and_a_signature_that_does_not_fit(self):
        coin = self.take_coin()
        address = self.new_address(self.node)
        cheap = drafts.sign(self.wallet, drafts.payment(
            self.node, self.wallet, coin, address, 100_000, fee_sat=10))
        txid = self.node.rpc.decoderawtransaction(cheap)["txid"]
        self.assert_refused("fee_too_low", self.broadcast(txid, cheap))
        unsigned = drafts.payment(self.node, self.wallet, coin, address, 100_000)
        txid = self.node.rpc.decoderawtransaction(unsigned)["txid"]
        self.assert_refused("node_refuses", self.broadcast(txid, unsigned))


class Faults(AdapterCase):
    """A proxy between adapter and node: what is lost is unknown, what was not executed is refused.
    """

    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=1)
        self.proxy = self.start_proxy(self.node)

    def signed(self):
        wallet = self.node.wallet(case.WALLET)
        raw = drafts.payment(
            self.node, wallet, wallet.listunspent()[0], self.new_address(self.node), 100_000)
        signed = drafts.sign(wallet, raw)
        return ("broadcast", self.node.rpc.decoderawtransaction(signed)["txid"], MAX_FEE_RATE,
                signed)

    def test_a_reply_that_is_lost_or_broken_is_unknown_and_the_call_is_made_once(self):
        words = self.signed()
        probe = self.start_probe(self.node, proxy=self.proxy)
        for fault in (faults.DropReply(), faults.CutReply(), faults.Garble(), faults.WrongId(),
                      faults.DropRequest()):
            with self.subTest(type(fault).__name__):
                rule = self.proxy.on("sendrawtransaction", fault)
                self.assert_unknown(probe.call(*words))
                self.assertEqual(rule.seen, 1)
                self.proxy.clear()
        self.assertEqual(probe.call(*words).kind, "done")

    def test_a_reply_that_trickles_or_never_comes_is_unknown(self):
        words = self.signed()
        probe = self.start_probe(self.node, proxy=self.proxy, timeout_ms=500)
        hold = faults.HoldReply()
        for fault in (faults.Trickle(), hold):
            rule = self.proxy.on("sendrawtransaction", fault, first=1)
            self.assert_unknown(probe.call(*words))
            wait_until(lambda rule=rule: rule.seen, "the proxy has read it")
            self.assertEqual(rule.seen, 1)
        hold.release()

    def test_a_full_work_queue_is_not_executed(self):
        words = self.signed()
        probe = self.start_probe(self.node, proxy=self.proxy)
        self.proxy.on("sendrawtransaction", faults.WORK_QUEUE_FULL)
        self.assert_refused("node_unavailable", probe.call(*words))
        self.assertEqual(self.node.rpc.getrawmempool(), [])

    def test_many_coins_whose_reply_is_lost_are_unknown(self):
        probe = self.start_probe(self.node, proxy=self.proxy)
        self.proxy.on("gettxout", faults.DropReply())
        self.assert_unknown(probe.call("lookup", NOBODYS))

    def test_a_node_that_is_down_is_not_executed_and_found_again_with_its_new_cookie(self):
        probe = self.start_probe(self.node)
        probe.done("facts")
        self.node.stop()
        self.assert_refused("node_unavailable", probe.call("facts"))
        self.node.start()
        probe.done("facts")

    def test_a_restart_between_two_calls_goes_unnoticed(self):
        probe = self.start_probe(self.node)
        probe.done("facts")
        self.node.restart()
        probe.done("facts")

    def test_a_hung_node_is_unknown(self):
        probe = self.start_probe(self.node, timeout_ms=500)
        wait_until(lambda: probe.call("facts").kind == "done", "a call that is answered in time")
        self.node.hang()
        self.addCleanup(self.node.resume)
        # The kernel stops thread by thread: a call or two may still be answered.
        wait_until(lambda: probe.call("facts").kind == "unknown", "a call that is not answered")


class Notifications(AdapterCase):
    def hints(self):
        return {name: text for name, text in self.probe.done("hints").values}

    def wait_for_hints(self, **least):
        def enough():
            hints = self.hints()
            return all(int(hints[name]) >= count for name, count in least.items()) and hints

        return wait_until(enough, f"hints {least}")

    def setUp(self):
        super().setUp()
        self.node = self.start_funded_node(coins=2)
        self.wallet = self.node.wallet(case.WALLET)
        self.probe = self.start_probe(self.node)
        self.probe.done("subscribe", self.node.zmq["rawtx"], self.node.zmq["sequence"])
        self.wait_for_hints(connections=2)
        self.wait_for_first_message()

    def wait_for_first_message(self):
        """A subscription is in force some time after its connection: from its first message on."""
        def shown():
            self.node.mine()
            return int(self.hints()["transactions"]) > 0

        wait_until(shown, "a transaction over ZMQ")

    def test_transactions_and_blocks_are_hints(self):
        before = self.hints()
        self.wallet.sendtoaddress(self.new_address(self.node), "0.1")
        self.wait_for_hints(transactions=int(before["transactions"]) + 1)
        self.node.mine()
        after = self.wait_for_hints(chain=int(before["chain"]) + 1)
        self.node.rpc.invalidateblock(self.node.rpc.getbestblockhash())
        hints = self.wait_for_hints(chain=int(after["chain"]) + 1)
        self.assertEqual((hints["gaps"], hints["malformed"], hints["error"]), ("0", "0", ""))

    def test_a_restart_of_the_node_is_a_new_connection_and_a_hint(self):
        before = self.hints()
        self.node.restart()
        hints = self.wait_for_hints(connections=int(before["connections"]) + 2,
                                    chain=int(before["chain"]) + 1)
        self.assertEqual(hints["gaps"], "0")
        self.wait_for_first_message()


if __name__ == "__main__":
    case.main()
