"""A store with one mailing ready to leave, for tests and benches: readers taken in, a letter approved, copies made."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from newsletter.delivery import letter_headers
from newsletter.model import Entry, Field, Letter, Message, Origin, Recipient
from newsletter.store import Store

NOW = datetime(2021, 12, 7, 8, tzinfo=UTC)
LETTER = Letter(
    audience="public",
    subject="La lettre des habitants : décembre 2021",
    preheader="",
    html='<p>Bonjour [[html:first_name]]</p>\n<a href="[[html:unsubscribe]]">Se désinscrire</a>\n',
    text="Bonjour [[text:first_name]]\n[[text:unsubscribe]]\n",
    mjml="",
)


def message(letter: Letter = LETTER) -> Message:
    return Message(
        sender="Vie associative (exemple) <asso@malakoff.example>",
        reply_to="asso@malakoff.example",
        subject=letter.subject,
        html=letter.html,
        text=letter.text,
        domain="malakoff.example",
        date=NOW,
        headers=letter_headers("Lettre", "public.lettre.malakoff.example", "asso@malakoff.example"),
        label="2021-12-public",
    )


def links(reader: Recipient) -> dict[Field, str]:
    return {
        Field.UNSUBSCRIBE: f"https://lettre.malakoff.example/d/{reader.delivery}",
        Field.PREFERENCES: f"https://lettre.malakoff.example/p/{reader.delivery}",
        Field.ONLINE: "https://lettre.malakoff.example/2021-12/public",
    }


def entries(count: int) -> Iterator[Entry]:
    for n in range(count):
        yield Entry(Origin("abonnes.csv", None, n), f"lecteur{n}@asso.example", "Zoé", ("public",), (), NOW, "papier")


def mailing(store: Store, count: int, letter: Letter = LETTER) -> int:
    """The number of a mailing to so many readers, ready."""
    store.subscribers.take(entries(count), at=NOW, file="abonnes.csv")
    edition = store.editions.draft("2021-12", {"public": letter}, rules="{}", send_at=NOW, at=NOW)
    store.editions.approve("2021-12", edition.digest, by="Camille (exemple)", at=NOW)
    number = store.ledger.create("2021-12", "public", letter.digest, at=NOW)
    assert store.ledger.fill(number, at=NOW) == count
    return number


@contextmanager
def office(folder: Path, count: int = 0, letter: Letter = LETTER) -> Iterator[tuple[Store, int]]:
    """An open store in that folder, and its mailing's number."""
    with Store.open("sqlite:///var/newsletter.db", folder) as store:
        yield store, mailing(store, count, letter) if count else store.ledger.mailings("2021-12")[0].id
