#!/usr/bin/env python3
"""Holds the documents to the code: each guarantee in doc/guarantees.md names the tests that hold
it, and what the documents name in `backticks` is there.

A section of doc/guarantees.md whose heading has G1 to G8 in it is that guarantee's. A test is named
as the path of its file (`test/functional/sends_once.py`), as a case of Boost.Test with its suite
(`core_machine/a_replay_is_no_second_send`), or as a method of a functional test
(`test_kill_at_each_failpoint`)."""

import ast
import re
import sys

from source_tree import Violation, default_root, read_sources, report

GUARANTEES_PATH = "doc/guarantees.md"
GUARANTEES = [f"G{number}" for number in range(1, 9)]

HEADING = re.compile(r"^(#+)\s+(.*)$")
CODE_SPAN = re.compile(r"`([^`\n]+)`")
PATH = re.compile(r"(?:src|test|contrib|doc)/[\w./-]+$")
TEST_FILE = re.compile(r"test/(?:unit/\w+/\w+_tests\.cpp|functional/\w+\.py"
                       r"|(?:fault|fuzz|sim)/[\w/]+\.(?:cpp|py))$")
BOOST_CASE = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$")
PYTHON_CASE = re.compile(r"test_[a-z0-9_]+$")

SUITE_OR_CASE = re.compile(r"\bBOOST_(AUTO_TEST_SUITE_END|AUTO_TEST_SUITE|FIXTURE_TEST_SUITE"
                           r"|(?:AUTO|FIXTURE|DATA)_TEST_CASE)\(\s*(\w*)")


def boost_cases(sources):
    """suite/case of every unit test; a suite within a suite stands for itself."""
    cases = set()
    for source in sources:
        suites = []
        for kind, name in SUITE_OR_CASE.findall(source.text if source.suffix == ".cpp" else ""):
            if kind == "AUTO_TEST_SUITE_END":
                suites.pop()
            elif kind.endswith("SUITE"):
                suites.append(name)
            elif suites:
                cases.add(f"{suites[-1]}/{name}")
    return cases


def python_cases(sources):
    cases = set()
    for source in sources:
        if source.suffix == ".py" and source.path.startswith("test/functional/"):
            cases |= {node.name for node in ast.walk(ast.parse(source.text))
                      if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
    return cases


class Tests:
    def __init__(self, sources):
        self.boost = boost_cases(sources)
        self.suites = {case.split("/")[0] for case in self.boost}
        self.python = python_cases(sources)
        self.files = {source.path for source in sources if TEST_FILE.match(source.path)}

    def holds(self, span):
        """Whether a code span names a test that there is."""
        return span in self.boost or span in self.python or span in self.files

    def is_missing(self, span, any_suite):
        """Whether a code span is to be a test and there is none of this name. Where suites are not
        the only things written with a slash, only a known one makes a case."""
        if self.holds(span):
            return False
        is_case = BOOST_CASE.match(span) and (any_suite or span.split("/")[0] in self.suites)
        return bool(PYTHON_CASE.match(span) or is_case) and not PATH.match(span)


def sections(source):
    """{guarantee: (line of its heading, its text)}"""
    found, current = {}, []
    level = 0
    for number, line in enumerate(source.lines, 1):
        heading = HEADING.match(line)
        if heading and (not current or len(heading.group(1)) <= level):
            level = len(heading.group(1))
            current = re.findall(r"\bG[1-8]\b", heading.group(2))
            found.update({name: [number, ""] for name in current})
        for name in current:
            found[name][1] += line + "\n"
    return found


def check_guarantees(sources, tests):
    documents = [source for source in sources if source.path == GUARANTEES_PATH]
    if not documents:
        return [Violation(GUARANTEES_PATH, 1, "missing: it says which tests hold which guarantee")]
    found = []
    named = sections(documents[0])
    for guarantee in GUARANTEES:
        line, text = named.get(guarantee, (1, ""))
        if guarantee not in named:
            found.append(documents[0].violation(line, f"{guarantee} has no section"))
        elif not any(tests.holds(span) for span in CODE_SPAN.findall(text)):
            found.append(documents[0].violation(line, f"{guarantee} names no test that exists"))
    return found


def exists(root, path):
    """Also for a program, which is named as it is built."""
    program_of_tests = re.sub(r"^(test/unit/\w+)_tests$", r"\1", path)
    return any((root / name).exists() for name in (path, path + ".cpp", program_of_tests))


def check_names(document, tests, root):
    """Every path and test that the document names exists."""
    for number, line in enumerate(document.lines, 1):
        for span in CODE_SPAN.findall(line):
            if tests.is_missing(span, any_suite=document.path == GUARANTEES_PATH):
                yield document.violation(number, f"there is no test {span}")
            elif PATH.match(span) and not exists(root, span):
                yield document.violation(number, f"there is no {span}")


def violations(root):
    sources = read_sources(root)
    tests = Tests(sources)
    found = check_guarantees(sources, tests)
    for source in sources:
        if source.suffix == ".md":
            found += check_names(source, tests, root)
    return found


if __name__ == "__main__":
    sys.exit(report("docs against code", violations(default_root())))
