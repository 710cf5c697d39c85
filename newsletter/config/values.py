"""Values that more than a type judges: one written value in, the same out, or a ValueError that says what to write."""

import re
from difflib import get_close_matches
from email.utils import parseaddr
from zoneinfo import available_timezones

from newsletter.model.codes import ERRORS, WARNINGS

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}
SEND = re.compile(rf"(?:(\d{{1,2}})|({'|'.join(ORDINALS)}) ({'|'.join(WEEKDAYS)})) (\d\d):(\d\d)")
RELATIVE = re.compile(r"J-(\d{1,2}) ([01]\d|2[0-3]):([0-5]\d)")
AFTER = re.compile(r"([HJ])\+(\d{1,2})")
DNS_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
RETURNS = re.compile(r"[A-Za-z0-9._+-]{1,26}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")  # and 37 more: RFC 5321 takes 64


def timezone(value: str) -> str:
    """A name of the tz database."""
    if value not in available_timezones():
        near = get_close_matches(value, available_timezones(), 1)
        raise ValueError("n'est pas un fuseau horaire" + (f" ; vouliez-vous « {near[0]} » ?" if near else ""))
    return value


def mailbox(value: str) -> str:
    """An address, with a name before it or without."""
    local, _, domain = parseaddr(value)[1].rpartition("@")
    if not local or "." not in domain or re.search(r"[\r\n]", value):
        raise ValueError("n'est pas une adresse ; écrivez par exemple « Vie associative <asso@ville.fr> »")
    return value


def web(value: str) -> str:
    """An address of a site, without its last slash."""
    if not re.fullmatch(r"https?://[^\s/?#]+\.?[^\s]*", value):
        raise ValueError("n'est pas une adresse de site ; écrivez par exemple « https://lettre.ville.fr »")
    return value.rstrip("/")


def color(value: str) -> str:
    """Six hexadecimal digits."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("n'est pas une couleur ; écrivez par exemple « #0b5c7a »")
    return value.lower()


def send(value: str) -> str:
    """A day of the month and a time."""
    match = SEND.fullmatch(value)
    if not match or not 1 <= int(match[1] or 1) <= 28 or int(match[4]) > 23 or int(match[5]) > 59:
        raise ValueError("n'est pas un jour d'envoi ; écrivez « 1 09:00 » (jour 1 à 28) ou « first tuesday 09:00 »")
    return value


def before(value: str) -> str:
    """A moment before the send."""
    if not RELATIVE.fullmatch(value):
        raise ValueError("n'est pas un moment avant l'envoi ; écrivez par exemple « J-5 09:00 »")
    return value


def after(value: str) -> str:
    """A moment after the send."""
    if not AFTER.fullmatch(value):
        raise ValueError("n'est pas un moment après l'envoi ; écrivez par exemple « H+1 » ou « J+3 »")
    return value


def silenced(value: str) -> str:
    """The code of a warning."""
    if value in ERRORS:
        raise ValueError("est une erreur, qui ne se tait pas : la ligne n'est pas imprimée")
    if value not in WARNINGS:
        near = get_close_matches(value, WARNINGS, 1)
        advice = f"vouliez-vous « {near[0]} » ?" if near else f"codes connus : {', '.join(sorted(WARNINGS))}"
        raise ValueError(f"n'est pas le code d'un avertissement ; {advice}")
    return value


def return_path(value: str) -> str:
    """An address with room for a number in it."""
    if not RETURNS.fullmatch(value):
        raise ValueError("n'est pas une adresse de retour ; écrivez par exemple « retours@ville.fr », sans accent")
    return value


def dns_name(value: str) -> str:
    """A name of the DNS."""
    if not DNS_NAME.fullmatch(value):
        raise ValueError("n'est pas un nom du DNS ; écrivez par exemple « ville.fr »")
    return value
