"""Stops the system that the quickstart left up. Usage: stop.py <folder>."""

import sys

from system import System

stopped = System(sys.argv[1]).stop()
print(f"stopped: {', '.join(stopped)}" if stopped else "nothing of the quickstart is running")
