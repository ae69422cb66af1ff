"""Adds up what `contrib/sanitize` ran in a build folder, and ends with "N passed, N failed".

A report is a failure by itself: a test that kills the daemon does not see how it would have ended.
"""

import re
import sys
from pathlib import Path

from sum_up import of_functional_tests, of_make_check  # contrib/check.d, by PYTHONPATH

LINES_SHOWN = 40
# Of the runtime, where a test leaves the daemon too little to start the program that names places.
NO_REPORT = re.compile(r"==\d+==WARNING: .*\bsymbolizer\b")


def says_something(report):
    return any(line and not NO_REPORT.match(line)
               for line in report.read_text(errors="replace").splitlines())


def show(report):
    lines = report.read_text(errors="replace").splitlines()
    print(f"{report}:")
    print("\n".join("    " + line for line in lines[:LINES_SHOWN]))


def main():
    build_dir, functional_too = Path(sys.argv[1]), sys.argv[2] == "yes"
    reports = sorted(filter(says_something, (build_dir / "reports").iterdir()))
    for report in reports:
        show(report)
    unit = of_make_check(build_dir)
    functional = of_functional_tests(build_dir) if functional_too else (0, 0)
    print(f"unit tests and lints: {unit[0]} passed, {unit[1]} failed")
    print(f"functional tests: {functional[0]} passed, {functional[1]} failed")
    print(f"reports of the sanitizers: {len(reports)}")
    failed = unit[1] + functional[1] + len(reports)
    print(f"{unit[0] + functional[0]} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
