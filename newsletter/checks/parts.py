"""The letter as a mail: its size, its subject, its preview, and whether the text part says all that the HTML says."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from newsletter.checks.page import Page, error, seen, short, warning, words
from newsletter.model import MARK, Finding

LARGEST = 92_160  # 90 KB; Gmail cuts a message at 102 KB, and merge fields, headers and encoding come on top
LARGE = 81_920
SUBJECT = 78
PREHEADER = 140
RATIO = 0.6
NAMED = 8  # findings of a kind before "et N autres"


def size(page: Page) -> Iterator[Finding]:
    """Gmail cuts long messages, the unsubscribe link with them."""
    length = len(page.letter.html.encode("utf-8", "replace"))
    if length > LARGEST:
        yield error("size", f"La lettre pèse {_kilos(length)} : au-delà de 90 Ko Gmail la coupe. Retirez des annonces.")
    elif length > LARGE:
        yield warning(
            "size-near", f"La lettre pèse {_kilos(length)} : la limite est à 90 Ko. Raccourcissez les textes."
        )


def _kilos(length: int) -> str:
    return f"{length / 1024:.0f} Ko"


def subject(page: Page) -> Iterator[Finding]:
    """It must be there, on one line, short enough to be read, and not shouted."""
    said = page.letter.subject
    if not said.strip():
        yield error(
            "subject-empty", "La lettre n'a pas d'objet : remplissez « subject » pour ce public dans config.toml."
        )
        return
    if re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", said):
        yield error("subject-line", f"L'objet « {short(said)} » tient sur plusieurs lignes : écrivez-le sur une seule.")
    if len(said) > SUBJECT:
        yield warning("subject-long", f"L'objet fait {len(said)} caractères : au-delà de {SUBJECT} il sera coupé.")
    letters = [letter for letter in MARK.sub("", said) if letter.isalpha()]
    if re.search(r"!\s*!", said) or (len(letters) > 8 and all(letter.isupper() for letter in letters)):
        yield warning("subject-loud", f"L'objet « {short(said)} » crie : évitez les capitales et « !!! ».")


def preheader(page: Page) -> Iterator[Finding]:
    """The line shown beside the subject in a list of messages."""
    said = page.letter.preheader
    if not said.strip():
        yield warning("preheader-empty", "La lettre n'a pas de texte d'aperçu : l'annonce de la liste sera vide.")
    elif len(said) > PREHEADER:
        yield warning("preheader-long", f"L'aperçu fait {len(said)} caractères : au-delà de {PREHEADER} il sera coupé.")


def text_links(page: Page) -> Iterator[Finding]:
    """Every target of the HTML is in the text part."""
    text = page.letter.text
    absent = {link.href: link for link in page.links if link.href and not _said(link.href, text)}
    for link in list(absent.values())[:NAMED]:
        yield error(
            "text-link",
            f"Le lien {link} manque dans la version texte : ajoutez « {short(link.href)} » au modèle texte.",
        )
    if len(absent) > NAMED:
        yield error("text-link", f"… et {len(absent) - NAMED} autres liens manquent dans la version texte.")


def _said(href: str, text: str) -> bool:
    scheme, _, rest = href.partition(":")
    if href.startswith("#"):
        return True
    if MARK.fullmatch(href):
        return href.replace("[[html:", "[[text:", 1) in text
    if scheme.lower() == "mailto":
        return unquote(rest.partition("?")[0]).casefold() in text.casefold()
    if scheme.lower() == "tel":
        return re.sub(r"\D", "", rest)[-9:] in re.sub(r"\D", "", text)
    return href in text


def text_headings(page: Page) -> Iterator[Finding]:
    """Every section and item title of the HTML is in the text part."""
    text = _plain(page.letter.text)
    titles = [seen(heading) for heading in page.root.iter("h2", "h3")]
    absent = [title for title in dict.fromkeys(titles) if _plain(title) not in text]
    for title in absent[:NAMED]:
        yield error("text-heading", f"« {short(title)} » manque dans la version texte : ajoutez-le au modèle texte.")
    if len(absent) > NAMED:
        yield error("text-heading", f"… et {len(absent) - NAMED} autres titres manquent dans la version texte.")


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").casefold().split())


def text_length(page: Page) -> Iterator[Finding]:
    """The text part says about as much as the HTML."""
    inside, text = words(page.seen), words(page.letter.text)
    if not page.letter.text.strip():
        yield error("text-empty", "La version texte est vide : elle est lue par des lecteurs d'écran et des filtres.")
    elif text < RATIO * inside:
        yield warning("text-short", f"La version texte a {text} mots pour {inside} dans la lettre : que manque-t-il ?")
