"""A daemon that dies where it is told to and is started again, and a caller who repeats the same
request until it is answered.
"""

import collections
import http.client
import re
import shutil
import signal
from dataclasses import dataclass

from .sendonced import FAULTY, tool
from .waiting import wait_until

KILLER = "kill-at-call"  # test/crash/kill_at_call.cpp tells what it is told, and how
KILL, CUT = "kill", "cut"
KILLED = -signal.SIGKILL
EXIT_STORAGE = 3


@dataclass(frozen=True)
class Point:
    """A point of src/daemon/failpoints.h, the nth time that one process reaches it."""

    name: str
    nth: int = 1

    def __str__(self):
        return f"{self.name}#{self.nth}"


@dataclass(frozen=True)
class Call:
    """The nth system call of one process that matters outside of it, of a kind or of any; with all,
    of those that do not matter too. test/crash/kill_at_call.cpp tells what a kind is.
    """

    nth: int
    kind: str = ""
    all: bool = False

    @property
    def name(self):
        return re.sub("[^A-Za-z0-9._]+", "~", self.kind) or "any~call" * self.all or "call"

    def __str__(self):
        return f"{self.kind or 'any call' * self.all or 'call'}#{self.nth}"


@dataclass(frozen=True)
class Mishap:
    """What happens at a Point, or before a Call: KILL, CUT (of the power), or an operation of the disk ("append",
    "sync", ...) that fails from there on; and whether the power goes too, once that has ended it.
    """

    point: Point | Call
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


def lines_of(path):
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def numbered(names):
    """Each with the count of times it has come so far, in order."""
    reached = collections.Counter()
    for each in names:
        reached[each] += 1
        yield each, reached[each]


class Ordeal:
    """Runs of one daemon, one after the other. The nth meets the nth mishap, if it comes that far;
    nothing happens to those behind the last mishap. Begins with a daemon that is dead, or kills it.

    folder: a new one, for traces and images. options: sendonced's, for each start. sync_ms: how
    long the disk takes for a sync, in runs with a mishap that is about the disk. counts_calls: also
    in runs without a mishap, so that calls() tells what they were; points() of those are none.
    after_death: called with the daemon once it has met a mishap, before it is started again.
    """

    def __init__(self, daemon, folder, *mishaps, options=(), sync_ms=0, counts_calls=False,
                 after_death=None):
        self.deaths = []  # the mishaps that were met
        self.runs = 0
        self._daemon = daemon
        self._folder = folder
        self._mishaps = mishaps
        self._options = options
        self._sync_ms = sync_ms
        self._counts_calls = counts_calls
        self._after_death = after_death
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
        wait_until(lambda: self._bury_if_dead() or condition(), what)

    def wait_for_death(self):
        """The present run meets its mishap without being asked for anything more."""
        self.wait_for(lambda: False, "sendonced has met its mishap")

    def end(self):
        """Leaves the daemon dead, by its mishap or by SIGKILL."""
        if self._daemon.process is not None and not self._bury_if_dead():
            self._daemon.kill()

    def points(self, run):
        """The points that were reached in one of the runs, the first being 0."""
        return [Point(*each) for each in numbered(lines_of(self._trace(run)))]

    def calls(self, run):
        """The system calls of one of the runs that counted them, each as one of its kind."""
        return [Call(nth, kind) for kind, nth in numbered(lines_of(self._calls(run)))]

    # --- inside

    def _repeat(self, request, is_enough, what):
        last = None

        def enough():
            nonlocal last
            answer = self._try(request)
            last = answer or last
            return answer if answer and is_enough(answer) else None

        try:
            return wait_until(enough, what)
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
        # What is watched is the program that is installed, and not one that writes down its points.
        self._daemon.program = "sendonced" if self._is_watched else FAULTY
        self._daemon.runs_under = (tool(KILLER),) if self._is_watched else ()
        self._daemon.environment = self._environment()
        self._daemon.launch(*self._options)

    @property
    def _mishap(self):
        """What waits for the present run."""
        return self._mishaps[self.runs - 1] if self.runs <= len(self._mishaps) else None

    @property
    def _is_watched(self):
        """By the program that kills at calls."""
        return isinstance(self._mishap.point, Call) if self._mishap else self._counts_calls

    def _environment(self):
        if self._is_watched:
            return self._environment_of_watcher()
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

    def _environment_of_watcher(self):
        environment = {"SENDONCE_CALLS": str(self._calls(self.runs - 1))}
        if self._mishap:
            environment["SENDONCE_KILL_AT_CALL"] = str(self._mishap.point.nth)
            environment["SENDONCE_KILL_AT_KIND"] = self._mishap.point.kind
            environment["SENDONCE_CALLS_OF"] = "all" if self._mishap.point.all else "effects"
        return environment

    def _trace(self, run):
        return self._folder / f"trace{run}"

    def _calls(self, run):
        return self._folder / f"calls{run}"

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
        if self._after_death:
            self._after_death(self._daemon)
        return True

    def _put_image_in_place(self):
        """What the disk holds after the cut is what the next run finds."""
        shutil.rmtree(self._daemon.wal_path)
        self._daemon.anchor_path.unlink()
        shutil.copytree(self._image() / "wal", self._daemon.wal_path)
        shutil.copy(self._image() / "anchor", self._daemon.anchor_path)
        shutil.rmtree(self._image())
