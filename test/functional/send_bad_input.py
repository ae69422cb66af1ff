"""What is refused: with which status, code and field, that nothing is recorded by it, and that the
connection can be used on where HTTP allows it.
"""

import base64
import contextlib
import http.client
import json
import threading

from framework import case
from framework.api import read_answer
from framework.sending import AMOUNT_SAT, SendCase
from framework.waiting import wait_until

MAX_BODY_BYTES = 1_048_576
MAX_HEADER_BYTES = 16_384
MAX_MONEY_SAT = 2_100_000_000_000_000
LAST_TIME_MS = 253_402_300_799_999  # the end of the year 9999
PATH = "/v1/sends/bad"
ADDRESS = '"address": "bcrt1q'


class RefusedCase(SendCase):
    """All requests of a test go over one connection, unless it says otherwise."""

    wallet_coins = 1

    def setUp(self):
        super().setUp()
        self.addresses = {kind: self.new_address(self.node, kind)
                          for kind in ("bech32", "bech32m", "legacy", "p2sh-segwit")}
        self.address = self.addresses["bech32"]
        self.connection = self.api.open()
        self.addCleanup(self.connection.close)
        self.connection.connect()

    def tearDown(self):
        """Nothing that was refused has left a trace."""
        self.assertEqual(self.api.status()["backlog"]["open_sends"], 0)

    def ask(self, method, path, body=None, **headers):
        """On the one connection, which has to last."""
        socket = self.connection.sock
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.api.request_on(self.connection, method, path, body, names)
        self.assertIsNotNone(socket)
        self.assertIs(self.connection.sock, socket, f"closed after {answer}")
        return answer

    def assert_not_recorded(self):
        self.assert_problem(self.ask("GET", PATH), 404, "unknown_id")

    def assert_refused(self, status, code, field, body, shown=None):
        with self.subTest(f"{shown or body}"[:100]):
            self.assert_problem(self.ask("PUT", PATH, body), status, code, field)
            self.assert_not_recorded()

    def read_to_end(self, connection):
        try:
            return connection.recv(1)
        except ConnectionResetError:
            return b""

    def one_output(self, **fields):
        return {"outputs": [{"address": self.address, "amount_sat": AMOUNT_SAT, **fields}]}

    def with_raw_amount(self, text):
        return '{"outputs": [{"address": "%s", "amount_sat": %s}]}' % (self.address, text)


class Fields(RefusedCase):
    def test_amounts(self):
        for text in ("1.5", "150000.0", "1e5", "1E5", '"150000"', "true", "null", "[1]", "-1", "-0",
                     "0", str(MAX_MONEY_SAT + 1), str(2**63), "9" * 400):
            self.assert_refused(422, "bad_amount", "outputs[0].amount_sat",
                                self.with_raw_amount(text))

    def test_dust_of_each_kind_of_address(self):
        for kind, dust_sat in (("bech32", 294), ("bech32m", 330), ("p2sh-segwit", 540),
                               ("legacy", 546)):
            output = {"address": self.addresses[kind], "amount_sat": dust_sat - 1}
            self.assert_refused(422, "bad_amount", "outputs[0].amount_sat", {"outputs": [output]})

    def test_a_sum_beyond_all_money(self):
        output = {"address": self.address, "amount_sat": MAX_MONEY_SAT}
        self.assert_refused(422, "bad_amount", "outputs", {"outputs": [output, output]})

    def test_addresses(self):
        for address in ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",  # main network
                        "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",  # test networks
                        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
                        self.address[:-1], self.address + "q", self.address[:20],
                        self.address.replace("bcrt1q", "bcrt1Q"), self.address + " ", "", "x" * 500,
                        7, None, [], {}):
            self.assert_refused(422, "bad_address", "outputs[0].address",
                                self.one_output(address=address))

    def test_outputs(self):
        good = self.one_output()["outputs"][0]
        for outputs in ([], {}, None, "all", 1):
            self.assert_refused(400, "bad_parameter", "outputs", {"outputs": outputs})
        self.assert_refused(400, "missing_field", "outputs", {})
        self.assert_refused(400, "bad_parameter", "outputs[1]", {"outputs": [good, 7]})
        self.assert_refused(400, "missing_field", "outputs[0].address",
                            {"outputs": [{"amount_sat": AMOUNT_SAT}]})
        self.assert_refused(400, "missing_field", "outputs[1].amount_sat",
                            {"outputs": [good, {"address": self.address}]})
        self.assert_refused(400, "unknown_field", "outputs[0].label", self.one_output(label="x"))
        self.assert_refused(422, "bad_address", "outputs[1].address",
                            {"outputs": [good, {**good, "address": "nobody"}]})
        self.assert_refused(422, "limit_exceeded", "outputs", {"outputs": [good] * 101})

    def test_fees(self):
        for status, code, field, fee in (
            (422, "bad_fee", "fee", 5),
            (422, "bad_fee", "fee", None),
            (422, "bad_fee", "fee", {}),
            (422, "bad_fee", "fee", {"conf_target": 6, "rate_sat_vb": 1}),
            (400, "unknown_field", "fee.speed", {"speed": "fast"}),
            *[(422, "bad_fee", "fee.conf_target", {"conf_target": bad})
              for bad in (0, -1, 1009, 1.5, "6", None)],
            *[(422, "bad_fee", "fee.rate_sat_vb", {"rate_sat_vb": bad})
              for bad in (0, -1, 1.0001, 1e30, "5", None)],
        ):
            self.assert_refused(status, code, field, {**self.one_output(), "fee": fee})
        exponent = json.dumps(self.one_output())[:-1] + ', "fee": {"rate_sat_vb": 1e1}}'
        self.assert_refused(422, "bad_fee", "fee.rate_sat_vb", exponent)
        for bad in (0, -1, 1.5, "20000", MAX_MONEY_SAT + 1, None):
            self.assert_refused(422, "bad_fee", "max_fee_sat",
                                {**self.one_output(), "max_fee_sat": bad})

    def test_other_fields(self):
        for status, code, field, bad_ones in (
            (400, "bad_parameter", "batch", (1, "true", None)),
            (400, "bad_parameter", "not_after", (-1, 1.5, "1790000000000", LAST_TIME_MS + 1, None)),
            (400, "bad_parameter", "reference", (4711, None, ["x"])),
            (422, "limit_exceeded", "reference", ("x" * 257, "\u00e9" * 129)),
            (400, "unknown_field", "amount_sat", (1,)),
            (400, "unknown_field", "Reference", ("x",)),
            (400, "unknown_field", "", ("x",)),
        ):
            for bad in bad_ones:
                body = {**self.one_output(), field: bad}
                self.assert_refused(status, code, field or None, body)

    def test_the_first_refusal_spoils_nothing_and_the_last_request_is_paid(self):
        for body in ("{", self.with_raw_amount("0"), {**self.one_output(), "batch": None}):
            self.ask("PUT", "/v1/sends/good", body)
        self.assert_answer(self.ask("PUT", "/v1/sends/good", self.new_send(self.node, "good")), 201)
        self.promises.accepted("good")
        self.finish("good")
        self.check_payments(self.node)


class Json(RefusedCase):
    def test_what_is_none(self):
        whole = self.with_raw_amount("150000")
        for body in ("", " ", "{", "nonsense", "[]", "1", "null", '"outputs"', whole[:-1], whole + "x",
                     whole + whole, whole.replace("150000", "0150000"), whole.replace('"', "'"),
                     whole[:-1] + ",}", whole.replace("{", "{/**/", 1), "\ufeff" + whole,
                     b'{"reference": "\xff"}', b'{"reference": "\xed\xa0\x80"}',
                     whole.encode("utf-16")):
            self.assert_refused(400, "bad_json", None, body, shown=repr(body))

    def test_keys_that_stand_twice(self):
        whole = self.with_raw_amount("150000")
        twice = {
            "reference": whole[:-1] + ', "reference": "a", "reference": "a"}',
            "outputs": whole[:-1] + ', "outputs": []}',
            "outputs[0].amount_sat": whole[:-3] + ', "amount_sat": 150000}]}',
            "fee.rate_sat_vb": whole[:-1] + ', "fee": {"rate_sat_vb": 1, "rate_sat_vb": 1}}',
        }
        for field, body in twice.items():
            self.assert_refused(400, "bad_json", field, body)
        escaped = whole[:-1] + ', "reference": "a", "ref\\u0065rence": "b"}'
        self.assert_refused(400, "bad_json", "reference", escaped)

    def test_bombs(self):
        for body in ("[" * 500_000, '{"a":' * 100_000, '{"outputs": ' + "[" * 9 + "]" * 9 + "}",
                     '{"outputs": [' + "0," * 400_000 + "0]}",
                     '{"outputs": [' + "{}," * 300_000 + "{}]}",
                     '{"x": ' + "9" * 900_000 + "x}"):
            self.assert_refused(400, "bad_json", None, body)


class Requests(RefusedCase):
    def test_ids(self):
        for written in ("a%20b", "%2e", "%2e%2e", "x" * 129, "a%00b", "%C3%A9", "a%2Fb", "a%2", "a+b",
                        "a%25b", "a@b"):
            for method, body in (("PUT", self.one_output()), ("GET", None), ("DELETE", None)):
                with self.subTest(f"{method} {written[:40]}"):
                    answer = self.ask(method, "/v1/sends/" + written, body)
                    self.assert_problem(answer, 400, "bad_id", "id")

    def test_parameters(self):
        for query, field in (("wait=x", "wait"), ("wait=-1", "wait"), ("wait=1.5", "wait"),
                             ("wait=", "wait"), ("wait", "wait"), ("until=later", "until"),
                             ("until=", "until"), ("what=1", "what"), ("Wait=1", "Wait"),
                             ("wait=1&wait=1", "wait"), ("until=sent&until=final", "until")):
            for method, body in (("PUT", self.one_output()), ("GET", None)):
                with self.subTest(f"{method} {query}"):
                    answer = self.ask(method, f"{PATH}?{query}", body)
                    self.assert_problem(answer, 400, "bad_parameter", field)
        for method, path in (("DELETE", PATH), ("GET", PATH + "/history"), ("GET", "/v1/status")):
            answer = self.ask(method, path + "?wait=1")
            self.assert_problem(answer, 400, "bad_parameter", "wait")
        self.assert_problem(self.ask("DELETE", PATH, "{}"), 400, "bad_parameter", "body")
        self.assert_not_recorded()

    def test_addresses_of_nothing(self):
        for path in ("/", "/v1", "/v1/send", "/v1/sends/bad/", "/v1/sends/bad/x",
                     "/v1/sends/bad/history/x", "//v1/sends/bad", "/V1/sends/bad", "/v2/sends/bad",
                     "/v1/events", "/favicon.ico"):
            with self.subTest(path):
                self.assert_problem(self.ask("GET", path), 404, "not_found")

    def test_methods(self):
        for method, path, allowed in (("PATCH", PATH, "GET, PUT, DELETE"),
                                      ("POST", PATH, "GET, PUT, DELETE"),
                                      ("OPTIONS", PATH, "GET, PUT, DELETE"),
                                      ("DELETE", "/v1/status", "GET"),
                                      ("PUT", "/healthz", "GET"),
                                      ("GET", "/v1/sends", "POST"),
                                      ("GET", "/v1/alarms/1/accept", "POST")):
            with self.subTest(f"{method} {path}"):
                body = "{}" if method in ("PUT", "POST") else None
                answer = self.ask(method, path, body)
                self.assert_problem(answer, 405, "method_not_allowed")
                self.assertEqual(set(answer.headers["allow"].split(", ")), set(allowed.split(", ")))

    def test_media_types(self):
        for media in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "",
                      "application/jsonx", None):
            with self.subTest(media):
                answer = self.ask("PUT", PATH, self.one_output(), Content_Type=media)
                self.assert_problem(answer, 415, "unsupported_media_type", "Content-Type")
                self.assert_not_recorded()


class Strangers(RefusedCase):
    """Who may not ask, on a machine on which others run, and web browsers do."""

    def assert_kept_out(self, status, code, field, **headers):
        for method, path, body in (("PUT", PATH, self.one_output()), ("DELETE", PATH, None),
                                   ("GET", "/v1/funds", None), ("GET", "/metrics", None)):
            with self.subTest(f"{method} {path} {headers}"):
                self.assert_problem(self.ask(method, path, body, **headers), status, code, field)
        self.assert_not_recorded()  # burnt neither

    def test_credentials(self):
        cookie = self.daemon.cookie_path.read_text().strip()
        user, password = cookie.split(":", 1)
        basic = [f"{user}:{password}x", f"{user}:", f"x:{password}", user, "", ":"]
        wrong = ["Basic " + base64.b64encode(each.encode()).decode() for each in basic]
        for header in (None, *wrong[:3], "Basic " + cookie, f"Bearer {password}", "Basic"):
            self.assert_kept_out(401, "unauthorized", None, Authorization=header)
        answer = self.ask("GET", "/v1/status", Authorization=None)
        self.assertIn("Basic", answer.headers["www-authenticate"])

    def test_the_cookie_of_the_start_before(self):
        stale = "Basic " + base64.b64encode(self.daemon.cookie_path.read_bytes().strip()).decode()
        self.restart()
        self.connection.close()
        self.connection.connect()
        self.assert_kept_out(401, "unauthorized", None, Authorization=stale)

    def test_names_that_are_not_local(self):
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80",
                     "evil.example:%d" % self.api.port, ""):
            self.assert_kept_out(403, "forbidden", "Host", Host=host)
        for host in ("localhost", "127.0.0.1", "[::1]", f"LOCALHOST:{self.api.port}"):
            self.assertEqual(self.ask("GET", "/v1/status", Host=host).status, 200, host)

    def test_web_pages(self):
        for origin in ("http://evil.example", "null", "https://localhost", "http://localhost:1"):
            self.assert_kept_out(403, "forbidden", "Origin", Origin=origin)


class Wire(RefusedCase):
    """What ends the connection: nobody can say any more where the next request begins."""

    def send_raw(self, data):
        """Returns the answer, or None if the connection was closed without one."""
        with self.api.connect() as connection:
            with contextlib.suppress(ConnectionError):  # it has had enough: its answer is there
                connection.sendall(data)
            try:
                reply = http.client.HTTPResponse(connection)
                reply.begin()
                answer = read_answer(reply)
            except (ConnectionError, http.client.BadStatusLine):
                return None
            self.assertEqual(self.read_to_end(connection), b"", "the connection is still open")
            return answer

    def test_bodies_of_more_than_a_mebibyte(self):
        body = json.dumps(self.one_output()).encode()
        largest = body.ljust(MAX_BODY_BYTES)
        answer = self.send_raw(self.api.request_bytes("PUT", PATH, largest + b" "))
        self.assert_problem(answer, 413, "too_large")
        self.assert_not_recorded()
        chunk = b"%x\r\n%s\r\n" % (len(largest), largest)
        head = self.api.request_bytes("PUT", PATH).replace(
            b"Content-Length: 0", b"Content-Type: application/json\r\nTransfer-Encoding: chunked")
        answer = self.send_raw(head + chunk + b"1\r\n \r\n0\r\n\r\n")
        self.assert_problem(answer, 413, "too_large")
        self.assert_not_recorded()
        answer = self.ask("PUT", PATH, largest)
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(self.ask("PUT", PATH, body)["replayed"], True)
        self.wait_for("bad", "sent")
        self.finish("bad")

    def test_headers_of_more_than_16_kibibytes(self):
        whole = self.api.request_bytes("PUT", PATH, self.one_output())
        room = MAX_HEADER_BYTES - whole.index(b"\r\n\r\n")
        for size in (room + 1_000, 10 * MAX_HEADER_BYTES):
            padded = whole.replace(b"\r\n\r\n", b"\r\nX-Pad: " + b"x" * size + b"\r\n\r\n", 1)
            self.assert_problem(self.send_raw(padded), 400, "bad_request")
            self.assert_not_recorded()
        fitting = self.api.request("GET", PATH, headers={"X-Pad": "x" * (room - 1_000)})
        self.assert_problem(fitting, 404, "unknown_id")

    def test_what_could_be_read_in_two_ways(self):
        whole = self.api.request_bytes("PUT", PATH, self.one_output())
        length = whole[whole.index(b"Content-Length"):whole.index(b"\r\n\r\n")]
        for spoilt in (
            length + b"\r\n" + length,
            length + b"\r\nContent-Length: 1",
            length + b"\r\nTransfer-Encoding: chunked",
            length.replace(b": ", b": +"),
            length.replace(b": ", b": 0x"),
            length.replace(b": ", b" : "),
            b"Transfer-Encoding: gzip, chunked",
        ):
            with self.subTest(spoilt):
                answer = self.send_raw(whole.replace(length, spoilt))
                if answer:
                    self.assert_problem(answer, 400, "bad_request")
                self.assert_not_recorded()

    def test_what_is_no_http(self):
        for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
                     b"PUT\r\n\r\n", b"PUT /v1/sends/bad\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n",
                     b"PUT http://127.0.0.1/ HTTP/9.9\r\n\r\n"):
            with self.subTest(data[:20]):
                answer = self.send_raw(data)
                if answer:
                    self.assertIn(answer.status, range(400, 500), answer)
        self.assert_not_recorded()


class Crowds(RefusedCase):
    """Those who take connections and give nothing."""

    def test_no_more_connections_than_allowed(self):
        self.connection.close()
        self.daemon.restart(*self.options, "-maxconnections=3")
        held = [self.api.connect() for _ in range(3)]
        answers = []

        def refused():
            """A connection is counted a moment after it is made."""
            answers.append(self.api.request("GET", "/v1/status"))
            return answers[-1].status == 503

        wait_until(refused, "one connection too many is refused")
        self.assert_problem(answers[-1], 503, "overloaded")
        self.assertIn("retry-after", answers[-1].headers)
        held.pop().close()
        wait_until(lambda: self.api.request("GET", "/v1/status").status == 200, "one is free")
        for each in held:
            each.close()

    def test_who_is_slow_is_cut_off_and_others_are_served_meanwhile(self):
        whole = self.api.request_bytes("PUT", PATH, self.one_output())
        stopping = threading.Event()
        self.addCleanup(stopping.set)
        slow = [self.api.connect() for _ in range(4)]
        for connection, sent in zip(slow, (0, 1, whole.index(b"\r\n\r\n"), len(whole) - 40)):
            self.addCleanup(connection.close)
            connection.sendall(whole[:sent])
        trickling = threading.Thread(target=self.trickle, args=(slow[1], whole[1:], stopping))
        trickling.start()
        while not trickling.join(timeout=1) and trickling.is_alive():
            self.assertEqual(self.api.status().status, 200)
        for connection in (slow[0], *slow[2:]):
            self.assertEqual(self.read_to_end(connection), b"")
        self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def trickle(self, connection, data, stopping):
        """A byte now and then, until the other side has enough."""
        try:
            for byte in data:
                connection.sendall(bytes([byte]))
                if stopping.wait(0.5):
                    return
        except ConnectionError:
            pass


if __name__ == "__main__":
    case.main()
