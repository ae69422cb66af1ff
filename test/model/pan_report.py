"""What pan, the program that spin makes of the model, said of its search; and whether that may be believed.

A search counts as one to the end only if pan ended by itself, with 0, and told all of it: a pan that was killed says nothing, and
nothing must not read as "no violation"."""

import re
import signal
from dataclasses import dataclass

COUNTS = re.compile(r"^State-vector \d+ byte, depth reached (\d+), errors: (\d+)$", re.MULTILINE)
STATES = re.compile(r"^\s*([\d.]+(?:e[+]?\d+)?) states, stored", re.MULTILINE)
PLACE = re.compile(r"\(at depth (\d+)\)")
# What pan prints, still ending with 0, where it left something out. "Search not completed" goes with every violation as well.
LEFT_OUT = re.compile(r"out of memory|reached -DMEMLIM bound|max search depth too small|search incomplete", re.IGNORECASE)
NOT_COMPLETED = "Search not completed"


@dataclass(frozen=True)
class PanReport:
    states: int
    depth: int  # of the search; of a violation: where it was found
    errors: int
    trouble: str  # why this is no search to the end and no violation either; or empty


def end_of(code):
    return f"pan was killed by {signal.Signals(-code).name}" if code < 0 else f"pan ended with {code}"


def trouble_in(code, told, counts, states, errors):
    found = [end_of(code)] if code else []
    if not counts:
        found.append("no line of State-vector")
    if states <= 0:
        found.append("no states")
    found += sorted(set(LEFT_OUT.findall(told)))
    if NOT_COMPLETED in told and not errors:
        found.append(NOT_COMPLETED)
    return "; ".join(found)


def read_report(code, told):
    """Of the exit code of pan, negative for a signal, and of all that it printed."""
    counts = COUNTS.search(told)
    stored = STATES.search(told)
    states = int(float(stored.group(1))) if stored else 0
    errors = int(counts.group(2)) if counts else 0
    place = PLACE.search(told) if errors else None
    depth = int(place.group(1)) if place else int(counts.group(1)) if counts else 0
    return PanReport(states=states, depth=depth, errors=errors, trouble=trouble_in(code, told, counts, states, errors))
