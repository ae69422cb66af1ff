"""The same few submits over and over, from many connections at once, pipelined and in bulk, by callers
who connect again and repeat when the service goes away.
"""

import base64
import collections
import json
import random
import re
import socket
import threading
import time

from .waiting import PATIENCE_S

PIPELINED = 16
BULK = 100
LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)
SHOWN = re.compile(rb'"id": *"([^"]+)".*"replayed": *(true|false).*"created_at": *(\d+)', re.DOTALL)


class Tally:
    """What came back. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self.answered = self.unanswered = 0
        self.by_status = collections.Counter()
        self.recorded = collections.Counter()  # id: answers that say it is new
        self.created_at = collections.defaultdict(set)
        self.strange = []

    def take(self, answers):
        """answers: (status, id, created_at), the last two None for a refusal."""
        with self._lock:
            self.answered += len(answers)
            for status, send_id, created_at in answers:
                self.by_status[status] += 1
                if send_id:
                    self.created_at[send_id].add(created_at)
                    self.recorded[send_id] += status == 201

    def lose(self, count):
        with self._lock:
            self.unanswered += count

    def find_strange(self, answer):
        with self._lock:
            self.strange.append(answer)


class DuplicateLoad:
    """bodies: id to body. Runs until so many submits were answered with 200 or 201."""

    def __init__(self, port, cookie_path, bodies, seed):
        self.tally = Tally()
        self._port, self._cookie_path = port, cookie_path
        self._bodies = bodies
        self._names = list(bodies)
        self._seed = seed
        self._threads = []
        self._enough = 0

    def start(self, connections, enough):
        self._enough = enough
        self._threads = [threading.Thread(target=self._caller, args=(number,))
                         for number in range(connections)]
        for each in self._threads:
            each.start()

    @property
    def done(self):
        return self.tally.by_status[200] + self.tally.by_status[201]

    def is_running(self):
        return any(each.is_alive() for each in self._threads)

    def stop(self):
        self._enough = 0
        for each in self._threads:
            each.join()

    # --- one caller

    def _caller(self, number):
        dice = random.Random(f"{self._seed} {number}")
        while self.done < self._enough:
            try:
                with socket.create_connection(("127.0.0.1", self._port), PATIENCE_S) as connection:
                    self._use(connection, dice)
            except OSError:
                time.sleep(0.01)  # it is being started again

    def _use(self, connection, dice):
        """Until the connection ends, or it is enough."""
        head = self._head()
        reader = connection.makefile("rb")
        while self.done < self._enough:
            names = dice.choices(self._names, k=dice.choice((PIPELINED, BULK)))
            is_bulk = len(names) == BULK
            connection.sendall(self._bulk(head, names) if is_bulk else self._single(head, names))
            left = len(names)
            try:
                for _ in range(1 if is_bulk else len(names)):
                    answers = self._read(reader, is_bulk, names)
                    self.tally.take(answers)
                    left -= len(answers)
            finally:
                self.tally.lose(left)
            if answers[-1][0] == 401:
                return  # the cookie is that of the run before

    def _head(self):
        credentials = base64.b64encode(self._cookie_path.read_bytes().strip()).decode()
        return ("Host: 127.0.0.1\r\nContent-Type: application/json\r\n"
                f"Authorization: Basic {credentials}\r\nContent-Length: ")

    def _single(self, head, names):
        requests = []
        for name in names:
            body = json.dumps(self._bodies[name])
            requests.append(f"PUT /v1/sends/{name} HTTP/1.1\r\n{head}{len(body)}\r\n\r\n{body}")
        return "".join(requests).encode()

    def _bulk(self, head, names):
        body = json.dumps({"sends": [{"id": name, **self._bodies[name]} for name in names]})
        return f"POST /v1/sends HTTP/1.1\r\n{head}{len(body)}\r\n\r\n{body}".encode()

    # --- answers

    def _read(self, reader, is_bulk, names):
        status, body = _read_reply(reader)
        if is_bulk and status == 200:
            return [self._result(each) for each in json.loads(body)["results"]]
        if status in (200, 201):
            name, replayed, created_at = SHOWN.search(body).groups()
            if (replayed == b"true") != (status == 200):
                self.tally.find_strange(body)
            return [(status, name.decode(), int(created_at))]
        self._note_refusal(status, body)
        return [(status, None, None)] * (len(names) if is_bulk else 1)

    def _result(self, result):
        if result["status"] in (200, 201):
            return result["status"], result["send"]["id"], result["send"]["created_at"]
        self._note_refusal(result["status"], result)
        return result["status"], None, None

    def _note_refusal(self, status, body):
        if status not in (401, 503):
            self.tally.find_strange(body)


def _read_reply(reader):
    """Raises OSError at the end of the connection."""
    head = []
    while True:
        line = reader.readline()
        if not line:
            raise ConnectionResetError("closed by the service")
        head.append(line)
        if line == b"\r\n":
            break
    length = int(LENGTH.search(b"\r\n" + b"".join(head)).group(1))
    body = reader.read(length)
    if len(body) < length:
        raise ConnectionResetError("closed within a reply")
    return int(head[0].split(b" ", 2)[1]), body
