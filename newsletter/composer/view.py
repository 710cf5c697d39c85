"""What templates see: a Selection in, a Page of plain words out. Nothing here is HTML but the editorial.

Every text of a row goes through `wording.tidy`, every address through `_address`: templates escape, and no more.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parseaddr
from types import MappingProxyType
from urllib.parse import quote

from newsletter.composer import editorial, palette, when, wording
from newsletter.composer.issue import Issue
from newsletter.composer.selection import NAMES, Selection, Shown
from newsletter.composer.wording import NARROW, NBSP, capital, tidy
from newsletter.config import Town
from newsletter.errors import TemplateError
from newsletter.model import Exchange, Image, Kind, Status

WIDEST, TALLEST = 532, 320  # pixels a picture takes at most
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
    {Status.CANCELLED: "Annulé", Status.POSTPONED: "Reporté", Status.FULL: "Complet"}
)
EXCHANGES: Mapping[Exchange, str] = MappingProxyType(
    {Exchange.OFFER: "Offre", Exchange.REQUEST: "Demande", Exchange.SHARE: "Partage"}
)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image at the size it is shown."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Label:
    """A word on an item, said and not only coloured. Its tone: new, urgent, alert, quiet."""

    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Block:
    """What a thumb scans at the left of an item. `small`: what stands in the middle is longer than a day's number."""

    top: str
    middle: str
    bottom: str

    @property
    def small(self) -> bool:
        """Whether the middle needs smaller type."""
        return len(self.middle) > 3


@dataclass(frozen=True, slots=True)
class Card:
    """One item, in words. `link` is what its link says: the title, with more when two items bear the same."""

    kind: str
    title: str
    link: str
    url: str | None = None
    labels: tuple[Label, ...] = ()
    called_off: bool = False
    block: Block | None = None
    when: str | None = None
    deadline: str | None = None
    association: str | None = None
    place: str | None = None
    price: str | None = None
    description: str | None = None
    is_cut: bool = False
    contact: str | None = None
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A rubric. `others` is what « voir les 12 autres rendez-vous » says, when some are not in the letter."""

    kind: str
    title: str
    anchor: str
    count: str
    cards: tuple[Card, ...]
    others: str | None = None


@dataclass(frozen=True, slots=True)
class Highlight:
    """A date to remember."""

    when: str
    title: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes."""

    name: str
    address: str | None
    website: str | None
    mail: str | None
    privacy: str | None
    logo: Picture | None


@dataclass(frozen=True, slots=True)
class Page:
    """All a template may use, beside the merge marks: docs/templates.md says each."""

    lang: str
    title: str
    month: str
    subject: str
    preheader: str
    intro: str
    editorial: editorial.Editorial | None
    highlights: tuple[Highlight, ...]
    sections: tuple[Section, ...]
    town: Sender
    colors: palette.Palette


def page(selection: Selection, issue: Issue) -> Page:
    """The page of a selection, with every description in full."""
    title, month = tidy(issue.stanza.title), wording.month(issue.month)
    sections = tuple(_section(kind, shown, issue) for kind, shown in selection.sections)
    return Page(
        lang=issue.town.language,
        title=title,
        month=month,
        subject=_subject(issue, title, month),
        preheader=_preheader(sections),
        intro=tidy(issue.stanza.intro),
        editorial=editorial.read(issue.editorial or ""),
        highlights=_highlights(selection, issue.today),
        sections=_told_apart(sections),
        town=_sender(issue),
        colors=palette.of(issue.town.color),
    )


def _section(kind: Kind, shown: Sequence[Shown], issue: Issue) -> Section:
    count = wording.counted(len(shown), *NOUNS[kind])
    return Section(kind, NAMES[kind], ANCHORS[kind], count, tuple(_card(one, issue) for one in shown))


def _card(shown: Shown, issue: Issue) -> Card:
    item, today = shown.item, issue.today
    title = wording.cap(tidy(item.title), 200)
    return Card(
        kind=item.kind,
        title=title,
        link=title,
        url=_address(item.url),
        labels=tuple(_labels(shown, today)),
        called_off=item.status in (Status.CANCELLED, Status.POSTPONED),
        block=_block(shown),
        when=_when(shown, today),
        deadline=_deadline(shown, today),
        association=_short(item.association),
        place=_short(item.place),
        price=_short(item.price),
        description=tidy(item.description or "") or None,
        contact=_short(item.contact),
        picture=_picture(item.image, issue.site_url) if item.image else None,
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
        yield Label(EXCHANGES[item.exchange], "quiet")
    if item.deadline and not item.deadline.approximate and item.status is Status.CONFIRMED:
        left = (item.deadline.day - today).days
        if 0 <= left <= 14:
            yield Label(f"J-{left}" if left else "Dernier jour", "urgent")
    if shown.is_new:
        yield Label("Nouveau", "new")


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
        return None
    named = "Date limite" if shown.item.kind is Kind.CALL else "Inscriptions"
    if shown.item.kind in (Kind.EXCHANGE, Kind.NEWS):
        named = "Réponse"
    if deadline.day < today:
        return f"{named} closes depuis le {wording.day(deadline.day, today)}"
    if deadline.approximate:
        return f"{named}{NBSP}: {wording.cap(tidy(deadline.written), 80)}"
    spoken = wording.weekday(deadline.day, today)
    return f"{named}{NBSP}: {spoken}" if named == "Date limite" else f"{named} jusqu’au {spoken}"


def _picture(image: Image, site_url: str, widest: int = WIDEST, tallest: int = TALLEST) -> Picture:
    share = min(1.0, widest / max(1, image.width), tallest / max(1, image.height))
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return Picture(_address(image.url(site_url)) or "", tidy(image.alt), *size)


def _told_apart(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Two links with the same words lead to the same place: what differs is added to the words."""
    targets: dict[str, set[str | None]] = {}
    for card in (card for section in sections for card in section.cards):
        targets.setdefault(card.title.casefold(), set()).add(card.url)
    used: Counter[str] = Counter()

    def told(card: Card) -> Card:
        if not card.url or len(targets[card.title.casefold()]) == 1:
            return card
        more = next((word for word in (card.when, card.association, card.place) if word), "")
        link = f"{card.title} ({more})" if more else card.title
        used[link] += 1
        return replace(card, link=link if used[link] == 1 else f"{link} [{used[link]}]")

    return tuple(replace(section, cards=tuple(told(card) for card in section.cards)) for section in sections)


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
        return item.deadline.day, f"{title} (date limite)", capital(wording.weekday(item.deadline.day, today))
    if not shown.occurrences or shown.first is None or shown.first < today:
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


__all__ = ["NARROW", "Card", "Page", "Section", "page"]
