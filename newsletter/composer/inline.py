"""CSS into style attributes, through premailer: HTML in, HTML out. No address is fetched.

The recipe is for premailer 3.10.0: each option below undoes something it would do to a letter.
"""

import logging
import re

_KEPT = ' data-premailer="ignore"'
_SPACES = re.compile(r"\n\s+")


def inline(html: str, css: str) -> str:
    """The same page with `css` on its elements; its own style blocks, media queries and comments stay as they are."""
    import cssutils  # here, not above: the service, which composes nothing itself, is 15 MB smaller without
    from premailer import Premailer

    # cssutils writes a record for each property younger than CSS 2: about 270 a letter.
    cssutils.log.setLevel(logging.CRITICAL)
    marked = html.replace("<style", f"<style{_KEPT}")  # an ignored block is not parsed: its @import is not fetched
    inlined = Premailer(
        marked,
        css_text=css,
        allow_network=False,
        keep_style_tags=False,
        strip_important=False,  # else the media queries lose theirs
        remove_classes=False,
        disable_validation=True,
        align_floating_images=False,
        disable_leftover_css=True,
        # else width="100%" is written over an image's own width, which Outlook then obeys
        disable_basic_attributes=["width", "height", "bgcolor", "align", "valign", "text-align", "vertical-align"],
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    return _SPACES.sub("\n", str(inlined).replace(_KEPT, ""))
