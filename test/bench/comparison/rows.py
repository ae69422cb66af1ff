"""The rows, by name: functions of a Context that yield results.Row."""

from . import rows_lookups, rows_submits

ROWS = {
    "submits": rows_submits.submits,
    "bulk_submits": rows_submits.bulk_submits,
    "lookups": rows_lookups.lookups,
}
