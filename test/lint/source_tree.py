"""The files that the lints look at, and how they report."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

TOP_FOLDERS = ("src", "test", "contrib", "doc", ".ci")
TEXT_SUFFIXES = {".cpp", ".h", ".py", ".sh", ".am", ".ac", ".md"}
# Named like source, but made by configure.
GENERATED = {"src/config.h"}


@dataclass(frozen=True)
class Violation:
    path: str  # from the root of the tree
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Source:
    path: str  # from the root of the tree, with slashes
    text: str

    @property
    def suffix(self):
        return Path(self.path).suffix

    @property
    def lines(self):
        return self.text.splitlines()

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def violation(self, line, message):
        return Violation(self.path, line, message)


def default_root():
    return Path(__file__).resolve().parents[2]


def is_script(path):
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def is_text(path):
    return path.suffix in TEXT_SUFFIXES or (path.suffix == "" and is_script(path))


def paths_below(root):
    """Regular files of the top folders and of the root itself; builds and caches left out."""
    yield from (path for path in sorted(root.iterdir()) if path.suffix in TEXT_SUFFIXES)
    for top in TOP_FOLDERS:
        for folder, folders, names in os.walk(root / top):
            folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
            yield from (Path(folder) / name for name in sorted(names) if not name.startswith("."))


def read_sources(root):
    """Every text file of the tree. A file that is not UTF-8 is an error."""
    sources = []
    for path in paths_below(root):
        name = path.relative_to(root).as_posix()
        if path.is_file() and not path.is_symlink() and name not in GENERATED and is_text(path):
            sources.append(Source(name, path.read_text(encoding="utf-8")))
    return sources


CPP_NOISE = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<raw>R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)")
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<separator>(?<=[0-9a-fA-F])'(?=[0-9a-fA-F]))
      | (?P<char>'(?:\\.|[^'\\\n])+')
      | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """C++ with comments, literals and preprocessor lines made blank; line numbers stay."""
    return CPP_NOISE.sub(lambda match: blank(match.group()), text)


def report(name, violations):
    """Prints them; the exit status of a lint."""
    for violation in violations:
        print(violation)
    print(f"{name}: {len(violations)} violation{'' if len(violations) == 1 else 's'}")
    return 1 if violations else 0
