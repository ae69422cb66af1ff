#!/usr/bin/env python3
"""Holds what `make dist` packs to what is tracked: every file but .gitignore, and beside them only what autogen.sh makes.

Packs a folder with `make distdir` and compares it; so it is run where the build is. Where there is no git there is nothing to
compare with."""

import argparse
import fnmatch
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_PACKED = {".gitignore"}
MADE_BY_AUTOGEN = ("Makefile.in", "aclocal.m4", "build-aux/*", "configure", "src/config.h.in")


def is_own_tree(root):
    """Not so where it was unpacked from an archive, be it within another tree of git's."""
    try:
        top = subprocess.run(["git", "-C", root, "rev-parse", "--show-toplevel"], capture_output=True, text=True)
    except FileNotFoundError:
        return False
    return top.returncode == 0 and Path(top.stdout.strip()).resolve() == root


def files_of(root, *options):
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", *options], capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.split("\0") if name and (root / name).exists()}


def packed(folder):
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file() or each.is_symlink()}


def is_made(name):
    return any(fnmatch.fnmatch(name, pattern) for pattern in MADE_BY_AUTOGEN)


def differences(tracked, new, found):
    """In words. new: files that are not tracked yet, and may or may not be packed."""
    missing = [f"{name}: tracked, and not packed" for name in sorted(tracked - NOT_PACKED - found)]
    return missing + [f"{name}: packed, and not tracked" for name in sorted(found - tracked - new) if not is_made(name)]


def compare(folder):
    if not is_own_tree(ROOT):
        print("distribution: no git here, nothing to compare with")
        return 0
    found = differences(files_of(ROOT), files_of(ROOT, "--others", "--exclude-standard"), packed(folder))
    print("\n".join([*found, f"distribution: {len(found)} violations"]))
    return 1 if found else 0


def pack_and_compare():
    with tempfile.TemporaryDirectory(prefix="sendonce-dist-") as name:
        folder = Path(name) / "packed"
        # dist-hook compares it. The make that runs the tests has nothing to say to this one.
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        made = subprocess.run(["make", "-s", "distdir", f"distdir={folder}"], env=environment, stdout=subprocess.PIPE, text=True)
        print(made.stdout, end="")
        return made.returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--compare", type=Path, metavar="FOLDER", help="one that is packed already")
    arguments = parser.parse_args()
    sys.exit(compare(arguments.compare) if arguments.compare else pack_and_compare())
