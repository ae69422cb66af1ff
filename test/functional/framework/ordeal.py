"""A daemon that dies where it is told to and is started again, and a caller who repeats the same
request until it is answered.
"""

import collections
import http.client
import shutil
import signal
from dataclasses import dataclass

from .waiting import wait_until

FAULTY = "sendonced-faulty"  # test/fault/sendonced_faulty.cpp tells what it is told, and how
KILL, CUT = "kill", "cut"
KILLED = -signal.SIGKILL
EXIT_STORAGE = 3
PATIENCE_S = 90


@dataclass(frozen=True)
class Point:
    """A point of src/daemon/failpoints.h, the nth time that one process reaches it."""

    name: str
    nth: int = 1

    def __str__(self):
        return f"{self.name}#{self.nth}"


@dataclass(frozen=True)
class Mishap:
    """What happens at a point: KILL, CUT (of the power), or an operation of the disk ("append",
    "sync", ...) that fails from there on; and whether the power goes too, once that has ended it.
    """

    point: Point
    then: str = KILL
    power_goes: bool = False

    @property
    def exit_code(self):
        return KILLED if self.then in (KILL, CUT) else EXIT_STORAGE

    @property
    def leaves_image(self):
        return self.then == CUT or self.power_goes

    def __str__(self):
        return f"{self.then} at {self.point}" + (", then the power goes" * self.power_goes)


def points_in(trace):
    """The points that a trace names, in order, each with the count of times it was reached."""
    reached = collections.Counter()
    points = []
    for name in trace.read_text().splitlines() if trace.exists() else []:
        reached[name] += 1
        points.append(Point(name, reached[name]))
    return points


class Ordeal:
    """Runs of one daemon, one after the other. The nth meets the nth mishap, if it comes that far;
    nothing happens to those behind the last mishap. Begins with a daemon that is dead, or kills it.

    folder: a new one, for traces and images. options: sendonced's, for each start. sync_ms: how
    long the disk takes for a sync, in runs with a mishap that is about the disk.
    """

    def __init__(self, daemon, folder, *mishaps, options=(), sync_ms=0):
        self.deaths = []  # the mishaps that were met
        self.runs = 0
        self._daemon = daemon
        self._folder = folder
        self._mishaps = mishaps
        self._options = options
        self._sync_ms = sync_ms
        self._folder.mkdir(parents=True)
        if daemon.process is not None:
            daemon.kill()

    def answer_to(self, request):
        """Repeats request() until it is answered, starting the daemon whenever it is dead. A 503 is
        no answer: it says that this call recorded nothing, and nothing of earlier ones.
        """
        return self._repeat(request, lambda answer: answer.status != 503, "an answer")

    def send_in(self, states, request):
        """Repeats request() until it is answered with a send that has one of the states."""
        def reached(answer):
            return answer.status == 200 and answer["state"] in states

        return self._repeat(request, reached, " or ".join(states))

    def wait_for(self, condition, what):
        """Until condition(), or until the present run has met its mishap."""
        wait_until(lambda: self._bury_if_dead() or condition(), what, PATIENCE_S)

    def wait_for_death(self):
        """The present run meets its mishap without being asked for anything more."""
        self.wait_for(lambda: False, "sendonced has met its mishap")

    def end(self):
        """Leaves the daemon dead, by its mishap or by SIGKILL."""
        if self._daemon.process is not None and not self._bury_if_dead():
            self._daemon.kill()

    def points(self, run):
        """The points that were reached in one of the runs, the first being 0."""
        return points_in(self._trace(run))

    # --- inside

    def _repeat(self, request, is_enough, what):
        last = None

        def enough():
            nonlocal last
            answer = self._try(request)
            last = answer or last
            return answer if answer and is_enough(answer) else None

        try:
            return wait_until(enough, what, PATIENCE_S)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; the last answer: {last}") from None

    def _try(self, request):
        """None if there was no answer."""
        if not self._is_up():
            return None
        try:
            return request()
        except (OSError, http.client.HTTPException):
            self._bury_if_dead()
            return None

    def _is_up(self):
        """Starts it if it is dead. False if it has died in starting."""
        if self._daemon.process is not None:
            return True
        self._start()
        self._daemon.comes_up()
        return not self._bury_if_dead()

    def _start(self):
        self.runs += 1
        self._daemon.program = FAULTY
        self._daemon.environment = self._environment()
        self._daemon.launch(*self._options)

    @property
    def _mishap(self):
        """What waits for the present run."""
        return self._mishaps[self.runs - 1] if self.runs <= len(self._mishaps) else None

    def _environment(self):
        environment = {"SENDONCE_TRACE": str(self._trace(self.runs - 1))}
        if self._mishap:
            environment["SENDONCE_AT"] = str(self._mishap.point)
            environment["SENDONCE_THEN"] = self._mishap.then
            if self._mishap.then != KILL:
                environment["SENDONCE_DISK"] = str(self._daemon.wal_path.parent)
                environment["SENDONCE_SYNC_MS"] = str(self._sync_ms)
            if self._mishap.leaves_image:
                environment["SENDONCE_IMAGE"] = str(self._image())
        return environment

    def _trace(self, run):
        return self._folder / f"trace{run}"

    def _image(self):
        return self._folder / f"image{self.runs - 1}"

    def _bury_if_dead(self):
        if self._daemon.process.poll() is None:
            return False
        code = self._daemon.wait_exit()
        if self._mishap is None or code != self._mishap.exit_code:
            words = self._daemon.last_words()
            raise AssertionError(f"sendonced left with {code}, not by {self._mishap}: {words}")
        self.deaths.append(self._mishap)
        if self._mishap.leaves_image:
            self._put_image_in_place()
        return True

    def _put_image_in_place(self):
        """What the disk holds after the cut is what the next run finds."""
        shutil.rmtree(self._daemon.wal_path)
        self._daemon.anchor_path.unlink()
        shutil.copytree(self._image() / "wal", self._daemon.wal_path)
        shutil.copy(self._image() / "anchor", self._daemon.anchor_path)
        shutil.rmtree(self._image())
