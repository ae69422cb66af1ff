"""The running system of the quickstart: a node, a daemon, and short commands for both."""

import os
import shutil
import signal
import sys
from pathlib import Path

SOURCE_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE_DIR / "test" / "functional"))

from framework.bitcoind import Bitcoind, bitcoin_cli_program  # noqa: E402
from framework.ports import Ports  # noqa: E402
from framework.sendonced import Sendonced, tool  # noqa: E402
from framework.waiting import wait_until  # noqa: E402

STOP_TIMEOUT_S = 60
NAIVE_WALLET = "naive"
SENDONCE_WALLET = "sendonce"
COINS_PER_WALLET = 20


class System:
    """Everything below one folder. What runs here outlives the program that started it."""

    def __init__(self, folder):
        self._folder = Path(folder).resolve()
        self._home = self._folder / "system"
        self.bin = self._folder / "bin"
        self.ports = None
        self.node = None
        self.daemon = None

    def start_node(self):
        """A fresh regtest with a funded wallet for each of the two ways of paying."""
        shutil.rmtree(self._home, ignore_errors=True)
        self.ports = Ports()
        self.node = Bitcoind(self._home / "bitcoind", self.ports)
        self.node.detached = True
        self.node.start()
        for name in (NAIVE_WALLET, SENDONCE_WALLET):
            self.node.fund(self.node.create_wallet(name), ["1"] * COINS_PER_WALLET)

    def start_daemon(self, rpc_port):
        """A fresh sendonced, which takes what listens on that port for its bitcoind."""
        node = self.node
        folder = self._home / "sendonce"
        self.daemon = Sendonced(folder, self.ports, node.cookie_path, rpc_port, SENDONCE_WALLET)
        self.daemon.detached = True
        self.daemon.init()
        self.daemon.start()

    def start_daemon_again(self):
        """This time, and from now on, without anything between it and the node."""
        self.daemon.rpc_port = self.node.rpc_port
        self.daemon.start()

    def abort(self):
        """Ends at once what this object started; the logs stay."""
        for each in (self.daemon, self.node):
            if each is not None and each.process is not None:
                each.process.kill()
                each.process.wait()
        print(f"It did not work out. The logs are below {self._home}", file=sys.stderr)

    def write_commands(self):
        """bin/: the tools with the options of this system, and the configuration for the daemon."""
        daemon, node = self.daemon, self.node
        options = [each.lstrip("-") for each in daemon.options()]
        in_file = [each for each in options if "=" in each and not each.startswith(("datadir", "chain"))]
        (daemon.datadir / "sendonce.conf").write_text(
            "chain=regtest\n[regtest]\n" + "\n".join(in_file) + "\n"
        )
        self.bin.mkdir(exist_ok=True)
        for each in ("sendonced", "sendonce-cli", "sendonce-wal"):
            self._write_command(each, tool(each), f"-datadir={daemon.datadir}")
        bitcoin_cli = [bitcoin_cli_program(), f"-datadir={node.datadir}"]
        self._write_command("bitcoin-cli", *bitcoin_cli)
        address = node.wallet(NAIVE_WALLET).getnewaddress("", "bech32")
        rest = f'generatetoaddress "${{1:-1}}" {address}'
        self._write_command("mine", *bitcoin_cli, rest=rest)

    def stop(self):
        """Stops what an earlier run left up. Returns the names of what was running."""
        parts = (
            ("sendonced", self._home / "sendonce", "sendonced.pid"),
            ("bitcoind", self._home / "bitcoind", "regtest/bitcoind.pid"),
        )
        return [name for name, datadir, pid in parts if _stop_one(name, datadir, datadir / pid)]

    def _write_command(self, name, *words, rest='"$@"'):
        path = self.bin / name
        quoted = " ".join(f'"{each}"' for each in words)
        path.write_text(f"#!/bin/sh\nexec {quoted} {rest}\n")
        path.chmod(0o755)


def _stop_one(name, datadir, pid_file):
    pid = _pid_of(datadir, pid_file)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    wait_until(lambda: _pid_of(datadir, pid_file) != pid, f"{name} ({pid}) ends", STOP_TIMEOUT_S)
    return True


def _pid_of(datadir, pid_file):
    """The process in the file if it lives and is really ours: numbers are used again."""
    try:
        pid = int(pid_file.read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if f"-datadir={datadir}".encode() in arguments else None
