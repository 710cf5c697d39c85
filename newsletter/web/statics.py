"""What pages are dressed with: pictures of letters, the style sheet, an icon; and what robots are told."""

import re
from mimetypes import guess_type

from fastapi import HTTPException
from fastapi.responses import FileResponse, PlainTextResponse, Response

from newsletter.web.desk import AtDesk

NAME = re.compile(r"[0-9a-f]{16}\.(?:png|jpg)")  # as images.py publishes them
KEPT = "public, max-age=31536000, immutable"
ROBOTS = "User-agent: *\nDisallow: /c/\nDisallow: /d/\nDisallow: /p/\nDisallow: /mon-abonnement\n"


def image(desk: AtDesk, name: str) -> Response:
    """A picture of a letter. Mailboxes show it from anywhere."""
    path = desk.config.var / "images" / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise HTTPException(404)
    headers = {"Cache-Control": KEPT, "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(path, media_type=guess_type(name)[0], headers=headers)


def static(desk: AtDesk, name: str) -> Response:
    """The style sheet, or the icon."""
    printer = desk.office.printer
    found = {"pages.css": (printer.style, "text/css"), "icon.svg": (printer.icon, "image/svg+xml")}.get(name)
    if found is None:
        raise HTTPException(404)
    return Response(found[0], media_type=found[1], headers={"Cache-Control": KEPT})


def robots() -> PlainTextResponse:
    """Letters may be found; people's own pages may not."""
    return PlainTextResponse(ROBOTS, headers={"Cache-Control": "public, max-age=86400"})
