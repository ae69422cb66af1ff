"""The sequential specification of one id, written from doc/http-api.md alone.

    absent -> recorded (one content for ever) -> a signature was asked for -> sent, or pending again
       |         `-> never (cancelled, expired), for good
       `-> burnt: never, without content
"""

from dataclasses import dataclass
from typing import NamedTuple

OUTCOMES_OF = {
    "recorded": {"pending"}, "reserved": {"pending"}, "signed": {"pending"},
    "broadcast": {"sent"}, "confirmed": {"sent"}, "final": {"sent"},
    "conflicted": {"pending", "sent"}, "cancelled": {"never"}, "expired": {"never"},
}
ASKED_FOR_A_SIGNATURE = {"signed", "broadcast", "confirmed", "final", "conflicted"}
ABSENT, RECORDED, BURNT = "absent", "recorded", "burnt"


class IdState(NamedTuple):
    """What is known of the id after some steps. seq and what follows: the newest view of it."""

    phase: str = ABSENT
    content: str | None = None  # the name of one
    ended: str | None = None  # cancelled, expired
    too_late: bool = False  # a signature was asked for
    seq: int = -1
    state: str | None = None
    txids: tuple = ()
    created_at: int | None = None


# --- what can take place


@dataclass(frozen=True)
class Submit:
    """answer: the status, and for 409 the code and the field that it names; None: not seen."""

    content: str
    answer: tuple | None


@dataclass(frozen=True)
class Cancel:
    answer: tuple | None


@dataclass(frozen=True)
class FindNothing:
    """A look-up was answered with 404."""


@dataclass(frozen=True)
class Expire:
    content: str


@dataclass(frozen=True)
class View:
    """A send as an answer showed it."""

    seq: int
    state: str
    outcome: str
    shown: tuple  # outputs and reference
    txids: tuple
    created_at: int


# --- contents


def shown_of(body):
    """What an answer shows of a content."""
    outputs = tuple((each["address"], each["amount_sat"]) for each in body.get("outputs", []))
    return outputs, body.get("reference", "")


def fields_that_differ(body, other):
    """The names that a refusal may give for the difference."""
    names = {name for name in body.keys() | other.keys() if body.get(name) != other.get(name)}
    outputs, others = body["outputs"], other["outputs"]
    if len(outputs) == len(others):
        names.discard("outputs")
    return names | {
        f"outputs[{at}].{name}" for at, (one, two) in enumerate(zip(outputs, others))
        for name in one if one[name] != two[name]}


class OneId:
    """apply() is for linearizability.check. contents: name to body, all that anybody submits."""

    INITIAL = IdState()

    def __init__(self, contents):
        self._contents = contents
        self._shown = {name: shown_of(body) for name, body in contents.items()}

    def apply(self, now, what):
        return getattr(self, "_" + type(what).__name__.lower())(now, what)

    # --- submits

    def _submit(self, now, what):
        if what.answer is None or what.answer[0] == 201:
            fresh = now.phase == ABSENT
            return now._replace(phase=RECORDED, content=what.content) if fresh else None
        return now if self._allows(now, what) else None

    def _allows(self, now, what):
        """An answer that changes nothing."""
        status, code, field = what.answer
        if status == 200:
            return now.phase == RECORDED and now.content == what.content
        if code == "id_reused":
            return self._differs(now, what.content, field) and now.ended != "cancelled"
        if code == "id_cancelled":
            other = now.phase == RECORDED and now.content != what.content and now.ended
            return now.phase == BURNT or bool(other)
        return now.phase == ABSENT  # 503: only new ids are refused

    def _differs(self, now, content, field):
        if now.phase != RECORDED or now.content == content:
            return False
        one, other = self._contents[now.content], self._contents[content]
        return field in fields_that_differ(one, other)

    # --- the fence, the deadline

    def _cancel(self, now, what):
        if what.answer == (409, "too_late"):
            late = now.phase == RECORDED and not now.ended
            return now._replace(too_late=True) if late else None
        if now.phase == ABSENT:
            return now._replace(phase=BURNT, ended="cancelled")
        if now.ended:
            return now
        return None if now.too_late else now._replace(ended="cancelled")

    def _expire(self, now, what):
        can = now.phase == RECORDED and not now.ended and not now.too_late
        return now._replace(ended="expired") if can and now.content == what.content else None

    # --- look-ups

    def _findnothing(self, now, _):
        return now if now.phase == ABSENT else None

    def _view(self, now, view):
        if now.phase == ABSENT or view.outcome not in OUTCOMES_OF.get(view.state, ()):
            return None
        if not self._shows_content(now, view) or not _shows_end(now, view):
            return None
        return _advance(now, view) if _follows(now, view) else None

    def _shows_content(self, now, view):
        return view.shown == (self._shown[now.content] if now.content else ((), ""))


def _shows_end(now, view):
    if now.ended:
        return view.state == now.ended and not view.txids
    return view.outcome != "never"


def _follows(now, view):
    """Numbers only grow, and versions of a transaction are never forgotten."""
    if now.created_at not in (None, view.created_at):
        return False
    if view.seq == now.seq:
        return (view.state, view.txids) == (now.state, now.txids)
    return view.seq > now.seq and view.txids[:len(now.txids)] == now.txids


def _advance(now, view):
    return now._replace(
        seq=view.seq, state=view.state, txids=view.txids, created_at=view.created_at,
        too_late=now.too_late or view.state in ASKED_FOR_A_SIGNATURE,
    )
