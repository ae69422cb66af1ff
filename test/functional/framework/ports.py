"""Free TCP ports that tests running side by side cannot take from each other.

A process claims a block of ports by listening on the block's first one for as long as it lives. The
blocks lie below the range that the kernel takes ports for outgoing connections from.
"""

import socket

FIRST_PORT = 15000
# A port on which a connection was ended by its server is not free for a minute: many tests fit in
# one, on a fast machine.
BLOCK_SIZE = 100
BLOCKS = 170


def _listen(port):
    claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        claim.bind(("127.0.0.1", port))
        claim.listen(1)
    except OSError:
        claim.close()
        return None
    return claim


class Ports:
    """Hands out ports of one block. Not thread-safe; one object per process is the rule."""

    def __init__(self):
        for block in range(BLOCKS):
            first = FIRST_PORT + block * BLOCK_SIZE
            self._claim = _listen(first)
            if self._claim:
                self._block = range(first + 1, first + BLOCK_SIZE)
                self._next = 0
                return
        raise RuntimeError("no free block of ports between 15000 and 32000")

    def take(self):
        """Returns a port that nothing listens on now. Goes round: the oldest ones come again."""
        for _ in self._block:
            port = self._block[self._next]
            self._next = (self._next + 1) % len(self._block)
            probe = _listen(port)
            if probe:
                probe.close()
                return port
        raise RuntimeError(f"all {BLOCK_SIZE} ports of the block are in use")

    def close(self):
        self._claim.close()
