"""The sources: every file that is read, what it gave, what is wrong in it, by cell."""

from fastapi.responses import HTMLResponse

from newsletter.pipeline.composing import name_of
from newsletter.web.studio import home
from newsletter.web.studio.room import Inside


def show(room: Inside) -> HTMLResponse:
    """What each file gave."""
    desk = room.desk
    month = home.current(desk)
    catalogue = desk.office.shelf.catalogue(month, desk.at)
    problems = home.by_file(catalogue.problems)
    counted = {count.file for count in catalogue.sources}
    unread = [name for name in problems if name not in counted]
    words = {"month": name_of(month), "sources": catalogue.sources, "files": problems, "unread": unread}
    return room.page("sources.html", words)
