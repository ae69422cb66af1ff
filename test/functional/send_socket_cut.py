"""The caller's socket is cut, and the same request made again and again: one payment, and nothing
that was acknowledged is lost. This is the incident that sendonce is for, from the caller's side.
"""

import re
import socket

from framework import case
from framework.api import CUT_PHASES
from framework.sending import WAIT_S, SendCase, at_once
from framework.waiting import wait_until

CUTS = 5  # of each kind, one after the other
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
INCOMPLETE = ("before anything", "in headers", "after headers", "in body")


class SocketCut(SendCase):
    def assert_paid_once(self, send_id, body):
        """As the caller goes on: the same again until it is answered, and then again."""
        first = self.api.put(send_id, body)
        self.assertIn(first.status, (200, 201), first)
        self.promises.accepted(send_id)
        for _ in range(CUTS):
            again = self.api.put(send_id, body, wait=WAIT_S)
            self.assert_answer(again, 200, replayed=True, outcome="sent",
                               created_at=first["created_at"])
        self.finish(send_id)
        self.assertEqual(self.records(send_id).count("SendRecorded"), 1)
        self.check_payments(self.node)

    def test_every_phase(self):
        for number, phase in enumerate(CUT_PHASES):
            with self.subTest(phase):
                send_id = f"w-{number}"
                body = self.new_send(self.node, send_id)
                for _ in range(CUTS):
                    self.api.put_and_cut(send_id, body, phase)
                if phase in INCOMPLETE:
                    self.assert_problem(self.api.get(send_id), 404, "unknown_id")
                self.assert_paid_once(send_id, body)

    def test_a_request_that_is_cut_off_is_never_recorded(self):
        """At each byte of it: not even if what has arrived would be a body by itself."""
        body = self.new_send(self.node, "w-1")
        wire = self.api.request_bytes("PUT", "/v1/sends/w-1", body)
        for end in range(0, len(wire), 7):
            with self.api.connect() as connection:
                connection.sendall(wire[:end])
        self.assert_problem(self.api.get("w-1"), 404, "unknown_id")
        self.assert_paid_once("w-1", body)

    def test_while_the_reply_is_waited_for(self):
        body = self.new_send(self.node, "w-1")
        self.promises.accepted("w-1")
        wire = self.api.request_bytes("PUT", f"/v1/sends/w-1?wait={WAIT_S}&until=final", body)
        waiting = []
        for _ in range(CUTS):
            waiting.append(self.api.connect())
            waiting[-1].sendall(wire)
        wait_until(lambda: self.api.get("w-1").status == 200, "it is recorded")
        for each in waiting:
            each.close()
        self.assert_paid_once("w-1", body)

    def test_the_sending_half_closed(self):
        body = self.new_send(self.node, "w-1")
        for _ in range(CUTS):
            with self.api.connect() as connection:
                connection.sendall(self.api.request_bytes("PUT", "/v1/sends/w-1", body))
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)  # a reply or none: both are allowed
        self.assert_paid_once("w-1", body)

    def test_many_at_once(self):
        body = self.new_send(self.node, "w-1")
        calls = [
            lambda phase=phase: self.api.put_and_cut("w-1", body, phase)
            for phase in CUT_PHASES for _ in range(10)
        ]
        for each in at_once(calls):
            self.assertTrue(each is None or isinstance(each, OSError), each)
        self.assert_paid_once("w-1", body)

    def test_the_next_request_on_a_connection_whose_reply_nobody_read(self):
        """Both requests are answered in order: the second one finds the first one's record."""
        body = self.new_send(self.node, "w-1")
        wire = self.api.request_bytes("PUT", "/v1/sends/w-1", body)
        with self.api.connect() as connection:
            connection.sendall(wire + wire)
            replies = b""
            while len(STATUS.findall(replies)) < 2:
                received = connection.recv(65536)
                self.assertTrue(received, replies)
                replies += received
        statuses = [int(each) for each in STATUS.findall(replies)]
        self.assertEqual(statuses, [201, 200])
        self.assert_paid_once("w-1", body)


if __name__ == "__main__":
    case.main()
