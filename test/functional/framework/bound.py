"""What "none of them failed" says of the chance of a failure: over independent trials, and over nothing else.

Kills, calls or images of one node, one log or one session are no independent trials: what is wrong with one of them is likely to be wrong with the next one.
"""


def bound_of(units, count, failed=0):
    """In words. units: what the trials are, each with its own dice, its own node and its own log."""
    if failed:
        return f"{failed} of {count} {units} failed: no bound"
    if count <= 3:
        return f"none of {count} {units} failed: too few for a bound"
    return f"none of {count} independent {units} failed: at most 3/{count} = {3 / count:.2g} of such fail (95 %)"
