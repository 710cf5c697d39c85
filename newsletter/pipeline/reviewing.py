"""Review: a draft in, what people say of it out. The bureau reads by a signed link, without an account.

A link is for one month and one name, lasts three weeks, and can be taken back. Opening it changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import parseaddr

from newsletter import notices
from newsletter.composer import wording
from newsletter.config import Config
from newsletter.errors import ApprovalRefused, FormRefused, TokenRefused
from newsletter.model import EditionState
from newsletter.model.studio import Act, Comment, Invitation, Person, Role
from newsletter.pipeline.arranging import allow
from newsletter.pipeline.composing import name_of
from newsletter.pipeline.telling import letter, page
from newsletter.pipeline.typed import cleaned, line
from newsletter.store import Store
from newsletter.tokens import Signer

REVIEW, READ = "review", "/relire"
LASTS = timedelta(days=21)
LONGEST = 4_000  # characters of a comment
GONE = "ce lien n’est plus valable : demandez-en un autre à qui vous l’a envoyé"


@dataclass(frozen=True, slots=True)
class Guest:
    """Who holds a link to a draft."""

    person: Person
    month: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A review the timetable asks for: its step's time, and until when an approval is waited for, in words.

    Begun again for the same time, it invites nobody twice.
    """

    at: datetime
    before: str


def request_review(
    config: Config,
    store: Store,
    month: date,
    by: Person,
    asking: tuple[Signer, datetime],
    *,
    to: Sequence[str] = (),
    planned: Planned | None = None,
) -> list[str]:
    """Asks the bureau to read the draft, or those given (« Nom <adresse> »): their names. Raises ApprovalRefused.

    `asking`: who signs their links, and when. `planned`: nobody asks, but the timetable.
    """
    allow(by, Act.INVITE)
    signer, at = asking
    name = name_of(month)
    edition = store.editions.get(name)
    if edition is None:
        raise ApprovalRefused(f"l’édition {name} n’est pas composée : rien à relire")
    people = dict(_people(to or config.people.bureau))
    if not people:
        return []
    made = store.comments.invite(name, list(people.values()), by, at=at, once=planned.at if planned else None)
    paper = notices.Paper(config.town, config.templates, "fr")
    subject = wording.tidy(f"À relire : {letter(month)}")
    for address, (invitation, nonce) in zip(people, made, strict=True):
        link = page(config, f"{READ}/{signer.sign(REVIEW, nonce, at=at)}")
        about, words = f"relecture {name} {invitation.id}", _words_of(config, invitation, by, at, planned)
        store.notices.put(notices.report(paper, address, about=about, subject=subject, words=words, link=link), at=at)
    store.editions.move(name, EditionState.DRAFT, EditionState.IN_REVIEW, at=at)
    return list(people.values())


def _words_of(config: Config, invitation: Invitation, by: Person, at: datetime, planned: Planned | None) -> str:
    said = letter(date.fromisoformat(f"{invitation.month}-01"))
    until = wording.day((at + LASTS).astimezone(config.town.zone))
    asked = f"{by.name} vous invite à relire {said} avant son départ."
    if planned:
        asked = (
            f"Le brouillon de {said} est prêt. Dites-nous ce qui ne va pas avant le {planned.before} : c’est alors que "
            "l’accord doit être donné."
        )
    words = (
        f"{asked} Sur la page qui suit, vous lisez les lettres et laissez vos remarques, sans compte.",
        f"Ce lien est à votre nom, {invitation.name}, et sert jusqu’au {until} : ne le transférez pas.",
    )
    return "\n".join(map(wording.tidy, words))


def _people(to: Sequence[str]) -> list[tuple[str, str]]:
    """Addresses, each with the name it is known by; of two for the same mailbox, the last."""
    parsed = [parseaddr(one) for one in to]
    return [(address, line(name) or address.partition("@")[0]) for name, address in parsed if "@" in address]


def guest(store: Store, signer: Signer, token: str, at: datetime) -> Guest:
    """Who opens a draft by a link. Raises TokenRefused when it was forged, is too old, or was taken back."""
    invitation = store.comments.invitation(signer.read(REVIEW, token, at=at, max_age=LASTS))
    if invitation is None:
        raise TokenRefused(GONE)
    return Guest(Person(invitation.name, Role.GUEST), invitation.month)


def comment(store: Store, month: date, words: str, by: Person, at: datetime, *, item: str | None = None) -> Comment:
    """Says something of the edition, or of one of its items. Raises FormRefused, NotAllowed."""
    allow(by, Act.COMMENT)
    if item is not None and (len(item) > 64 or not item.isprintable()):
        raise FormRefused(["cette annonce n’existe pas : rechargez la page"])
    return store.comments.say(name_of(month), _words(words), by, at=at, item=item)


def answer(store: Store, month: date, number: int, words: str, by: Person, *, at: datetime) -> Comment | None:
    """Answers a comment of that month's draft. None: there is no such comment."""
    allow(by, Act.COMMENT)
    if not _of(store, month, number):
        return None
    return store.comments.answer(number, _words(words), by, at=at)


def close(store: Store, month: date, number: int, by: Person, at: datetime) -> bool:
    """A comment of that month's draft is settled. Whether it was open."""
    allow(by, Act.CLOSE)
    return _of(store, month, number) and store.comments.close(number, by, at=at)


def uninvite(store: Store, number: int, by: Person, at: datetime) -> bool:
    """A link is worth nothing any more. Whether it was."""
    allow(by, Act.INVITE)
    return store.comments.uninvite(number, by, at=at)


def _of(store: Store, month: date, number: int) -> bool:
    """A guest of one month says nothing of another."""
    said = store.comments.of(name_of(month))
    return any(one.id == number for first, answers in said for one in (first, *answers))


def _words(typed: str) -> str:
    words = cleaned(typed)
    if not words:
        raise FormRefused(["écrivez votre remarque"])
    if len(words) > LONGEST:
        raise FormRefused([f"une remarque a {LONGEST} caractères au plus"])
    return words
