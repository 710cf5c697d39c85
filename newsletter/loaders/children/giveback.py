"""A line of JSON, then a file → {"name": …, "copy": base64}: `giveback` asks. openpyxl opens strangers' workbooks here.

It knows the newsletter, unlike its brothers: the copy is made of what the loaders know. 50,000 rows of 15 columns take
it 20 s and 500 MB, hence its limits.
"""

import base64
import json
import resource
import sys
from collections.abc import Iterator

from newsletter.errors import SourceUnreadable
from newsletter.loaders.giveback import copying
from newsletter.model import Document, Origin, Problem

MEMORY = 2**31
SECONDS = 55


def main() -> None:
    """Reads all of standard input, answers, ends."""
    head, _, content = sys.stdin.buffer.read().partition(b"\n")
    asked = json.loads(head)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    problems = [Problem(**{**problem, "origin": Origin(**problem["origin"])}) for problem in asked["problems"]]
    order = copying.Order(Document(asked["name"], content), asked["suffix"], problems, asked["more"])
    for line in answer(order):
        sys.stdout.write(json.dumps(line) + "\n")


def answer(order: copying.Order) -> Iterator[object]:
    """The lines."""
    try:
        name, copy = copying.annotated(order)
    except SourceUnreadable as error:
        yield {"refused": "unreadable", "what": str(error)}
    except MemoryError:
        yield {"refused": "large", "what": ""}
    else:
        yield {"name": name, "copy": base64.b64encode(copy).decode("ascii")}
        yield {"end": True}


if __name__ == "__main__":
    main()
