"""An etcd of our own: one member, its own folder and ports, spoken to by its JSON gateway."""

import base64
import shutil
import subprocess
from contextlib import contextmanager

from framework.waiting import wait_until

from .bench_program import accepts

# Compare and put: writes the key only if it was never written.
SUBMIT = (
    '{{"compare":[{{"key":"{{id64}}","target":"CREATE","result":"EQUAL","create_revision":"0"}}],'
    '"success":[{{"request_put":{{"key":"{{id64}}","value":"{value}"}}}}]}}'
)


def program():
    return shutil.which("etcd")


def submit_body(content):
    return SUBMIT.format(value=base64.b64encode(content.encode()).decode())


@contextmanager
def running(folder, port, peer_port):
    client, peer = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peer_port}"
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [program(), "--data-dir", folder / "data", "--listen-client-urls", client,
             "--advertise-client-urls", client, "--listen-peer-urls", peer,
             "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
             "--log-level", "error", "--quota-backend-bytes", str(8 * 2**30)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
    try:
        wait_until(lambda: accepts(port), "etcd listens")
        yield
    finally:
        process.terminate()
        process.wait()
