"""Letters in frames: the very bytes that are kept, as a reader's program would show them; never a script.

A frame is a page of its own (CSP `sandbox`, no origin, no script, no form), and shows what a switch asks for: dark,
without pictures, as text, as source. Each reader's fields hold an example.
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.model import Field, Letter
from newsletter.web.desk import Desk
from newsletter.web.studio import readers
from newsletter.web.studio.marks import drawn
from newsletter.web.studio.room import Inside, Invited, month_of

POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
DARK, LIGHT = "(prefers-color-scheme: dark)", "(prefers-color-scheme: light)"
PHONE, DESKTOP = 70, 110  # about how many characters of a preheader a program shows
SUBJECT_PHONE, SUBJECT_DESKTOP = 38, 70  # and of a subject
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class View:
    """How the letters are looked at. `width` phone or desktop; `part` html, text or source.

    `subscriber`: the token of the one whose letters are seen; without one, an example's.
    """

    width: str = "ordinateur"
    dark: bool = False
    pictures: bool = True
    part: str = "html"
    reader: str = "Camille"
    subscriber: str = ""
    marks: bool = True

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> "View":
        """As an address says."""
        part = query.get("format", "html")
        return cls(
            "telephone" if query.get("largeur") == "telephone" else "ordinateur",
            query.get("fond") == "sombre",
            query.get("images") != "non",
            part if part in ("texte", "source") else "html",
            " ".join(query.get("prenom", "Camille").split())[:LONGEST_NAME],
            query.get("abonne", ""),
            query.get("marque") != "non",
        )

    @property
    def query(self) -> dict[str, str]:
        """The same, for an address; the usual is not in it."""
        said = {
            "largeur": self.width if self.width == "telephone" else "",
            "fond": "sombre" if self.dark else "",
            "images": "" if self.pictures else "non",
            "format": self.part if self.part != "html" else "",
            "prenom": self.reader if self.reader != "Camille" else "",
            "abonne": self.subscriber,
            "marque": "" if self.marks else "non",
        }
        return {name: value for name, value in said.items() if value}

    def but(self, **other: object) -> "View":
        """Another view."""
        return replace(self, **other)  # type: ignore[arg-type]


def switches(
    view: View, to: Callable[[View], str], *, marks: bool = False
) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Groups of links: what they say, where they lead, whether it is what one sees. `marks`: with what changed."""

    def link(words: str, chosen: bool, **other: object) -> tuple[str, str, bool]:
        return words, to(view.but(**other)), chosen

    phone, whole, on = view.width == "telephone", view.pictures, view.marks
    parts = (("Mise en page", "html"), ("Texte", "texte"), ("Source", "source"))
    return [
        ("Largeur", [link("Ordinateur", not phone, width="ordinateur"), link("Téléphone", phone, width="telephone")]),
        ("Fond", [link("Clair", not view.dark, dark=False), link("Sombre", view.dark, dark=True)]),
        ("Images", [link("Avec images", whole, pictures=True), link("Sans images", not whole, pictures=False)]),
        ("Format", [link(words, view.part == part, part=part) for words, part in parts]),
        *([("Ce qui a changé", [link("Marqué", on, marks=True), link("Pas marqué", not on, marks=False)])] * marks),
    ]


def show(request: Request, room: Inside, month: str, audience: str) -> Response:
    """One letter of the draft, or of an earlier version."""
    desk, number = room.desk, request.query_params.get("version")
    version = None if number is None else _version(desk, month, number)
    view = View.asked(request.query_params)
    if view.subscriber:
        reader = readers.seen(room, month, view.subscriber)
        if reader is None or audience not in reader.letters:
            raise HTTPException(404)
        view = view.but(reader=reader.first_name)
    marks = version is None and request.query_params.get("marque") == "oui"
    return _frame(desk, month, audience, view, version, marks=marks)


def _version(desk: Desk, month: str, written: str) -> int:
    """A version there is."""
    month_of(month)
    for version in desk.store.editions.versions(month):
        if str(version.number) == written:
            return version.number
    raise HTTPException(404)


def show_guest(request: Request, room: Invited, audience: str) -> Response:
    """The same, for who was invited to read it."""
    return _frame(room.desk, room.month, audience, View.asked(request.query_params))


def _frame(
    desk: Desk, month: str, audience: str, view: View, version: int | None = None, *, marks: bool = False
) -> Response:
    month_of(month)
    edition = desk.store.editions.get(month)
    if edition is None:
        raise HTTPException(404)
    letter = desk.store.editions.letters(month, version).get(audience)
    if letter is None:
        raise HTTPException(404)
    headers = {
        "Content-Security-Policy": POLICY.format(pictures="'self'" if view.pictures else "'none'"),
        "X-Frame-Options": "SAMEORIGIN",
    }
    if view.part == "html":
        page = _page(desk, letter, view)
        return HTMLResponse(drawn(desk.store, edition, letter, page) if marks else page, headers=headers)
    words = _filled(letter.text, view, escaped=False) if view.part == "texte" else letter.html
    return HTMLResponse(_as_text(words, dark=view.dark), headers=headers)


def _page(desk: Desk, letter: Letter, view: View) -> str:
    page = _filled(letter.html, view, escaped=True).replace(f"{desk.config.site.address}/images/", "/images/")
    asked, other = (DARK, LIGHT) if view.dark else (LIGHT, DARK)
    return page.replace(asked, "all").replace(other, "not all")


def _filled(words: str, view: View, *, escaped: bool) -> str:
    for field in Field:
        value = view.reader if field is Field.FIRST_NAME else "#"
        words = words.replace(field.html, html.escape(value)) if escaped else words.replace(field.text, value)
    return words


def _as_text(words: str, *, dark: bool) -> str:
    colours = "#eceae6;background:#1d2124" if dark else "#23211e;background:#fff"
    style = f"margin:0;padding:1rem;white-space:pre-wrap;overflow-wrap:anywhere;color:{colours};font:14px/1.5 monospace"
    return (
        '<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8"><title>La lettre</title></head>'
        f'<body style="margin:0"><main><pre tabindex="0" style="{style}">{html.escape(words)}</pre></main>'
        "</body></html>"
    )


def cut(words: str, most: int) -> str:
    """As a list of mails shows it."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"
