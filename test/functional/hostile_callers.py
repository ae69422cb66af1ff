"""Crowds of callers who are slow, endless, too large, silent, deaf or strangers, by the hundred and the
thousand: they are cut off or refused, the memory that they take is bounded, and honest callers
are served all along (doc/http-api.md, Limits and Access). Figures are printed.
"""

import contextlib
import http.client
import json
import socket
import struct
import threading
from pathlib import Path

from framework import case
from framework.honest_callers import HonestCallers
from framework.raw_requests import Writer
from framework.sending import AMOUNT_SAT, BRISK, SendCase
from framework.waiting import wait_until

MIB = 1_048_576
IDLE = 1_000
OF_EACH_KIND = 40
PER_SLOW_CONNECTION = 128 * 1024  # far more than what they have sent
LARGE = 200
# Half of what would be there if each of the three waves took room of its own.
PER_LARGE_BODY = 3 * MIB // 2
DEAF = 100
MOST_SENT_AHEAD = 5 * MIB // 4
PIPELINED = 2_000
STRANGERS = 100
RESET = struct.pack("ii", 1, 0)


class HostileCallers(SendCase):
    wallet_coins = 60
    options = (*BRISK[:-1], "-maxconnections=1800")

    def setUp(self):
        super().setUp()
        self.address = self.new_address(self.node)
        self.amounts_sat = {}
        self.writer = Writer(self.daemon.cookie_path.read_bytes(), self.address)
        self.before = self.memory()
        self.most = self.before

    # --- what the daemon takes

    def memory(self):
        status = Path(f"/proc/{self.daemon.process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return int(fields["VmRSS"].split()[0]) * 1024

    def open_files(self):
        return len(list(Path(f"/proc/{self.daemon.process.pid}/fd").iterdir()))

    def assert_bounded(self, what, bound, honest):
        """And that the honest callers were served."""
        self.most = max(self.most, self.memory())
        grown = self.most - self.before
        print("figures", json.dumps({
            "what": what, "grown_MiB": round(grown / MIB, 1), "bound_MiB": round(bound / MIB, 1),
            "honest_calls_served": honest.served, "slowest_s": round(honest.slowest_s, 3)}))
        self.assertLess(grown, bound)
        self.assertEqual(honest.problems[:3], [])
        self.assertGreater(len(honest.accepted), 0)

    # --- honest callers

    def honest_send(self, send_id):
        amount_sat = self.amounts_sat.setdefault(send_id, AMOUNT_SAT + len(self.amounts_sat))
        return {"outputs": [{"address": self.address, "amount_sat": amount_sat}]}

    def check_honest(self, honest):
        """What they were promised is kept."""
        script = case.script_of(self.node, self.address)
        for send_id in honest.accepted:
            self.promises.submitted(send_id, [(script, self.amounts_sat[send_id])])
            self.promises.accepted(send_id)
        for at in range(0, len(honest.accepted), 1_000):
            results = self.api.look_up(honest.accepted[at:at + 1_000])["results"]
            self.assertEqual({each["status"] for each in results}, {200})
        self.check_payments(self.node, all_paid=False)

    # --- the slow

    def slow_openings(self):
        """What each kind begins with, and the byte that it adds now and then; None: no more."""
        put = self.writer.head("PUT", "/v1/sends/slow", "Content-Length: 1000000")
        chunked = self.writer.head("PUT", "/v1/sends/slow", "Transfer-Encoding: chunked")
        endless = self.writer.head("PUT", "/v1/sends/slow", f"Content-Length: {2**63 + 7}")
        return {
            "silent": (b"", None), "half a head": (put[:60], None), "a byte of a name": (b"G", b"E"),
            "an endless header": (put[:-2] + b"X: ", b"x"), "a slow body": (put, b" "),
            "half a body": (put + b" " * 500_000, None), "a slow size": (chunked, b"0"),
            "a slow chunk": (chunked + b"ffff\r\n", b" "), "a slow trailer": (
                chunked + b"0\r\nX: ", b"x"), "an endless body": (endless, b" "),
            "an endless size": (chunked + b"0" * 60_000, b"0"),
            "an endless extension": (chunked + b"7;" + b"x" * 60_000, b"x"),
            "chunks without end": (chunked, b"1\r\n \r\n"), "lines without end": (put[:-2], b"X: y\r\n"),
        }

    def test_the_slow_are_cut_off_and_the_idle_are_in_nobodys_way(self):
        files = self.open_files()
        slow = [(self.connect(), None) for _ in range(IDLE)]
        for opening, byte in self.slow_openings().values():
            for _ in range(OF_EACH_KIND):
                slow.append((self.connect(opening), byte))
        count = len(slow)
        with self.honest_callers() as honest:
            wait_until(lambda: not self.go_on(slow), f"{count} connections are cut off")
        bound = count * PER_SLOW_CONNECTION + OF_EACH_KIND * MIB
        self.assert_bounded(f"{count} slow or idle connections", bound, honest)
        wait_until(lambda: self.open_files() <= files + 8, "their files are closed")
        self.assertEqual(self.api.get("slow").status, 404)
        self.check_honest(honest)

    def honest_callers(self):
        return HonestCallers(self.api, self.honest_send)

    def connect(self, opening=b""):
        connection = self.api.connect()
        self.addCleanup(connection.close)
        connection.sendall(opening)
        connection.setblocking(False)
        return connection

    def go_on(self, slow):
        """Sends a byte on each connection that is still open; leaves the others out."""
        self.most = max(self.most, self.memory())
        slow[:] = [(connection, byte) for connection, byte in slow
                   if self.is_open(connection) and self.adds(connection, byte)]
        return slow

    def is_open(self, connection):
        try:
            return connection.recv(65536) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def adds(self, connection, byte):
        try:
            connection.send(byte or b"")
            return True
        except BlockingIOError:
            return True
        except OSError:
            return False

    # --- the large

    def test_large_bodies_at_once_and_again(self):
        """A second wave takes the room of the first."""
        whole = self.writer.head("PUT", "/v1/sends/large", f"Content-Length: {MIB}")
        peaks = []
        with self.honest_callers() as honest:
            for _ in range(3):
                crowd = [self.connect_sending(whole + b" " * (MIB - 1)) for _ in range(LARGE)]
                peaks.append(self.memory())
                self.most = max(self.most, peaks[-1])
                for each in crowd:
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    each.close()
        print(f"after each wave: {[round(each / MIB) for each in peaks]} MiB")
        self.assert_bounded(f"{LARGE} bodies of almost a MiB", LARGE * PER_LARGE_BODY, honest)
        self.assertEqual(self.api.get("large").status, 404)
        self.check_honest(honest)

    def connect_sending(self, data):
        connection = self.api.connect()
        self.addCleanup(connection.close)
        connection.sendall(data)
        return connection

    # --- the deaf, and strangers

    def test_who_never_reads_is_not_read_for_ever(self):
        """Pipelined look-ups, single and in bulk, whose answers nobody takes."""
        ids = json.dumps({"ids": ["honest-0-1"] * 1_000}).encode()
        bulk = self.writer.head("POST", "/v1/lookup", f"Content-Length: {len(ids)}") + ids
        single = self.writer.head("GET", "/v1/sends/honest-0-1")
        with self.honest_callers() as honest:
            wait_until(lambda: honest.accepted, "there is something to look up")
            for number in range(DEAF):
                connection = self.connect()
                with contextlib.suppress(BlockingIOError):
                    for _ in range(PIPELINED):
                        connection.send(bulk if number % 4 else single)
                self.most = max(self.most, self.memory())
            served = honest.served
            wait_until(lambda: honest.served > served + 30, "honest callers are served")
        # 64 MiB of replies in all, twice while they are written; and what each has sent ahead.
        bound = 2 * 64 * MIB + DEAF * MOST_SENT_AHEAD
        self.assert_bounded(f"{DEAF} callers who never read", bound, honest)
        self.check_honest(honest)

    def test_strangers_in_crowds(self):
        """Wrong credentials, web pages, connections that are reset: each many times at once."""
        right = self.writer.submit("strange")
        kinds = {
            "a wrong cookie": (right.replace(b"Basic X", b"Basic Y"), 401),
            "no cookie": (right.replace(b"Authorization", b"X-Nothing"), 401),
            "another host": (right.replace(b"Host: 127.0.0.1", b"Host: evil.example"), 403),
            "a web page": (right.replace(b"Host:", b"Origin: http://evil.example\r\nHost:"), 403),
            "a form": (right.replace(b"application/json", b"text/plain"), 415),
        }
        wrong = []
        with self.honest_callers() as honest:
            threads = [threading.Thread(target=self.strange, args=(*kind, wrong))
                       for kind in kinds.values() for _ in range(STRANGERS // len(kinds))]
            for each in threads:
                each.start()
            for _ in range(2_000):
                self.connect_and_reset(right)
            for each in threads:
                each.join()
            self.most = max(self.most, self.memory())
        self.assertEqual(wrong, [])
        self.assert_bounded(f"{STRANGERS} strangers, 2,000 resets", 64 * MIB, honest)
        self.assertEqual(self.api.get("strange").status, 404)
        self.check_honest(honest)

    def strange(self, request, status, wrong):
        """Ten requests on each of two connections; whatever is answered is a refusal."""
        for _ in range(2):
            with self.api.connect() as connection:
                for _ in range(10):
                    connection.sendall(request)
                    reply = http.client.HTTPResponse(connection)
                    reply.begin()
                    if reply.status != status:
                        wrong.append(f"{reply.status} {reply.read()}")
                    reply.read()

    def connect_and_reset(self, request):
        with self.api.connect() as connection:
            connection.sendall(request[:len(request) // 2])
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


if __name__ == "__main__":
    case.main()
