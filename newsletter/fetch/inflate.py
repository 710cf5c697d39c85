"""Compressed bytes → bytes, no more than asked for: a few kilobytes can hold gigabytes."""

import zlib
from collections.abc import Iterable

from newsletter.fetch.errand import FeedDown

ENCODINGS = {"": 0, "identity": 0, "gzip": 31, "x-gzip": 31, "deflate": 47}


def whole(pieces: Iterable[bytes], encoding: str, largest: int) -> bytes:
    """All of a body. Raises FeedDown when it is too large, cut, or packed in a way that is not read here."""
    wanted = encoding.strip().lower()
    if wanted not in ENCODINGS:
        raise FeedDown(f"sa compression « {wanted[:20]} » ne se lit pas ici")
    content = bytearray()
    unpacked = _inflated(pieces, ENCODINGS[wanted], largest) if ENCODINGS[wanted] else pieces
    for piece in unpacked:
        content += piece
        if len(content) > largest:
            raise FeedDown(f"il dépasse {largest / 2**20:.0f} Mo")
    return bytes(content)


def _inflated(pieces: Iterable[bytes], window: int, largest: int) -> Iterable[bytes]:
    inflater = zlib.decompressobj(window)
    try:
        for piece in pieces:
            yield inflater.decompress(piece, largest + 1)
            if inflater.unconsumed_tail:
                raise FeedDown(f"il dépasse {largest / 2**20:.0f} Mo")
    except zlib.error:
        raise FeedDown("sa compression est abîmée") from None
    if not inflater.eof:
        raise FeedDown("il a été coupé en route")
