#!/usr/bin/env python3
"""A small baseline of the protocol model and a handful of its mutants (test/model/run --short). Part of make check."""

import subprocess
import sys
from pathlib import Path

sys.exit(subprocess.run([sys.executable, "-B", Path(__file__).with_name("run"), "--short"]).returncode)
