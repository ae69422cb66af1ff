"""Requests that two readers would read in two ways, each with another request hidden in it: that one
is never carried out, by whichever reading, and the daemon goes on serving (doc/http-api.md, Errors).
test/unit/http/connections_tests.cpp has the common forms; here are the others, on the whole daemon.
"""

import http.client
import itertools

from framework import case
from framework.raw_requests import LAST_CHUNK, Writer, chunk, replies_to
from framework.sending import SendCase

REFUSED = [400]
# Also refused: evhttp has its own word for what it can not read, and for what is too long.
REFUSED_ANYHOW = ([400], [413], [])
GARBAGE = b"."  # a body of it is no JSON


class HostileRequests(SendCase):
    wallet_coins = 1

    def setUp(self):
        super().setUp()
        self.address = self.new_address(self.node)
        self.writer = Writer(self.daemon.cookie_path.read_bytes(), self.address)
        self.numbers = itertools.count()
        self.hide_another()
        self.bye = self.writer.head("GET", "/healthz", "Connection: close")
        self.honest = self.api.open()
        self.addCleanup(self.honest.close)

    def tearDown(self):
        """On a connection that was there all the time."""
        self.assertEqual(self.api.status()["backlog"]["open_sends"], 0)

    def hide_another(self):
        self.hidden_id = f"hidden-{next(self.numbers)}"
        self.hidden = self.writer.submit(self.hidden_id)

    def ask(self, data):
        statuses = replies_to(self.api.port, data, self.bye)
        self.assert_nothing_happened()
        return statuses

    def assert_nothing_happened(self):
        hidden_id = self.hidden_id
        self.hide_another()
        for send_id in (hidden_id, "outer"):
            answer = self.api.request_on(self.honest, "GET", f"/v1/sends/{send_id}")
            self.assertEqual(answer.status, 404, answer)

    def assert_refused(self, name, data):
        """Nothing behind it is read: nobody can say where that begins."""
        with self.subTest(name):
            self.assertEqual(self.ask(data), REFUSED)

    def put(self, *lines):
        return self.writer.head("PUT", "/v1/sends/outer", *lines)

    def test_where_a_body_ends(self):
        self.check_two_words_on_the_length()
        self.check_names_that_only_look_like_it()
        self.check_lengths()
        self.check_a_length_with_zeros_in_front()

    def test_chunks(self):
        self.check_sizes_of_chunks_that_are_none()
        self.check_extensions_of_chunks()
        self.check_chunks_that_do_not_end_where_they_should()
        self.check_bare_line_feeds_in_chunks()
        self.check_trailers_change_nothing()

    def test_lines(self):
        self.check_ends_of_lines()
        self.check_headers_that_are_none()

    def test_who_asks_and_whom(self):
        self.check_a_header_twice()
        self.check_hosts_and_origins_that_only_look_local()

    def test_requests_behind_others(self):
        self.check_bodies_where_none_belong()
        self.check_behind_the_end_of_a_connection()

    # --- where the body ends

    def check_two_words_on_the_length(self):
        length = len(LAST_CHUNK + self.hidden)
        for name, line in {
            "plain": "Transfer-Encoding: chunked",
            "capitals": "TRANSFER-ENCODING: CHUNKED",
            "a tab": "Transfer-Encoding:\tchunked",
            "no blank": "Transfer-Encoding:chunked",
            "blanks behind": "Transfer-Encoding: chunked  \t",
            "twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "a list": "Transfer-Encoding: chunked, chunked",
            "an empty element": "Transfer-Encoding: ,chunked",
            "folded": "Transfer-Encoding:\r\n chunked",
            "quoted": 'Transfer-Encoding: "chunked"',
            "a parameter": "Transfer-Encoding: chunked;q=1",
            "a vertical tab": "Transfer-Encoding: \x0bchunked",
            "a zero byte": "Transfer-Encoding: chunked\x00",
            "unknown": "Transfer-Encoding: cow",
            "empty": "Transfer-Encoding:",
            "bare line feed": "X: y\nTransfer-Encoding: chunked",
        }.items():
            for order in (f"Content-Length: {length}\r\n{line}",
                          f"{line}\r\nContent-Length: {length}"):
                self.assert_refused(name, self.put(order) + LAST_CHUNK + self.hidden)

    def check_names_that_only_look_like_it(self):
        """Either refused, or no header of that name: then the length counts."""
        length = len(LAST_CHUNK + self.hidden)
        for line in ("Transfer_Encoding: chunked", "X-Transfer-Encoding: chunked",
                     "Transfer-Encodin: chunked", "Transfer-Encoding\x00: chunked",
                     "Transfer-Encoding : chunked", "X: y\rTransfer-Encoding: chunked",
                     "X: y\r\rTransfer-Encoding: chunked", "\x0bTransfer-Encoding: chunked",
                     "Transfer-Encoding\xa0: chunked"):
            with self.subTest(line):
                data = self.put(f"Content-Length: {length}", line) + LAST_CHUNK + self.hidden
                self.assertIn(self.ask(data), (REFUSED, [400, 200]))

    def check_lengths(self):
        length = len(self.hidden)
        for written in (f"{length}, {length}", f"0, {length}", f"{length} 0", f"{length},", f"-{length}",
                        f"+{length}", f"0x{length:x}", f"{length}.0", f"{length}e0", f"{length};0", f'"{length}"', "",
                        f"{length}\x00", f"{length}_0", f"\u0661{length}".encode().decode("latin-1")):
            data = self.put(f"Content-Length: {written}") + self.hidden
            with self.subTest(written):
                self.assertIn(self.ask(data), REFUSED_ANYHOW)

    def check_a_length_with_zeros_in_front(self):
        body = GARBAGE * 9
        data = self.put("Content-Length: 0009") + body
        self.assertIn(self.ask(data), (REFUSED, [400, 200]))

    # --- chunks

    def chunked(self, *parts):
        return self.put("Transfer-Encoding: chunked") + b"".join(parts)

    def check_sizes_of_chunks_that_are_none(self):
        """One who read 0 would take what follows for the next request."""
        block = b"\r\n" + self.hidden
        size = b"%x" % len(block)
        for written in (b"0x" + size, b"+" + size, b" " + size, b"-" + size, b"-0", b"0_" + size,
                        b"0" * 9 + b"x" + size, b"\t" + size, b"\x0b" + size, b"\x00" + size,
                        size + b"\x00", size + b"h", b"", b"g", b"1" + b"0" * 15 + size,
                        b"f" * 16, b"8" + b"0" * 15, b"f" * 40, b"0" * 2000 + b"x" + size):
            data = self.chunked(chunk(block, written), LAST_CHUNK)
            with self.subTest(written[:40]):
                self.assertIn(self.ask(data), REFUSED_ANYHOW)

    def check_extensions_of_chunks(self):
        """RFC 9112, section 7.1.1: they may be there; here they are refused, or not looked at."""
        block = GARBAGE * 7
        for extension in (b";a", b";a=b", b' ;a="b"', b";a=" + self.hidden.replace(b"\r\n", b" ")[:200],
                          b";" + b"x" * 5_000):
            data = self.chunked(chunk(block, b"7" + extension), LAST_CHUNK)
            with self.subTest(extension[:40]):
                self.assertIn(self.ask(data), (*REFUSED_ANYHOW, [400, 200]))

    def check_chunks_that_do_not_end_where_they_should(self):
        """What stands between the data of a chunk and the next size is an end of line alone."""
        for between in (b"xx", b"x\r\n", b"\r", self.hidden[:40], b"", b"\n\n\n"):
            data = self.chunked(b"7\r\n" + GARBAGE * 7 + between + LAST_CHUNK + self.hidden)
            with self.subTest(between):
                self.assertIn(self.ask(data), REFUSED_ANYHOW)

    def check_bare_line_feeds_in_chunks(self):
        """A reader that wants both bytes waits for the end of the line elsewhere."""
        block = GARBAGE * 7
        for name, parts in {
            "behind a size": (b"7\n" + block + b"\r\n", LAST_CHUNK),
            "behind the data": (b"7\r\n" + block + b"\n", LAST_CHUNK),
            "behind the last size": (chunk(block), b"0\n\r\n"),
            "at the end": (chunk(block), b"0\r\n\n"),
            "in an extension": (b"7;a\n1\r\n" + block + b"\r\n", LAST_CHUNK),
        }.items():
            with self.subTest(name):
                self.assertIn(self.ask(self.chunked(*parts)), REFUSED_ANYHOW)

    def check_trailers_change_nothing(self):
        for line in (b"Content-Length: 5", b"Transfer-Encoding: chunked", b"Host: evil.example",
                     b"Authorization: Basic eDp5", b"Content-Type: text/plain", b"no colon", b" folded"):
            data = self.chunked(chunk(GARBAGE * 7), b"0\r\n" + line + b"\r\n\r\n")
            with self.subTest(line):
                self.assertIn(self.ask(data), (*REFUSED_ANYHOW, [400, 200]))

    # --- lines

    def check_ends_of_lines(self):
        body = self.writer.body()
        for end in ("\n", "\r", "\n\r", "\r\r\n", "\x0b", "\u2028".encode().decode("latin-1")):
            head = self.writer.head("PUT", "/v1/sends/outer", f"Content-Length: {len(body)}", end=end)
            with self.subTest(repr(end)):
                self.assertIn(replies_to(self.api.port, head + body + b"\r\n\r\n"), (REFUSED, []))
                self.assert_nothing_happened()

    def check_headers_that_are_none(self):
        for line in ("Host", ": x", " : x", "a\tb: c", "a(b: c", "X: a\x00b", "X: a\rb", "X: a\x7fb",
                     " folded: first"):
            with self.subTest(line):
                data = self.put(line, "Content-Length: 1") + GARBAGE
                self.assertIn(self.ask(data), (REFUSED, [400, 200]))

    # --- who asks, and whom

    def check_a_header_twice(self):
        """The one that lets it pass and one that does not, in both orders."""
        body = self.writer.body()
        for header, bad, statuses in (
            ("Host: 127.0.0.1", "Host: evil.example", (400, 403)),
            ("Content-Type: application/json", "Content-Type: text/plain", (400, 415)),
            (self.line("Authorization"), "Authorization: Basic eDp5", (400, 401)),
        ):
            for pair in (f"{header}\r\n{bad}", f"{bad}\r\n{header}"):
                whole = self.put(f"Content-Length: {len(body)}").decode().replace(header, pair)
                with self.subTest(pair):
                    first, *_ = self.ask(whole.encode() + body)
                    self.assertIn(first, statuses)

    def line(self, name):
        lines = self.put().decode().split("\r\n")
        return next(each for each in lines if each.startswith(name))

    def check_hosts_and_origins_that_only_look_local(self):
        for line, status in (
            ("Host: 127.0.0.1@evil.example", 403), ("Host: evil.example#127.0.0.1", 403),
            ("Host: 127.0.0.1, evil.example", 403), ("Host: 127.0.0.1:80:evil.example", 403),
            ("Host: 127.0.0.1.", 403), ("Host: 2130706433", 403), ("Host: 0x7f.1", 403),
            ("Host: 0.0.0.0", 403), ("Host: [::ffff:127.0.0.1]", 403), ("Host: localhost\x00evil", 400),
            ("Host: 127.0.0.1:8552x", 403), ("Host: [::1", 403), ("Host: xn--localhost", 403),
        ):
            whole = self.put("Content-Length: 0").decode().replace("Host: 127.0.0.1", line)
            with self.subTest(line):
                first, *_ = self.ask(whole.encode("latin-1"))
                self.assertIn(first, (status, 400))
        for origin in ("http://127.0.0.1.evil.example", "http://localhost@evil.example", "file://",
                       "http://127.0.0.1", "", "null", f"http://127.0.0.1:{self.api.port}/"):
            with self.subTest(f"Origin: {origin}"):
                first, *_ = self.ask(self.put(f"Origin: {origin}", "Content-Length: 0"))
                self.assertIn(first, (400, 403))

    # --- a request in the body of another

    def check_bodies_where_none_belong(self):
        """They are read as what they are: the next request stands behind them."""
        for method, path in (("GET", "/v1/sends/outer"), ("DELETE", "/v1/status"), ("GET", "/healthz"),
                             ("OPTIONS", "/v1/status"), ("PATCH", "/v1/status")):
            for data in (self.writer.head(method, path, f"Content-Length: {len(self.hidden)}")
                         + self.hidden,
                         self.writer.head(method, path, "Transfer-Encoding: chunked")
                         + chunk(self.hidden) + LAST_CHUNK):
                with self.subTest(f"{method} {path}"):
                    statuses = self.ask(data)
                    self.assertIn(len(statuses), (1, 2), statuses)

    def check_behind_the_end_of_a_connection(self):
        """Nothing that stands behind a refused or a last request is carried out."""
        large = 1_048_577
        for name, data in {
            "close": self.writer.head("GET", "/healthz", "Connection: close"),
            "close in a list": self.writer.head("GET", "/healthz", "Connection: x, close"),
            "too large": self.put(f"Content-Length: {large}") + self.hidden.ljust(large),
            "no HTTP": b"hello\r\n\r\n",
            "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "HTTP/1.0": self.writer.head("GET", "/healthz").replace(b"HTTP/1.1", b"HTTP/1.0"),
            "HTTP/1.0, chunked": self.put("Transfer-Encoding: chunked").replace(
                b"HTTP/1.1", b"HTTP/1.0") + LAST_CHUNK,
            "CONNECT": b"CONNECT 127.0.0.1:80 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            "HEAD": self.writer.head("HEAD", "/healthz"),
            "TRACE": self.writer.head("TRACE", "/healthz"),
            "an upgrade of unknown method": self.writer.head("BREW", "/healthz", "Upgrade: h2c"),
        }.items():
            with self.subTest(name):
                try:
                    replies_to(self.api.port, data + self.hidden, self.bye)
                except (ValueError, IndexError, http.client.HTTPException):
                    self.fail("what came back is no HTTP")
                self.assert_nothing_happened()


if __name__ == "__main__":
    case.main()
