"""What carries mails: the one Protocol of the house."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from newsletter.model import Message, Receipt, Recipient


class Transport(Protocol):
    """Hands one message to many mailboxes and answers once per recipient. It never retries.

    `batch_size` is the window it is given at once; two may be under way, and in doubt when the machine stops. When
    nothing more can be handed over it says what it knows of each, then raises TransportError.
    """

    batch_size: int

    def send(self, message: Message, recipients: Sequence[Recipient]) -> Iterator[Receipt]:
        """A receipt per recipient, as they come. It may begin before the first is asked for."""
        ...

    def close(self) -> None:
        """Lets go of what it keeps open."""
        ...
