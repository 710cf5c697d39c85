"""What pages are dressed with: pictures of letters, the style sheet, an icon; and what robots are told."""

import re
from mimetypes import guess_type

from fastapi import HTTPException
from fastapi.responses import FileResponse, PlainTextResponse, Response

from newsletter.model import Kind
from newsletter.pipeline.models import model_of
from newsletter.web.desk import AtDesk

NAME = re.compile(r"[0-9a-f]{16}\.(?:png|jpg)")  # as images.py publishes them
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT = "public, max-age=31536000, immutable"
ROBOTS = "User-agent: *\nDisallow: /c/\nDisallow: /d/\nDisallow: /p/\nDisallow: /mon-abonnement\nDisallow: /studio\n"


def image(desk: AtDesk, name: str) -> Response:
    """A picture of a letter. Mailboxes show it from anywhere."""
    path = desk.config.var / "images" / name
    if not NAME.fullmatch(name) or not path.is_file():
        raise HTTPException(404)
    headers = {"Cache-Control": KEPT, "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(path, media_type=guess_type(name)[0], headers=headers)


def model(desk: AtDesk, kind: str) -> Response:
    """The empty workbook of a kind, for who has something to announce."""
    if kind not in list(Kind):
        raise HTTPException(404)
    path = model_of(desk.config, Kind(kind))
    return FileResponse(path, media_type=WORKBOOK, filename=f"{kind}.xlsx")


def style(desk: AtDesk) -> Response:
    """The style sheet."""
    return Response(desk.office.printer.style, media_type="text/css", headers={"Cache-Control": KEPT})


def studio_style(desk: AtDesk) -> Response:
    """The studio's."""
    return Response(desk.office.studio.style, media_type="text/css", headers={"Cache-Control": KEPT})


def studio_script(desk: AtDesk) -> Response:
    """What its pages do by themselves."""
    return Response(desk.office.studio.script, media_type="text/javascript", headers={"Cache-Control": KEPT})


def icon(desk: AtDesk) -> Response:
    """An envelope in the town's colour; letters online, which name none, are asked for `favicon.ico`."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(desk.office.printer.icon, media_type="image/svg+xml", headers=headers)


def robots() -> PlainTextResponse:
    """Letters may be found; people's own pages may not."""
    return PlainTextResponse(ROBOTS, headers={"Cache-Control": "public, max-age=86400"})
