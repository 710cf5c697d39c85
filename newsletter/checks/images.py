"""Pictures: what they say when they aren't shown, where they come from, the room they take."""

import re
from collections.abc import Iterator

from newsletter.checks.page import Element, Page, elements, error, short, warning
from newsletter.model import Finding

_FILE = re.compile(r"(?:.*\.(?:jpe?g|png|gif|webp|svg|bmp)|(?:img|dsc|image|photo|scan)[ _-]?\d*)", re.IGNORECASE)
_URL = re.compile(r"url\(\s*['\"]?\s*([^'\")]+)", re.IGNORECASE)


def _label(image: Element) -> str:
    words = image.get("alt") or image.get("src") or "sans adresse"
    return f"L'image « {short(words)} »"


def alternatives(page: Page) -> Iterator[Finding]:
    """Each image has an alt: what it shows, or nothing when it only decorates."""
    for image in page.root.iter("img"):
        alt = image.get("alt")
        if alt is None:
            yield error(
                "image-alt", f"{_label(image)} n'a pas de texte de remplacement : décrivez-la (alt='' si elle décore)."
            )
        elif _FILE.fullmatch(alt.strip()):
            yield warning(
                "image-alt-file", f"{_label(image)} est décrite par un nom de fichier : dites ce qu'elle montre."
            )


def sources(page: Page) -> Iterator[Finding]:
    """Each image comes from the town's own site: elsewhere, someone would learn who opens the letter."""
    for node in elements(page.root):
        for src in _sources(node):
            if not src.startswith("https://"):
                label = _label(node) if node.tag == "img" else f"Le fond « {short(src)} »"
                yield error(
                    "image-address", f"{label} n'a pas d'adresse complète en https:// ({short(src) or 'vide'})."
                )
            elif not src.startswith(page.site_url + "/"):
                yield error(
                    "image-elsewhere",
                    f"L'image « {short(src)} » vient d'un autre site que {page.site_url} : copiez-la avec la lettre.",
                )


def _sources(node: Element) -> Iterator[str]:
    if node.tag == "img":
        yield (node.get("src") or "").strip()
        yield from (part.split()[0] for part in (node.get("srcset") or "").split(",") if part.split())
    if node.get("background"):
        yield node.get("background").strip()
    css = (node.text or "") if node.tag == "style" else (node.get("style") or "")
    yield from (match[1].strip() for match in _URL.finditer(css))


def sizes(page: Page) -> Iterator[Finding]:
    """Each image says how large it is, so that the page doesn't jump; none is too small to see."""
    for image in page.root.iter("img"):
        written = {side: _pixels(image.get(side) or "") for side in ("width", "height")}
        styled = {side: _styled(image, side) for side in written}
        if any(pixels is not None and pixels <= 1 for pixels in (*written.values(), *styled.values())):
            yield error("image-tracker", f"{_label(image)} est invisible : c'est un traceur, retirez-la.")
        elif absent := [side for side, pixels in written.items() if pixels is None]:
            yield error(
                "image-size", f"{_label(image)} n'a pas de {' ni de '.join(absent)} en pixels : donnez les deux."
            )


def _pixels(written: str) -> int | None:
    match = re.fullmatch(r"\s*(\d{1,6})(?:\.\d+)?(?:px)?\s*", written, re.ASCII)
    return int(match[1]) if match else None


def _styled(image: Element, side: str) -> int | None:
    match = re.search(rf"(?:^|;)\s*{side}\s*:\s*([\d.]+(?:px)?)\s*(?:!|;|$)", image.get("style") or "", re.ASCII)
    return _pixels(match[1]) if match else None
