"""The impatient caller of 2016: a socket timeout, and a loop that tries until it is told "paid"."""

import http.client

PATIENCE_S = 1.0
MAX_TRIES = 100


class Caller:
    """The same for both ways of paying; only what it calls differs.

    What it calls is a function that returns whether it was paid and what was heard, or raises a
    transport error.
    """

    def __init__(self, tell):
        self._tell = tell
        self.tries = 0

    def insist(self, submit):
        """Tries until it was paid."""
        while not self.try_once(submit):
            if self.tries >= MAX_TRIES:
                raise RuntimeError(f"not paid in {MAX_TRIES} tries")

    def try_once(self, submit):
        self.tries += 1
        try:
            paid, heard = submit()
        except TimeoutError:
            paid, heard = False, f"no reply within {PATIENCE_S:g} s"
        except ConnectionRefusedError:
            paid, heard = False, "connection refused"
        except (OSError, http.client.HTTPException):
            paid, heard = False, "connection lost"
        self._tell(f"try {self.tries}: {heard}")
        return paid
