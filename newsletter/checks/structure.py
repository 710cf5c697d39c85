"""How the page is built: headings, language, title, tables, ids, and what no mail should carry."""

import re
from collections import Counter
from collections.abc import Iterator

from newsletter.checks.page import Page, elements, error, hidden, seen, short, warning
from newsletter.model import Finding

FORBIDDEN = {
    "script": ("script", "un script"),
    "noscript": ("script", "un script"),
    "applet": ("script", "un script"),
    "form": ("form", "un formulaire"),
    "input": ("form", "un champ à remplir"),
    "button": ("form", "un bouton de formulaire"),
    "select": ("form", "un champ à remplir"),
    "textarea": ("form", "un champ à remplir"),
    "iframe": ("frame", "une page dans la page"),
    "frame": ("frame", "une page dans la page"),
    "frameset": ("frame", "une page dans la page"),
    "object": ("frame", "un objet incorporé"),
    "embed": ("frame", "un objet incorporé"),
    "video": ("frame", "une vidéo"),
    "audio": ("frame", "un son"),
    "base": ("frame", "une balise <base>"),
}
_REMOTE = re.compile(r"@import|@font-face|fonts\.googleapis", re.IGNORECASE)


def markup(page: Page) -> Iterator[Finding]:
    """The HTML part is one whole document whose tags close where they should."""
    html = page.letter.html
    if not page.seen.strip():
        yield error("html-empty", "La lettre est vide : aucun texte à lire dans sa version HTML.")
        return
    absent = [tag for tag in ("<!doctype html", "<html", "<body", "</html>") if tag not in html.lower()]
    if absent:
        yield error("html-broken", f"La page n'est pas entière : il manque {' et '.join(absent)}. Revoyez le modèle.")
    for line, message in page.slips[:3]:
        yield error("html-broken", f"Une balise est mal fermée à la ligne {line} de la page ({short(message)}).")


def language(page: Page) -> Iterator[Finding]:
    """A screen reader picks its voice by it."""
    found = (page.root.get("lang") or "").strip()
    if found.lower().partition("-")[0] != page.language.lower():
        said = f"est « {found} »" if found else "n'est pas dite"
        yield error("language", f"La langue de la page {said} : mettez-la sur <mjml>, lang='{page.language}'.")


def title(page: Page) -> Iterator[Finding]:
    """The name of the page in a browser, said first by a screen reader."""
    if not (page.root.findtext(".//head/title") or "").strip():
        yield error("title", "La page n'a pas de titre : remplissez <mj-title> dans le modèle.")


def headings(page: Page) -> Iterator[Finding]:
    """One h1, then levels one by one, none of them empty: that is how a screen reader walks through a letter."""
    found = [(int(node.tag[1]), seen(node)) for node in page.root.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    firsts = sum(level == 1 for level, _ in found)
    if firsts != 1:
        yield error("heading-first", f"La lettre a {firsts} titre(s) h1 : il en faut un seul, le nom de la lettre.")
    previous = 0
    for level, words in found:
        if not words:
            yield error("heading-empty", f"Un titre h{level} est vide : donnez-lui un texte ou retirez-le.")
        if level > previous + 1 and previous:
            yield error(
                "heading-skip",
                f"« {short(words)} » est un h{level} juste après un h{previous} : mettez h{previous + 1}.",
            )
        previous = level
    if found and found[0][0] != 1 and firsts == 1:
        yield error(
            "heading-skip", f"« {short(found[0][1])} » (h{found[0][0]}) vient avant le titre h1 : mettez h1 en tête."
        )


def tables(page: Page) -> Iterator[Finding]:
    """A table that only lays things out says so; one of data has headers."""
    wrong = [
        table
        for table in page.root.iter("table")
        if (table.get("role") or "").strip().lower() not in ("presentation", "none") and table.find(".//th") is None
    ]
    if wrong:
        words = short(seen(wrong[0])) or "vide"
        yield error(
            "table",
            f"{len(wrong)} tableau(x) sans en-têtes <th> ni role='presentation' (le premier : « {words} ») : "
            "ajoutez role='presentation' s'il ne sert qu'à la mise en page.",
        )


def identifiers(page: Page) -> Iterator[Finding]:
    """An id is there once, or a link of the summary leads astray."""
    counts = Counter(node.get("id") for node in elements(page.root) if node.get("id"))
    for identifier, count in counts.items():
        if count > 1:
            yield error(
                "duplicate-id", f"L'identifiant « {short(identifier)} » est écrit {count} fois : un seul suffit."
            )


def paragraphs(page: Page) -> Iterator[Finding]:
    """An empty paragraph is read aloud as a silence; space is for styles."""
    empty = [
        node
        for node in page.root.iter("p", "li")
        if not hidden(node)
        and not "".join(node.itertext()).strip()
        and node.find(".//img") is None
        and node.find(".//a") is None
    ]
    if empty:
        yield warning(
            "empty-paragraph", f"{len(empty)} paragraphe(s) vide(s) : retirez-les, l'espace se règle par padding."
        )


def forbidden(page: Page) -> Iterator[Finding]:
    """Scripts, forms, frames, fonts and styles from elsewhere: refused by mailboxes, or a way to follow readers."""
    found = {}
    for node in elements(page.root):
        if node.tag in FORBIDDEN:
            code, what = FORBIDDEN[node.tag]
            found[what] = error(code, f"La lettre contient {what} (<{node.tag}>) : retirez-le, un lien fera l'affaire.")
        for attribute in node.attrib:
            if attribute.lower().startswith("on"):
                found[attribute] = error("script", f"<{node.tag}> porte un script ({short(attribute)}=…) : retirez-le.")
        if node.tag == "link" and "stylesheet" in (node.get("rel") or "").lower():
            found["link"] = error(
                "remote-style", f"La feuille de style « {short(node.get('href') or '')} » est à distance."
            )
        if node.tag == "style" and (remote := _REMOTE.search(node.text or "")):
            found["style"] = error("remote-style", f"« {remote[0]} » dans un style : les polices du web sont refusées.")
    yield from found.values()
