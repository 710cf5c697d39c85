"""The service's log: an event a line on standard error, a word and its values, in which nobody's address is.

    2026-12-01T09:00:03+0100 info step_settled edition=2026-12 step=send state=done tries=1

What an exception says may hold an address: only its kind and its place are written. What looks like an address, or like
the key in a link, is covered, whoever wrote it.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import datetime
from typing import Any

VALUE = re.compile(r"(\w+)=%[sdr.f\d]+")
ADDRESS = re.compile(r"[^\s@<>\"'=,;:(\[]+@[^\s@<>\"',;:)\]]+")
KEY = re.compile(r"(/[cdp]/)[\w.~-]{8,}")
PLAIN = re.compile(r"[^\s\"=]+")


class Line(logging.Formatter):
    """One line per event."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created).astimezone()
        words = [f"{at:%Y-%m-%dT%H:%M:%S%z}", record.levelname.lower(), *_event(record), *_fault(record)]
        return covered(" ".join(words))


def open_log(level: str) -> None:
    """Writes events of that level, and what is wrong with libraries."""
    handler = logging.StreamHandler()
    handler.setFormatter(Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("newsletter").setLevel(level.upper())


def covered(line: str) -> str:
    """Without addresses and keys."""
    return KEY.sub(r"\1…", ADDRESS.sub("…@…", line))


def _event(record: logging.LogRecord) -> Iterator[str]:
    """The word and its values; what a library says in its own way is one value."""
    word, names = str(record.msg).partition(" ")[0], VALUE.findall(str(record.msg))
    values = record.args if isinstance(record.args, tuple) else ()
    if record.name.startswith("newsletter") and len(names) == len(values):
        yield word
        yield from (f"{name}={_value(value)}" for name, value in zip(names, values, strict=True))
    else:
        yield record.name.replace(".", "_")
        yield f"said={_value(record.getMessage())}"


def _value(value: Any) -> str:
    written = str(value)
    return written if PLAIN.fullmatch(written) else json.dumps(written, ensure_ascii=False)


def _fault(record: logging.LogRecord) -> Iterator[str]:
    if record.exc_info and record.exc_info[0]:
        frames = traceback.extract_tb(record.exc_info[2])
        places = (f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames[-6:]))
        yield f"error={record.exc_info[0].__name__}"
        yield f"at={','.join(places)}"
