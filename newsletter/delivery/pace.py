"""Pace: at most so many messages a minute, evenly. Its clock only goes forward; it knows no dates."""

import time


class Pace:
    """Gives each message its moment. Without a rate, all may go at once."""

    def __init__(self, per_minute: int | None) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    def delay(self) -> float:
        """Seconds until the next message may leave."""
        return max(0.0, self._next - time.monotonic()) if self._interval else 0.0

    def passed(self) -> None:
        """A message leaves now."""
        if self._interval:
            self._next = max(self._next, time.monotonic()) + self._interval
