"""The studio: the pages by which a month's edition is made, read over, agreed to and sent. A form in; one verb of
`pipeline.studio`, and a page out.

    routes.py   every route, in one table, with what it does: the role must be allowed to (model.studio.MAY)
    room.py     who is there: session, signed link; the token of forms; what pages have at hand
    faults.py   what is read when something stops somebody
    entering.py home.py edition.py letters.py review.py approval.py ledgers.py sources.py     the pages, a noun each
    saying.py looking.py     words; findings with the cell they come from

Every page works without a script. A GET changes nothing. Never here: a query, a mail's words.
"""

from newsletter.web.studio.faults import answer
from newsletter.web.studio.routes import ROUTES

__all__ = ["ROUTES", "answer"]
