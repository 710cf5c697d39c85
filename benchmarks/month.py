"""python -m benchmarks.month: a month by itself, its clock sped up, killed in every step. It is tests/months.py."""

import os
import sys
from pathlib import Path

os.execv(sys.executable, [sys.executable, str(Path(__file__).parent.parent / "tests" / "months.py"), *sys.argv[1:]])
