"""Every page of the studio in every state: axe, small and large screens, light and dark, by keyboard.

Here each page that has a template or parts of its own, in one way to look at it, some by keyboard (what is typed and
dragged on the letters' page: test_studio_live, test_studio_walk). `benchmarks/studio_views.py` tries all in all ways.
"""

import re
from itertools import cycle
from pathlib import Path

import pytest

from newsletter.web.studio.routes import ROUTES
from tests.browser import browser, violations
from tests.studio_town import studio
from tests.studio_views import LARGE, SMALL, VIEWS, lived_in, unreached

ALIKE = {
    "lien perdu", "accueil, relecture", "lettres au téléphone, sombres", "lettres approuvées", "textes dépassés",
    "remarque vide", "versions", "versions comparées, téléphone sombre", "abonnée", "pas permis", "nulle part",
}  # fmt: skip
BY_KEYBOARD = {"entrer", "accueil", "relecture", "accord", "fichier déposé", "comptes"}
WAYS = [("light", SMALL), ("dark", LARGE), ("dark", SMALL), ("light", LARGE)]


def test_axe_finds_nothing_nothing_sticks_out_and_the_keyboard_comes_to_all_of_it(tmp_path: Path) -> None:
    wrong = []
    with studio(tmp_path) as site, browser() as chromium:
        town = lived_in(site)
        views = [(name, view) for name, view in VIEWS.items() if name not in ALIKE]
        for (name, view), (scheme, width) in zip(views, cycle(WAYS), strict=False):
            with town.context(chromium, view.role, scheme, width) as context:
                page = context.new_page()
                town.show(page, view)
                wrong += [f"{name}, {scheme}, {width} : {one}" for one in violations(page)]
                wide = page.evaluate("document.documentElement.scrollWidth")
                wrong += [f"{name} : {wide} px"] if wide > width else []
                if name in BY_KEYBOARD:
                    wrong += [f"{name} : {one}" for one in unreached(page)]
    assert wrong == []


@pytest.mark.parametrize("route", [one for one in ROUTES if one.methods == {"GET"}], ids=lambda one: one.path)
def test_every_page_is_looked_at(route: object) -> None:
    """A new page is one of the views: its template, found by its address or by where a form on it leads."""
    path = str(getattr(route, "path", ""))
    within = ("/lettre/", "/flux", "/entrer/{token}", "/depot/", "/relire/")  # frames, streams, and what acts lead to
    seen = {re.sub(r"20\d\d-\d\d", "{month}", view.path.partition("?")[0]) for view in VIEWS.values()}
    assert path in seen or any(part in path for part in within)
