"""The web door: pages for readers, and the studio for staff. A request in; one verb of `pipeline`, and a page out.

    app.py      every route, in one list; studio/ has its own
    desk.py     what a page has at hand: settings, store, signer, words in the reader's language
    guard.py    what holds for every page: headers, sizes, HEAD, an answer when something breaks
    signup.py leaving.py choices.py rights.py letters.py     readers' pages, a noun each
    shelf.py    the sources as they were read last, for the studio

Plain forms, no script; for readers no cookie. A GET changes nothing, whoever follows the link. Never here: a query, a
mail's words.
"""

from newsletter.web.app import application
from newsletter.web.serving import serve

__all__ = ["application", "serve"]
