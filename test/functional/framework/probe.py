"""The adapter to bitcoind, one call at a time, in a process of its own."""

import subprocess
from dataclasses import dataclass

from . import case
from .sendonced import build_dir

CALL_TIMEOUT_MS = 600_000


@dataclass(frozen=True)
class Outcome:
    """What a call came to, and the values that it brought: (name, text) in order."""

    kind: str  # done, refused, unknown
    why: str
    values: list

    def all(self, name):
        return [text for each, text in self.values if each == name]

    def one(self, name):
        (text,) = self.all(name)
        return text


class Probe:
    """node::Bitcoind and node::ZmqSubscriber in a process of their own (test/unit/node_probe)."""

    def __init__(self, rpc_port, cookie_path, wallet=case.WALLET, timeout_ms=CALL_TIMEOUT_MS):
        program = build_dir() / "test" / "unit" / "node_probe"
        self._process = subprocess.Popen(
            [program, str(rpc_port), str(cookie_path), wallet, str(timeout_ms)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )

    def call(self, *words):
        """Makes one call; waits for its outcome."""
        self.begin(*words)
        return self.outcome()

    def begin(self, *words):
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def outcome(self):
        values = []
        for line in self._process.stdout:
            name, _, text = line.rstrip("\n").partition(" ")
            if name in ("done", "refused", "unknown"):
                return Outcome(name, text, values)
            values.append((name, text))
        raise RuntimeError("the probe ended in the middle of a call")

    def done(self, *words):
        outcome = self.call(*words)
        if outcome.kind != "done":
            raise AssertionError(f"{words[0]}: {outcome.kind} {outcome.why}")
        return outcome

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
