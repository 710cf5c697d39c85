"""Quoted-printable of our own: text in, ASCII lines out that no relay needs to touch.

binascii.b2a_qp breaks with a bare LF, inside characters, and leaves a leading dot. Here a line has 76 characters at
most, ends with CRLF, never breaks inside a character or an =XX, never starts with a dot (SMTP would double it) nor with
"From " (mbox would quote it), and never ends with a space.
"""

import re
from functools import lru_cache

WIDTH = 75  # and the "=" of a soft break
SOFT = b"=\r\n"
CONTINUATION = re.compile(r"=[89AB][0-9A-F]")
PLAIN = re.compile(r"[!-\-/-<>-EG-~](?:[ -<>-~]*[!-<>-~])?")  # neither "." nor "F" first, no space last, no "="
SAFE = {*range(0x20, 0x7F), 0x09, 0x0A} - {ord("=")}


class _Escapes(dict[int, str]):
    """The escape of each character, made when it is first met."""

    def __missing__(self, code: int) -> str:
        escape = "".join(f"={byte:02X}" for byte in chr(code).encode())
        self[code] = escape
        return escape


ESCAPES = _Escapes({code: chr(code) for code in SAFE})


@lru_cache(maxsize=64)
def value(text: str) -> bytes:
    """What one reader's value becomes. Asked for once a part, and again for the next reader."""
    return encode(text)


def encode(text: str) -> bytes:
    """Lines ended by \\n, encoded. The result starts on a line of its own, and its last line is left open."""
    if len(text) <= WIDTH and PLAIN.fullmatch(text):  # most values: 4 times as fast
        return text.encode("ascii")
    lines = text.translate(ESCAPES).split("\n")
    return "\r\n".join([_wrapped(line) for line in lines]).encode("ascii")


def _wrapped(line: str) -> str:
    if line[-1:] in (" ", "\t"):
        line = f"{line[:-1]}={ord(line[-1]):02X}"
    line = _shielded(line)
    if len(line) <= WIDTH:
        return line
    lines = []
    escaped = "=" in line
    while len(line) > WIDTH:
        cut = _cut(line) if escaped else WIDTH
        lines.append(line[:cut])
        line = _shielded(line[cut:])
    return "=\r\n".join([*lines, line])


def _shielded(line: str) -> str:
    if line.startswith("."):
        return "=2E" + line[1:]
    return "=46" + line[1:] if line.startswith("From ") else line


def _cut(line: str) -> int:
    """The last place to break before WIDTH that splits neither an escape nor a character of several bytes."""
    cut = WIDTH
    if line[cut - 1] == "=":
        cut -= 1
    elif line[cut - 2] == "=":
        cut -= 2
    while CONTINUATION.match(line, cut):
        cut -= 3
    return cut
