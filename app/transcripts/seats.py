"""The seats at one endpoint: who may have a call under way in this process."""

import threading
from collections.abc import Callable


class Seats:
    """Counts claimed draws, and lets no more of them speak at once than are allowed.

    A draw has a seat from its claim to its end, save while it waits for its next try: then another draw may have
    it, so that a provider that asks one call to come back later does not keep the rest waiting. The writer thread
    claims and ends draws, the event loop lets them leave and come back.
    """

    def __init__(self) -> None:
        self.claimed = 0
        self._away = 0  # claimed draws without a seat
        self._returning = 0  # those of them whose time has come
        self._promised = 0  # seats of a claim that is being written
        self._lock = threading.Lock()

    def offer(self, allowed: int, freed: int, cap: Callable[[int], int] = lambda free: free) -> int:
        """Set seats aside for a claim, counting draws that end with it as gone; return how many.

        Those who come back go first, and at most as many wait elsewhere as may speak: an endpoint that refuses
        everything is not asked everything. The claim, or the next offer, takes back what was set aside.
        """
        with self._lock:
            claimed = self.claimed - freed
            free = min(allowed - (claimed - self._away) - self._returning, 2 * allowed - claimed)
            self._promised = cap(free) if free > 0 else 0
            return self._promised

    def withdraw(self) -> None:
        """Take an offer back."""
        with self._lock:
            self._promised = 0

    def claim(self, draws: int) -> None:
        """Seat draws that were claimed."""
        with self._lock:
            self.claimed += draws
            self._promised = 0

    def end(self) -> None:
        """Let a draw go for good."""
        with self._lock:
            self.claimed -= 1

    def leave(self) -> "Away":
        """Give a draw's seat up for a while."""
        with self._lock:
            self._away += 1
        return Away(self)


class Away:
    """A draw without a seat, until it has one again or ends. Both threads may end it."""

    def __init__(self, seats: Seats) -> None:
        self._seats = seats
        self._returning = False
        self._over = False

    def come_back(self, allowed: int) -> bool:
        """Take a seat again if one is free; from the first asking on the next free one is kept for who waits."""
        seats = self._seats
        with seats._lock:
            if self._over:
                return True
            seats._returning += not self._returning
            self._returning = True
            if seats.claimed - seats._away + seats._promised >= allowed:
                return False
            self._end()
            return True

    def end(self) -> None:
        """Wait no longer: a draw that has not come back ends as one with a seat does."""
        with self._seats._lock:
            if not self._over:
                self._end()

    def _end(self) -> None:
        self._over = True
        self._seats._returning -= self._returning
        self._seats._away -= 1
