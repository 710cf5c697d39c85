"""What templates see: values only, in French and in plain words. docs/templates.md says each of them to staff."""

from dataclasses import dataclass

from newsletter.composer.editorial import Editorial
from newsletter.composer.palette import Palette


@dataclass(frozen=True, slots=True)
class Picture:
    """An image at the size it is shown."""

    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Label:
    """A word on an item, said and not only coloured. Its tone: urgent, alert, or none."""

    text: str
    tone: str = ""


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
    """One item, in words. Its title is the link to `url`, unless `link` says other words for it."""

    kind: str
    title: str
    url: str | None = None
    link: str | None = None
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

    @property
    def facts(self) -> tuple[str, ...]:
        """Who, where, how much: those that are known. A place that begins with who says both."""
        said = (self.place or "").casefold().startswith((self.association or "\n").casefold())
        return tuple(fact for fact in (None if said else self.association, self.place, self.price) if fact)


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
    """All a template may use, beside `card` in item.mjml and the merge marks."""

    lang: str
    title: str
    month: str
    subject: str
    preheader: str
    intro: str
    editorial: Editorial | None
    highlights: tuple[Highlight, ...]
    reminder: str
    sections: tuple[Section, ...]
    town: Sender
    colors: Palette
