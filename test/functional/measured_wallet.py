"""What the wallet does when it is asked to fund, sign, lock and remember: facts that sendonce's
node adapter is built on.
"""

from decimal import Decimal

from framework import case, drafts, transactions
from framework.drafts import fund, outpoint, script_of, sign
from framework.rpc import RpcError, to_btc, to_sat

AMOUNT_SAT = 1_000_000


class WalletCase(case.SharedNodeCase):
    def script(self):
        return script_of(self.node, self.new_address(self.node))

    def change_address(self):
        return self.wallet.getrawchangeaddress("bech32")

    def assert_error(self, code, message, call):
        with self.assertRaises(RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code, code, caught.exception)
        self.assertRegex(caught.exception.message, message)


class Funding(WalletCase):
    """fundrawtransaction with the inputs given: used for fee and change, not to choose coins."""

    def test_a_locked_coin_given_as_input_is_taken(self):
        coin = self.take_coin()
        self.wallet.lockunspent(False, [outpoint(coin)])
        funded = fund(self.wallet, drafts.unsigned([coin], [(self.script(), AMOUNT_SAT)]))
        self.assertEqual(
            transactions.parse(funded["hex"]).coins, {(coin["txid"], coin["vout"])}
        )

    def test_coins_that_do_not_reach_are_minus_4(self):
        raw = drafts.unsigned([self.take_coin()], [(self.script(), 2 * 100_000_000)])
        self.assert_error(
            -4, "The preselected coins total amount does not cover", lambda: fund(self.wallet, raw)
        )

    def test_keeps_inputs_outputs_sequence_and_locktime_and_puts_change_where_told(self):
        coins = [self.take_coin(), self.take_coin()]
        script = self.script()
        raw = drafts.unsigned(coins, [(script, 700_000), (script, 700_000)], 0xFFFFFFF1, 7)
        address = self.change_address()
        funded = fund(self.wallet, raw, changeAddress=address, changePosition=2)
        before, after = transactions.parse(raw), transactions.parse(funded["hex"])
        self.assertEqual((after.inputs, after.locktime), (before.inputs, 7))
        self.assertEqual(after.outputs[:2], before.outputs)
        self.assertEqual(funded["changepos"], 2)
        self.assertEqual(after.outputs[2].script.hex(), script_of(self.node, address))

    def test_the_fee_is_exact_for_native_segwit(self):
        raw = drafts.unsigned([self.take_coin()], [(self.script(), AMOUNT_SAT)])
        funded = fund(self.wallet, raw, changeAddress=self.change_address(), fee_rate=7)
        signed = sign(self.wallet, funded["hex"])
        vsize = self.node.rpc.decoderawtransaction(signed)["vsize"]
        self.assertEqual(to_sat(funded["fee"]), 7 * vsize)

    def test_change_under_dust_goes_to_the_fee(self):
        raw = drafts.unsigned([self.take_coin()], [(self.script(), 100_000_000 - 400)])
        funded = fund(self.wallet, raw, fee_rate=1)
        self.assertEqual((funded["changepos"], to_sat(funded["fee"])), (-1, 400))

    def test_a_vanished_coin_and_a_rate_of_zero_are_accepted(self):
        """So both are checked elsewhere."""
        coin = self.take_coin()
        raw = drafts.unsigned([coin], [(self.script(), AMOUNT_SAT)])
        self.assertEqual(fund(self.wallet, raw, fee_rate=0)["fee"], 0)
        spend = drafts.payment(self.node, self.wallet, coin, self.new_address(self.node), 700_000)
        self.node.rpc.sendrawtransaction(sign(self.wallet, spend))
        self.node.mine()
        self.assertGreater(fund(self.wallet, raw, fee_rate=1)["fee"], 0)

    def test_a_higher_rate_on_the_same_coins_is_a_replacement(self):
        raw = drafts.unsigned([self.take_coin()], [(self.script(), AMOUNT_SAT)])
        change = self.change_address()
        for rate in (2, 20):
            funded = fund(self.wallet, raw, changeAddress=change, changePosition=1, fee_rate=rate)
            txid = self.node.rpc.sendrawtransaction(sign(self.wallet, funded["hex"]))
        self.assertIn(txid, self.node.rpc.getrawmempool())

    def test_no_estimate_is_said_so(self):
        """regtest has no history of fees. The wallet has a fallback for itself only."""
        estimate = self.node.rpc.estimatesmartfee(6)
        self.assertNotIn("feerate", estimate)
        self.assertTrue(estimate["errors"])


class Signing(WalletCase):
    def draft(self, coin):
        address = self.new_address(self.node)
        return drafts.payment(self.node, self.wallet, coin, address, AMOUNT_SAT)

    def test_twice_gives_the_same_bytes(self):
        raw = self.draft(self.take_coin())
        self.assertEqual(sign(self.wallet, raw), sign(self.wallet, raw))

    def test_twice_gives_the_same_bytes_after_a_restart(self):
        raw = self.draft(self.take_coin())
        before = sign(self.wallet, raw)
        self.node.restart()
        self.assertEqual(sign(self.wallet, raw), before)

    def test_native_segwit_has_its_txid_before_it_is_signed(self):
        raw = self.draft(self.take_coin())
        signed = transactions.parse(sign(self.wallet, raw))
        self.assertEqual(signed.txid, transactions.parse(raw).txid)

    def test_a_spent_coin_leaves_it_incomplete(self):
        coin = self.take_coin()
        raw = self.draft(coin)
        self.node.rpc.sendrawtransaction(sign(self.wallet, self.draft(coin)))
        self.node.mine()
        answer = self.wallet.signrawtransactionwithwallet(raw)
        self.assertFalse(answer["complete"])
        self.assertTrue(answer["errors"])

    def test_a_made_up_coin_can_be_signed_for_as_a_probe(self):
        own = script_of(self.node, self.wallet.getnewaddress("", "bech32"))
        ghost = {"txid": "44" * 32, "vout": 0}
        raw = drafts.unsigned([ghost], [(own, AMOUNT_SAT)])
        previous = [{**ghost, "scriptPubKey": own, "amount": to_btc(2 * AMOUNT_SAT)}]
        self.assertTrue(self.wallet.signrawtransactionwithwallet(raw, previous)["complete"])
        previous[0]["scriptPubKey"] = self.script()
        self.assertFalse(self.wallet.signrawtransactionwithwallet(raw, previous)["complete"])

    def test_a_locked_wallet_is_minus_13(self):
        wallet = self.node.create_wallet("secret", passphrase="x")
        raw = self.draft(self.take_coin())
        self.assert_error(-13, "walletpassphrase", lambda: sign(wallet, raw))

    def test_watch_only_lists_coins_as_spendable_and_cannot_sign(self):
        """Why init signs a probe and does not believe listunspent."""
        watching = self.node.create_wallet("watching", disable_private_keys=True)
        public = self.wallet.listdescriptors()["descriptors"]
        imports = [{k: each[k] for k in ("desc", "active", "internal", "range") if k in each}
                   for each in public]
        for each in imports:
            each["timestamp"] = 0
        self.assertTrue(all(each["success"] for each in watching.importdescriptors(imports)))
        coin = watching.listunspent()[0]
        self.assertTrue(coin["spendable"] and coin["solvable"] and coin["safe"])
        answer = watching.signrawtransactionwithwallet(self.draft(coin))
        self.assertFalse(answer["complete"])
        self.assertFalse(watching.getwalletinfo()["private_keys_enabled"])


class Locks(WalletCase):
    def is_locked(self, coin):
        return outpoint(coin) in self.wallet.listlockunspent()

    def test_persistent_ones_outlive_a_restart_and_kill_and_others_do_not(self):
        lasting, fleeting = self.take_coin(), self.take_coin()
        self.wallet.lockunspent(False, [outpoint(lasting)], True)
        self.wallet.lockunspent(False, [outpoint(fleeting)])
        self.node.restart()
        self.assertEqual((self.is_locked(lasting), self.is_locked(fleeting)), (True, False))
        self.node.kill()
        self.node.start()
        self.assertTrue(self.is_locked(lasting))

    def test_explicit_inputs_override_a_lock(self):
        """Never safety: whoever names the coin spends it."""
        coin = self.take_coin()
        self.wallet.lockunspent(False, [outpoint(coin)], True)
        address = self.new_address(self.node)
        sent = self.wallet.send(
            outputs=[{address: "0.1"}], inputs=[outpoint(coin)], add_inputs=False
        )
        self.assertTrue(sent["complete"])

    def test_a_spent_coin_cannot_be_locked(self):
        coin = self.take_coin()
        raw = drafts.payment(self.node, self.wallet, coin, self.new_address(self.node), AMOUNT_SAT)
        self.node.rpc.sendrawtransaction(sign(self.wallet, raw))
        self.assert_error(
            -8, "expected unspent output", lambda: self.wallet.lockunspent(False, [outpoint(coin)])
        )

    def test_spending_removes_the_lock(self):
        coin = self.take_coin()
        self.wallet.lockunspent(False, [outpoint(coin)], True)
        raw = drafts.payment(self.node, self.wallet, coin, self.new_address(self.node), AMOUNT_SAT)
        self.node.rpc.sendrawtransaction(sign(self.wallet, raw))
        self.assertFalse(self.is_locked(coin))

    def test_another_wallets_coin_can_be_locked(self):
        """A lock proves nothing about the coin."""
        own_txid = self.take_coin()["txid"]  # the transaction that funded the wallet, with change
        funding = self.wallet.gettransaction(own_txid, True, True)["decoded"]
        others = [each for each in funding["vout"]
                  if not self.wallet.getaddressinfo(each["scriptPubKey"]["address"])["ismine"]]
        strange = {"txid": own_txid, "vout": others[0]["n"]}
        self.assertTrue(self.wallet.lockunspent(False, [strange]))


class Memory(WalletCase):
    def test_the_label_of_an_address_is_durable_at_once(self):
        """How a wallet is bound to a WAL. The flush before it is for the chain only."""
        self.node.flush()
        address = self.wallet.getnewaddress("sendonce:00ff", "bech32")
        self.node.kill(flush=False)
        self.node.start()
        self.assertIn(address, self.wallet.getaddressesbylabel("sendonce:00ff"))
        self.assertIn("sendonce:00ff", self.wallet.listlabels())

    def test_an_operators_bump_keeps_inputs_and_payment(self):
        address = self.new_address(self.node)
        txid = self.wallet.sendtoaddress(address, to_btc(AMOUNT_SAT))
        bumped = self.wallet.bumpfee(txid)["txid"]
        one, other = (transactions.parse(self.wallet.gettransaction(each)["hex"])
                      for each in (txid, bumped))
        self.assertEqual(one.coins, other.coins)
        paid = transactions.Output(AMOUNT_SAT, bytes.fromhex(script_of(self.node, address)))
        self.assertIn(paid, one.outputs)
        self.assertIn(paid, other.outputs)

    def test_an_operators_bump_with_outputs_drops_the_payee(self):
        address = self.new_address(self.node)
        txid = self.wallet.sendtoaddress(address, to_btc(AMOUNT_SAT))
        outputs = [{self.new_address(self.node): to_btc(AMOUNT_SAT)}]
        bumped = self.wallet.bumpfee(txid, outputs=outputs)["txid"]
        scripts = transactions.parse(self.wallet.gettransaction(bumped)["hex"]).outputs
        self.assertNotIn(script_of(self.node, address), [each.script.hex() for each in scripts])

    def test_unloaded_is_minus_18_and_unnamed_among_two_minus_19(self):
        self.assert_error(-18, "does not exist", self.node.wallet("nobody").getbalance)
        self.new_address(self.node)  # a second wallet is loaded from here on
        self.assert_error(-19, "Multiple wallets are loaded", self.node.rpc.getbalance)

    def test_what_the_node_says_of_itself(self):
        """Fields that the check at start asks for."""
        chain = self.node.rpc.getblockchaininfo()
        for field in ("chain", "blocks", "bestblockhash", "chainwork", "initialblockdownload"):
            self.assertIn(field, chain)
        wallet = self.wallet.getwalletinfo()
        self.assertTrue(wallet["private_keys_enabled"] and wallet["descriptors"])
        self.assertFalse(wallet["scanning"])
        self.assertEqual(wallet["lastprocessedblock"]["hash"], chain["bestblockhash"])


class Malleated(case.Case):
    def test_a_high_s_form_is_refused_by_the_mempool_and_mined_in_a_block(self):
        """The same payment under a txid that its signer never saw."""
        node = self.start_funded_node(coins=1)
        wallet = node.wallet(case.WALLET)
        legacy = wallet.getnewaddress("", "legacy")
        wallet.sendtoaddress(legacy, Decimal("0.5"))
        node.mine()
        coin = next(each for each in wallet.listunspent() if each["address"] == legacy)
        address = self.new_address(node)
        raw = drafts.payment(node, wallet, coin, address, AMOUNT_SAT)
        signed = sign(wallet, raw)
        original = node.rpc.sendrawtransaction(signed)
        twisted = transactions.with_high_s(signed)
        self.assertEqual(transactions.parse(twisted).coins, transactions.parse(signed).coins)
        self.assertNotEqual(transactions.parse(twisted).txid, original)
        with self.assertRaises(RpcError) as caught:
            node.rpc.sendrawtransaction(twisted)
        self.assertEqual(caught.exception.code, -26)
        node.rpc.generateblock(self.new_address(node), [twisted])
        seen = wallet.gettransaction(original)
        self.assertEqual(seen["confirmations"], -1)
        self.assertEqual(seen["walletconflicts"], [transactions.parse(twisted).txid])


if __name__ == "__main__":
    case.main()
