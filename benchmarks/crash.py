"""Kills the sender at random moments, starts it again, and counts: nobody twice, nobody forgotten, few in doubt.

    python benchmarks/crash.py                            200 kills in a mailing to 10,000, by SMTP, on SQLite
    python benchmarks/crash.py --transport sendgrid --url postgresql
    python benchmarks/crash.py --faults --senders 2       a relay that fails in every way, two senders at once

The whole of it is tests/crashing.py, of which 24 kills are part of `make test`.
"""

import os
import sys
from pathlib import Path

os.execv(sys.executable, [sys.executable, str(Path(__file__).parent.parent / "tests" / "crashing.py"), *sys.argv[1:]])
