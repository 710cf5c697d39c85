"""A file → a broken one, by sort: its bytes, its cells, its calendar's lines, its JSON's values, its zip's members."""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from benchmarks.fuzz import hostile, zips

Change = Callable[[Random, bytes, bytes], bytes]
BIGGEST = 400_000
VALUE = re.compile(rb"(?<=>)[^<>]+(?=<)|(?<=\")[^\"<>]*(?=\")")


def flipped(draw: Random, content: bytes, other: bytes) -> bytes:
    """A few bytes changed."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4, 16, 64))):
        if changed:
            place = draw.randrange(len(changed))
            changed[place] = draw.choice((changed[place] ^ 1 << draw.randrange(8), draw.randrange(256)))
    return bytes(changed)


def cut(draw: Random, content: bytes, other: bytes) -> bytes:
    """The end, or a stretch, gone."""
    start, end = sorted(draw.randrange(len(content) + 1) for _ in range(2))
    return content[:start] + (content[end:] if draw.random() < 0.4 else b"")


def spliced(draw: Random, content: bytes, other: bytes) -> bytes:
    """Its beginning, the end of another file."""
    return content[: draw.randrange(len(content) + 1)] + other[draw.randrange(len(other) + 1) :]


def stuffed(draw: Random, content: bytes, other: bytes) -> bytes:
    """Bytes that mean something to some reader, here and there."""
    for _ in range(draw.choice((1, 1, 2, 5))):
        place = draw.choice((0, draw.randrange(len(content) + 1)))
        content = content[:place] + draw.choice(hostile.BYTES) + content[place:]
    return content


def repeated(draw: Random, content: bytes, other: bytes) -> bytes:
    """A stretch said again, many times."""
    start = draw.randrange(len(content) + 1)
    stretch = content[start : start + draw.randrange(1, 400)]
    return content[:start] + stretch * draw.choice((1, 2, 50, 300)) + content[start:]


def cells(draw: Random, content: bytes, other: bytes) -> bytes:
    """A text table with other cells, rows and columns; in another encoding at times."""
    text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "cp1252", "replace")
    separator = max(";,\t|", key=text.count)
    csv.field_size_limit(10**9)
    rows = list(csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=separator)) or [[""]]
    for _ in range(draw.choice((1, 2, 5, 20))):
        row = draw.choice(rows)
        draw.choice((_retyped, _retyped, _retyped, _widened, _moved))(draw, row, rows)
    return written(draw, rows, draw.choice((separator, draw.choice(";,\t|"))))


def _retyped(draw: Random, row: list[str], rows: list[list[str]]) -> None:
    if row:
        row[draw.randrange(len(row))] = cell(draw)


def _widened(draw: Random, row: list[str], rows: list[list[str]]) -> None:
    row.insert(draw.randrange(len(row) + 1), cell(draw))
    if draw.random() < 0.05:
        row += ["x"] * draw.choice((50, 3000))


def _moved(draw: Random, row: list[str], rows: list[list[str]]) -> None:
    rows.insert(draw.randrange(len(rows) + 1), draw.choice(([], list(row), row[:1], [""] * len(row), [cell(draw)])))


def cell(draw: Random) -> str:
    """What someone, or something, may have typed."""
    chance = draw.random()
    if chance < 0.55:
        return draw.choice(hostile.CELLS)
    if chance < 0.9:
        return draw.choice((" ", " ", "", "\n")).join(draw.choices(hostile.WORDS, k=draw.randrange(1, 9)))
    return "".join(
        chr(draw.choice((draw.randrange(32, 400), draw.randrange(0xD800)))) for _ in range(draw.randrange(30))
    )


def written(draw: Random, rows: list[list[str]], separator: str) -> bytes:
    """As bytes: quoted well, badly or not at all."""
    out = io.StringIO()
    end = draw.choice(("\r\n", "\n", "\r", "\n\n"))
    if draw.random() < 0.8:
        csv.writer(out, delimiter=separator, lineterminator=end).writerows(rows)
    else:
        out.write(end.join(separator.join(row) for row in rows))
    return out.getvalue().encode(
        draw.choice(("utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be")), "replace"
    )


def lines(draw: Random, content: bytes, other: bytes) -> bytes:
    """A calendar with other lines: absurd ones put in, good ones gone, said twice or out of order."""
    all_lines = content.decode("utf-8", "replace").split("\r\n" if b"\r\n" in content else "\n")
    for _ in range(draw.choice((1, 1, 2, 4, 10))):
        place = draw.randrange(len(all_lines) + 1)
        chance = draw.random()
        if chance < 0.6:
            all_lines.insert(place, draw.choice(hostile.LINES))
        elif chance < 0.7 and place < len(all_lines):
            name = re.match(r"[\w-]*", all_lines[place])
            same = [line for line in hostile.LINES if name and name[0] and line.startswith(name[0])]
            all_lines[place] = draw.choice(same or [cell(draw)])
        elif chance < 0.85:
            del all_lines[place : place + draw.choice((1, 1, 3))]
        elif chance < 0.99:
            all_lines.insert(place, draw.choice(all_lines or [""]))
        else:
            all_lines.insert(place, draw.choice((hostile.NESTED, "X:" + "\r\n y" * 2000)))
    return draw.choice(("\r\n", "\r\n", "\n", "\r")).join(all_lines).encode("utf-8", "replace")


def values(draw: Random, content: bytes, other: bytes) -> bytes:
    """A JSON with other values, keys gone, or nested out of sight."""
    try:
        whole: Any = json.loads(content)
    except (ValueError, RecursionError):
        return flipped(draw, content, other)
    for _ in range(draw.choice((1, 2, 4, 10))):
        whole = _revalued(draw, whole, 0.01)
    if draw.random() < 0.01:
        return b"[" * draw.choice((500, 100_000)) + content
    text = json.dumps(whole, ensure_ascii=draw.random() < 0.5)
    return text.encode("utf-8", draw.choice(("surrogatepass", "replace")))


def _revalued(draw: Random, node: Any, chance: float) -> Any:
    if draw.random() < chance:
        return draw.choice((draw.choice(hostile.VALUES), cell(draw)))
    if isinstance(node, dict) and node:
        key = draw.choice(list(node))
        if draw.random() < 0.05:
            return {name: value for name, value in node.items() if name != key}
        return {**node, key: _revalued(draw, node[key], 0.02 if isinstance(node[key], list) else 0.3)}
    if isinstance(node, list) and node:
        place = draw.randrange(len(node))
        return [*node[:place], _revalued(draw, node[place], 0.05), *node[place + 1 :]]
    return draw.choice(hostile.VALUES)


def members(draw: Random, content: bytes, other: bytes) -> bytes:
    """A workbook whose XML says other things; at times with members lost, renamed, or borrowed."""
    try:
        parts = zips.parts(content)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return flipped(draw, content, other)
    if not parts:
        return flipped(draw, content, other)
    told = [name for name in parts if re.search(r"sheet\d*\.xml|content\.xml|workbook\.xml|sharedStrings|styles", name)]
    name = draw.choice(told if told and draw.random() < 0.85 else list(parts))
    chance = draw.random()
    if chance < 0.75:
        parts[name] = _other_xml(draw, parts[name])
    elif chance < 0.9:
        parts[name] = draw.choice((flipped, cut, stuffed, repeated))(draw, parts[name], other)
    elif chance < 0.95:
        del parts[name]
    else:
        parts[draw.choice(hostile.MEMBERS)] = parts.pop(name)
    return zips.packed(parts)


def _other_xml(draw: Random, xml: bytes) -> bytes:
    places = [match.span() for match in VALUE.finditer(xml[:BIGGEST])]
    for _ in range(draw.choice((1, 1, 2, 5))):
        if places:
            start, end = draw.choice(places)
            said = draw.choice((draw.choice(hostile.XML), xml[slice(*draw.choice(places))], cell(draw).encode()))
            xml = xml[:start] + said + xml[end:]
    return xml


ANY: tuple[Change, ...] = (flipped, cut, spliced, stuffed, repeated)
OWN: dict[str, Change] = {"csv": cells, "ics": lines, "json": values, "sheet": members}


def changed(draw: Random, content: bytes, sort: str, other: bytes) -> bytes:
    """Once or a few times over; mostly in ways of its sort."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        change = OWN[sort] if sort in OWN and draw.random() < 0.7 else draw.choice(ANY)
        content = change(draw, content, other)[:BIGGEST]
    return content
