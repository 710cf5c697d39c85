"""Pace: at most so many messages a minute, evenly, whoever asks. Its clock only goes forward; it knows no dates."""

import time
from threading import Lock


class Pace:
    """Gives each message its moment. Without a rate, all may go at once."""

    def __init__(self, per_minute: int | None) -> None:
        self._interval = 60 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = Lock()

    def delay(self) -> float:
        """Seconds until a message may leave."""
        return max(0.0, self._next - time.monotonic()) if self._interval else 0.0

    def claim(self) -> float:
        """Takes the next moment, and says in how many seconds it comes."""
        if not self._interval:
            return 0.0
        with self._lock:
            now = time.monotonic()
            moment = max(self._next, now)
            self._next = moment + self._interval
        return moment - now
