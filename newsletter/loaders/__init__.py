"""Files as people keep them → tables of cells as typed, each with its origin; and what is wrong with the rest.

Enters: a file's bytes, its stanza, the time. Leaves: `Table`s for the catalogue (or the audience), `Problem`s.
Never here: a network, a store, a clock; a value made up, or a row dropped without its reason.

    content     what a file is, by its bytes            spreadsheet, child   workbooks, read in a process with limits
    text        CSV, TSV, text                          calendar             iCalendar
    pieces      a long list of people, piece by piece
    columns     the words above columns (add yours)     matching, headers    which row is the header, which column what
    regions     the rows under it, merged cells         rows                 why a row is none
    refusals    what is no table, and the mend          pictures             the image column
    feeds       OpenAgenda, Aides-territoires, Decidim  giveback, models     workbooks for staff
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.loaders import calendar, content, feeds, spreadsheet, text
from newsletter.loaders.pieces import read_in_pieces
from newsletter.loaders.request import Load, Reader, Request, Vocabulary
from newsletter.model import Document

if TYPE_CHECKING:
    from newsletter.config import Source

__all__ = ["READERS", "Load", "read", "read_in_pieces"]

READERS: Mapping[str, Reader] = {
    ".xlsx": spreadsheet.rows,
    ".xlsm": spreadsheet.rows,
    ".xls": spreadsheet.rows,
    ".ods": spreadsheet.rows,
    ".csv": feeds.csv,
    ".tsv": text.rows,
    ".txt": text.rows,
    ".ics": calendar.rows,
    ".json": feeds.rows,
}


def read(document: Document, source: "Source", *, as_of: datetime, vocabulary: Vocabulary = "items") -> Load:
    """All the tables of a file. Raises SourceUnreadable when the file as a whole can't be read."""
    reader = READERS[content.suffix(document.name, document.content, document.suffix)]
    return reader(Request(document, source, as_of, vocabulary))
