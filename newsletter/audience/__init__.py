"""The audience: a list of readers as people keep it, in and out.

    reading     rows as typed in → entries, and problems that name the cell and the mend
    exporting   subscribers → CSV or XLSX, which a spreadsheet opens and `read` reads again without changing anything

Never here: a store, a network, a clock; whether an address can be delivered to.
"""

from newsletter.audience.exporting import Line, write_csv, write_xlsx
from newsletter.audience.reading import check, read

__all__ = ["Line", "check", "read", "write_csv", "write_xlsx"]
