"""Texts for the spreadsheets we write: what came from people stays text there, whatever it looks like."""

import re
from typing import Any

from newsletter.loaders.cells import text

MENDS = "À corriger"  # the sheet that lists them, in a workbook given back
OPENS_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LONE_SURROGATES = re.compile("[\ud800-\udfff]")
LONGEST = 32_000  # a cell holds 32,767 characters


def harmless(written: str) -> str:
    """As a cell's text: nothing in it can be typed over into a formula, no character breaks the file."""
    marked = f"'{written}" if written.startswith(OPENS_FORMULA) else written
    return (text(LONE_SURROGATES.sub("", marked)) or "")[:LONGEST]


def put(cell: Any, written: str) -> None:
    """Writes a text into a cell of openpyxl, as a text."""
    cell.value = harmless(written)
    cell.data_type = "s"  # openpyxl takes "#N/A" for an error
