"""The daemon under test. Stopping it is a check too: of its exit code, and of its log."""

import copy
import http.client
import os
import re
import signal
import subprocess
from pathlib import Path

from .api import Api
from .waiting import PATIENCE_S, wait_until

EXIT_REFUSED = 2  # src/daemon/application.h
BAD_LINE = re.compile(r"\[(error|critical)\]")


def build_dir():
    return Path(os.environ.get("SENDONCE_BUILDDIR", "."))


FAULTY = "sendonced-faulty"  # test/fault/sendonced_faulty.cpp tells what it is told, and how
FOLDERS = {FAULTY: "test/fault", "kill-at-call": "test/crash"}


def tool(name):
    """Path of a built program: one of src, or one of the tests' own in FOLDERS."""
    path = (build_dir() / FOLDERS.get(name, "src") / name).resolve()
    if not path.exists():
        raise FileNotFoundError(f"{path} is not built; run make, or set SENDONCE_BUILDDIR")
    return path


def _run(command, timeout_s):
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout_s
    )


class Sendonced:
    """One daemon in a folder of its own. The caller makes sure that close() is called."""

    def __init__(self, folder, ports, cookie_path, rpc_port, wallet="hot", program="sendonced"):
        self.datadir = Path(folder)
        self.datadir.mkdir(parents=True)
        self.port = ports.take()
        self.rpc_port = rpc_port
        self.wallet = wallet  # None: it is not told which
        self.chain = "regtest"
        self.program = program
        self.environment = {}
        self.runs_under = ()  # a program that runs this one, with its arguments
        self.detached = False  # True: it outlives this process, and Ctrl-C for this process
        self.cookie_path = self.datadir / "regtest" / ".cookie"
        self.api = Api(self.port, self.cookie_path)
        self.log_path = self.datadir / "regtest" / "debug.log"
        self.wal_path = self.datadir / "regtest" / "wal"
        self.anchor_path = self.datadir / "regtest" / "anchor"
        self.clock_path = self.datadir / "clock"
        self.process = None
        self._node_cookie_path = cookie_path
        self._announced = []

    def use_node(self, node):
        """From the next start on."""
        self.rpc_port = node.rpc_port
        self._node_cookie_path = node.cookie_path

    def twin(self, ports):
        """Another daemon in the same folder, on another port."""
        twin = copy.copy(self)
        twin.process = None
        twin.port = ports.take()
        twin.api = Api(twin.port, self.datadir / "regtest" / ".cookie")
        return twin

    def use_clock(self):
        """From the next start on it has a wall clock that a test can put forward."""
        self.program = FAULTY
        self.environment = {**self.environment, "SENDONCE_CLOCK": str(self.clock_path)}

    def put_forward(self, seconds):
        """Its clock; as seen from the real one."""
        written = self.clock_path.with_suffix(".new")
        written.write_text(f"{seconds}\n")
        written.rename(self.clock_path)

    # --- life

    def init(self, *options, check=True):
        """Makes the WAL and binds it to the wallet. Returns the finished process and its words."""
        done = subprocess.run(
            [tool(self.program), "init", *self.options(), *options],
            env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE_S,
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"init left with {done.returncode}: {done.stderr or done.stdout}")
        return done

    def start(self, *options):
        """Starts it and waits until it is ready to pay."""
        self.launch(*options)
        self.wait_ready()
        return self

    def launch(self, *options):
        """Starts it and returns at once."""
        assert self.process is None, "it runs already"
        with open(self.datadir / "output", "ab") as output:
            self.process = subprocess.Popen(
                [*self.runs_under, tool(self.program), *self.options(), *options],
                env=self._environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=self.detached,
            )

    def wait_ready(self, timeout_s=PATIENCE_S):
        wait_until(lambda: self._replies_200("/readyz"), "sendonced is ready to pay", timeout_s)

    def wait_alive(self, timeout_s=PATIENCE_S):
        """Waits until it answers look-ups, ready to pay or not."""
        wait_until(lambda: self._replies_200("/healthz"), "sendonced is alive", timeout_s)

    def comes_up(self):
        """Waits until it answers, or has ended by itself. Returns whether it answers."""
        wait_until(lambda: self._ended() or self._answers(), "sendonced answers, or has ended")
        return not self._ended()

    def wait_exit(self, timeout_s=PATIENCE_S):
        """Waits until it ends by itself, as a test means it to. Returns the exit code."""
        code = self.process.wait(timeout_s)
        self.process = None
        return code

    def refuses(self, *options):
        """Starts it; it has to refuse. Returns what it says about that."""
        (self.datadir / "output").unlink(missing_ok=True)
        self.announce(r"\[wal\]")
        self.launch(*options)
        code = self.wait_exit()
        if code != EXIT_REFUSED:
            raise AssertionError(f"sendonced left with {code}: {self.last_words()}")
        return self.last_words()

    def stop(self):
        """SIGTERM; raises unless it goes in order."""
        self.process.terminate()
        code = self.wait_exit()
        if code != 0:
            raise AssertionError(f"sendonced left with {code}: {self.last_words()}")

    def kill(self):
        """SIGKILL."""
        self.process.kill()
        self.wait_exit()

    def restart(self, *options):
        self.stop()
        return self.start(*options)

    def reopen_log(self):
        os.kill(self.process.pid, signal.SIGHUP)

    def close(self):
        """For teardown: stops it if it runs; raises if it left badly or logged an error."""
        try:
            if self.process is not None and self._check_running():
                self.stop()
        except BaseException:
            self._kill_leftover()
            raise
        self.check_log()

    # --- log

    def announce(self, pattern):
        """Log lines of level error or critical that match this regular expression are expected."""
        self._announced.append(re.compile(pattern))

    def check_log(self):
        """Raises AssertionError if there is an error line that no test announced."""
        bad = [line for line in self.log_lines() if BAD_LINE.search(line)]
        bad = [line for line in bad if not any(each.search(line) for each in self._announced)]
        if bad:
            raise AssertionError("unexpected in sendonced's log: " + " | ".join(bad[:10]))

    def log_lines(self):
        if not self.log_path.exists():
            return []
        return self.log_path.read_text(errors="replace").splitlines()

    def wait_for_log(self, pattern, timeout_s=PATIENCE_S):
        def found():
            return next((line for line in self.log_lines() if re.search(pattern, line)), None)

        return wait_until(found, f"a line like {pattern!r} in sendonced's log", timeout_s)

    def last_words(self):
        output = self.datadir / "output"
        text = output.read_text(errors="replace") if output.exists() else ""
        return text[-2000:].strip() or "\n".join(self.log_lines()[-10:]) or "(nothing)"

    # --- tools beside it

    def cli_command(self, *arguments):
        """The words that run sendonce-cli against this daemon."""
        return self._command("sendonce-cli", f"-port={self.port}", *arguments)

    def cli(self, *arguments, timeout_s=PATIENCE_S):
        """Runs sendonce-cli against this daemon. Returns the finished process."""
        return _run(self.cli_command(*arguments), timeout_s)

    def wal_tool(self, *arguments, timeout_s=PATIENCE_S):
        """Runs sendonce-wal on this daemon's folder (stop the daemon first)."""
        return _run(self.wal_tool_command(*arguments), timeout_s)

    def wal_tool_command(self, *arguments):
        return self._command("sendonce-wal", *arguments)

    def options(self):
        return [
            f"-datadir={self.datadir}", f"-chain={self.chain}",
            "-rpcconnect=127.0.0.1", f"-rpcport={self.rpc_port}",
            f"-rpccookiefile={self._node_cookie_path}",
            "-bind=127.0.0.1", f"-port={self.port}",
            "-printtoconsole=0", "-debug=1", f"-pid={self.datadir / 'sendonced.pid'}",
            *([] if self.wallet is None else [f"-rpcwallet={self.wallet}"]),
        ]

    # --- inside

    def _command(self, name, *arguments):
        return [tool(name), f"-datadir={self.datadir}", "-regtest", *arguments]

    def _environment(self):
        return {**os.environ, **self.environment}

    def _check_running(self):
        code = self.process.poll()
        if code is None:
            return True
        self.process = None
        raise AssertionError(f"sendonced ended by itself with {code}: {self.last_words()}")

    def _replies_200(self, path):
        self._check_running()
        return self._answers(path)

    def _answers(self, path="/healthz"):
        try:
            return self.api.request("GET", path).status == 200
        except (OSError, http.client.HTTPException):
            return False  # not listening yet, or its cookie is not written yet

    def _ended(self):
        return self.process.poll() is not None

    def _kill_leftover(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
