"""What sendrawtransaction, testmempoolaccept and the look-ups of coins say: the facts under the
evidence table of doc/node-interface.md. If a new bitcoind says otherwise, it is found here first.
"""

from framework import case, drafts
from framework.chain import Chain
from framework.drafts import outpoint, sign
from framework.rpc import RpcError, to_btc, to_sat
from framework.waiting import wait_until

AMOUNT_SAT = 1_000_000
SCRIPT_REASON = r"mandatory-script-verify-flag-failed|mempool-script-verify-flag-failed"


class SendsCase(case.SharedNodeCase):
    def draft(self, coin, fee_sat=1000, address=None):
        address = address or self.new_address(self.node)
        return drafts.payment(self.node, self.wallet, coin, address, AMOUNT_SAT, fee_sat)

    def send(self, signed, **caps):
        return self.node.rpc.sendrawtransaction(hexstring=signed, **caps)

    def assert_error(self, code, message, call):
        with self.assertRaises(RpcError) as caught:
            call()
        self.assertEqual(caught.exception.code, code, caught.exception)
        self.assertRegex(caught.exception.message, message)

    def in_mempool(self, txid):
        return txid in self.node.rpc.getrawmempool()

    def judge(self, raw):
        """testmempoolaccept's word on one transaction; None if it would take it."""
        verdict = self.node.rpc.testmempoolaccept([raw])[0]
        return None if verdict["allowed"] else verdict["reject-reason"]


class SameBytesAgain(SendsCase):
    def test_in_the_mempool_returns_the_txid(self):
        signed = sign(self.wallet, self.draft(self.take_coin()))
        self.assertEqual(self.send(signed), self.send(signed))

    def test_confirmed_with_an_unspent_output_is_minus_27(self):
        signed = sign(self.wallet, self.draft(self.take_coin()))
        self.send(signed)
        self.node.mine()
        self.assert_error(-27, "Transaction outputs already in utxo set", lambda: self.send(signed))

    def test_confirmed_and_fully_spent_looks_like_a_missing_coin(self):
        """-25 is never proof: this one was paid."""
        coin = self.take_coin()
        own = drafts.script_of(self.node, self.wallet.getnewaddress("", "bech32"))
        first = sign(self.wallet, drafts.unsigned([coin], [(own, AMOUNT_SAT)]))
        txid = self.send(first, maxfeerate=0)
        self.node.mine()
        spent = {"txid": txid, "vout": 0}
        self.send(sign(self.wallet, drafts.unsigned([spent], [(own, AMOUNT_SAT - 1000)])))
        self.node.mine()
        self.assert_error(
            -25, "bad-txns-inputs-missingorspent", lambda: self.send(first, maxfeerate=0)
        )


class Replacement(SendsCase):
    def setUp(self):
        super().setUp()
        self.coin = self.take_coin()
        address = self.new_address(self.node)
        self.older = sign(self.wallet, self.draft(self.coin, 1000, address))
        self.newer = sign(self.wallet, self.draft(self.coin, 5000, address))

    def test_same_coins_at_a_higher_fee_replace(self):
        older, newer = self.send(self.older), self.send(self.newer)
        self.assertTrue(self.in_mempool(newer))
        self.assertFalse(self.in_mempool(older))

    def test_older_while_the_newer_is_in_the_mempool_is_minus_26(self):
        self.send(self.newer)
        self.assert_error(
            -26, "insufficient fee, rejecting replacement", lambda: self.send(self.older)
        )

    def test_older_after_the_newer_confirmed_is_minus_25(self):
        self.send(self.newer)
        self.node.mine()
        self.assert_error(-25, "bad-txns-inputs-missingorspent", lambda: self.send(self.older))

    def test_the_replaced_one_may_still_confirm(self):
        """Why all versions are kept for ever."""
        older = self.send(self.older)
        self.send(self.newer)
        self.node.rpc.generateblock(self.new_address(self.node), [self.older])
        self.assertEqual(self.wallet.gettransaction(older)["confirmations"], 1)

    def test_the_loser_has_negative_confirmations_and_names_the_winner(self):
        older, newer = self.send(self.older), self.send(self.newer)
        self.node.mine(2)
        loser = self.wallet.gettransaction(older)
        self.assertEqual((loser["confirmations"], loser["walletconflicts"]), (-2, [newer]))


class Refusals(SendsCase):
    def test_our_own_fee_cap_is_minus_25(self):
        signed = sign(self.wallet, self.draft(self.take_coin(), fee_sat=1_000_000))
        self.assert_error(
            -25, "Fee exceeds maximum", lambda: self.send(signed, maxfeerate=to_btc(10_000))
        )

    def test_our_own_burn_cap_is_minus_25(self):
        burn = ("6a04deadbeef", AMOUNT_SAT)
        signed = sign(self.wallet, drafts.unsigned([self.take_coin()], [burn]))
        self.assert_error(
            -25, "exceeds maximum configured by user .*maxburnamount",
            lambda: self.send(signed, maxfeerate=0, maxburnamount=0),
        )

    def test_a_low_fee_is_minus_26(self):
        signed = sign(self.wallet, self.draft(self.take_coin(), fee_sat=1))
        self.assert_error(-26, "min relay fee not met", lambda: self.send(signed))

    def test_a_coin_that_never_was_is_minus_25_too(self):
        ghost = {**self.take_coin(), "txid": "11" * 32}
        script = drafts.script_of(self.node, self.new_address(self.node))
        raw = drafts.unsigned([ghost], [(script, AMOUNT_SAT)])
        self.assert_error(-25, "bad-txns-inputs-missingorspent", lambda: self.send(raw))

    def test_garbage_is_minus_22(self):
        self.assert_error(-22, "TX decode failed", lambda: self.send("00"))


class UnsignedJudged(SendsCase):
    """testmempoolaccept finds everything but the signature, before there is one."""

    def test_a_clean_one_ends_in_a_script_reason(self):
        self.assertRegex(self.judge(self.draft(self.take_coin())), SCRIPT_REASON)

    def test_dust_is_reported(self):
        script = drafts.script_of(self.node, self.new_address(self.node))
        coin = self.take_coin()
        rest = to_sat(coin["amount"]) - 10_000
        raw = drafts.unsigned([coin], [(script, 100), (script, rest)])
        self.assertRegex(self.judge(raw), "^dust")

    def test_a_low_fee_is_reported(self):
        self.assertEqual(self.judge(self.draft(self.take_coin(), 1)), "min relay fee not met")

    def test_a_strange_script_is_reported(self):
        coin = self.take_coin()
        rest = to_sat(coin["amount"]) - 10_000
        raw = drafts.unsigned([coin], [("51" * 50, rest)])
        self.assertEqual(self.judge(raw), "scriptpubkey")

    def test_a_missing_coin_is_reported(self):
        ghost = {**self.take_coin(), "txid": "22" * 32}
        self.assertEqual(self.judge(self.draft(ghost)), "missing-inputs")

    def test_a_replacement_that_pays_too_little_is_reported(self):
        coin = self.take_coin()
        self.send(sign(self.wallet, self.draft(coin, 5000)))
        self.assertEqual(self.judge(self.draft(coin, 4000)), "insufficient fee")

    def test_two_payments_to_one_address_are_fine(self):
        script = drafts.script_of(self.node, self.new_address(self.node))
        coin = self.take_coin()
        rest = to_sat(coin["amount"]) - AMOUNT_SAT - 1000
        raw = drafts.unsigned(
            [coin], [(script, AMOUNT_SAT), (script, AMOUNT_SAT), (script, rest - AMOUNT_SAT)]
        )
        self.assertRegex(self.judge(raw), SCRIPT_REASON)
        self.send(sign(self.wallet, raw))
        address = self.new_address(self.node)
        twice = [{address: to_btc(AMOUNT_SAT)}, {address: to_btc(AMOUNT_SAT)}]
        self.assert_error(-8, "duplicated address", lambda: self.wallet.send(twice))


class CoinsLookedUp(SendsCase):
    def spender(self, coin):
        return self.node.rpc.gettxspendingprevout([outpoint(coin)])[0].get("spendingtxid")

    def test_spender_before_and_after(self):
        coin = self.take_coin()
        self.assertIsNone(self.spender(coin))
        txid = self.send(sign(self.wallet, self.draft(coin)))
        self.assertEqual(self.spender(coin), txid)

    def test_once_confirmed_the_spender_is_not_told(self):
        """So: neither spent in the mempool nor unspent; the block has to be read."""
        coin = self.take_coin()
        self.send(sign(self.wallet, self.draft(coin)))
        self.node.mine()
        self.assertIsNone(self.spender(coin))
        self.assertIsNone(self.node.rpc.gettxout(coin["txid"], coin["vout"]))

    def test_gettxout_looks_at_the_mempool_if_asked(self):
        coin = self.take_coin()
        self.send(sign(self.wallet, self.draft(coin)))
        self.assertIsNone(self.node.rpc.gettxout(coin["txid"], coin["vout"], True))
        unspent = self.node.rpc.gettxout(coin["txid"], coin["vout"], False)
        self.assertEqual(to_sat(unspent["value"]), to_sat(coin["amount"]))

    def test_gettransaction_of_an_unknown_one_is_minus_5(self):
        unknown = "33" * 32
        self.assert_error(-5, "non-wallet", lambda: self.wallet.gettransaction(unknown))


class Reorganised(case.Case):
    def test_a_payment_returns_to_the_mempool(self):
        node = self.start_funded_node(coins=1)
        txid = node.wallet(case.WALLET).sendtoaddress(self.new_address(node), to_btc(AMOUNT_SAT))
        block = node.mine()[0]
        node.rpc.invalidateblock(block)
        self.assertEqual(node.rpc.getrawmempool(), [txid])
        self.assertEqual(node.wallet(case.WALLET).gettransaction(txid)["confirmations"], 0)

    def test_a_deposit_double_spent_under_our_payment_has_no_walletconflicts(self):
        """The depositor's coin is not ours: nothing but the blocks says who took it."""
        node = self.start_funded_node(coins=1)
        depositor, wallet = node.create_wallet("depositor"), node.create_wallet("till")
        node.fund(depositor, ["1"])
        coin = depositor.listunspent()[0]
        deposit = drafts.payment(
            node, depositor, coin, wallet.getnewaddress("", "bech32"), AMOUNT_SAT
        )
        node.rpc.sendrawtransaction(sign(depositor, deposit))
        [deposited] = wallet.listunspent(0)
        script = drafts.script_of(node, self.new_address(node))
        paid = drafts.unsigned([deposited], [(script, AMOUNT_SAT - 1000)])
        txid = node.rpc.sendrawtransaction(sign(wallet, paid))
        rival = drafts.payment(node, depositor, coin, self.new_address(node), AMOUNT_SAT, 9000)
        node.rpc.generateblock(self.new_address(node), [sign(depositor, rival)])
        ours = wallet.gettransaction(txid)
        self.assertEqual((ours["confirmations"], ours["walletconflicts"]), (-1, []))
        self.assertNotIn(txid, Chain(node.rpc).transactions)

    def test_a_restarted_wallet_sends_its_old_versions_again(self):
        node = self.start_funded_node(coins=1)
        txid = node.wallet(case.WALLET).sendtoaddress(self.new_address(node), to_btc(AMOUNT_SAT))
        node.restart("-persistmempool=0")
        wait_until(lambda: node.rpc.getrawmempool() == [txid], "it is sent again")
        node.restart("-persistmempool=0", "-walletbroadcast=0")
        self.assertEqual(node.rpc.getrawmempool(), [])


if __name__ == "__main__":
    case.main()
