#!/usr/bin/env python3
"""Proves the include table of doc/architecture.md: who may use which folder, which header of the
core and which library, and that unit tests link no more than that."""

import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatch

from source_tree import default_root, read_sources, report

# folder -> folders of ours that it may include, besides itself.
MAY_INCLUDE = {
    "bitcoin": set(),
    "core": {"bitcoin"},
    "wal": {"bitcoin", "core"},
    "net": set(),
    "settings": {"bitcoin"},
    "node": {"bitcoin", "core", "net"},
    "http": {"bitcoin", "core"},
    "cli": {"bitcoin", "core", "wal", "http", "net", "settings"},
    "daemon": {"bitcoin", "core", "wal", "node", "http", "net", "settings"},
}
# src/*.cpp: the programs, each with a short main().
MAY_PROGRAMS_INCLUDE = {"daemon", "cli", "settings"}

# What the core has in common with its surroundings. The rest of it is its own business and the
# daemon's, which drives it.
CORE_VALUES = {"alarm", "answers", "batch", "commands", "effects", "outcome", "policy", "records",
               "send"}
CORE_HEADERS = {
    "wal": CORE_VALUES | {"ledger", "pruning"},
    "node": CORE_VALUES,
    "http": CORE_VALUES,
    "cli": CORE_VALUES | {"ledger", "exclusion", "record_objection"},  # offline tools check again
}

# All that pure code needs: no thread, lock, clock, random number, stream, file or environment.
PURE_FOLDERS = {"bitcoin", "core"}
PURE_HEADERS = set("""
    algorithm array bit cassert charconv climits compare concepts cstddef cstdint cstring deque
    functional initializer_list iterator limits list map memory numeric optional queue ranges set
    span string string_view tuple type_traits unordered_map unordered_set utility variant vector
    """.split())

SYSTEM_HEADER = re.compile(
    r"(arpa|linux|net|netinet|sys)/[\w/]+\.h$"
    r"|(fcntl|getopt|limits|netdb|poll|pthread|sched|signal|stdlib|string|termios|time|unistd)\.h$")
STANDARD_HEADER = re.compile(r"[a-z_]+$")
GENERATED_HEADER = "config.h"


@dataclass(frozen=True)
class Library:
    name: str
    header: re.Pattern
    places: dict  # pattern of source files -> how many of them may use it; None for any number


LIBRARIES = [
    Library("LevelDB", re.compile(r"leveldb/"),
            {"src/wal/*.cpp": 2, "test/unit/wal/*": None, "test/fault/*": None}),
    Library("univalue", re.compile(r"univalue\.h$"),
            {"src/node/*.cpp": 1, "test/unit/node/*": None}),
    Library("ZeroMQ", re.compile(r"zmq\.(h|hpp)$"),
            {"src/node/*.cpp": 1, "test/unit/node/*": None}),
    Library("libevent", re.compile(r"(event2?/|ev(ent|http|dns|util)\.h$)"),
            {"src/net/*.cpp": 1, "src/http/*.cpp": 2, "src/daemon/*.cpp": 3,
             "test/unit/http/*": None, "test/bench/*.cpp": 1}),
    Library("spdlog", re.compile(r"(spdlog|fmt)/"), {"src/daemon/*.cpp": 1}),
    Library("prometheus-cpp", re.compile(r"prometheus/"), {"src/daemon/*.cpp": 1}),
    Library("OpenSSL", re.compile(r"openssl/"), {"src/bitcoin/hash.cpp": 1}),
    Library("Boost.Program_options", re.compile(r"boost/program_options"),
            {"src/settings/command_line.cpp": 1}),
    Library("sanitizers", re.compile(r"sanitizer/"), {"test/unit/bitcoin/allocation_meter.cpp": 1}),
    Library("Boost.Test", re.compile(r"boost/test/"),
            {f"test/{kind}/*": None for kind in ("unit", "fault", "fuzz", "sim")}),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>|(.*))', re.MULTILINE)
TEST_LIBRARIES = re.compile(r"^test_unit_(\w+)_tests_LDADD\s*=((?:.*\\\n)*.*)$", re.MULTILINE)
OUR_LIBRARY = re.compile(r"\blibsendonce_(\w+)\.a\b")


def folder_of(path):
    """The folder of src/ that the rules of a file come from: for a unit test the one that it
    tests. None for programs and for tests that may use everything."""
    parts = path.split("/")
    if parts[0] == "src" and len(parts) == 3:
        return parts[1]
    if parts[:2] == ["test", "unit"] and len(parts) == 4:
        return parts[2]
    return None


def closure(folder):
    """The folder and all that it may reach."""
    reached = {folder}
    for other in MAY_INCLUDE[folder]:
        reached |= closure(other)
    return reached


def judge_ours(path, header):
    """Why the file may not include this header of ours, or None."""
    used, name = header.split("/", 1)
    if used not in MAY_INCLUDE:
        return f'"{header}" is in no folder of src/ that the rules know'
    folder = folder_of(path)
    if path.startswith("test/"):
        if folder is not None and used not in closure(folder):
            return f"a test of {folder}/ may not include {used}/"
        return None
    if folder is None:
        return None if used in MAY_PROGRAMS_INCLUDE else f"a program may not include {used}/"
    if used != folder and used not in MAY_INCLUDE[folder]:
        return f"{folder}/ may not include {used}/"
    if used == "core" and folder in CORE_HEADERS and name[:-2] not in CORE_HEADERS[folder]:
        return f"{folder}/ may not include {header}: it belongs to the inside of the core"
    return None


def judge_system(path, header):
    """Why the file may not include this header of the standard library or system, or None."""
    is_standard = STANDARD_HEADER.match(header)
    if not is_standard and not SYSTEM_HEADER.match(header):
        return f"<{header}> is of no library that the rules know"
    folder = folder_of(path)
    if path.startswith("src/") and folder in PURE_FOLDERS and header not in PURE_HEADERS:
        return f"{folder}/ is pure and may not include <{header}>"
    if path.startswith("src/") and path.endswith(".h") and not is_standard:
        return f"<{header}> stays out of our headers"
    return None


def judge_library(path, library):
    if path.startswith("src/") and path.endswith(".h"):
        return f"{library.name} stays out of our headers"
    if not any(fnmatch(path, place) for place in library.places):
        return f"{library.name} is not used here"
    return None


def judge_quoted(source, header):
    if header == GENERATED_HEADER:
        return None if source.suffix == ".cpp" else "config.h stays out of our headers"
    if "/" in header:
        return judge_ours(source.path, header)
    if source.path.startswith("test/"):
        return None  # a header beside the test
    return f'write "{header}" from src/, with its folder'


def judge_angled(source, header):
    for library in LIBRARIES:
        if library.header.match(header):
            return judge_library(source.path, library)
    if header.split("/")[0] in MAY_INCLUDE and SYSTEM_HEADER.match(header) is None:
        return f"our own header <{header}> belongs in quotes"
    return judge_system(source.path, header)


def check_includes(source):
    for match in INCLUDE.finditer(source.text):
        quoted, angled, other = match.groups()
        if other is not None:
            message = "an include that cannot be read"
        else:
            message = judge_quoted(source, quoted) if quoted else judge_angled(source, angled)
        if message:
            yield source.violation(source.line_of(match.start()), message)


def uses(source, library):
    return any(library.header.match(angled) for _, angled, _ in INCLUDE.findall(source.text))


def check_spread(sources):
    """A library is used in as few files as possible."""
    for library in LIBRARIES:
        for place, limit in library.places.items():
            users = [s for s in sources if fnmatch(s.path, place) and uses(s, library)]
            if limit is not None and len(users) > limit:
                names = ", ".join(user.path for user in users)
                yield users[-1].violation(1, f"{library.name} is in more files of {place} than"
                                             f" {limit}: {names}")


def check_unit_test_links(source):
    """The linker proves the table only if a unit test links no more than its folder may use."""
    for match in TEST_LIBRARIES.finditer(source.text):
        folder = match.group(1)
        line = source.line_of(match.start())
        if folder not in MAY_INCLUDE:
            yield source.violation(line, f"{folder}/ is not in the table of the include rules")
            continue
        for linked in sorted(set(OUR_LIBRARY.findall(match.group(2))) - closure(folder)):
            yield source.violation(line, f"the tests of {folder}/ may not link {linked}/")


def check_folders(sources):
    for source in sources:
        parts = source.path.split("/")
        if parts[0] == "src" and len(parts) > 2 and parts[1] not in MAY_INCLUDE:
            yield source.violation(1, f"src/{parts[1]}/ is not in the table of the include rules")


def violations(root):
    sources = read_sources(root)
    code = [source for source in sources if source.suffix in (".cpp", ".h")]
    found = list(check_folders(code))
    known = [s for s in code if folder_of(s.path) is None or folder_of(s.path) in MAY_INCLUDE]
    for source in known:
        found += check_includes(source)
    found += check_spread(known)
    for source in sources:
        if source.suffix == ".am":
            found += check_unit_test_links(source)
    return found


if __name__ == "__main__":
    sys.exit(report("include rules", violations(default_root())))
