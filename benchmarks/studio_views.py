"""Every page of the studio at every width, light and dark: axe, what sticks out, what the keyboard can't come to.

    python -m benchmarks.studio_views [--widths 320 768 1600] [--pictures DIR] [--only NAME]

A town with a month that was worked on, in Chromium. Exits 1 when something is wrong. make test tries each page once.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.browser import browser, violations
from tests.studio_town import studio
from tests.studio_views import VIEWS, lived_in, unreached

SCHEMES = ("light", "dark")


def main() -> int:
    """Tries them all, and says what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[320, 480, 768, 1024, 1600])
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--only")
    options = parser.parse_args()
    tried = wrong = 0
    with tempfile.TemporaryDirectory() as folder, studio(Path(folder)) as site, browser() as chromium:
        town = lived_in(site)
        for name, view in VIEWS.items():
            if options.only not in (None, name):
                continue
            for scheme in SCHEMES:
                for width in options.widths:
                    with town.context(chromium, view.role, scheme, width) as context:
                        page = context.new_page()
                        town.show(page, view)
                        found = violations(page)
                        wide = page.evaluate("document.documentElement.scrollWidth")
                        found += [f"{wide} px"] if wide > width else []
                        found += unreached(page) if scheme == "light" and width == options.widths[0] else []
                        if options.pictures:
                            options.pictures.mkdir(parents=True, exist_ok=True)
                            file = options.pictures / f"{name.replace(' ', '-')}-{width}-{scheme}.png"
                            page.screenshot(path=file, full_page=True)
                        tried, wrong = tried + 1, wrong + bool(found)
                        print("  ".join([f"{name:32}{scheme:6}{width:5}", *found]), flush=True)
    print(f"{tried} pages, {wrong} with something wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
