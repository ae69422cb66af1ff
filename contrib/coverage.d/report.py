"""The report of contrib/coverage, from the JSON of gcovr: a table of the folders of src, and then
the branches that no test took, of the files where each one counts."""

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

# The rules, the log, and whatever reads bytes that somebody else made.
LISTED = re.compile(
    r"src/(core/|wal/|bitcoin/|node/(rpc_codec|rpc_values|zmq_codec|evidence)\.|http/(json_|send_body|utf8))"
)


class Count:
    def __init__(self):
        self.taken = 0
        self.total = 0

    def add(self, taken, total):
        self.taken += taken
        self.total += total

    def __str__(self):
        if not self.total:
            return f"{'-':>13} {'':7}"
        share = 100 * self.taken / self.total
        return f"{self.taken:>6} /{self.total:>6} {share:6.1f}%"


def lines_of(file):
    """Each line once: gcovr names one again for each instance of a template."""
    lines = defaultdict(lambda: [0, {}])
    for line in file["lines"]:
        if line.get("gcovr/noncode"):
            continue
        merged = lines[line["line_number"]]
        merged[0] += line["count"]
        for number, branch in enumerate(line["branches"]):
            merged[1][number] = merged[1].get(number, 0) + branch["count"]
    return lines


def table(files):
    folders = defaultdict(lambda: (Count(), Count()))
    for name, lines in files.items():
        parts = name.split("/")
        folder = "/".join(parts[:2]) if len(parts) > 2 else "src"
        for row in (folder, "all"):
            of_lines, of_branches = folders[row]
            for count, branches in lines.values():
                of_lines.add(count > 0, 1)
                of_branches.add(sum(taken > 0 for taken in branches.values()), len(branches))
    print(f"{'folder':14} {'lines':>21} {'branches':>22}")
    for folder in sorted(folders, key=lambda name: (name == "all", name)):
        print(f"{folder:14} {folders[folder][0]} {folders[folder][1]}")


def never_taken(source_dir, name, lines):
    text = (source_dir / name).read_text().splitlines()
    for number in sorted(lines):
        count, branches = lines[number]
        missed = sum(taken == 0 for taken in branches.values())
        if count and not missed:
            continue
        if not count and not branches:
            continue
        what = "never reached" if not count else f"{missed} of {len(branches)} branches"
        print(f"  {name}:{number}: {what}: {text[number - 1].strip()}")


def main():
    source_dir, report = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())
    files = {each["file"]: lines_of(each) for each in report["files"]}
    print("Branches that no test took, in core, wal, bitcoin and the codecs:")
    for name in sorted(files):
        if LISTED.match(name):
            never_taken(source_dir, name, files[name])
    print()
    table(files)


if __name__ == "__main__":
    main()
