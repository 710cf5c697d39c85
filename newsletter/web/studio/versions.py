"""The versions of an edition: when, by whom, why, who agreed; and what differs between two: in words, side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from newsletter.pipeline import studio
from newsletter.store import Version
from newsletter.web.studio import home, letters
from newsletter.web.studio.letters import View
from newsletter.web.studio.room import Inside, Room, month_of, to

AROUND = 3  # paragraphs shown before and after what changed
RECENT = 8  # versions listed at once; the others are folded


@dataclass(frozen=True, slots=True)
class Line:
    """A version, as the list says it. `why`: what it was composed for. `former`: what it is compared with."""

    version: Version
    why: str
    former: str | None
    current: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Paragraphs one after the other; `folded`: nothing changed in them, nor near."""

    paragraphs: Sequence[studio.Paragraph]
    folded: bool


@dataclass(frozen=True, slots=True)
class Compared:
    """One letter in two versions: its text, and the frames (None: that version hasn't this letter)."""

    audience: str
    runs: Sequence[Run]
    frames: Sequence[tuple[Version, str | None]]
    words: bool
    bytes: bool


def show(request: Request, room: Inside, month: str) -> HTMLResponse:
    """Every version, and what differs between two of them."""
    desk, day = room.desk, month_of(month)
    edition = desk.store.editions.get(month)
    kept = desk.store.editions.versions(month)
    known = {str(one.number): one for one in kept}
    asked = [known.get(request.query_params.get(name, "")) for name in ("avant", "apres")]
    words: dict[str, Any] = {
        "tab": "versions", "month": month, "edition": edition, "line": home.line(desk, day, edition),
        "versions": kept, "recent": RECENT, "lines": list(reversed(_listed(month, kept))), "two": None,
    }  # fmt: skip
    if len(kept) > 1:
        before, after = asked[0] or kept[-2], asked[1] or kept[-1]
        words |= _between(room, month, (before, after), View.asked(request.query_params).but(subscriber=""))
    return room.page("versions.html", words)


def _listed(month: str, kept: Sequence[Version]) -> list[Line]:
    return [
        Line(one, _why(former, one), _link(month, former, one) if former else None, one is kept[-1])
        for former, one in zip([None, *kept], kept, strict=False)
    ]


def _link(month: str, one: Version, other: Version) -> str:
    return to(month, "versions", after="differences", avant=str(one.number), apres=str(other.number))


def _why(former: Version | None, version: Version) -> str:
    """What had it composed, as far as it shows."""
    if former is None:
        return "le premier brouillon"
    arranged, read = version.arranged != former.arranged, version.reading != former.reading
    if arranged:
        return "modifiée dans le studio" + (", et les fichiers relus" if read else "")
    if read:
        return "les fichiers ont changé"
    return "une autre heure d’envoi" if version.send_at != former.send_at else "les modèles ou les réglages ont changé"


def _between(room: Room, month: str, two: tuple[Version, Version], view: View) -> dict[str, Any]:
    store, (before, after) = room.desk.store, two
    numbers = before.number, after.number
    query = {"avant": str(before.number), "apres": str(after.number)}
    texts = studio.compare(store, month, *numbers) if before is not after else {}
    titles = {name: one.title for name, one in room.desk.config.audiences.items()}
    contents = [store.editions.letters(month, number) for number in numbers]
    return {
        "two": two, "view": view,
        "switches": letters.switches(
            view, lambda one: to(month, "versions", after="cote-a-cote", **query, **one.query)
        ),
        "changes": studio.between(store, month, *numbers),
        "labels": studio.LABELS,
        "done_here": studio.rearrangements(store, month, before.arranged, after.arranged, titles),
        "compared": [
            Compared(
                name,
                list(_runs(texts[name])),
                [_frame(month, version, name, view) for version in two],
                any(not one.same for one in texts[name]),
                len({letter.html for content in contents if (letter := content.get(name))}) > 1,
            )
            for name in sorted(texts, key=[*room.desk.config.audiences, *texts].index)
        ],
    }  # fmt: skip


def _frame(month: str, version: Version, audience: str, view: View) -> tuple[Version, str | None]:
    there = audience in version.letters
    return version, to(month, "lettre", audience, version=str(version.number), **view.query) if there else None


def _runs(paragraphs: Sequence[studio.Paragraph]) -> Iterator[Run]:
    """What changed with a little around it, and the rest folded; a short rest isn't."""
    near = {
        place
        for changed, one in enumerate(paragraphs) if not one.same
        for place in range(changed - AROUND, changed + AROUND + 1)
    }  # fmt: skip
    for shown, run in groupby(enumerate(paragraphs), lambda one: one[0] in near):
        lines = [paragraph for _, paragraph in run]
        yield Run(lines, not shown and len(lines) > AROUND)
