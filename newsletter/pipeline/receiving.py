"""Receive: an address somebody of the staff typed in; what that subscriber gets of a month, or why nothing, out.

Who gets what is the ledger's to say, as when it fills a mailing. Each look is written in the log, by the subscriber's
number: it is personal data that is consulted. Never here: a copy, a link that acts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.config import Config
from newsletter.model import DeliveryState
from newsletter.model.studio import Act, Deed, Person
from newsletter.pipeline.arranging import allow
from newsletter.pipeline.composing import both, name_of
from newsletter.pipeline.keeping import renewal
from newsletter.store import EVERY, Known, Store

MOST, WITHIN = 30, timedelta(hours=1)  # looks of one person
NOBODY = "Personne ne reçoit de lettre à cette adresse : elle n’est pas dans la liste, ou n’y est plus."
BECAME = {
    DeliveryState.QUEUED: "elle attend de partir",
    DeliveryState.SENDING: "elle part en ce moment",
    DeliveryState.ACCEPTED: "elle est partie",
    DeliveryState.DELIVERED: "elle est arrivée",
    DeliveryState.BOUNCED: "elle est revenue",
    DeliveryState.COMPLAINED: "elle est arrivée, et a été signalée comme indésirable",
    DeliveryState.REFUSED: "elle a été refusée",
    DeliveryState.UNCERTAIN: "on ne sait pas si elle est arrivée",
    DeliveryState.SKIPPED: "elle n’est pas partie",
    DeliveryState.DROPPED: "elle n’est pas partie",
}


@dataclass(frozen=True, slots=True)
class Looked:
    """Who was found: their number, else what there is to say. `too_often`: it wasn't even looked at."""

    number: int | None = None
    words: str = ""
    too_often: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """What one subscriber gets of a month: `letters`, by audience. `words`: what there is to know beside them."""

    number: int
    first_name: str
    address: str
    letters: tuple[str, ...]
    words: tuple[str, ...]


def look_up(config: Config, store: Store, month: date, address: str, by: Person, *, at: datetime) -> Looked:
    """Who reads at that address. The log says who looked, and at whose number. Raises NotAllowed."""
    allow(by, Act.SUBSCRIBERS)
    number = store.subscribers.number(address)
    detail = "adresse inconnue" if number is None else f"abonné n° {number}"
    deed = Deed(at, by.name, by.role, "look", name_of(month), detail=detail)
    if not store.audit.write_at_most(deed, MOST, at - WITHIN):
        return Looked(too_often=True)
    if number is not None:
        return Looked(number)
    return Looked(words=" ".join(_nobody(config, store.subscribers.known(address))) or NOBODY)


def _nobody(config: Config, known: Known | None) -> Iterator[str]:
    """What is known of a mailbox that isn't a subscriber's."""
    if known is None:
        return
    yield from _left(config, known)
    for one in known.signups:
        yield f"Une inscription a été demandée le {_day(config, one.asked_at)}, et n’est pas encore confirmée."


def received(config: Config, store: Store, month: date, number: int, at: datetime) -> Received | None:
    """What somebody gets of that month, by the ledger's own rule; what they got, once it has left. None: erased."""
    known, name = store.subscribers.known(number), name_of(month)
    if known is None or known.subscriber is None:
        return None
    who, composed = known.subscriber, store.editions.get(name)
    printed = [one for one in config.audiences if composed and one in composed.letters]
    left = {one.audience for one in store.ledger.mailings(name)}
    copies = {one.audience: one.state for one in known.copies if one.month == name}
    waiting = [one for one in printed if one not in left]
    due = store.ledger.would_get(number, waiting, both(config, store, name))
    kept = {one for one, state in copies.items() if state not in (DeliveryState.SKIPPED, DeliveryState.DROPPED)}
    letters = tuple(one for one in printed if one in due or one in kept)
    words = [f"{_title(config, one)} : {BECAME[state]}." for one, state in copies.items()]
    words += [] if letters else _nothing(config, known, printed)
    words += _renewed(config, store, number, at)
    return Received(number, who.first_name or "", _masked(who.address), letters, tuple(words))


def _nothing(config: Config, known: Known, printed: list[str]) -> list[str]:
    """Why nobody hands them anything."""
    said = list(_left(config, known))
    reads = known.subscriber.audiences if known.subscriber else ()
    if reads and not said:
        titles = " et ".join(_title(config, one) for one in reads)
        here = "n’est pas dans cette édition" if not set(reads) & set(printed) else "est partie sans cette adresse"
        said.append(f"Son abonnement ({titles}) {here}.")
    ended = [one.ended_at for one in known.subscriptions if one.ended_at]
    if not said and ended:
        said.append(f"Le dernier abonnement a pris fin le {_day(config, max(ended))}.")
    return said or ["Aucun abonnement n’est enregistré."]


def _left(config: Config, known: Known) -> Iterator[str]:
    for one in known.suppressions:
        if one.audience == EVERY:
            yield f"Plus rien ne part à cette adresse depuis le {_day(config, one.at)} : {one.reason}."


def _renewed(config: Config, store: Store, number: int, at: datetime) -> Iterator[str]:
    found = renewal(config, store, number, at)
    if found and found.asked_at and found.until:
        asked, until = (_day(config, moment) for moment in (found.asked_at, found.until))
        yield f"On lui a demandé le {asked} de confirmer son abonnement : sans réponse le {until}, il prendra fin."
    elif found:
        yield f"Son accord a plus de {config.retention.renew_after} mois : on lui demandera bientôt de le confirmer."


def _title(config: Config, audience: str) -> str:
    return f"« {config.audiences[audience].title if audience in config.audiences else audience} »"


def _masked(address: str) -> str:
    """Enough for who typed it."""
    return f"{address.partition('@')[0][:2]}…@…"


def _day(config: Config, moment: datetime) -> str:
    return f"{moment.astimezone(config.town.zone):%d/%m/%Y}"
