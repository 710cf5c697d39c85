"""Real files for tests: .xlsx by openpyxl, .ods and .xls by hand, text in any encoding."""

import io
import struct
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from html import escape

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

Row = Sequence[object]


@dataclass(frozen=True)
class Sheet:
    """A sheet to write. `merges` as a spreadsheet program names them: "A1:C1"."""

    name: str
    rows: Sequence[Row]
    merges: tuple[str, ...] = ()
    state: str = "visible"


def drawn(text: str) -> list[list[str | None]]:
    """Rows drawn with bars, a line each; an empty line is a blank row."""
    lines = text.removeprefix("\n").split("\n")
    return [[cell.strip() or None for cell in line.split("|")] if line.strip() else [] for line in lines]


def xlsx(*sheets: Sheet, date_1904: bool = False) -> bytes:
    """A workbook as Excel keeps it."""
    book = openpyxl.Workbook()
    if date_1904:
        book.epoch = CALENDAR_MAC_1904
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        for row, cells in enumerate(sheet.rows, 1):
            for column, cell in enumerate(cells, 1):
                if cell is not None:
                    page.cell(row, column, cell)
        for merge in sheet.merges:
            page.merge_cells(merge)
        page.sheet_state = sheet.state
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.3" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:automatic-styles>'
    '<style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/>'
    "</style:style>"
    "</office:automatic-styles><office:body><office:spreadsheet>{}</office:spreadsheet></office:body>"
    "</office:document-content>"
)
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def ods(*sheets: Sheet, manifest: str = "") -> bytes:
    """A workbook as LibreOffice keeps it."""
    tables = "".join(_ods_table(sheet) for sheet in sheets)
    return zipped({"mimetype": MIMETYPE, "content.xml": ODS.format(tables), "META-INF/manifest.xml": manifest})


def _ods_table(sheet: Sheet) -> str:
    style = ' table:style-name="hidden"' if sheet.state != "visible" else ""
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in sheet.rows)
    return f'<table:table table:name="{escape(sheet.name)}"{style}>{rows}</table:table>'


def _ods_cell(cell: object) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, bool):
        kind, value, shown = "boolean", f'boolean-value="{str(cell).lower()}"', "VRAI" if cell else "FAUX"
    elif isinstance(cell, int | float):
        kind, value, shown = "float", f'value="{cell}"', str(cell)
    elif isinstance(cell, datetime | date):
        kind, value, shown = "date", f'date-value="{cell.isoformat()}"', cell.isoformat()
    elif isinstance(cell, time):
        kind, value, shown = "time", f'time-value="PT{cell:%HH%MM%SS}"', cell.isoformat()
    else:
        kind, value, shown = "string", "", str(cell)
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in shown.replace("\r", "").split("\n"))
    return f'<table:table-cell office:value-type="{kind}"{value and f" office:{value}"}>{lines}</table:table-cell>'


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """A zip of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def repacked(workbook: bytes, **changed: str | bytes) -> bytes:
    """The same workbook with members changed: `sheet1` is its first sheet, `book` its xl/workbook.xml."""
    names = {"sheet1": "xl/worksheets/sheet1.xml", "book": "xl/workbook.xml"}
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, **{names.get(name, name): content for name, content in changed.items()}})


def part(workbook: bytes, name: str) -> bytes:
    """A member of a workbook."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return archive.read(name)


def xls(sheet: Sheet) -> bytes:
    """A workbook of Excel 97: one sheet of texts and numbers, in a compound file of 512-byte sectors."""
    cells = b"".join(_biff_cells(sheet.rows))
    name = sheet.name.encode("utf-16-le")
    bound = struct.pack("<IBBBB", 0, 0, 0, len(sheet.name), 1) + name
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0x0600)) + _record(0x0042, b"\xb0\x04")
    where = len(start) + 4 + len(bound) + 4
    book = start + _record(0x0085, struct.pack("<I", where) + bound[4:]) + _record(0x000A, b"")
    page = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0x0600)) + cells + _record(0x000A, b"")
    return _compound(book + page)


def _biff_cells(rows: Iterable[Row]) -> Iterable[bytes]:
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(cell, int | float):
                yield _record(0x0203, place + struct.pack("<d", cell))
            elif cell is not None:
                text = str(cell)
                yield _record(0x0204, place + struct.pack("<HB", len(text), 1) + text.encode("utf-16-le"))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound(stream: bytes, name: str = "Workbook") -> bytes:
    """One stream in a compound file: header, allocation table, directory, data."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\x00")
    sectors = len(stream) // 512
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    table = [0xFFFFFFFD, end, *(range(3, sectors + 2)), end]
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHHHIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    root = _entry("Root Entry", 5, child=1, start=end, size=0)
    data = _entry(name, 2, child=free, start=2, size=len(stream))
    fat = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    return header + fat + (root + data).ljust(512, b"\x00") + stream


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    free = 0xFFFFFFFF
    encoded = name.encode("utf-16-le") + b"\x00\x00"
    head = encoded.ljust(64, b"\x00") + struct.pack("<HBBIII", len(encoded), kind, 1, free, free, child)
    return head + bytes(36) + struct.pack("<IQ", start, size)


def locked() -> bytes:
    """What Excel writes when a password is asked for: a compound file with an encrypted package."""
    return _compound(b"\x00" * 4096, "EncryptedPackage")


def text(rows: Sequence[Row], separator: str = ";", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """A text file of these rows, quoted where it must be."""
    lines = (separator.join(_quoted(cell, separator) for cell in row) for row in rows)
    return (end.join(lines) + end).encode(encoding)


def _quoted(cell: object, separator: str) -> str:
    written = "" if cell is None else str(cell)
    return '"' + written.replace('"', '""') + '"' if any(c in written for c in f'"\n{separator}') else written
