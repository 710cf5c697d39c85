"""Files: a mail per reader in a folder, for a first look, a demonstration, or a relay that reads folders.

A transport like the others, not a test double: a copy is on disk before it is accepted, and a copy that is there
already is accepted as it is, never written again.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from newsletter.delivery import mime
from newsletter.delivery.address import Undeliverable
from newsletter.delivery.mime import Copy
from newsletter.errors import NewsletterError, TransportError
from newsletter.model import Answer, Message, Receipt, Recipient


class Files:
    """A folder as a transport: `2021-12-public-marie.curie-Xk3….eml`."""

    batch_size = 10

    def __init__(self, outbox: Path) -> None:
        self._outbox = outbox

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Iterator[Receipt]:
        """Answers once for each, when the folder itself is on disk. Raises TransportError at the end."""
        receipts: list[Receipt] = []
        fault: NewsletterError | None = None
        try:
            template = mime.compile(message)
            with _kept_on_disk(self._outbox):
                for recipient in recipients:
                    receipts.append(self._written(template, message.label, recipient))
        except OSError as error:
            fault = TransportError(f"{self._outbox} : on ne peut pas y écrire ({error.strerror})")
        except NewsletterError as error:
            fault = error
        yield from receipts
        for recipient in recipients[len(receipts) :]:
            yield Receipt(recipient.delivery, Answer.LATER, "pas encore remis", retry_after=0.0)
        if fault:
            raise fault

    def close(self) -> None:
        """Nothing is kept open."""

    def _written(self, template: mime.Template, label: str, recipient: Recipient) -> Receipt:
        try:
            copy = template.join(recipient)
        except Undeliverable as error:
            return Receipt(recipient.delivery, Answer.REFUSED, str(error))
        path = self._outbox / f"{_slug(label)}-{_slug(copy.address.local)}-{copy.delivery}.eml"
        if not path.exists():
            _write(path, copy)
        return Receipt(recipient.delivery, Answer.ACCEPTED, "", path.name)


def _write(path: Path, copy: Copy) -> None:
    """All of it or nothing: on disk under another name first."""
    draft = path.with_name(f".{copy.delivery}.part")
    try:
        with draft.open("wb") as file:
            file.write(copy.content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def _kept_on_disk(folder: Path) -> Iterator[None]:
    """The names of what is written in the folder survive a power cut, also when the writing stops half way."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield
    finally:
        os.fsync(handle)
        os.close(handle)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-.")[:40] or "x"
