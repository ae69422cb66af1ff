"""Waiting for a condition instead of sleeping and hoping."""

import time

# How long a test waits for what is going to happen, however slow the machine: this only keeps it
# from hanging for ever.
PATIENCE_S = 600
POLL_INTERVAL_S = 0.02


def wait_until(condition, what, timeout_s=PATIENCE_S):
    """Returns the first true value of condition(); raises TimeoutError naming `what` otherwise.

    condition() is asked once more after the deadline, so a slow machine never loses by a hair.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        late = time.monotonic() >= deadline
        value = condition()
        if value:
            return value
        if late:
            raise TimeoutError(f"{what}: not within {timeout_s} s (last seen: {value!r})")
        time.sleep(POLL_INTERVAL_S)
