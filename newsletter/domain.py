"""The sender's domain as mail servers see it: SPF, DKIM, DMARC. A name in, what is published and what is wrong out.

Never here: a record changed; what a mailbox provider makes of it.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import dns.exception
import dns.resolver
from dns.resolver import Resolver

__all__ = ["Record", "Resolver", "look", "resolver"]

SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Record:
    """One look. `state`: "right", "wrong" (mails will be refused or doubted), "unknown" (no answer)."""

    name: str
    state: Literal["right", "wrong", "unknown"]
    said: str


class Unanswered(Exception):
    """No server answered: nothing is known."""


def resolver(servers: Sequence[str] = (), port: int = 53) -> Resolver:
    """This machine's own, or one that asks these servers."""
    made = Resolver(configure=not servers)
    made.lifetime = made.timeout = SECONDS
    if servers:
        made.nameservers, made.port = list(servers), port
    return made


def look(domain: str, selectors: Iterable[str], asking: Resolver) -> list[Record]:
    """SPF and DMARC of the domain, and DKIM of each selector."""
    looks: list[tuple[str, Callable[[], str | None]]] = [(f"SPF de {domain}", partial(_spf, domain, asking))]
    looks += [(f"DKIM de {one}._domainkey.{domain}", partial(_dkim, one, domain, asking)) for one in selectors]
    looks += [(f"DMARC de {domain}", partial(_dmarc, domain, asking))]
    found = []
    for name, judge in looks:
        try:
            fault = judge()
        except Unanswered as error:
            found.append(Record(name, "unknown", f"le DNS ne répond pas ({error}) ; réessayez, vérifiez le réseau"))
        else:
            found.append(Record(name, "wrong" if fault else "right", fault or "publié"))
    return found


def _spf(domain: str, asking: Resolver) -> str | None:
    records = [text for text in _texts(domain, asking) if re.match(r"v=spf1(\s|$)", text, re.IGNORECASE)]
    if not records:
        return f"aucun enregistrement TXT « v=spf1 … » ; demandez-en un à qui tient le DNS de {domain}"
    if len(records) > 1:
        return f"{len(records)} enregistrements « v=spf1 » : aucun ne vaut plus ; n’en gardez qu’un"
    if re.search(r"(^|\s)\+?all(\s|$)", records[0], re.IGNORECASE):
        return "« +all » laisse n’importe qui écrire en votre nom ; mettez « ~all » ou « -all »"
    return None


def _dkim(selector: str, domain: str, asking: Resolver) -> str | None:
    name = f"{selector}._domainkey.{domain}"
    keys = [text for text in _texts(name, asking) if "p=" in text.replace(" ", "")]
    if not keys:
        return f"aucune clé publiée ; ajoutez l’enregistrement que le relais ou SendGrid donne pour {name}"
    if any(re.search(r"(^|;)\s*p=\s*(;|$)", key) for key in keys):
        return "la clé est révoquée (« p= » vide) ; publiez la nouvelle"
    return None


def _dmarc(domain: str, asking: Resolver) -> str | None:
    """On the domain, else on one above it, as receivers look for it."""
    parts = domain.split(".")
    for start in range(len(parts) - 1):
        above = ".".join(parts[start:])
        records = [text for text in _texts(f"_dmarc.{above}", asking) if text.lower().startswith("v=dmarc1")]
        if len(records) > 1:
            return f"{len(records)} enregistrements DMARC : aucun ne vaut plus ; n’en gardez qu’un"
        if records:
            return None if re.search(r"(^|;)\s*p\s*=\s*\w", records[0]) else "l’enregistrement DMARC n’a pas de « p= »"
    return f"aucun enregistrement « v=DMARC1 » ; Gmail et Yahoo en demandent un : ajoutez _dmarc.{domain}"


def _texts(name: str, asking: Resolver) -> list[str]:
    """The TXT records of a name; none when it isn't there. Raises Unanswered."""
    try:
        answer = asking.resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise Unanswered(type(error).__name__) from None
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]
