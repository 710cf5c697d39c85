"""What openpyxl leaves out of an .xlsx: put back where it can be (lists, results of formulas), said where it can't."""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.xml.functions import fromstring

from newsletter.loaders.written import OPENS_FORMULA

# sheet → cell → (type, value) as the file says it: openpyxl keeps a formula or its result, not both.
Results = dict[str, dict[bytes, tuple[bytes, bytes]]]
PARTS = (
    (r"xl/vbaProject\.bin", b"", "les macros"),
    (r"xl/(?:activeX|ctrlProps)/.", b"", "les boutons et les cases à cocher"),
    (r"xl/drawings/drawing\d+\.xml", b"<xdr:sp[ >]|<xdr:grpSp>|<xdr:cxnSp", "les formes et les zones de texte"),
    (r"xl/charts/chart\d+\.xml", b"", "l'habillage de certains graphiques"),
    (r"xl/charts/chartEx", b"", "les graphiques récents (cartes, cascades…)"),
    (r"xl/(?:slicers|timelines)/", b"", "les segments"),
    (r"xl/embeddings/", b"", "les objets incorporés"),
    (r"xl/(?:connections\.xml|queryTables/)", b"", "les liens vers d'autres données"),
    (r"xl/threadedComments/", b"", "les réponses aux commentaires"),
    (r"xl/worksheets/[^/]+\.xml", b"<x14:sparkline", "les petits graphiques dans les cellules"),
    (r"xl/worksheets/[^/]+\.xml", b"<x14:conditionalFormatting", "certaines couleurs conditionnelles"),
    (r"xl/worksheets/[^/]+\.xml", b"<legacyDrawingHF", "les images d'en-tête de page"),
)
PICTURE = re.compile(rb"<xdr:pic[ >]")
TAG = rb"<(?:\w+:)?%b\b([^>]*)>"
ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*\"([^\"]*)\"")
MERGE = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?\sref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"")
LISTS = re.compile(rb"<x14:dataValidations\b.*?</x14:dataValidations>", re.DOTALL)
SPACES = (
    b'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    b'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" '
    b'xmlns:xr="http://schemas.microsoft.com/office/spreadsheetml/2014/revision"'
)
FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*?(?:/>|>[^<]*</f>)\s*<v(?:\s[^>]*)?>([^<]+)</v>")
UNCOMPUTED = re.compile(rb"<c r=\"([A-Z]+\d+)\"([^>]*)>(<f\b.*?)<v\s*(?:/>|></v>)(?=</c>)", re.DOTALL)
LIST_SETTINGS = (
    "type", "errorStyle", "operator", "allowBlank", "showDropDown", "showInputMessage", "showErrorMessage",
    "errorTitle", "error", "promptTitle", "prompt",
)  # fmt: skip


class Original:
    """The parts of a workbook that openpyxl has read already."""

    def __init__(self, content: bytes) -> None:
        self.zip = zipfile.ZipFile(io.BytesIO(content))
        self.sheets = dict(_sheets(self.zip))

    def lost(self, book: Any) -> list[str]:
        """What the copy lacks, in French."""
        names = self.zip.namelist()
        said = [what for part, holding, what in PARTS if any(self._holds(name, part, holding) for name in names)]
        drawn = [name for name in names if re.fullmatch(r"xl/drawings/drawing\d+\.xml", name)]
        pictures = sum(len(PICTURE.findall(self.zip.read(name))) for name in drawn)
        missing = pictures - sum(len(sheet._images) for sheet in book.worksheets)
        return [*said, *([f"{missing} image{'s' if missing > 1 else ''}"] if missing > 0 else [])]

    def _holds(self, name: str, part: str, holding: bytes) -> bool:
        return bool(re.match(part, name) and (not holding or re.search(holding, self.zip.read(name))))

    def restore_lists(self, book: Any) -> None:
        """Drop-down lists taken from another sheet, which Excel keeps apart: as ordinary ones, which do the same."""
        for sheet in book.worksheets:
            block = LISTS.search(self._part(sheet.title))
            if block:
                rules = fromstring(b"<all %b>%b</all>" % (SPACES, block[0]))
                for rule in rules.iter("{*}dataValidation"):
                    if rule.findtext("{*}sqref"):
                        sheet.data_validations.append(_validation(rule))

    def merged(self) -> int:
        """How many cells merges cover."""
        areas = [area for title in self.sheets for area in MERGE.findall(self._part(title))]
        return sum(CellRange(area.decode()).size["rows"] * CellRange(area.decode()).size["columns"] for area in areas)

    def results(self) -> Results:
        """What formulas gave when the workbook was last saved."""
        found = {title: dict(_results(self._part(title))) for title in self.sheets}
        return {title: cells for title, cells in found.items() if cells}

    def _part(self, title: str) -> bytes:
        name = self.sheets.get(title)
        return self.zip.read(name) if name in self.zip.namelist() else b""


def quote(book: Any) -> None:
    """Texts that look like formulas get Excel's mark for texts (« ' »), so that typing over them makes none."""
    for sheet in book.worksheets:
        for cell in sheet._cells.values():
            if cell.data_type == "s" and str(cell.value).startswith(OPENS_FORMULA):
                cell.quotePrefix = True


def saved(book: Any, results: Results) -> bytes:
    """The workbook's bytes, its formulas with the results they had: mail programs and telephones compute none."""
    made = io.BytesIO()
    book.save(made)
    if not results:
        return made.getvalue()
    parts = {name: results[title] for title, name in _sheets(zipfile.ZipFile(made)) if title in results}
    again = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            target.writestr(info, _computed(content, parts[info.filename]) if info.filename in parts else content)
    return again.getvalue()


def _computed(xml: bytes, cells: Mapping[bytes, tuple[bytes, bytes]]) -> bytes:
    def fill(cell: re.Match[bytes]) -> bytes:
        kind, value = cells.get(cell[1], (b"", b""))
        if not value:
            return cell[0]
        typed = b' t="%b"' % kind if kind and b" t=" not in cell[2] else b""
        return b'<c r="%b"%b%b>%b<v>%b</v>' % (cell[1], cell[2], typed, cell[3], value)

    return UNCOMPUTED.sub(fill, xml)


def _results(xml: bytes) -> Iterator[tuple[bytes, tuple[bytes, bytes]]]:
    for cell in FORMULA.finditer(xml):
        told = dict(ATTRIBUTE.findall(cell[1]))
        if b"r" in told:
            yield told[b"r"], (told.get(b"t", b""), cell[2])


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Each sheet's title, and the part that holds it."""
    parts = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels")
    if not set(parts) <= set(archive.namelist()):
        return
    book, links = map(archive.read, parts)
    targets = {
        told.get(b"Id"): told.get(b"Target", b"").decode()
        for told in (dict(ATTRIBUTE.findall(tag)) for tag in re.findall(TAG % b"Relationship", links))
    }
    for tag in re.findall(TAG % b"sheet", book):
        told = dict(ATTRIBUTE.findall(tag))
        target = targets.get(next((value for name, value in told.items() if name.endswith(b":id")), b""), "")
        title = fromstring(b"<t>%b</t>" % told.get(b"name", b"")).text or ""
        yield title, target.removeprefix("/") if target.startswith("/") else f"xl/{target}"


def _validation(rule: Any) -> DataValidation:
    told = {name: rule.get(name) for name in LIST_SETTINGS if rule.get(name) is not None}
    formulas = [next(iter(rule.iterfind(f"{{*}}formula{number}/{{*}}f")), None) for number in (1, 2)]
    first, second = (None if formula is None else formula.text for formula in formulas)
    return DataValidation(formula1=first, formula2=second, sqref=rule.findtext("{*}sqref", "").strip(), **told)
