"""What one reader's mail costs: an EmailMessage, our joined pieces, a bare copy of the bytes.

python -m benchmarks.bench_mime
"""

import itertools
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from newsletter.delivery import mime
from newsletter.model import MARK, Field, Message, Recipient

CARD = (
    '<tr><td style="padding:0 24px 12px;color:#222222;font-size:16px">Rencontre des associations (exemple), samedi '
    '4 décembre à 14 h 30 : <a href="https://lettre.malakoff.example/e/12" style="color:#0b5c7a">venez nombreux</a>'
    "</td></tr>\n"
)
HTML = (
    '<!DOCTYPE html>\n<html lang="fr"><body><p>Bonjour [[html:first_name]],</p>\n'
    '<a href="[[html:unsubscribe]]">partir</a>\n'
    + CARD
    * 220
    + '<a href="[[html:online]]">en ligne</a> <a href="[[html:preferences]]">choisir</a> '
    '<a href="[[html:unsubscribe]]">partir</a></body></html>\n'
)
LETTER = Message(
    sender="Vie associative (exemple) <asso@malakoff.example>",
    reply_to="asso@malakoff.example",
    subject="La lettre des associations : décembre 2021",
    html=HTML,
    text="Bonjour [[text:first_name]],\n\nVenez.\n[[text:online]]\n[[text:preferences]]\n[[text:unsubscribe]]\n",
    domain="malakoff.example",
    date=datetime(2021, 12, 7, 9, tzinfo=UTC),
    headers=mime.letter_headers("Lettre des associations", "assos.lettre.malakoff.example", "asso@malakoff.example"),
)
READER = Recipient(
    "k3JmQ8zT5wXv1bNc",
    "marie.curie@asso.example",
    {
        Field.FIRST_NAME: "Élodie",
        Field.UNSUBSCRIBE: "https://lettre.malakoff.example/d/" + "aB3-" * 22,
        Field.PREFERENCES: "https://lettre.malakoff.example/p/" + "aB3-" * 22,
        Field.ONLINE: "https://lettre.malakoff.example/2021-12/associations",
    },
)


def email_message() -> bytes:
    html, text = HTML, LETTER.text
    for field, value in READER.fields.items():
        html, text = html.replace(field.html, value), text.replace(field.text, value)
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = LETTER.sender, READER.address, LETTER.subject
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def measure(work: Callable[[], object], times: int) -> list[float]:
    """Microseconds a call, five times over."""
    runs = []
    for _ in range(5):
        before = time.perf_counter()
        for _ in range(times):
            work()
        runs.append((time.perf_counter() - before) / times * 1e6)
    return runs


def readers() -> Iterator[Recipient]:
    """Many, with links of their own."""
    for number in itertools.cycle(range(1000)):
        own = {field: f"{READER.fields[field]}{number}" for field in (Field.UNSUBSCRIBE, Field.PREFERENCES)}
        yield replace(READER, fields={**READER.fields, **own})


def main() -> None:
    template = mime.compile(LETTER)
    whole = template.join(READER).content
    places = len(MARK.findall(HTML + LETTER.text)) + 1
    print(f"HTML {len(HTML.encode()):,} bytes, mail {len(whole):,} bytes, {places} places to fill")
    people = list(itertools.islice(readers(), 1000))

    def join_all() -> None:
        for reader in people:
            template.join(reader)

    joined = [one / len(people) for one in measure(join_all, 5)]
    for name, runs in (
        ("EmailMessage per reader", measure(email_message, 20)),
        ("encoding once per letter", measure(lambda: mime.compile.__wrapped__(LETTER), 20)),
        ("joined pieces per reader", joined),
        ("a bare copy of the bytes", measure(lambda: bytes(bytearray(whole)), 3000)),
    ):
        middle = statistics.median(runs)
        ratio = middle / statistics.median(joined)
        print(f"{name:26} {middle:10.1f} µs  ({min(runs):.1f} to {max(runs):.1f})  {ratio:8.2f} × joined")


if __name__ == "__main__":
    main()
