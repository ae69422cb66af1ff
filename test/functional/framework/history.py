"""What callers saw, call by call, and what has to be true of it: that the calls on each id could
have happened one after the other (doc/http-api.md, as one_id.py writes it down).
"""

import collections
import threading
from dataclasses import dataclass, field

from . import linearizability
from .linearizability import Step
from .one_id import Cancel, Expire, FindNothing, OneId, Submit, View, shown_of

SUBMIT, CANCEL, LOOK_UP = "submit", "cancel", "look up"
# Refusals that say nothing of the id, nor that anything took place.
NOT_ABOUT_THE_ID = {"unauthorized"}
NEW_ONES_REFUSED = {"overloaded", "starting", "stopping", "not_paying", "paused"}


class Strange(Exception):
    """An answer that doc/http-api.md does not know."""


@dataclass
class Call:
    """One element of a call: an id, what was asked of it, and the answer for it if one was seen.

    Times are seconds of one clock. part: its place in a bulk call, all parts of which have the same
    number. undelivered: it is known that the service never had the whole request. twice: the
    request was delivered a second time.
    """

    number: int
    kind: str
    send_id: str
    begin: float
    content: str | None = None
    end: float | None = None
    answer: dict | None = None  # status; and code, field, send where there are any
    part: int = 0
    undelivered: bool = False
    twice: bool = False


class History:
    """Collects calls. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._calls = []

    def add(self, calls):
        with self._lock:
            self._calls += calls

    def calls(self):
        with self._lock:
            return list(self._calls)

    def by_id(self):
        grouped = collections.defaultdict(list)
        for each in self.calls():
            grouped[each.send_id].append(each)
        return dict(grouped)


# --- from calls to steps


def view_in(send):
    return View(send["seq"], send["state"], send["outcome"], shown_of(send), tuple(send["txids"]),
                send["created_at"])


def _outcome_of(call):
    """What took place, going by the answer; None if nothing did."""
    status, code = call.answer["status"], call.answer.get("code")
    if code in NOT_ABOUT_THE_ID or call.answer.get("refused_as_a_whole") and status == 503:
        return None
    if call.kind == SUBMIT:
        return _submit_of(call, status, code)
    if call.kind == CANCEL:
        return _cancel_of(call, status, code)
    if status == 404 and code == "unknown_id":
        return FindNothing()
    if status == 200:
        return None  # the view says it all
    raise Strange(f"look-up: {status} {code}")


def _submit_of(call, status, code):
    if status in (200, 201):
        if call.answer["send"]["replayed"] != (status == 200):
            raise Strange(f"{status} with replayed {call.answer['send']['replayed']}")
        return Submit(call.content, (status, None, None))
    if (status, code) in ((409, "id_reused"), (409, "id_cancelled")):
        return Submit(call.content, (status, code, call.answer.get("field")))
    if status == 503 and code in NEW_ONES_REFUSED:
        return Submit(call.content, (503, code, None))
    raise Strange(f"submit: {status} {code}")


def _cancel_of(call, status, code):
    if status == 200:
        if call.answer["send"]["outcome"] != "never":
            raise Strange(f"cancel: 200 and {call.answer['send']['outcome']}")
        return Cancel((200, None))
    if (status, code) == (409, "too_late"):
        return Cancel((409, code))
    if status == 503 and code in NEW_ONES_REFUSED:
        return None
    raise Strange(f"cancel: {status} {code}")


def _steps_of_answered(call, steps, before):
    """An answer is the moment at which the call took effect, and the send as it stood then or a
    little later."""
    last = before
    what = _outcome_of(call)
    if what is not None:
        steps.append(Step(what, call.begin, call.end, after=last))
        last = len(steps) - 1
    if call.answer.get("send"):
        steps.append(Step(view_in(call.answer["send"]), call.begin, call.end, after=last))
        last = len(steps) - 1
    return last


def steps_of(calls, expiries=()):
    """The steps of the calls on one id, those without an answer included: each such thing that was
    asked for can happen once at most, so the earliest call that asked for it stands for all.

    expiries: pairs of a content and the time from which on it can expire.
    """
    steps, unseen = [], {}
    last_part = {}
    for call in sorted(calls, key=lambda each: (each.number, each.part)):
        if call.answer is not None:
            before = last_part.get(call.number)
            last_part[call.number] = _steps_of_answered(call, steps, before)
        if call.kind != LOOK_UP and not call.undelivered and (call.answer is None or call.twice):
            what = Cancel(None) if call.kind == CANCEL else Submit(call.content, None)
            unseen[what] = min(call.begin, unseen.get(what, call.begin))
    unseen.update({Expire(content): begin for content, begin in expiries})
    return steps + [Step(what, begin, optional=True) for what, begin in unseen.items()]


# --- the check


@dataclass
class Finding:
    """An id whose calls cannot have happened one after the other."""

    send_id: str
    reason: str
    steps: list = field(default_factory=list)

    def __str__(self):
        return "\n    ".join([f"{self.send_id}: {self.reason}", *map(str, self.steps)])


def check_id(send_id, calls, contents, expiries=()):
    """Returns the Verdict, or a Finding."""
    try:
        steps = steps_of(calls, expiries)
    except (Strange, KeyError, TypeError) as error:
        return Finding(send_id, f"{type(error).__name__}: {error}")
    verdict = linearizability.check(steps, OneId.INITIAL, OneId(contents).apply)
    if verdict.is_linearizable:
        return verdict
    shown = [f"{at}: {steps[at]}" for at in verdict.order[-8:]]
    shown += [f"then none of {at}: {steps[at]}" for at in verdict.stuck[:8]]
    return Finding(send_id, f"{len(steps)} steps; stuck at {verdict.state}", shown)


def check(history, contents_of, expiries_of=lambda send_id: ()):
    """Checks every id; returns the findings and the number of steps looked at."""
    findings, steps = [], 0
    for send_id, calls in history.by_id().items():
        result = check_id(send_id, calls, contents_of(send_id), expiries_of(send_id))
        if isinstance(result, Finding):
            findings.append(result)
        else:
            steps += len(result.order)
    return findings, steps
