"""One row → one item, not yet compared with the others. Every cell is read, whatever is wrong with its neighbours."""

from dataclasses import dataclass, replace

from newsletter.catalogue import amounts, urls, when, words
from newsletter.catalogue.rows import Row
from newsletter.catalogue.texts import fold, sentence
from newsletter.model import Exchange, Image, Item, Kind, Status

LONGEST_TITLE = 120


@dataclass(slots=True)
class Draft:
    """An item without its id. `name` is its title as compared. `details` are said after its description.

    `stated`: its row names its audiences. `series`: its days are told from now on ("tous les mardis"), so that the
    first of them says nothing that lasts. `first`: what its own row said, before others joined it. `into`: what
    it was merged into. `asked`: the one it may be the same as. `said`: its ids of which staff said something.
    """

    item: Item
    row: Row
    name: str
    details: tuple[str, ...] = ()
    stated: bool = False
    series: bool = False
    first: Item | None = None
    into: "Draft | None" = None
    asked: "Draft | None" = None
    said: frozenset[str] = frozenset()


def read(row: Row) -> Draft | None:
    """The row's item, or None when it can't be printed; the row's problems say why."""
    title, marked = _title(row)
    typed = _kind(row)
    days = when.read(row, typed.kind)
    status, reason = _status(row, marked)
    audiences, stated, target = _audiences(row, typed.kind)
    item = Item(
        id="",
        kind=typed.kind,
        title=title,
        association=_association(row),
        place=row.text("place"),
        url=_url(row),
        contact=amounts.contact(row),
        description=row.paragraphs("description"),
        price=amounts.price(row),
        image=_image(row, title),
        status=status,
        exchange=_exchange(row, typed, title) if typed.kind is Kind.EXCHANGE else None,
        publish_from=days.publish_from,
        publish_until=days.publish_until,
        themes=words.themes(", ".join([*typed.themes, row.text("themes") or ""])),
        audiences=audiences,
        occurrences=days.occurrences,
        written=days.written,
        deadline=days.deadline,
        sources=(row.origin,),
    )
    said = (reason, target, _said("Date limite", days.open_ended), _said("Horaires", days.hours))
    details = (*filter(None, said), *amounts.details(row))
    return None if row.refused else Draft(item, row, fold(title) or title, details, stated, days.series)


def _said(what: str, text: str | None) -> str | None:
    return sentence(f"{what} : {text}") if text else None


def _title(row: Row) -> tuple[str, Status | None]:
    title = row.text("title")
    if title is None:
        if not row.refused:  # a formula has been refused already
            row.refuse("title", "ligne sans titre : tapez un titre, ou effacez toute la ligne", "title_missing")
        return "", None
    if len(title) > LONGEST_TITLE:
        wanted = (
            f"titre très long ({len(title)} caractères) : gardez-en {LONGEST_TITLE} au plus, le reste va dans le texte"
        )
        row.warn("title", wanted, "title_long")
    return words.marked_title(title)


def _kind(row: Row) -> words.Typed:
    default = row.setting.source.kind
    column = "kind" if row.value("kind") is not None else "exchange"
    written = row.text("kind") or (row.text("exchange") if default is not Kind.EXCHANGE else None)
    if written is None:
        return words.Typed(default)
    typed = words.kind(written, default)
    if typed.near is not None:
        names = f"vouliez-vous « {typed.near} » ?" if typed.near else f"tapez {words.KIND_ADVICE}"
        row.warn(column, f"type inconnu : {names} La ligne est lue comme « {words.KIND_NAMES[default]} »", "kind")
    return typed


def _exchange(row: Row, typed: words.Typed, title: str) -> Exchange | None:
    told = row.setting.source.kind is Kind.EXCHANGE or row.value("kind") is not None  # else it told the kind already
    written = row.text("exchange") if told else None
    if written is None:
        return typed.exchange or words.exchange(title)
    found = words.exchange(written)
    if found is None:
        row.warn("exchange", "sorte d'entraide inconnue : tapez « Offre », « Demande » ou « Partage »", "exchange")
    return found or typed.exchange


def _status(row: Row, marked: Status | None) -> tuple[Status, str | None]:
    """The status, and the sentence that says more of it."""
    written = row.text("status")
    if written is None:
        return marked or Status.CONFIRMED, None
    if words.is_unpublished(written):
        row.refuse("status", "cette ligne n'est pas à publier ; quand elle le sera, tapez « Confirmé »", "unpublished")
        return Status.CONFIRMED, None
    found, more = words.status(written)
    if found is None:
        advice = "statut inconnu : tapez « Confirmé », « Annulé », « Reporté » ou « Complet »"
        row.warn("status", advice, "status")
    elif marked and marked is not found:
        row.warn(
            "status", "le titre dit autre chose que cette case : le titre est suivi, corrigez l'un des deux", "status"
        )
    return marked or found or Status.CONFIRMED, sentence(written[0].upper() + written[1:]) if more else None


def _audiences(row: Row, kind: Kind) -> tuple[tuple[str, ...], bool, str | None]:
    """Who it is for, whether the row says so, and the sentence that says it better than the letters' names."""
    known = row.setting.audiences
    default = tuple(sorted(row.setting.source.audiences or known.default(kind)))
    written = row.text("audiences")
    if written is None:
        return default, False, None
    said = known.read(written)
    if said.nowhere:
        row.refuse(
            "audiences", f"cette ligne n'est pas à diffuser ; pour qu'elle le soit, tapez {known.advice}", "unpublished"
        )
    elif not said.known:
        row.warn("audiences", f"diffusion inconnue : tapez {known.advice}", "audiences")
    target = _said("Pour", written) if said.printed else None
    return tuple(sorted(said.names)) or default, bool(said.names), target


def _association(row: Row) -> str | None:
    """Who organises, by the name the town's directory gives."""
    written = row.text("association") or row.setting.source.association
    if written is None:
        return None
    known = row.setting.directory.read(written)
    if known.near:
        wanted = f"association inconnue de l'annuaire : vouliez-vous « {known.near} » ?"
        row.warn("association", wanted, "association")
    return known.name or written


def _url(row: Row) -> str | None:
    written = row.text("url")
    if written is None:
        return None
    link = urls.read(written)
    if link.wanted:
        row.warn("url", link.wanted, link.code)
    return link.url


def _image(row: Row, title: str) -> Image | None:
    image = row.value("image")
    if not isinstance(image, Image):
        return None
    alt = row.text("image_alt") or image.alt.strip()
    if not alt:
        column = "image_alt" if "image_alt" in row.headers else "image"
        row.warn(column, "image sans description : dites en une phrase ce qu'on y voit", "image_alt")
    return replace(image, alt=alt or title)
