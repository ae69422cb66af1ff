"""The base of tests about what keeps a send from being paid: how it is shown, and that all go on."""

import re
import time

from .sending import SendCase
from .waiting import wait_until

CALLS_BETWEEN_LOOKS = 4
CALLS = re.compile(r"^sendonce_rpc_calls_total\{.*\} (\d+)", re.MULTILINE)


class BlockedCase(SendCase):
    """After each test the chain is read: every accepted send is paid, and once."""

    with_proxy = True

    def setUp(self):
        self.began_ms = int(time.time() * 1000)
        super().setUp()

    def tearDown(self):
        if self._passed_so_far():  # else what failed says more
            self.check_payments(self.node, self.proxy)

    def assert_blocked(self, send_id, code, retry="automatic", says="."):
        """It waits because of code, and since the same moment while the daemon goes on trying."""
        stalled = self.wait_for_words(lambda: self.api.get(send_id), code, says)
        self.assertEqual(stalled["retry"], retry, stalled)
        self.assertGreaterEqual(stalled["since"], self.began_ms)
        self.assertLessEqual(stalled["since"], int(time.time() * 1000))
        self.let_it_try_again()
        later = self.api.get(send_id)
        self.assertEqual(later["outcome"], "pending", later)
        told = later["stalled"] or {}
        self.assertEqual((told.get("code"), told.get("since")), (code, stalled["since"]), later)

    def assert_all_blocked(self, send_id, code, retry="automatic", says="."):
        """The same, and no other send is paid either: the status page says so."""
        self.assert_blocked(send_id, code, retry, says)
        stalled = self.wait_for_words(self.api.status, code, says)
        self.assertEqual(stalled["retry"], retry, stalled)

    def wait_for_words(self, ask, code, says):
        """Until what is told in `stalled` has the code, and the words in its detail."""
        last = None

        def stalled():
            nonlocal last
            last = ask()
            told = last["stalled"] or {"code": None, "detail": ""}
            return told if told["code"] == code and re.search(says, told["detail"]) else None

        try:
            return wait_until(stalled, f"it is stalled: {code}")
        except TimeoutError as late:
            raise TimeoutError(f"{late}; it stands at: {last}") from None

    def assert_goes_on(self, *ids):
        """Each is paid with no further call; they are confirmed together."""
        for send_id in ids:
            self.wait_for(send_id, "sent", outcome="sent", stalled=None)
        self.node.mine()
        for send_id in ids:
            self.wait_for(send_id, "confirmed", outcome="sent")

    def let_it_try_again(self):
        """Until some more calls to the node have come to an end."""
        before = self._ended_calls()
        wait_until(lambda: self._ended_calls() >= before + CALLS_BETWEEN_LOOKS,
                   "more calls to the node")

    def _ended_calls(self):
        text = self.api.request("GET", "/metrics").body.decode()
        return sum(map(int, CALLS.findall(text)))
