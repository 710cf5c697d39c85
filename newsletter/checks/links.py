"""Where links lead and what they say of it."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.checks.page import Link, Page, error, short, warning, words
from newsletter.model import MARK, Field, Finding

EDGE = 150  # words a reader may have to pass before leaving
_LOCAL = re.compile(
    r"localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|[^.]*", re.I
)
_LOCAL_ENDS = (".local", ".localhost", ".internal", ".lan", ".test", ".invalid")
_GENERIC = re.compile(
    r"(?:(?:cliquez|cliquer|clic|par|c'est|lien) )?ici|(?:en )?savoir (?:plus|\+)|cliquez"
    r"|plus(?: d'info(?:s|rmations?))?|lire (?:la suite|plus)|(?:la )?suite|(?:ce )?lien"
    r"|voir(?: plus)?|détails?|(?:click )?here|(?:read )?more"
)


def addresses(page: Page) -> Iterator[Finding]:
    """Each link leads to a page, an address, a telephone, a place of the letter, or what a merge mark stands for."""
    places = {node.get("id") for node in page.root.iter() if isinstance(node.tag, str)}
    places |= {node.get("name") for node in page.root.iter("a")}
    for link in page.links:
        if not MARK.fullmatch(link.href):
            yield from _address(link, places)


def _address(link: Link, places: set[str | None]) -> Iterator[Finding]:
    href = link.href
    try:
        parts = urlsplit(href)
        host = parts.hostname or ""
    except ValueError:  # http://[oops
        yield error(
            "link-address", f"Le lien {link} mène à « {short(href)} », qui n'est pas une adresse : corrigez-la."
        )
        return
    if href.startswith("#"):
        if href[1:] not in places:
            yield error("link-anchor", f"Le lien {link} mène à « {short(href)} », absent de la lettre : corrigez-le.")
    elif parts.scheme in ("http", "https"):
        yield from _web(link, host)
    elif parts.scheme in ("mailto", "tel"):
        if not re.fullmatch(r"[^@\s]+@[^@\s]+" if parts.scheme == "mailto" else r"[+\d(][\d\s().-]+", parts.path):
            yield error(
                "link-address", f"Le lien {link} mène à « {short(href)} », qui n'est pas complet : corrigez-le."
            )
    elif parts.scheme:
        yield error(
            "link-scheme", f"Le lien {link} commence par « {parts.scheme}: » : seuls http, https, mailto et tel."
        )
    else:
        yield error(
            "link-address", f"Le lien {link} mène à « {short(href)} » : écrivez l'adresse entière, avec https://"
        )


def _web(link: Link, host: str) -> Iterator[Finding]:
    if not host or re.search(r"\s", link.href):
        yield error(
            "link-address", f"Le lien {link} mène à « {short(link.href)} », qui n'est pas une adresse : corrigez-la."
        )
    elif _LOCAL.fullmatch(host) or host.endswith(_LOCAL_ENDS):
        yield warning("link-local", f"Le lien {link} mène à « {host} » : les lecteurs ne pourront pas l'ouvrir.")


def names(page: Page) -> Iterator[Finding]:
    """A link says where it leads, even heard alone."""
    targets: dict[str, set[str]] = {}
    for link in page.links:
        said = " ".join(link.name.replace("’", "'").casefold().split())
        if not said:
            yield error("link-empty", f"Un lien {link} n'a pas de texte : écrivez où il mène.")
        elif _GENERIC.fullmatch(said.strip(" .…!>→»«:")):
            yield error(
                "link-generic", f"Le lien {link} (« {short(link.href)} ») ne dit pas où il mène : nommez sa page."
            )
        else:
            targets.setdefault(said, set()).add(link.href)
    for said, hrefs in targets.items():
        if len(hrefs) > 1:
            yield warning(
                "link-same", f"{len(hrefs)} liens s'appellent « {short(said)} » et mènent ailleurs : distinguez-les."
            )


def leaving(page: Page) -> Iterator[Finding]:
    """A link to leave near the top, another at the foot, and one in the text part."""
    leave = [link.before for link in page.links if link.href == Field.UNSUBSCRIBE.html and link.before is not None]
    if not leave:
        yield error(
            "unsubscribe", "Il manque le lien de désinscription : mettez-en un en tête et un au pied du modèle."
        )
    else:
        if leave[0] > EDGE:
            yield error(
                "unsubscribe-top",
                f"Le premier lien de désinscription vient après {leave[0]} mots : mettez-en un en tête.",
            )
        if len(leave) == 1 or words(page.seen) - leave[-1] > EDGE:
            yield error("unsubscribe-foot", "Il manque un lien de désinscription au pied de la lettre.")
    if Field.UNSUBSCRIBE.text not in page.letter.text:
        yield error(
            "unsubscribe-text", "La version texte n'a pas de lien de désinscription : ajoutez-le au modèle texte."
        )
