"""Whole-system comparisons: sendonce beside what a user would pick instead, in one run."""

import sys
from pathlib import Path

SOURCE_DIR = Path(__file__).resolve().parents[3]
# What starts bitcoind and sendonced is the functional tests' own.
sys.path.insert(0, str(SOURCE_DIR / "test" / "functional"))
