"""A Selection in words: what templates see comes out, as a Page. Nothing here is HTML but the editorial.

Every text of a row goes through `wording.tidy`, every address through `_address`: templates escape, and no more.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from email.utils import parseaddr
from types import MappingProxyType
from urllib.parse import quote, urlsplit

from newsletter.composer import editorial, palette, when, wording
from newsletter.composer.issue import Issue
from newsletter.composer.page import Block, Card, Highlight, Label, Page, Picture, Section, Sender
from newsletter.composer.selection import NAMES, Selection, Shown
from newsletter.composer.wording import NBSP, capital, tidy
from newsletter.config import Town
from newsletter.errors import TemplateError
from newsletter.model import Exchange, Image, Kind, Status

_SITE = re.compile(r"\b(?:[\w-]+\.)+[a-z]{2,}\b", re.IGNORECASE)
WIDEST, BESIDE, TALLEST = 536, 456, 320  # pixels a picture takes at most: alone, beside a block, upwards
ANCHORS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.EVENT: "agenda",
        Kind.CALL: "appels",
        Kind.TRAINING: "formations",
        Kind.MEETING: "rencontres",
        Kind.EXCHANGE: "entraide",
        Kind.NEWS: "informations",
    }
)
NOUNS: Mapping[Kind, tuple[str, str]] = MappingProxyType(
    {
        Kind.EVENT: ("rendez-vous", "rendez-vous"),
        Kind.CALL: ("appel", "appels"),
        Kind.TRAINING: ("formation", "formations"),
        Kind.MEETING: ("rencontre", "rencontres"),
        Kind.EXCHANGE: ("annonce", "annonces"),
        Kind.NEWS: ("information", "informations"),
    }
)
STATUSES: Mapping[Status, str] = MappingProxyType(
    {Status.CANCELLED: "ANNULÉ", Status.POSTPONED: "REPORTÉ", Status.FULL: "COMPLET"}
)
EXCHANGES: Mapping[Exchange, str] = MappingProxyType(
    {Exchange.OFFER: "Offre", Exchange.REQUEST: "Demande", Exchange.SHARE: "Partage"}
)


def page(selection: Selection, issue: Issue) -> Page:
    """The page of a selection, with every description in full."""
    title, month = tidy(issue.stanza.title), wording.month(issue.month)
    sections = tuple(_section(kind, shown, issue) for kind, shown in selection.sections)
    highlights = _highlights(selection, issue.today)
    return Page(
        lang="fr",  # the only language letters are written in
        title=title,
        month=month,
        subject=_subject(issue, title, month),
        preheader=_preheader(sections),
        intro=tidy(issue.stanza.intro),
        editorial=editorial.read(issue.editorial or ""),
        highlights=highlights,
        reminder=("", "Une date à retenir", "Deux dates à retenir", "Trois dates à retenir")[len(highlights)],
        sections=_told_apart(sections),
        town=_sender(issue),
        colors=palette.of(issue.town.color),
    )


def _section(kind: Kind, shown: Sequence[Shown], issue: Issue) -> Section:
    count = wording.counted(len(shown), *NOUNS[kind])
    return Section(kind, NAMES[kind], ANCHORS[kind], count, tuple(_card(one, issue) for one in shown))


def _card(shown: Shown, issue: Issue) -> Card:
    item, today = shown.item, issue.today
    block, title = _block(shown), wording.cap(tidy(item.title), 200)
    return Card(
        kind=item.kind,
        title=title,
        url=_address(item.url),
        labels=tuple(_labels(shown, today)),
        called_off=item.status in (Status.CANCELLED, Status.POSTPONED),
        block=block,
        when=_when(shown, today),
        deadline=_deadline(shown, today),
        association=_short(item.association),
        place=_short(item.place),
        price=_short(item.price),
        description=tidy(item.description or "") or None,
        contact=_short(item.contact),
        picture=_picture(item.image, issue.site_url, BESIDE if block else WIDEST, TALLEST) if item.image else None,
    )


def _short(text: str | None) -> str | None:
    return wording.cap(tidy(text or ""), 160) or None


def _address(url: str | None) -> str | None:
    """The address, percent-encoded where it must be; brackets too, as a mark of ours starts with them."""
    return quote(url, safe="%/:?#@!$&'()*+,;=~-._") if url else None


def _labels(shown: Shown, today: date) -> Iterator[Label]:
    item = shown.item
    if item.status in STATUSES:
        yield Label(STATUSES[item.status], "alert")
    if item.exchange:
        yield Label(EXCHANGES[item.exchange])
    if item.deadline and not item.deadline.approximate and item.status is Status.CONFIRMED:
        left = (item.deadline.day - today).days
        if 0 <= left <= 14:
            yield Label(f"J-{left}" if left else "Dernier jour", "urgent")
    if shown.is_new:
        yield Label("Nouveau")


def _block(shown: Shown) -> Block | None:
    item = shown.item
    if item.kind in (Kind.EXCHANGE, Kind.NEWS):
        return None
    if shown.occurrences:
        first = shown.occurrences[0]
        return Block(*(when.about(first) if first.approximate else when.block(first)))
    if item.deadline is None:
        return None
    month = wording.short_months()[item.deadline.day.month - 1]
    if item.deadline.approximate:
        return Block("vers", month, str(item.deadline.day.year))
    return Block("jusqu’au", wording.number(item.deadline.day), month)


def _when(shown: Shown, today: date) -> str | None:
    if not shown.occurrences:
        return None
    if any(o.approximate for o in shown.occurrences) and shown.item.written:
        return capital(wording.cap(tidy(shown.item.written), 160))
    return capital(when.phrase(shown.occurrences, today, shown.goes_on))


def _deadline(shown: Shown, today: date) -> str | None:
    deadline = shown.item.deadline
    if deadline is None:
        return _open(shown, today)
    named = "Date limite" if shown.item.kind is Kind.CALL else "Inscriptions"
    if shown.item.kind in (Kind.EXCHANGE, Kind.NEWS):
        named = "Réponse"
    if deadline.day < today:
        return f"{named} closes depuis le {wording.day(deadline.day, today)}"
    if deadline.approximate:
        return f"{named}{NBSP}: {wording.cap(tidy(deadline.written), 80)}"
    spoken = wording.weekday(deadline.day, today)
    return f"{named}{NBSP}: {spoken}" if named == "Date limite" else f"{named} jusqu’au {spoken}"


def _open(shown: Shown, today: date) -> str | None:
    """How long something without a deadline lasts, when that is known."""
    item = shown.item
    if item.kind is Kind.EXCHANGE and item.publish_until:
        return f"Jusqu’au {wording.day(item.publish_until, today)}"
    return "Date limite non précisée" if item.kind is Kind.CALL else None


def _picture(image: Image, site_url: str, widest: int, tallest: int) -> Picture:
    share = min(1.0, widest / max(1, image.width), tallest / max(1, image.height))
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return Picture(_address(image.url(site_url)) or "", tidy(image.alt), *size)


def _told_apart(sections: Sequence[Section]) -> tuple[Section, ...]:
    """A title is its own link, unless another item bears it too, or it names another site than the link leads to.

    Then the link is apart, and says where it leads: no two links with the same words lead to different places.
    """
    targets: dict[str, set[str | None]] = {}
    for card in (card for section in sections for card in section.cards):
        targets.setdefault(card.title.casefold(), set()).add(card.url)
    used: Counter[str] = Counter()

    def told(card: Card) -> Card:
        if not card.url or (len(targets[card.title.casefold()]) == 1 and not _misleads(card.title, card.url)):
            return card
        more = next((f" ({word})" for word in (card.when, card.association, card.place) if word), "")
        link = f"Suite de «{NBSP}{card.title}{NBSP}»{more}"
        if _misleads(card.title, card.url):
            link = f"Suite sur {urlsplit(card.url).hostname or card.url}"
        used[link] += 1
        return replace(card, link=link if used[link] == 1 else f"{link}, {used[link]}")

    return tuple(replace(section, cards=tuple(told(card) for card in section.cards)) for section in sections)


def _misleads(title: str, url: str) -> bool:
    """Whether the title names another site than the address leads to: it would read as a trap."""
    shown = _SITE.search(title)
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    return bool(shown and host and shown[0].lower().removeprefix("www.") != host)


def _highlights(selection: Selection, today: date) -> tuple[Highlight, ...]:
    """Three dates: the nearest of each section first, then the nearest of all."""
    nearest = [sorted(filter(None, (_date(one, today) for one in shown))) for _, shown in selection.sections]
    chosen = sorted(dates[0] for dates in nearest if dates)[:3]
    rest = sorted(date for dates in nearest for date in dates[1:])
    return tuple(Highlight(words, title) for _, title, words in sorted([*chosen, *rest[: 3 - len(chosen)]]))


def _date(shown: Shown, today: date) -> tuple[date, str, str] | None:
    """The day of an item one should remember, when it is known to the day."""
    item = shown.item
    title = wording.cap(tidy(item.title), 90)
    if item.status is not Status.CONFIRMED or item.kind in (Kind.EXCHANGE, Kind.NEWS) or item.approximate:
        return None
    if item.kind is Kind.CALL and item.deadline:
        return item.deadline.day, title, f"Jusqu’au {wording.weekday(item.deadline.day, today)}"
    if not shown.occurrences or len(shown.occurrences) > 3 or shown.first is None or shown.first < today:
        return None
    start = shown.occurrences[0].start
    hour = f" à {wording.clock(start.time())}" if isinstance(start, datetime) else ""
    return shown.first, title, capital(wording.weekday(shown.first, today)) + hour


def _preheader(sections: Sequence[Section]) -> str:
    """What an inbox shows beside the subject: the first titles, and how many more there are."""
    titles = [card.title for section in sections for card in section.cards if not card.called_off]
    kept: list[str] = []
    for title in titles:
        if kept and len(", ".join([*kept, title])) > 110:
            break
        kept.append(wording.cap(title, 100))
    if not kept:
        return "Rien de nouveau ce mois-ci."
    others = sum(len(section.cards) for section in sections) - len(kept)
    return ", ".join(kept) + (f" et {wording.counted(others, 'autre', 'autres')}" if others else "")


def _subject(issue: Issue, title: str, month: str) -> str:
    known = {"title": title, "month": month, "town": tidy(issue.town.name)}
    subject = issue.stanza.subject
    for word, value in known.items():
        subject = subject.replace(f"{{{word}}}", value)
    if "{" in subject:
        raise TemplateError(
            f"config.toml, subject : « {issue.stanza.subject} » ; entre accolades, seuls {{title}}, {{month}} et "
            "{town} sont connus"
        )
    return tidy(subject)


def _sender(issue: Issue) -> Sender:
    town: Town = issue.town
    logo = _picture(issue.logo, issue.site_url, 220, 56) if issue.logo else None
    return Sender(
        name=tidy(town.name),
        address=tidy(town.address) if town.address else None,
        website=_address(town.website),
        mail=parseaddr(town.reply_to or town.sender or "")[1] or None,
        privacy=_address(town.privacy),
        logo=logo,
    )
