"""Wrong answers that a service with a bug might give, told by the line between it and its callers:
for each kind there are ids about which it lies now and then, and ids about which it never does.
"""

import re

PATH = re.compile(rb"(\w+) /v1/sends/(\w+-(\d+))[? ]")
OFTEN = 0.2


def _problem(reply, status, code, **fields):
    return reply.with_body(status, {"status": status, "code": code, **fields})


def nothing_recorded(method, reply, _):
    if method == b"GET" and reply.status == 200:
        return _problem(reply, 404, "unknown_id")


def recorded_again(method, reply, _):
    if method == b"PUT" and reply.status == 200:
        return reply.with_body(201, {**reply.json, "replayed": False})


def content_not_compared(method, reply, _):
    if method == b"PUT" and reply.status == 409 and reply.json["code"] == "id_reused":
        return reply.with_body(200, {**reply.json["send"], "replayed": True})


def another_field(method, reply, _):
    if method == b"PUT" and reply.status == 409 and reply.json["code"] == "id_reused":
        return reply.with_body(409, {**reply.json, "field": "max_fee_sat"})


def never_as_pending(method, reply, _):
    if method == b"GET" and reply.status == 200 and reply.json["outcome"] == "never":
        return reply.with_body(200, {**reply.json, "outcome": "pending", "state": "recorded"})


def too_late_as_never(method, reply, _):
    if method == b"DELETE" and reply.status == 409:
        send = {**reply.json["send"], "outcome": "never", "state": "cancelled", "txids": []}
        return reply.with_body(200, send)


def the_past(method, reply, remembered):
    if method == b"GET" and reply.status == 200:
        first = remembered.setdefault(reply.json["id"], reply)
        return first if first.json["seq"] != reply.json["seq"] else None


def known_id_refused(method, reply, _):
    if method == b"PUT" and reply.status == 200:
        return _problem(reply, 503, "stopping", retry_after_s=1)


def another_amount(method, reply, _):
    if method == b"GET" and reply.status == 200 and reply.json["outputs"]:
        first, *others = reply.json["outputs"]
        first["amount_sat"] += 1
        return reply.with_body(200, {**reply.json, "outputs": [first, *others]})


def a_transaction_forgotten(method, reply, _):
    if method == b"GET" and reply.status == 200 and reply.json["txids"]:
        return reply.with_body(200, {**reply.json, "txids": [], "txid": None})


# Twice: that one which seldom finds something to lie about.
KINDS = (nothing_recorded, recorded_again, too_late_as_never, content_not_compared, another_field,
         never_as_pending, too_late_as_never, the_past, known_id_refused, another_amount,
         a_transaction_forgotten)


class Liar:
    """told: names of ids about which a lie was told, by its kind."""

    def __init__(self, dice):
        self.told = {kind.__name__: set() for kind in KINDS}
        self._dice = dice
        self._remembered = {}

    def __call__(self, request, reply):
        asked = PATH.match(request.head)
        if not asked:
            return reply.raw
        method, name, number = asked.group(1), asked.group(2).decode(), int(asked.group(3))
        is_rare = method == b"DELETE"
        if number % 2 or not is_rare and self._dice.random() >= OFTEN:
            return reply.raw
        kind = KINDS[number // 2 % len(KINDS)]
        lie = kind(method, reply, self._remembered)
        if lie is None:
            return reply.raw
        self.told[kind.__name__].add(name)
        return lie.raw

    def has_told(self, ids):
        """Whether there were lies of each kind about so many ids."""
        return min(map(len, self.told.values())) >= ids
