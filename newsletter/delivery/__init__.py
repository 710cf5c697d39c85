"""Delivery: an approved letter in, a copy per subscriber out, a receipt each.

Never here: a second try by itself, a digest that was not approved, an address in a log.
"""

from newsletter.delivery.address import Undeliverable
from newsletter.delivery.mime import eml, letter_headers
from newsletter.delivery.opening import open_transport
from newsletter.delivery.transport import Transport

__all__ = ["Transport", "Undeliverable", "eml", "letter_headers", "open_transport"]
