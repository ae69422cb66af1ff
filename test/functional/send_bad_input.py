"""What is refused: with which status, code and field; and that nothing is recorded by it."""

import http.client
import json

from framework import case
from framework.sending import AMOUNT_SAT, SendCase

MAX_BODY_BYTES = 1_048_576
MAX_HEADER_BYTES = 16_384
MAX_MONEY_SAT = 2_100_000_000_000_000
MAIN_ADDRESS = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"


class BadBodies(SendCase):
    wallet_coins = 1

    def setUp(self):
        super().setUp()
        self.address = self.new_address(self.node)

    def assert_refused(self, body, status, code, field=None):
        """Twice, so that a refusal leaves nothing behind that answers the second time."""
        for _ in range(2):
            self.assert_problem(self.api.put("bad", body), status, code, field)
        self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def one_output(self, **fields):
        return {"outputs": [{"address": self.address, "amount_sat": AMOUNT_SAT, **fields}]}

    def raw_amount(self, text):
        return '{"outputs": [{"address": "%s", "amount_sat": %s}]}' % (self.address, text)

    def test_amounts(self):
        field = "outputs[0].amount_sat"
        for text in ("1.5", "150000.0", "1e5", "1E5", '"150000"', "true", "null", "-1", "-0",
                     "0", "293", str(MAX_MONEY_SAT + 1), "9" * 40):
            with self.subTest(text):
                self.assert_refused(self.raw_amount(text), 422, "bad_amount", field)

    def test_a_sum_beyond_all_money(self):
        output = {"address": self.address, "amount_sat": MAX_MONEY_SAT}
        answer = self.api.put("bad", {"outputs": [output, output]})
        self.assertEqual((answer.status, answer["code"]), (422, "bad_amount"), answer)
        self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def test_addresses(self):
        for address in (MAIN_ADDRESS, self.address[:-1], self.address + "q", "", "x" * 500):
            with self.subTest(address[:60]):
                self.assert_refused(self.one_output(address=address), 422, "bad_address",
                                    "outputs[0].address")

    def test_fields(self):
        self.assert_refused({"outputs": []}, 400, "bad_parameter", "outputs")
        self.assert_refused({}, 400, "missing_field", "outputs")
        self.assert_refused({**self.one_output(), "amount": 1}, 400, "unknown_field", "amount")
        self.assert_refused(self.one_output(label="x"), 400, "unknown_field", "outputs[0].label")

    def test_fees(self):
        for fee in ({"conf_target": 0}, {"rate_sat_vb": -1}, {"conf_target": 6, "rate_sat_vb": 1},
                    {}, {"conf_target": 1.5}):
            with self.subTest(fee):
                answer = self.api.put("bad", {**self.one_output(), "fee": fee})
                self.assertIn((answer.status, answer["code"]),
                              [(422, "bad_fee"), (400, "missing_field")], answer)
                self.assertTrue(answer["field"].startswith("fee"), answer)
                self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def test_what_is_no_json(self):
        duplicate = self.raw_amount("150000")[:-1] + ', "reference": "a", "reference": "b"}'
        for body in ("", "{", "nonsense", "[]", "1", duplicate, '{"a":' * 5_000, "[" * 100_000,
                     b'{"outputs": "\xff"}', self.raw_amount("150000") + "x"):
            with self.subTest(body[:40]):
                answer = self.api.put("bad", body)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(answer["code"], ("bad_json", "bad_parameter"), answer)
                self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def test_ids(self):
        for path in ("/v1/sends/a%20b", "/v1/sends/%2e%2e", "/v1/sends/" + "x" * 129,
                     "/v1/sends/a%00b", "/v1/sends/%C3%A9"):
            with self.subTest(path[:40]):
                answer = self.api.request("PUT", path, self.one_output())
                self.assert_problem(answer, 400, "bad_id", answer.json.get("field"))

    def test_parameters_paths_and_methods(self):
        body = self.one_output()
        for query in ("?wait=x", "?wait=-1", "?until=later", "?what=1"):
            with self.subTest(query):
                answer = self.api.request("PUT", "/v1/sends/bad" + query, body)
                self.assertEqual((answer.status, answer["code"]), (400, "bad_parameter"), answer)
        self.assert_problem(self.api.request("GET", "/v2/sends/bad"), 404, "not_found")
        answer = self.api.request("PATCH", "/v1/sends/bad")
        self.assert_problem(answer, 405, "method_not_allowed")
        self.assertIn("PUT", answer.headers["allow"])
        self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def test_a_body_that_is_too_large(self):
        body = json.dumps({**self.one_output(), "reference": "x" * MAX_BODY_BYTES})
        try:
            self.assert_problem(self.api.put("bad", body), 413, "too_large")
        except (ConnectionError, http.client.HTTPException):
            pass  # the server may close before all is written: then nothing was answered
        self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def test_headers_that_are_too_large(self):
        headers = {f"X-{number}": "x" * 1_000 for number in range(MAX_HEADER_BYTES // 1_000 + 2)}
        try:
            answer = self.api.request("PUT", "/v1/sends/bad", self.one_output(), headers)
            self.assertGreaterEqual(answer.status, 400, answer)
        except (ConnectionError, http.client.HTTPException):
            pass
        self.assert_problem(self.api.get("bad"), 404, "unknown_id")

    def test_the_connection_stays_usable(self):
        with self.api.connect() as connection:
            good = self.new_send(self.node, "good", AMOUNT_SAT)
            for send_id, body in (("bad", "{"), ("bad", self.raw_amount("0")), ("good", good)):
                connection.sendall(self.api.request_bytes("PUT", f"/v1/sends/{send_id}", body))
                reply = http.client.HTTPResponse(connection, method="PUT")
                reply.begin()
                reply.read()
            self.assertEqual(reply.status, 201)
        self.promises.accepted("good")
        self.wait_for("good", "sent", outcome="sent")
        self.check_payments(self.node)


class Strangers(SendCase):
    """Who may not ask."""

    wallet_coins = 1

    def put(self, **headers):
        body = {"outputs": [{"address": self.new_address(self.node), "amount_sat": AMOUNT_SAT}]}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.api.request("PUT", "/v1/sends/bad", body, names)
        self.assert_problem(self.api.get("bad"), 404, "unknown_id")
        return answer

    def test_credentials(self):
        self.assert_problem(self.put(Authorization=None), 401, "unauthorized")
        self.assert_problem(self.put(Authorization="Basic eDp5"), 401, "unauthorized")
        self.assert_problem(self.put(Authorization="Bearer x"), 401, "unauthorized")

    def test_web_pages(self):
        self.assert_problem(self.put(Host="example.com"), 403, "forbidden", "Host")
        self.assert_problem(self.put(Origin="http://example.com"), 403, "forbidden", "Origin")
        self.assert_problem(self.put(Content_Type="text/plain"), 415, "unsupported_media_type",
                            "Content-Type")


if __name__ == "__main__":
    case.main()
