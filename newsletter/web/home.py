"""Home: what the letters are, how to have them, the last ones."""

from fastapi.responses import HTMLResponse

from newsletter.web.desk import AtDesk
from newsletter.web.letters import published

SHOWN = 2  # months


def show(desk: AtDesk) -> HTMLResponse:
    """What the letters are."""
    return desk.page("home.html", {"months": published(desk)[:SHOWN]})
