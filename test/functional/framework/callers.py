"""Many callers on connections of their own, who submit, cancel and look up a few ids at a time, give
up at will, and write down what they saw. Written from doc/http-api.md alone.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import time

from .history import CANCEL, LOOK_UP, SUBMIT, Call
from .http_messages import read_message, request_bytes

# What a caller does, and how often.
ACTIONS = {"put": 40, "get": 25, "delete": 3, "bulk": 7, "look_up_many": 6, "put_and_wait": 3,
           "get_and_wait": 3}
GIVES_UP = 0.15  # of all calls
MOST_PATIENCE_S = 30
BULK = 12


class Callers:
    """ids.pick(dice) says of which id the next call is. add(calls) takes what was seen."""

    def __init__(self, port, cookie_path, ids, history, dice):
        self.answered = self.unanswered = 0
        self._port, self._cookie_path = port, cookie_path
        self._ids, self._history, self._dice = ids, history, dice
        self._numbers = itertools.count(1)
        self._stopping = False

    async def run(self, connections):
        await asyncio.gather(*(self._caller() for _ in range(connections)))

    def stop(self):
        self._stopping = True

    async def _caller(self):
        streams = None
        while not self._stopping:
            streams = streams or await self._connect()
            if not await self._one_call(*streams):
                streams[1].transport.abort()
                streams = None

    async def _connect(self):
        while True:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", self._port)
            await asyncio.sleep(0.01)

    async def _one_call(self, reader, writer):
        """Returns whether the connection can be used on."""
        action = self._dice.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        calls, method, path, body = getattr(self, "_" + action)(next(self._numbers))
        raw = request_bytes(method, path, self._authorization(), calls[0].number, body)
        begin = time.monotonic()
        reply = await self._exchange(reader, writer, raw)
        end = time.monotonic()
        answers = _answers(reply, method == "POST", len(calls)) or itertools.repeat(None)
        for each, answer in zip(calls, answers):
            each.begin, each.end, each.answer = begin, answer and end, answer
        self._history.add(calls)
        self.answered += reply is not None
        self.unanswered += reply is None
        return reply is not None

    async def _exchange(self, reader, writer, raw):
        """None if no answer was seen."""
        patience_s = MOST_PATIENCE_S
        if self._dice.random() < GIVES_UP:
            patience_s = self._dice.choice((0.001, 0.01, 0.1, 1))
        try:
            writer.write(raw)
            return await asyncio.wait_for(read_message(reader), patience_s)
        except (OSError, EOFError, asyncio.TimeoutError):
            return None

    def _authorization(self):
        """It is new with every start of the service."""
        try:
            cookie = self._cookie_path.read_bytes().strip()
        except OSError:
            cookie = b""
        return "Basic " + base64.b64encode(cookie).decode()

    # --- actions: the calls as they will be written down, and the request

    def _put(self, number, query=""):
        picked = self._ids.pick(self._dice)
        content = picked.pick(self._dice)
        call = Call(number, SUBMIT, picked.name, 0, content)
        return [call], "PUT", f"/v1/sends/{picked.name}{query}", picked.contents[content]

    def _get(self, number, query=""):
        name = self._ids.pick(self._dice).name
        return [Call(number, LOOK_UP, name, 0)], "GET", f"/v1/sends/{name}{query}", None

    def _delete(self, number):
        name = self._ids.pick(self._dice).name
        return [Call(number, CANCEL, name, 0)], "DELETE", f"/v1/sends/{name}", None

    def _put_and_wait(self, number):
        return self._put(number, self._query())

    def _get_and_wait(self, number):
        return self._get(number, self._query())

    def _query(self):
        return f"?wait=1&until={self._dice.choice(('sent', 'confirmed', 'final'))}"

    def _bulk(self, number):
        calls, sends = [], []
        for part in range(self._dice.randint(1, BULK)):
            picked = self._ids.pick(self._dice)
            content = picked.pick(self._dice)
            calls.append(Call(number, SUBMIT, picked.name, 0, content, part=part))
            sends.append({"id": picked.name, **picked.contents[content]})
        return calls, "POST", "/v1/sends", {"sends": sends}

    def _look_up_many(self, number):
        names = [self._ids.pick(self._dice).name for _ in range(self._dice.randint(1, BULK))]
        calls = [Call(number, LOOK_UP, each, 0, part=part) for part, each in enumerate(names)]
        return calls, "POST", "/v1/lookup", {"ids": names}


def _answers(reply, is_bulk, count):
    """What the reply says for each part of the call; None without a reply."""
    if reply is None:
        return None
    body = json.loads(reply.body)
    if not is_bulk:
        good = reply.status in (200, 201)
        return [{"status": reply.status, "send": body} if good else body]
    if reply.status != 200:
        return [{**body, "refused_as_a_whole": True}] * count
    assert len(body["results"]) == count, body
    return body["results"]
