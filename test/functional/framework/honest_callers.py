"""Callers who behave, to see whether they are served while others do not."""

import http.client
import threading
import time


class HonestCallers:
    """A few threads, each of which submits a new id, asks for it again and looks it up, over and
    over, half of the time on a connection that it keeps. send_of(id) makes the body.
    """

    def __init__(self, api, send_of, count=4):
        self.served = 0
        self.accepted, self.problems = [], []
        self.slowest_s = 0
        self._api, self._send_of = api, send_of
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,))
                         for number in range(count)]

    def __enter__(self):
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        for each in self._threads:
            each.join()

    def _run(self, number):
        kept = self._api.open() if number % 2 else None
        round_ = 0
        while not self._done.wait(0.05):
            round_ += 1
            send_id = f"honest-{number}-{round_}"
            try:
                self._one_send(kept, send_id)
            except (OSError, http.client.HTTPException) as error:
                self.problems.append(f"{send_id}: {error!r}")
        if kept:
            kept.close()

    def _one_send(self, kept, send_id):
        path, body = f"/v1/sends/{send_id}", self._send_of(send_id)
        for method, data, expected in (("PUT", body, 201), ("PUT", body, 200), ("GET", None, 200)):
            begin = time.monotonic()
            if kept:
                answer = self._api.request_on(kept, method, path, data)
            else:
                answer = self._api.request(method, path, data)
            self._note(send_id, answer, expected, time.monotonic() - begin)

    def _note(self, send_id, answer, expected, seconds):
        with self._lock:
            self.served += 1
            self.slowest_s = max(self.slowest_s, seconds)
            if answer.status != expected:
                self.problems.append(f"{send_id}: {answer}")
            elif expected == 201:
                self.accepted.append(send_id)
