"""Adds up what `contrib/check` ran in a build folder, and ends with "N passed, N failed".

A Boost.Test program counts as its test cases, any other program of `make check` as one test.
"""

import re
import sys
from pathlib import Path

CASES = re.compile(r"^\s*(\d+) test cases? out of (\d+) (\w+)", re.MULTILINE)
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)


def cases_in(log):
    """Passed and failed cases by Boost's own report; one that aborted is told of twice there."""
    told = {outcome: (int(count), int(total)) for count, total, outcome in CASES.findall(log)}
    if not told:
        return 0, 0
    total = next(iter(told.values()))[1]
    passed = told.get("passed", (0, 0))[0]
    return passed, total - passed


def of_one_program(trs_path):
    """Passed and failed of one program of `make check`, from automake's result and its log."""
    succeeded = ":test-result: PASS" in trs_path.read_text()
    passed, failed = cases_in(trs_path.with_suffix(".log").read_text(errors="replace"))
    if not succeeded:
        return passed, max(failed, 1)  # it may have crashed, and then its log says nothing
    return (passed, failed) if passed + failed else (1, 0)


def of_make_check(build_dir):
    results = [of_one_program(each) for each in sorted(build_dir.glob("test/**/*.trs"))]
    if not results:
        return 0, 1  # it did not get as far as running one
    return sum(passed for passed, _ in results), sum(failed for _, failed in results)


def of_functional_tests(build_dir):
    log = build_dir / "functional.log"
    totals = TOTAL.findall(log.read_text(errors="replace")) if log.exists() else []
    if not totals:
        return 0, 1  # the runner itself broke
    passed, failed = map(int, totals[-1])
    return passed, failed if passed else max(failed, 1)


def main():
    build_dir = Path(sys.argv[1])
    unit, functional = of_make_check(build_dir), of_functional_tests(build_dir)
    print(f"unit tests and lints: {unit[0]} passed, {unit[1]} failed")
    print(f"functional tests: {functional[0]} passed, {functional[1]} failed")
    failed = unit[1] + functional[1]
    print(f"{unit[0] + functional[0]} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
