"""A client of sendonced's HTTP API, well-behaved or not."""

import base64
import http.client
import json
import socket
import struct
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, urlencode

from .waiting import PATIENCE_S, wait_until

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Answer:
    """One HTTP reply. json is None if the body is not JSON."""

    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def json(self):
        if "json" not in self.headers.get("content-type", ""):
            return None
        return json.loads(self.body, parse_float=Decimal)

    def __getitem__(self, field):
        """A field of the JSON object in the body."""
        return self.json[field]

    def __str__(self):
        return f"{self.status} {self.body.decode(errors='replace')}"


def read_answer(reply):
    """The Answer in an http.client.HTTPResponse whose head was read."""
    names = {name.lower(): value for name, value in reply.getheaders()}
    return Answer(reply.status, names, reply.read())


def encode(body):
    """The bytes of a request's body: str and bytes as they are, anything else as JSON."""
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _credentials(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


class Api:
    """Thread-safe: each call has a connection of its own. Transport errors are OSError or
    http.client.HTTPException.
    """

    def __init__(self, port, cookie_path, timeout_s=PATIENCE_S):
        self.port = port
        self._cookie_path = cookie_path
        self._timeout_s = timeout_s

    # --- the calls of doc/http-api.md

    def put(self, send_id, body, **query):
        return self.request("PUT", _send_path(send_id, query), body)

    def get(self, send_id, **query):
        return self.request("GET", _send_path(send_id, query))

    def delete(self, send_id):
        return self.request("DELETE", _send_path(send_id, {}))

    def put_many(self, sends):
        return self.request("POST", "/v1/sends", {"sends": sends})

    def look_up(self, ids):
        return self.request("POST", "/v1/lookup", {"ids": ids})

    def history(self, send_id):
        return self.request("GET", _send_path(send_id, {}) + "/history")

    def status(self):
        return self.request("GET", "/v1/status")

    def funds(self):
        return self.request("GET", "/v1/funds")

    def alarms(self):
        return self.request("GET", "/v1/alarms")

    def accept_alarm(self, number, reason="looked at"):
        return self.request("POST", f"/v1/alarms/{number}/accept", {"reason": reason})

    def bump(self, send_id, rate_sat_vb):
        return self.request("POST", _send_path(send_id, {}) + "/bump", {"rate_sat_vb": rate_sat_vb})

    def adopt(self, send_id, txid, **fields):
        return self.request("POST", _send_path(send_id, {}) + "/adopt", {"txid": txid, **fields})

    def verdict(self, send_id, verdict, reason="looked at"):
        body = {"verdict": verdict, "reason": reason}
        return self.request("POST", _send_path(send_id, {}) + "/verdict", body)

    # --- anything

    def request(self, method, path, body=None, headers=None, timeout_s=None):
        """One request. headers replace the usual ones by name; a value of None leaves one out."""
        connection = self.open(timeout_s)
        try:
            return self.request_on(connection, method, path, body, headers)
        finally:
            connection.close()

    def open(self, timeout_s=None):
        """A connection for several requests, one after the other."""
        return http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=timeout_s or self._timeout_s
        )

    def request_on(self, connection, method, path, body=None, headers=None):
        """The same on a connection of open()."""
        data = None if body is None else encode(body)
        connection.request(method, path, data, self._headers(body is not None, headers))
        return read_answer(connection.getresponse())

    def wait_for_outcome(self, send_id, outcome, timeout_s=PATIENCE_S):
        return self._wait_for(send_id, "outcome", outcome, timeout_s)

    def wait_for_state(self, send_id, state, timeout_s=PATIENCE_S):
        return self._wait_for(send_id, "state", state, timeout_s)

    # --- below HTTP

    def connect(self):
        """A bare TCP connection, for what http.client would not send."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=self._timeout_s)

    def request_bytes(self, method, path, body=None, headers=None):
        """What request() would put on the wire."""
        data = b"" if body is None else encode(body)
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{k}: {v}" for k, v in self._headers(body is not None, headers).items()]
        lines.append(f"Content-Length: {len(data)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + data

    def put_and_cut(self, send_id, body, phase):
        """Submits, and resets the connection at a phase of CUT_PHASES."""
        wire = self.request_bytes("PUT", _send_path(send_id, {}), body)
        header_end = wire.index(b"\r\n\r\n") + 4
        with self.connect() as connection:
            connection.sendall(wire[: CUT_PHASES[phase](header_end, len(wire))])
            if phase == "in reply":
                connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)

    def _headers(self, has_body, changed):
        headers = {"Authorization": _credentials(self._cookie_path.read_text().strip())}
        if has_body:
            headers["Content-Type"] = "application/json"
        headers.update(changed or {})
        return {name: value for name, value in headers.items() if value is not None}

    def _wait_for(self, send_id, field, value, timeout_s):
        last = None

        def reached():
            nonlocal last
            last = self.get(send_id)
            return last if last.status == 200 and last[field] == value else None

        try:
            return wait_until(reached, f"{send_id} has {field} {value}", timeout_s)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; it stands at: {last}") from None


# How many bytes of a request leave before the connection is reset, from where its headers end and
# its whole length.
CUT_PHASES = {
    "before anything": lambda header_end, end: 0,
    "in headers": lambda header_end, end: header_end // 2,
    "after headers": lambda header_end, end: header_end,
    "in body": lambda header_end, end: (header_end + end) // 2,
    "after body": lambda header_end, end: end,
    "in reply": lambda header_end, end: end,
}


def _send_path(send_id, query):
    path = "/v1/sends/" + quote(send_id, safe="~:")
    return path + ("?" + urlencode(query) if query else "")
