"""The base of the functional tests: a folder of its own, real programs, and a teardown that checks.

A test file holds classes of test_* methods, as unittest knows them, and ends with case.main().
"""

import faulthandler
import json
import os
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

from .bitcoind import Bitcoind
from .chain import Chain
from .compared import Compared
from .drafts import script_of
from .ports import Ports
from .promises import Promises
from .proxy import Proxy
from .sendonced import Sendonced

WALLET = "hot"
TMPDIR_VARIABLE = "SENDONCE_TEST_TMPDIR"
_ports = None


def _process_ports():
    global _ports
    if _ports is None:
        _ports = Ports()
    return _ports


class Case(unittest.TestCase):
    """Everything that a test starts through this object is ended after it, the last one first."""

    def setUp(self):
        parent = os.environ.get(TMPDIR_VARIABLE)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self._testMethodName[:40]}-", dir=parent))
        self.addCleanup(self._remove_folder_if_passed)
        self.ports = _process_ports()
        self.promises = Promises()
        self.compared = Compared()
        self._started = 0

    # --- parts

    def start_node(self, *options):
        """A node at height 0, without wallets."""
        node = Bitcoind(self._new_folder("node"), self.ports)
        self.addCleanup(node.close)
        return node.start(*options)

    def start_funded_node(self, *options, coins=10, coin_btc="1"):
        """A node whose wallet "hot" has that many confirmed native segwit coins."""
        node = self.start_node(*options)
        wallet = node.create_wallet(WALLET)
        node.fund(wallet, [coin_btc] * coins)
        return node

    def start_proxy(self, node):
        proxy = Proxy(self.ports, node.rpc_port)
        self.addCleanup(proxy.close)
        return proxy

    def new_sendonced(self, node, proxy=None, program="sendonced", wallet=WALLET):
        """A daemon in a fresh folder, neither initialised nor started."""
        rpc_port = proxy.port if proxy else node.rpc_port
        folder = self._new_folder("sendonced")
        daemon = Sendonced(folder, self.ports, node.cookie_path, rpc_port, wallet, program)
        self.addCleanup(daemon.close)
        return daemon

    def start_sendonced(self, node, proxy=None, program="sendonced", wallet=WALLET, options=()):
        """A daemon that is ready to pay from the wallet. Options are for this start only."""
        daemon = self.new_sendonced(node, proxy, program, wallet)
        daemon.init()
        return daemon.start(*options)

    # --- sends

    def new_address(self, node, kind="bech32"):
        """An address of nobody's wallet that the test watches: the payee's."""
        if "payee" not in node.rpc.listwallets():
            node.create_wallet("payee")
        return node.wallet("payee").getnewaddress("", kind)

    def new_send(self, node, send_id, amount_sat=100_000):
        """The body of a submit to a fresh address; the id is known to self.promises from here."""
        address = self.new_address(node)
        self.promises.submitted(send_id, [(script_of(node, address), amount_sat)])
        return {"outputs": [{"address": address, "amount_sat": amount_sat}]}

    def check_payments(self, node, proxy=None, all_paid=True):
        """Holds the chain, and all signatures that the proxy saw, against what was told."""
        chain = Chain(node.rpc)
        self.promises.check(chain, all_paid)
        if proxy:
            self.check_signatures(proxy, chain)

    def check_signatures(self, proxy, chain, others_hex=()):
        """Those that the proxy saw: of one id they exclude each other. Others are of somebody else."""
        self.promises.check_signatures(proxy.signed(), chain, others_hex, self.compared)

    # --- inside

    def _new_folder(self, name):
        self._started += 1
        return self.folder / f"{name}{self._started}"

    def _remove_folder_if_passed(self):
        if self._passed_so_far():
            shutil.rmtree(self.folder)
        else:
            print(f"{self.id()}: logs are kept in {self.folder}", file=sys.stderr)

    def _passed_so_far(self):
        problems = self._outcome.result.failures + self._outcome.result.errors
        return all(_test_of(case) is not self for case, _ in problems)


def _test_of(case):
    """The test that a problem belongs to, also if it was met in a subTest."""
    return getattr(case, "test_case", case)


class SharedNodeCase(Case):
    """One funded node for all tests of a class, for tests that each take coins of their own."""

    coins = 30

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = Path(tempfile.mkdtemp(prefix="shared-", dir=os.environ.get(TMPDIR_VARIABLE)))
        cls.addClassCleanup(shutil.rmtree, folder)
        cls.node = Bitcoind(folder / "node", _process_ports())
        cls.addClassCleanup(cls.node.close)
        cls.node.start()
        cls.wallet = cls.node.create_wallet(WALLET)
        if cls.coins:
            cls.node.fund(cls.wallet, ["1"] * cls.coins)
        cls._unused = cls.wallet.listunspent()

    def take_coin(self):
        """A confirmed coin of the wallet, 1 bitcoin, that no other test takes."""
        return self._unused.pop()


class _Result(unittest.TextTestResult):
    """Writes a line of JSON per test for the runner, and what went wrong at once, because a later
    test may hang. A skipped test counts as failed.
    """

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._printed = []
        self._report_fd = int(os.environ.get("SENDONCE_TEST_REPORT_FD", "-1"))
        self._started_at = 0

    def startTest(self, test):
        super().startTest(test)
        self._started_at = time.monotonic()
        self._report(test, "started")

    def stopTest(self, test):
        bad = self.failures + self.errors + self.skipped + self.expectedFailures
        outcome = "failed" if any(_test_of(case) is test for case, _ in bad) else "passed"
        self._print_new_problems()
        self._report(test, outcome)
        super().stopTest(test)

    def addSkip(self, test, reason):
        self.addFailure(test, (AssertionError, AssertionError(f"skipped: {reason}"), None))

    def printErrors(self):
        self._print_new_problems()  # those outside of any test, as in setUpClass

    def _print_new_problems(self):
        for problem in self.failures + self.errors:
            if problem not in self._printed:
                self._printed.append(problem)
                self.stream.writeln(f"\n{self.separator1}\n{problem[0]}\n{problem[1]}")
                self.stream.flush()

    def _report(self, test, event):
        if self._report_fd < 0:
            return
        seconds = round(time.monotonic() - self._started_at, 1)
        compared = test.compared.figures() if hasattr(test, "compared") else {}
        report = {"test": test.id(), "event": event, "seconds": seconds, "compared": compared}
        os.write(self._report_fd, (json.dumps(report) + "\n").encode())


def main():
    """Runs the tests of the file that calls it. Names on the command line select some."""
    faulthandler.enable()  # the runner ends a file that takes too long by SIGABRT
    by_hand = "SENDONCE_TEST_REPORT_FD" not in os.environ
    runner = unittest.TextTestRunner(resultclass=_Result, verbosity=2 if by_hand else 1)
    unittest.main(module="__main__", testRunner=runner)
