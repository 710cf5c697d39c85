"""Links: a token out of a mail in, who follows it out. One that can't be followed is refused; nobody is guessed."""

from newsletter.model import Subscriber
from newsletter.pipeline import joining
from newsletter.pipeline.joining import Guest
from newsletter.web.desk import Desk
from newsletter.web.faults import DAMAGED, TRIAL, USED, LinkRefused

TRIALS = ("essai", "exemple")  # what test copies have in the place of a reader


def guest(desk: Desk, purpose: str, token: str) -> Guest:
    """Who holds that link. Raises TokenRefused, LinkRefused."""
    value = desk.signer.read(purpose, token)
    if value in TRIALS:
        raise LinkRefused(TRIAL)
    found = joining.guest(desk.store, value)
    if found is None:
        raise LinkRefused(DAMAGED)
    return found


def subscriber(desk: Desk, who: Guest) -> Subscriber:
    """What is known of them. Raises LinkRefused when nothing is any more."""
    found = desk.store.subscribers.get(who.number)
    if found is None:
        raise LinkRefused(USED)
    return found


def link(desk: Desk, purpose: str, who: Guest, after: str = "") -> str:
    """A page of the same person's."""
    kind = {joining.PREFERENCES: "p", joining.UNSUBSCRIBE: "d"}[purpose]
    return desk.to(f"/{kind}/{desk.signer.sign(purpose, who.value)}{after}")
