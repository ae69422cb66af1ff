"""Rounds that alternate, A B A B ..., so that what slows the machine for a while slows all alike."""

import sys

from .results import Series


def alternate(rounds, sides):
    """Calls each side once in each round. sides: (name, unit, callable that returns a number).

    Returns a Series for each, in their order.
    """
    series = [Series(name, unit) for name, unit, _ in sides]
    for number in range(rounds):
        for each, (name, unit, measure) in zip(series, sides, strict=True):
            each.values.append(measure())
            say(f"round {number + 1}: {name}: {each.values[-1]:,.4g} {unit}")
    return series


def say(text):
    print(f"   {text}", file=sys.stderr, flush=True)
