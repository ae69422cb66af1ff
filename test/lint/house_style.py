#!/usr/bin/env python3
"""The measurable part of the house style in CONTRIBUTING.md."""

import ast
import re
import sys

from source_tree import code_only, default_root, read_sources, report

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 600
MAX_LINE_LENGTH = 100  # of C++, as in .clang-format

# "path: function" -> why it is better long. Everything here was argued for.
LONG_FUNCTIONS = {}
# path -> why it is better long.
LONG_FILES = {}

CODE = {".cpp", ".h", ".py", ".sh", ""}
MARKERS = re.compile(r"\b(TO" r"DO|FIX" r"ME|NO" r"LINT\w*)\b")

# Where somebody's machine keeps things. A fixed name below /tmp is another user's file, too.
MACHINE_PATH = re.compile(
    r"(?<![\w.$})])/(?:tmp|work|workspaces?|builds?|home/(?!(?:u|user|you)/)[\w.-]+|root|mnt|srv)/")
# Hosts that the tree may name: none that packages come from, so that it builds wherever it is.
KNOWN_HOSTS = re.compile(
    r"(?:^|\.)(?:localhost|example|example\.(?:com|net|org)|test|invalid"
    r"|github\.com|bitcoin\.org|bitcoincore\.org|rfc-editor\.org|zeromq\.org|keepachangelog\.com"
    r"|semver\.org|w3\.org)$")
URL_HOST = re.compile(r"\b(?:https?|ftp|git|ssh)://(?:[^\s/@]*@)?(\[[^\]\s]*\]|[\w.-]+)")
BARE_HOST = re.compile(
    r"(?<![\w./@-])((?:[a-z0-9-]+\.)+(?:com|org|net|io|dev|internal|corp|lan|cloud))(?![\w(.]|::)")
ADDRESS = re.compile(r"\[[0-9a-f:]*\]$|\d+\.\d+\.\d+\.\d+$|[a-z0-9]+$")  # also a host of one word

SCOPE = re.compile(r"^\s*(?:template\s*<.*>\s*)?(?:export\s+|inline\s+|typedef\s+)*"
                   r"(?:namespace|class|struct|union|enum|extern)\b", re.DOTALL)
FUNCTION_END = re.compile(
    r"\)\s*(?:(?:const|noexcept|override|final|mutable|try|&&?)\s*(?:\([^()]*\)\s*)?)*"
    r"(?:->[^(){};]*|:[^:].*)?$", re.DOTALL)
INITIALIZED = re.compile(r"\)[^:;]*:[^:].*[\w>]\s*$", re.DOTALL)
NAME = re.compile(r"([\w:~]+|operator\S+)\s*\(")
TEST_CASE = re.compile(r"\bBOOST_\w*TEST_CASE\w*\(\s*(\w+)")


def kind_of_brace(head, stack):
    """What an opening brace begins, told by the text before it: a scope, a function, the value of
    one member in a constructor's list, or anything else."""
    if any(kind == "function" for kind, _, _ in stack):
        return "block"
    if SCOPE.match(head) and not head.rstrip().endswith(")"):
        return "scope"
    if "(" in head and INITIALIZED.search(head) and not head.rstrip().endswith(")"):
        return "member"
    return "function" if FUNCTION_END.search(head) else "block"


def name_and_begin(code, opened, brace):
    """Of the function whose text before its brace begins at `opened`. A test case may follow other
    macros without a semicolon between them."""
    for match in reversed(list(TEST_CASE.finditer(code, opened, brace))):
        return match.group(1), match.start()
    name = NAME.search(code, opened, brace)
    begin = opened + len(code[opened:brace]) - len(code[opened:brace].lstrip())
    return name.group(1) if name else "?", begin


def cpp_functions(text):
    """(name, first line, last line) of each function; lambdas and local ones belong to theirs."""
    code = code_only(text)
    stack = []  # of open braces: kind, depth before it, name and begin of what it belongs to
    begin = 0
    depth = 0  # of parentheses since `begin`
    for match in re.finditer(r"[(){};]", code):
        symbol, at = match.group(), match.start()
        depth = max(0, depth + (symbol == "(") - (symbol == ")"))
        if symbol == "{":
            head = code[begin:at]
            kind = "block" if depth else kind_of_brace(head, stack)
            stack.append((kind, depth, name_and_begin(code, begin, at)))
            begin, depth = (begin, depth) if kind == "member" else (at + 1, 0)
        elif symbol == "}" and stack:
            kind, depth, (name, start) = stack.pop()
            if kind == "function":
                yield name, text.count("\n", 0, start) + 1, text.count("\n", 0, at) + 1
            if kind != "member" and depth == 0:
                begin = at + 1
        elif symbol == ";" and depth == 0:
            begin = at + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno


def functions(source):
    if source.suffix in (".cpp", ".h"):
        return cpp_functions(source.text)
    is_python = source.suffix == ".py" or re.match(r"#!.*python", source.text)
    return python_functions(source.text) if is_python else ()


def check_lengths(source):
    for name, first, last in functions(source):
        length = last - first + 1
        if length > MAX_FUNCTION_LINES and f"{source.path}: {name}" not in LONG_FUNCTIONS:
            yield source.violation(first, f"{name} has {length} lines; {MAX_FUNCTION_LINES} are the"
                                          " outer limit")
    count = len(source.lines)
    if count > MAX_FILE_LINES and source.path not in LONG_FILES:
        yield source.violation(count, f"{count} lines; {MAX_FILE_LINES} are the outer limit")


def check_allowances(sources):
    """An allowance that nothing needs any more goes."""
    long_functions = {f"{source.path}: {name}" for source in sources
                      for name, first, last in functions(source)
                      if last - first + 1 > MAX_FUNCTION_LINES}
    long_files = {source.path for source in sources if len(source.lines) > MAX_FILE_LINES}
    for unused in sorted(set(LONG_FUNCTIONS) - long_functions | set(LONG_FILES) - long_files):
        path = unused.split(":")[0]
        matching = [source for source in sources if source.path == path] or sources
        yield matching[0].violation(1, f'the allowance for "{unused}" is not needed')


def guard_of(path):
    """SENDONCE_FOLDER_FILE_H; the folder of src/ without src, all others with their whole path."""
    return "SENDONCE_" + re.sub(r"\W", "_", path.removeprefix("src/")).upper()


def check_guard(source):
    guard = guard_of(source.path)
    code = re.sub(r"//[^\n]*", "", source.text).strip()
    if not re.match(rf"#ifndef {guard}\n#define {guard}\n", code):
        yield source.violation(1, f"the include guard is to be {guard}, before everything else")
    if not re.search(rf"#endif  // {guard}\n$", source.text):
        yield source.violation(len(source.lines), f"the last line is to be #endif  // {guard}")


def check_lines(source):
    for number, line in enumerate(source.lines, 1):
        if len(line) > MAX_LINE_LENGTH and source.suffix in (".cpp", ".h"):
            yield source.violation(number, f"longer than {MAX_LINE_LENGTH} characters")
        marker = MARKERS.search(line)
        if marker:
            yield source.violation(number, f"{marker.group()}: do it, or open an issue")


def is_known_host(host):
    host = host.lower().rstrip(".")
    return bool(ADDRESS.match(host) or KNOWN_HOSTS.search(host))


def check_places(source):
    for number, line in enumerate(source.lines, 1):
        for match in MACHINE_PATH.finditer(line):
            yield source.violation(number, f"{match.group()}... is a place on one machine")
        hosts = URL_HOST.findall(line) + BARE_HOST.findall(line)
        for host in dict.fromkeys(hosts):
            if not is_known_host(host):
                yield source.violation(number, f"{host} is not among the hosts that may be named")


def violations(root):
    sources = read_sources(root)
    code = [source for source in sources if source.suffix in CODE]
    found = list(check_allowances(code))
    for source in code:
        found += check_lengths(source)
        found += check_lines(source)
    for source in sources:
        if source.suffix == ".h":
            found += check_guard(source)
        found += check_places(source)
    return found


if __name__ == "__main__":
    sys.exit(report("house style", violations(default_root())))
