"""Runs a program of `children/` on a stranger's bytes: its answer line by line, or a SourceUnreadable."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from newsletter.errors import SourceUnreadable

CHILDREN = Path(__file__).with_name("children")
PATIENCE = 60  # seconds, on a machine that does anything else too: a child ends itself after fewer of its own
DAY = 86_400
OUT_OF_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
VALUES: Mapping[str, Callable[[str], object]] = {
    "moment": datetime.fromisoformat, "day": date.fromisoformat, "time": time.fromisoformat
}  # fmt: skip


def run(child: str, content: bytes, arguments: list[str], refusal: Callable[[str, str], str]) -> Iterator[Any]:
    """Its lines. `refusal` has the sentence for a code: the child's own, or "slow" or "large" when it died."""
    command = [sys.executable, "-I", "-X", "utf8", str(CHILDREN / child), *arguments]
    try:
        ended = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        raise SourceUnreadable(refusal("slow", "")) from None
    last: Any = {}
    for line in io.BytesIO(ended.stdout):
        try:
            last = json.loads(line, object_hook=_value)
        except ValueError:
            break
        if isinstance(last, dict) and "refused" in last:
            raise SourceUnreadable(refusal(last["refused"], last["what"]))
        yield last
    if not isinstance(last, dict) or "end" not in last:
        raise SourceUnreadable(refusal("slow" if ended.returncode in OUT_OF_TIME else "large", ""))


def _value(tagged: dict[str, Any]) -> Any:
    """A day or a time, as children write them; other objects as they are."""
    if len(tagged) != 1:
        return tagged
    ((kind, written),) = tagged.items()
    if kind == "span":
        return _clock(written)
    return VALUES[kind](written) if kind in VALUES else tagged


def _clock(seconds: int) -> object:
    """A time of the day, which spreadsheets keep as a duration; a longer one as it shows."""
    if 0 <= seconds < DAY:
        return time(seconds // 3600, seconds % 3600 // 60, seconds % 60)
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"
