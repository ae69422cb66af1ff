"""What was found, counted and said: for people, and as JSON."""

import json
import sys
import time

KEPT = 200  # of findings and of reasons; all are counted
PROVED, REFUTED, NOT_JUDGED = 0, 1, 2
VERDICTS = {PROVED: "proved", REFUTED: "refuted", NOT_JUDGED: "not judged"}
PROGRESS_EVERY_S = 5


class CannotJudge(Exception):
    """There is nothing to go on with: the log, the node or a program is not there."""


class Report:
    """Findings refute the log. What could not be judged keeps it from being proved."""

    def __init__(self, quiet=False):
        self.findings = []
        self.unjudged = []
        self.notes = []
        self.checked = []
        self.counts = {}
        self.log = {}
        self._quiet = quiet
        self._said_at = time.monotonic()

    def find(self, check, text, record=None):
        """Something is not as it has to be. record: where it stands in the log."""
        self._keep(self.findings, {"check": check, "record": record, "text": text}, "findings")

    def cannot_judge(self, check, text):
        self._keep(self.unjudged, {"check": check, "text": text}, "not judged")

    def note(self, text):
        self._keep(self.notes, text, "notes")

    def holds(self, check, text, before):
        """The check was made to its end; `before` is find_count() from when it began."""
        if self.find_count() == before:
            self.checked.append({"check": check, "text": text})

    def find_count(self):
        return self.counts.get("findings", 0)

    def count(self, what, more=1):
        self.counts[what] = self.counts.get(what, 0) + more

    def status(self):
        if self.findings:
            return REFUTED
        return NOT_JUDGED if self.unjudged else PROVED

    def progress(self, what, number=""):
        """Said on standard error every few seconds, however often it is called."""
        if self._quiet or time.monotonic() - self._said_at < PROGRESS_EVERY_S:
            return
        self._said_at = time.monotonic()
        print(f"audit-log: {what} {number}", file=sys.stderr, flush=True)

    def _keep(self, kept, what, counted):
        self.count(counted)
        if len(kept) < KEPT:
            kept.append(what)

    # --- said

    def as_json(self):
        return json.dumps({
            "verdict": VERDICTS[self.status()], "log": self.log, "checked": self.checked,
            "findings": self.findings, "not_judged": self.unjudged, "notes": self.notes,
            "counts": self.counts,
        }, indent=2)

    def as_text(self):
        lines = [f"{name:12}{value}" for name, value in self.log.items()]
        lines += [f"counted     {value} {name}" for name, value in sorted(self.counts.items())]
        lines += [f"holds       {each['check']}: {each['text']}" for each in self.checked]
        lines += [f"note        {each}" for each in self.notes]
        lines += [f"not judged  {each['check']}: {each['text']}" for each in self.unjudged]
        lines += [f"finding     {_place(each)}{each['check']}: {each['text']}"
                  for each in self.findings]
        hidden = self.find_count() - len(self.findings)
        lines += [f"finding     and {hidden} more"] if hidden > 0 else []
        return "\n".join([*lines, "", VERDICTS[self.status()].upper()])


def _place(finding):
    return "" if finding["record"] is None else f"record {finding['record']}: "
