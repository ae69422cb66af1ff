"""The rows, by name: functions of a Context that yield results.Row."""

from . import (rows_answers, rows_intake, rows_lookups, rows_overload, rows_sends, rows_start,
               rows_submits)

ROWS = {
    "submits": rows_submits.submits,
    "bulk_submits": rows_submits.bulk_submits,
    "lookups": rows_lookups.lookups,
    "long_log": rows_lookups.long_log,
    "one_send": rows_sends.one_send,
    "queue": rows_sends.queue,
    "bytes_on_chain": rows_sends.bytes_on_chain,
    "zmq_intake": rows_intake.zmq_intake,
    "start": rows_start.start,
    "answers": rows_answers.answers,
    "overload": rows_overload.overload,
}
