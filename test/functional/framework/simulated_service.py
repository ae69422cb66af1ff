"""A service of one id in memory, right or wrong, and callers who overlap: it makes histories of
which is known, without looking at them, whether they are good. For the tests of the checker.
"""

from .history import CANCEL, LOOK_UP, SUBMIT, Call
from .one_id import fields_that_differ

ADDRESS = "somewhere"
CONTENTS = {
    "plain": {"outputs": [{"address": ADDRESS, "amount_sat": 100}]},
    "dearer": {"outputs": [{"address": ADDRESS, "amount_sat": 101}]},
    "named": {"outputs": [{"address": ADDRESS, "amount_sat": 100}], "reference": "n"},
}
GOES_ON = {"recorded": "reserved", "reserved": "signed", "signed": "broadcast",
           "broadcast": "confirmed", "confirmed": "signed"}
LATE = {"signed", "broadcast", "confirmed"}
OUTCOMES = {"recorded": "pending", "reserved": "pending", "signed": "pending",
            "cancelled": "never"}
STEP_PROBABILITY = 0.3
LOST_PROBABILITY = 0.15


class Service:
    """Answers one call at a time. With a bug, wrongly now and then."""

    BUGS = ("forgets", "records again", "ignores content", "unburns", "cancels too late",
            "shows the past", "names another field", "finds nothing", "refuses known ids")

    def __init__(self, dice, bug=None):
        self._dice = dice
        self._bug = bug
        self._state = None
        self._content = None
        self._seq = 0
        self._created_at = None
        self._past = None

    def go_on(self):
        """What happens by itself."""
        if self._state in GOES_ON and self._dice.random() < STEP_PROBABILITY:
            self._become(GOES_ON[self._state])
        if self._errs("forgets"):
            self._state, self._content = None, None
        if self._state == "cancelled" and self._content and self._errs("unburns"):
            self._become("recorded")

    def answer(self, kind, content):
        return {SUBMIT: self._submit, CANCEL: self._cancel, LOOK_UP: self._look_up}[kind](content)

    def _errs(self, bug):
        return self._bug == bug and self._dice.random() < 0.2

    def _become(self, state):
        self._past = self._send() if self._state else None
        self._seq += self._dice.randint(1, 3)
        self._state = state

    def _submit(self, content):
        if self._state is None or self._errs("records again"):
            self._content, self._created_at = content, self._seq
            self._become("recorded")
            return {"status": 201, "send": self._send()}
        if self._errs("refuses known ids"):
            return {"status": 503, "code": "stopping"}
        if content == self._content or self._content and self._errs("ignores content"):
            return {"status": 200, "send": self._send(replayed=True)}
        if self._state == "cancelled":
            return {"status": 409, "code": "id_cancelled"}
        field = min(fields_that_differ(CONTENTS[content], CONTENTS[self._content]))
        field = "outputs" if self._errs("names another field") else field
        return {"status": 409, "code": "id_reused", "field": field, "send": self._send()}

    def _cancel(self, _):
        if self._state in LATE and not self._errs("cancels too late"):
            return {"status": 409, "code": "too_late", "send": self._send()}
        if self._state != "cancelled":
            self._created_at = self._seq if self._state is None else self._created_at
            self._become("cancelled")
        return {"status": 200, "send": self._send()}

    def _look_up(self, _):
        if self._state is None or self._errs("finds nothing"):
            return {"status": 404, "code": "unknown_id"}
        if self._past and self._errs("shows the past"):
            return {"status": 200, "send": self._past}
        return {"status": 200, "send": self._send()}

    def _send(self, replayed=False):
        body = CONTENTS[self._content] if self._content else {}
        return {
            "seq": self._seq, "state": self._state, "outcome": OUTCOMES.get(self._state, "sent"),
            "outputs": body.get("outputs", []), "reference": body.get("reference", ""),
            "txids": ["t"] if self._state in LATE else [], "created_at": self._created_at,
            "replayed": replayed,
        }


def simulate(dice, service_class, count, bug=None):
    """Calls that overlap, each answered at some moment in between, or never seen by its caller, or
    never by the service. Returns them as a caller has written them down."""
    service = service_class(dice, bug)
    moments = sorted(dice.uniform(0, count * 2) for _ in range(count))
    calls = []
    for number, moment in enumerate(moments):
        service.go_on()
        kind = dice.choices((SUBMIT, LOOK_UP, CANCEL), (5, 5, 1))[0]
        content = dice.choice(list(CONTENTS)) if kind == SUBMIT else None
        call = Call(number, kind, "w", moment - dice.uniform(0, 8), content)
        calls.append(call)
        lost = dice.random() < LOST_PROBABILITY
        if lost and dice.random() < 0.5:
            continue  # not delivered, which the caller does not know
        answer = service.answer(kind, content)
        if not lost:
            call.end, call.answer = moment + dice.uniform(0, 8), answer
    return calls
