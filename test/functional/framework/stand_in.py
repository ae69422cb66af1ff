"""Something else that listens where a client expects sendonced: it says what it is told to say."""

import http.server
import threading


class StandIn:
    """Answers the requests in order, each with the next of `replies`, then always with the last.
    A reply is (status, text). The caller makes sure that close() is called.
    """

    def __init__(self, port, replies):
        self.port = port
        self.seen = []  # (method, target) of each request
        self._replies = list(replies)
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, text = stand_in.take(self.command, self.path)
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = answer

            def log_message(self, *arguments):
                pass

        self._server = http.server.HTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={
            "poll_interval": 0.05})
        self._thread.start()

    def take(self, method, target):
        self.seen.append((method, target))
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
