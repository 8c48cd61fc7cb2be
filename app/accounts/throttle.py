"""Guessing is slowed down: after some wrong passwords a name, and an address, wait."""

import time
from collections.abc import Callable

FREE = 5  # wrong guesses that cost nothing
LONGEST = 15 * 60.0  # seconds
REMEMBERED = 10_000  # names and addresses


class Throttle:
    """Counts wrong guesses by whatever they are about; each after the free ones doubles the wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong: dict[str, tuple[int, float]] = {}  # how many, and until when it waits

    def wait(self, *about: str) -> float:
        """Return how many seconds are still to wait, 0 = none."""
        until = max((self._wrong.get(one, (0, 0.0))[1] for one in about), default=0.0)
        return max(0.0, until - self._clock())

    def wrong(self, *about: str) -> None:
        """Count a wrong guess."""
        if len(self._wrong) > REMEMBERED:
            self._wrong.clear()
        for one in about:
            count = self._wrong.get(one, (0, 0.0))[0] + 1
            pause = min(2.0 ** (count - FREE), LONGEST) if count > FREE else 0.0
            self._wrong[one] = count, self._clock() + pause

    def right(self, *about: str) -> None:
        """Forget what was wrong before."""
        for one in about:
            self._wrong.pop(one, None)
