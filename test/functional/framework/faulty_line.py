"""The line between callers and sendonced: a TCP proxy that loses, cuts, delays and repeats what it
carries, and, where a test wants to see the checker fail, lies.

All of it runs in one asyncio loop. It carries requests with a Content-Length, one at a time on a
connection, and marks what it knows of a call by its number (the header X-Call).
"""

import asyncio
import contextlib
import re

from .http_messages import read_message

# What befalls a request, and how often.
FATES = {
    "pass": 78,
    "cut before": 3,  # the service sees nothing of it
    "cut within": 3,  # the service sees a part
    "cut behind": 4,  # the service sees all of it, and its answer is lost
    "cut reply": 2,  # a part of the answer comes through
    "late": 4,  # it arrives late, whether or not its caller still waits
    "late reply": 3,
    "twice": 3,  # as by a client library or a proxy that repeats by itself
}
MOST_LATE_S = 1.5
CALL_NUMBER = re.compile(rb"X-Call: (\d+)")


class Line:
    """Listens on port; forwards to target_port. lie(request, reply) may change a reply."""

    def __init__(self, port, target_port, dice, lie=None):
        self.undelivered, self.twice = set(), set()  # numbers of calls
        self.met = dict.fromkeys(FATES, 0)
        self.port, self._target_port = port, target_port
        self._dice = dice
        self._lie = lie
        self._server = None
        self._tasks = set()

    async def open(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def close(self):
        self._server.close()

    async def _serve(self, reader, writer):
        """One caller's connection, which ends with the first mishap."""
        self._tasks.add(asyncio.current_task())  # the loop itself keeps no hold of it
        connection = _Connection(self._target_port)
        try:
            while await self._carry(reader, writer, connection):
                pass
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # either end went away, or the test is over
        finally:
            self._tasks.discard(asyncio.current_task())
            connection.close()
            writer.transport.abort()

    async def _carry(self, reader, writer, connection):
        request = await read_message(reader)
        number = int(CALL_NUMBER.search(request.head).group(1))
        fate = self._dice.choices(list(FATES), list(FATES.values()))[0]
        self.met[fate] += 1
        if fate == "late":
            await self._wait()
        if not await self._deliver(fate, request, number, connection):
            return False
        return await self._answer(fate, request, connection, writer)

    async def _deliver(self, fate, request, number, connection):
        """Returns whether the service has got the request as a whole."""
        with self._noting_undelivered(number):
            if fate == "cut before":
                raise ConnectionResetError
            await connection.open()
        if fate == "cut within":
            self.undelivered.add(number)
            connection.write(request.raw[:self._dice.randrange(len(request.raw))])
            return False
        if fate == "twice":
            self.twice.add(number)
            await self._deliver_by_another(request)
        connection.write(request.raw)
        return True

    @contextlib.contextmanager
    def _noting_undelivered(self, number):
        try:
            yield
        except OSError:
            self.undelivered.add(number)
            raise

    async def _deliver_by_another(self, request):
        other = _Connection(self._target_port)
        with contextlib.suppress(OSError):
            await other.open()
            other.write(request.raw)
        asyncio.get_running_loop().call_later(MOST_LATE_S, other.close)

    async def _answer(self, fate, request, connection, writer):
        if fate == "cut behind":
            await asyncio.sleep(self._dice.choice((0, 0.01)))
            return False
        reply = await read_message(connection.reader)
        raw = self._lie(request, reply) if self._lie else reply.raw
        if fate == "late reply":
            await self._wait()
        if fate == "cut reply":
            raw = raw[:self._dice.randrange(len(raw))]
        writer.write(raw)
        await writer.drain()
        return fate != "cut reply"

    async def _wait(self):
        await asyncio.sleep(self._dice.uniform(0, MOST_LATE_S))


class _Connection:
    """To the service; opened when it is needed."""

    def __init__(self, port):
        self.reader = None
        self._port = port
        self._writer = None

    async def open(self):
        if self._writer is None:
            self.reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)

    def write(self, data):
        self._writer.write(data)

    def close(self):
        if self._writer is not None:
            self._writer.close()
