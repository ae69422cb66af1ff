"""The names of all failpoints, as the code has them."""

import re

from .bitcoind import SOURCE_DIR

RECORD = re.compile(r"operator\(\)\(const \w+&\) const \{ return \"(\w+)\"; \}")
EFFECT = re.compile(r"kName = \"(\w+)\"")
REACHED = re.compile(r"Reach\((?:std::string\()?\"([\w:]+)\"")
# Passed by none of the lives of framework/lives_among_others.py, and why.
ELSEWHERE = {
    "append:WalCreated": "written by init, before there is a daemon",
    "durable:WalCreated": "written by init, before there is a daemon",
    "append:CoinsVanished": "takes a deposit that is taken back: other_users.py, without a kill",
    "durable:CoinsVanished": "takes a deposit that is taken back: other_users.py, without a kill",
    "append:RivalGone": "takes a rival that the mempool lets go: not killed at",
    "durable:RivalGone": "takes a rival that the mempool lets go: not killed at",
    "append:DetailPruned": "takes a day of blocks: wal_pruning.py, without a kill",
    "durable:DetailPruned": "takes a day of blocks: wal_pruning.py, without a kill",
    "failed": "takes a disk that fails: storage_errors.py",
}


def in_code():
    """Every name that a process can reach."""
    records = RECORD.findall(_source("src/core/records.cpp"))
    effects = EFFECT.findall(_source("src/daemon/node_gateway.cpp"))
    literals = set()
    for each in sorted((SOURCE_DIR / "src" / "daemon").glob("*.cpp")):
        literals.update(REACHED.findall(each.read_text()))
    families = {"append:": records, "durable:": records, "call:": effects, "called:": effects}
    assert {each for each in literals if each.endswith(":")} == set(families), literals
    names = {family + name for family, members in families.items() for name in members}
    return names | {each for each in literals if not each.endswith(":")}


def _source(path):
    return (SOURCE_DIR / path).read_text()
