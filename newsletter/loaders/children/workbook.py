"""Run as a program of its own: a workbook on standard input → its cells as JSON lines on standard output.

Workbooks come from strangers: a 5 KB file can make the reader ask for terabytes and die. Here it dies alone, within the
limits it gives itself. Nothing of the newsletter is imported (starting takes 30 ms), nothing is written but the answer.

    {"sheets": [{"name": …, "visible": …}, …], "date_1904": …}     then, for each sheet that is read:
    {"sheet": name, "merges": [[row, column, row, column], …], "links": [[row, column, address], …],
     "struck": [[row, column], …], "hidden": [row, …]}, [[row, [cells…]], …], [[row, [cells…]], …], …
    {"end": true}                                                 or {"refused": code, "what": …} at any moment
"""

import datetime
import io
import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from html import unescape
from itertools import islice

import python_calamine

MEMORY = 480 * 2**20
SECONDS, LONGEST = 4, 20
CELLS_A_SECOND = 400_000
UNPACKED = 200 * 2**20
BIG_PART = 10 * 2**20
RATIO = 250
MOST_CELLS = 4_500_000
MOST_ROWS = 250_000
MOST_SHEETS = 200
MOST_MARKS = 5_000
LOOKED_INTO = 60 * 2**20
MOST_COLUMNS = 2_000
CHUNK = 500
PIECE = 2**20
OVERLAP = 200
FAR = re.compile(rb"\sr=[\"']([A-Z]{3,})\d+[\"'][^>/]*>")  # a cell right of column ZZ that holds something
PLACE = rb"<c\b(?=[^>]*?\sr=\"([A-Z]{1,3})(\d+)\")"
ERROR = re.compile(PLACE + rb"(?=[^>]*\st=\"e\")[^>]*>(?:<f\b[^<]*(?:</f>|(?<=/)>))?<v>([^<]*)<")
UNCOUNTED = re.compile(PLACE + rb"(?![^>]*\st=\"str\")[^>]*>\s*<f\b[^>]*>([^<]*)</f>\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>")
HIDDEN = re.compile(rb"<row\b(?=[^>]*\shidden=\"(?:1|true)\")[^>]*?\sr=\"(\d+)\"")
STROKE = re.compile(rb"<strike(?!\s+val=\"(?:0|false)\")")
FAILED, FORMULA, LINK, STYLED, UNSHOWN = MARKS = b't="e"', b"<f", b"<hyperlink ", b' s="', b'hidden="'
TAG = rb"<(?:\w+:)?%b\b([^>]*)>"
ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")


class Refused(Exception):
    """A code the parent has a sentence for, and a detail."""

    def __init__(self, code: str, what: str = "") -> None:
        self.code, self.what = code, what
        super().__init__(code)


def main() -> None:
    """Reads all of standard input, answers, ends."""
    content = sys.stdin.buffer.read()
    wanted = sys.argv[1] if len(sys.argv) > 1 else None
    limit(1)
    try:
        for line in answer(content, wanted):
            sys.stdout.write(json.dumps(line, default=tagged, ensure_ascii=False, separators=(",", ":")) + "\n")
    except Refused as error:
        sys.stdout.write(json.dumps({"refused": error.code, "what": error.what}) + "\n")
    except MemoryError:
        sys.stdout.write('{"refused": "large", "what": ""}\n')
    sys.stdout.flush()


def limit(cells: int) -> None:
    """Memory and processor time from here on; more time for more cells, so that a large honest file is read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (min(LONGEST, SECONDS + cells // CELLS_A_SECOND), LONGEST))


def answer(content: bytes, wanted: str | None) -> Iterator[object]:
    """The lines, in order."""
    archive = Archive(content) if content.startswith(b"PK") else None
    if archive:
        archive.check()
    with believing():
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = [(sheet.name, sheet.visible == python_calamine.SheetVisibleEnum.Visible) for sheet in book.sheets_metadata]
    one_by_one([name for name, _ in sheets], archive)
    yield {
        "sheets": [{"name": name, "visible": visible} for name, visible in sheets],
        "date_1904": bool(archive and archive.date_1904),
    }
    for name, visible in sheets:
        if same(name, wanted) if wanted else visible:
            yield from sheet_lines(book, name, archive)
    yield {"end": True}


def one_by_one(names: list[str], archive: "Archive | None") -> None:
    """Refuses sheets without end, and one that lies there many times over: each row would be read as often."""
    if len(names) > MOST_SHEETS:
        raise Refused("sheets", str(len(names)))
    held = [part for part in archive.parts().values() if part in archive.infos] if archive else []
    if len(set(names)) < len(names) or len(set(held)) < len(held):
        raise Refused("damaged", "two sheets are one")


@contextmanager
def believing() -> Iterator[None]:
    """What the reader says of a workbook it can't read, in our words."""
    try:
        yield
    except python_calamine.PasswordError:
        raise Refused("locked") from None
    except python_calamine.WorksheetNotFound:
        raise
    except (python_calamine.CalamineError, OSError) as error:
        raise Refused("damaged", str(error)) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # calamine 0.9 panics on some broken .xls instead of raising
            raise Refused("damaged", str(error)) from None
        raise


def same(name: str, wanted: str) -> bool:
    """Whether they are one name, whatever its case and the blanks around."""
    return name.strip().casefold() == wanted.strip().casefold()


def sheet_lines(book: python_calamine.CalamineWorkbook, name: str, archive: "Archive | None") -> Iterator[object]:
    """A sheet's head, then its rows in chunks."""
    try:
        with believing():
            sheet = book.get_sheet_by_name(name)
    except python_calamine.WorksheetNotFound:
        return  # a chart or a macro sheet has no cells
    merges = [[top + 1, left, bottom + 1, right] for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]
    marks = Marks(archive, name) if archive else None
    yield {"sheet": name, "merges": merges, **(marks.seen() if marks else {})}
    shown = marks.shown() if marks else {}
    chunk: list[object] = []
    filled = 0
    for number, cells in sheet_rows(sheet):
        for place, text in shown.get(number, ()):
            cells += [None] * (place + 1 - len(cells))
            cells[place] = text
        if cells:
            chunk.append((number, cells))
            filled += 1
        if filled > MOST_ROWS:
            raise Refused("rows", str(MOST_ROWS))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


def sheet_rows(sheet: python_calamine.CalamineSheet) -> Iterator[tuple[int, list[object]]]:
    """Each row with its number, its cells from column A to the last that holds something."""
    if sheet.start is None:
        return
    top, left = sheet.start
    before: list[object] = [None] * left
    for number, row in enumerate(sheet.iter_rows(), top + 1):
        cells: list[object] = [plain(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        yield number, before + cells if cells else cells


def plain(cell: object) -> object:
    """None for an empty cell, an int for a whole number."""
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    return None if cell == "" else cell


def tagged(cell: object) -> dict[str, object]:
    """Days and times as JSON has none, rounded to the second: spreadsheets keep 14:30 as 14:29:59.999."""
    if isinstance(cell, datetime.datetime):
        return {"moment": rounded(cell).isoformat()}
    if isinstance(cell, datetime.date):
        return {"day": cell.isoformat()}
    if isinstance(cell, datetime.time):
        return {"time": rounded(datetime.datetime.combine(datetime.date(2000, 1, 1), cell)).time().isoformat()}
    if isinstance(cell, datetime.timedelta):
        return {"span": round(cell.total_seconds())}
    raise TypeError(f"a cell of type {type(cell).__name__}")


def rounded(moment: datetime.datetime) -> datetime.datetime:
    """To the nearest second."""
    return (moment + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)


class Archive:
    """The zip a workbook is: looked at before any of it is believed."""

    def __init__(self, content: bytes) -> None:
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Refused("damaged", str(error)) from None
        self.infos = {info.filename: info for info in self.zip.infolist()}
        self.date_1904 = False
        self.marked: dict[str, set[bytes]] = {}

    def check(self) -> None:
        """Refuses what would fill the memory, and what a spreadsheet program never writes."""
        total = sum(info.file_size for info in self.zip.infolist())
        if total > UNPACKED:
            raise Refused("bomb", f"{total // 2**20} Mo")
        for name, info in self.infos.items():
            if info.file_size > BIG_PART and info.file_size > RATIO * max(1, info.compress_size):
                raise Refused("bomb", f"{info.file_size // 2**20} Mo")
            if ".." in name.replace("\\", "/").split("/"):
                raise Refused("paths", name)
        self.content_type()
        cells = sum(self.count(name) for name in self.infos if re.search(r"worksheets/[^/]*\.xml$", name))
        limit(cells)

    def content_type(self) -> None:
        """Refuses other documents that are zips too, and locked ones."""
        if "META-INF/manifest.xml" in self.infos and b"encryption-data" in self.part("META-INF/manifest.xml"):
            raise Refused("locked")
        if any(name.startswith(("word/", "ppt/")) for name in self.infos):
            raise Refused("other", "un document Word ou PowerPoint")
        kind = self.part("mimetype") if "mimetype" in self.infos else b""
        if kind and b"spreadsheet" not in kind:
            raise Refused("other", "un document texte ou une présentation")
        if not kind and not any(name.startswith("xl/") for name in self.infos):
            raise Refused("other", "une archive zip")
        self.date_1904 = bool(re.search(rb"date1904=[\"'](?:1|true)[\"']", self.part("xl/workbook.xml")))

    def part(self, name: str) -> bytes:
        """All of a member's bytes; nothing when there is none."""
        return b"".join(self.pieces(name)) if name in self.infos else b""

    def count(self, name: str) -> int:
        """The cells of a worksheet, once it is sure that it holds no more than a person could have typed."""
        cells, before = 0, b""
        for piece in self.pieces(name):
            cells += piece.count(b"<c ") + piece.count(b"<c>") + piece.count(b":c ") + piece.count(b":c>")
            if cells > MOST_CELLS:
                raise Refused("cells", str(cells))
            seam = before + piece
            for match in FAR.finditer(seam):
                if column(match[1]) > MOST_COLUMNS:
                    raise Refused("columns", match[1].decode())
            self.marked.setdefault(name, set()).update(mark for mark in MARKS if mark in seam)
            before = piece[-OVERLAP:]
        return cells

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member's bytes, little by little."""
        try:
            with self.zip.open(self.infos[name]) as member:
                while piece := member.read(PIECE):
                    yield piece
        except RuntimeError:
            raise Refused("locked") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise Refused("damaged", str(error)) from None

    def parts(self) -> dict[str, str]:
        """Sheet name → the member that holds it."""
        targets = self.targets("xl/workbook.xml")
        named = {}
        for tag in tags(b"sheet", self.part("xl/workbook.xml")):
            target = targets.get(next((tag[name] for name in tag if name.endswith(b":id")), b""), "")
            name = unescape(tag.get(b"name", b"").decode("utf-8", "replace"))
            named[name] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
        return named

    def targets(self, name: str) -> dict[bytes, str]:
        """What a member refers to: id → where it leads."""
        folder, _, file = name.rpartition("/")
        relations = self.part(f"{folder}/_rels/{file}.rels")
        return {
            tag.get(b"Id", b""): tag.get(b"Target", b"").decode("utf-8", "replace")
            for tag in tags(b"Relationship", relations)
        }


class Marks:
    """What a sheet shows and the reader doesn't give: failed and uncounted formulas, links, strokes, hidden rows."""

    def __init__(self, archive: Archive, sheet: str) -> None:
        self.archive = archive
        self.name = archive.parts().get(sheet, "")
        info = archive.infos.get(self.name)
        self.there = archive.marked.get(self.name, set()) if info and info.file_size < LOOKED_INTO else set()

    def matches(self, pattern: re.Pattern[bytes], mark: bytes) -> Iterator[re.Match[bytes]]:
        """Where a pattern stands, if its mark was seen at all: most sheets have none, and looking takes long."""
        return islice(pattern.finditer(self.xml), MOST_MARKS) if mark in self.there else iter(())

    @cached_property
    def xml(self) -> bytes:
        """The whole sheet, read again."""
        return self.archive.part(self.name)

    def shown(self) -> dict[int, list[tuple[int, str]]]:
        """What formulas show, "#REF!" or themselves when they were never counted: row → its columns."""
        found: dict[int, list[tuple[int, str]]] = {}
        for pattern, mark, before in ((ERROR, FAILED, ""), (UNCOUNTED, FORMULA, "=")):
            for match in self.matches(pattern, mark):
                text = before + unescape(match[3].decode("utf-8", "replace"))
                found.setdefault(int(match[2]), []).append((column(match[1]) - 1, text))
        return found

    def seen(self) -> dict[str, object]:
        """Links, struck cells, hidden rows."""
        hidden = [int(match[1]) for match in self.matches(HIDDEN, UNSHOWN)]
        return {"links": list(self.links()), "struck": self.struck(), "hidden": hidden}

    def links(self) -> Iterator[tuple[int, int, str]]:
        """Where a cell's text leads."""
        targets = self.archive.targets(self.name) if LINK in self.there else {}
        for tag in islice(tags(b"hyperlink", self.xml), MOST_MARKS) if targets else ():
            place = re.match(rb"([A-Z]{1,3})(\d+)", tag.get(b"ref", b""))
            target = targets.get(next((tag[key] for key in tag if key.endswith(b":id")), b""))
            if place and target:
                yield int(place[2]), column(place[1]) - 1, unescape(target)

    def struck(self) -> list[tuple[int, int]]:
        """The cells a stroke goes through."""
        styles = self.archive.part("xl/styles.xml") if STYLED in self.there else b""
        fonts = re.findall(
            rb"<font\b.*?(?:</font>|/>(?=<font\b|</fonts>))", styles.partition(b"</fonts>")[0], re.DOTALL
        )
        through = {n for n, font in enumerate(fonts) if STROKE.search(font)}
        cells = re.search(rb"<cellXfs\b.*?</cellXfs>", styles, re.DOTALL)
        formats = [int(tag.get(b"fontId", b"0")) for tag in tags(b"xf", cells[0])] if cells and through else []
        ids = b"|".join(b"%d" % n for n, font in enumerate(formats) if font in through)
        pattern = re.compile(PLACE + rb"(?=[^>]*\ss=\"(?:" + ids + rb")\")[^>]*[^/]>")
        return [(int(match[2]), column(match[1]) - 1) for match in self.matches(pattern, STYLED)] if ids else []


def column(letters: bytes) -> int:
    """A is 1, Z 26, AA 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def tags(name: bytes, xml: bytes) -> Iterator[dict[bytes, bytes]]:
    """The attributes of each element of that name."""
    for tag in re.finditer(TAG % name, xml):
        yield {match[1]: match[2] or match[3] or b"" for match in ATTRIBUTE.finditer(tag[1])}


if __name__ == "__main__":
    main()
