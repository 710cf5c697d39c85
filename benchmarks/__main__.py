"""python -m benchmarks [NAME …]: every bench, or those named (bench_NAME.py)."""

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Runs each bench's main, under its name."""
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    for name in sys.argv[1:] or known:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.bench_{name}").main()


main()
