"""iCalendar: bytes → one row per event."""

from newsletter.loaders.request import Load, Request


def rows(request: Request) -> Load:
    """The events of a calendar."""
    return Load()
