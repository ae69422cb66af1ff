"""One run: the log first, then the node, then the report."""

import contextlib
import errno
import os
import sys

import plyvel
from database import held, opened_apart, scratch
from frames import CHECK as CHAIN_CHECK
from node import RpcError, connect, is_named
from node_comparison import CHAIN as NODE_CHECK
from node_comparison import Comparison
from report import NOT_JUDGED, CannotJudge, Report
from walk import Walk


def run(arguments):
    report = Report(arguments.quiet or arguments.json and not sys.stderr.isatty())
    try:
        with contextlib.nullcontext() if arguments.copy else held(arguments.wal):
            _audit(arguments, report)
    except CannotJudge as why:
        print(f"audit-log: {why}", file=sys.stderr)
        return NOT_JUDGED
    print(report.as_json() if arguments.json else report.as_text())
    return report.status()


def _audit(arguments, report):
    anchor_file = arguments.anchorfile or arguments.wal.absolute().with_name("anchor")
    with scratch("indexes") as expected, scratch("side") as side:
        try:
            with opened_apart(arguments.wal) as database:
                walk = Walk(database, expected, side, report, anchor_file, arguments.conflictdepth)
                comparison = Comparison(walk, expected, side, report)
                if is_named(arguments):
                    walk.sends_paid_to = comparison.sends_paid_to
                walk.all()
        except plyvel.Error as error:
            if os.strerror(errno.ENOSPC) in str(error):
                raise CannotJudge(f"there is no room for what is made anew: {error}") from None
            report.find(CHAIN_CHECK, f"LevelDB finds the database damaged: {error}")
            return
        _describe(walk, report)
        if is_named(arguments):
            _compare(comparison, arguments, walk, report)


def _compare(comparison, arguments, walk, report):
    """What was found in the log is said, whatever becomes of the node."""
    try:
        comparison.with_node(connect(arguments, walk.ledger.created))
    except (CannotJudge, RpcError) as why:
        report.cannot_judge(NODE_CHECK, str(why))


def _describe(walk, report):
    created = walk.ledger.created
    if created:
        report.log.update(wal=created["wal_id"].hex(), network=created["network"],
                          wallet=created["wallet_name"])
