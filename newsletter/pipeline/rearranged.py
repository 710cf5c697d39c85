"""Rearranged: two arrangements of an edition in, what staff did between them out, in French sentences."""

from collections.abc import Iterator, Mapping

from newsletter.composer.selection import NAMES
from newsletter.model.studio import Arrangement

Titles = Mapping[str, str]  # of items by their ids, of letters by their audiences


def rearranged(then: Arrangement, now: Arrangement, items: Titles, letters: Titles) -> list[str]:
    """What was done, the largest first; nothing when they are the same."""
    return [*_texts(then, now, letters), *_items(then, now, _Named(items))]


class _Named(dict[str, str]):
    """« Bal » for an item; one whose title isn't known any more is called so."""

    def __init__(self, titles: Titles) -> None:
        super().__init__({id_: f"« {title} »" for id_, title in titles.items()})

    def __missing__(self, id_: str) -> str:
        return "une annonce retirée"


def _texts(then: Arrangement, now: Arrangement, letters: Titles) -> Iterator[str]:
    for said, before, after in (
        ("L’objet", then.subjects, now.subjects),
        ("L’aperçu", then.preheaders, now.preheaders),
    ):
        for audience in dict.fromkeys([*before, *after]):
            old, new = before.get(audience, ""), after.get(audience, "")
            if old != new:
                usual = f"{said.lower()} habituel"
                was, is_ = (f"« {words} »" if words else usual for words in (old, new))
                yield f"{said} de « {letters.get(audience, audience)} » : {was} → {is_}"
    if then.editorial != now.editorial:
        how = "effacé" if not now.editorial else "récrit" if then.editorial else "écrit"
        yield f"L’éditorial est {how}"
    if then.with_editorial != now.with_editorial:
        yield "L’éditorial est imprimé" if now.with_editorial else "L’éditorial est gardé, mais n’est pas imprimé"


def _items(then: Arrangement, now: Arrangement, items: _Named) -> Iterator[str]:
    for id_, reason in now.hidden.items():
        if then.hidden.get(id_) != reason:
            yield f"{items[id_]} est masquée : {reason}"
    yield from (f"{items[id_]} est montrée à nouveau" for id_ in then.hidden if id_ not in now.hidden)
    yield from (f"{items[id_]} est épinglée en tête" for id_ in now.pinned if id_ not in then.pinned)
    yield from (f"{items[id_]} n’est plus épinglée" for id_ in then.pinned if id_ not in now.pinned)
    for id_, words in now.shortened.items():
        if then.shortened.get(id_) != words:
            how = "récrite" if id_ in then.shortened else "raccourcie"
            yield f"La description de {items[id_]} est {how} : « {words} »"
    usual = [id_ for id_ in then.shortened if id_ not in now.shortened]
    yield from (f"La description de {items[id_]} est à nouveau celle du fichier" for id_ in usual)
    for kind in dict.fromkeys([*then.order, *now.order]):
        if then.order.get(kind) != now.order.get(kind):
            yield f"L’ordre a changé dans la rubrique « {NAMES[kind]} »"
    stay = [id_ for id_ in now.pinned if id_ in then.pinned]
    if stay != [id_ for id_ in then.pinned if id_ in now.pinned]:
        yield "L’ordre des annonces épinglées a changé"
