"""How hard an endpoint may be asked at this moment: calls at once, calls and tokens a minute, and the breaker.

Times are seconds of a clock that never goes back. One lock guards each object: the event loop and the writer
thread both ask.
"""

import random
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Literal

WINDOW = 60.0
MOMENT = 0.1  # seconds
LONGEST_WAIT = 60.0
Clock = Callable[[], float]
Counted = tuple[list[float], int]  # a place in a window, and at how many tokens a call is counted there


def backoff(
    tried: int, asked: float | None, *, slow_down: bool, uniform: Callable[[], float] = random.random
) -> float:
    """Return the seconds to wait before the next try of a call that was tried so often.

    What the provider asks is obeyed and capped, with up to a tenth more so that the waiting do not come back
    together. Else full jitter: anywhere below a bound that doubles with each try, from 0.2 s, from 1 s where the
    provider said it was asked too often. A dead endpoint is the breaker's affair.
    """
    if asked is not None:
        return min(asked * (1 + 0.1 * uniform()), LONGEST_WAIT)
    first = 1.0 if slow_down else 0.2
    return float(min(first * 2 ** (tried - 1), LONGEST_WAIT) * uniform())


class Window:
    """Calls and tokens of the last minute, against their limits (None = none).

    A call is counted at its most when it is written down and settled when it is answered, so the limit holds in
    any sixty seconds. A call bigger than the whole limit goes when nothing else stands in the window.
    """

    def __init__(self, requests: int | None, tokens: int | None, clock: Clock = monotonic) -> None:
        self._requests, self._tokens, self._clock = requests, tokens, clock
        self._places: deque[list[float]] = deque()  # [latest moment, calls, tokens, first moment]
        self._calls = 0
        self._sum = 0
        self._lock = threading.Lock()

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._requests is not None or self._tokens is not None

    def configure(self, requests: int | None, tokens: int | None) -> None:
        """Set the limits anew."""
        self._requests, self._tokens = requests, tokens

    def admit(self, tokens: int) -> Counted | None:
        """Count a call now if it fits; return how it is counted for `settle`, else None."""
        with self._lock:
            now = self._forget()
            return self._add(now, tokens) if self._fits(tokens) else None

    def count(self, ago: float, tokens: int) -> None:
        """Count a call that was made so many seconds ago: the window outlives its process. Oldest first."""
        with self._lock:
            self._add(self._clock() - ago, tokens)

    def settle(self, counted: Counted, tokens: int) -> None:
        """Count an answered call at what it used."""
        place, before = counted
        with self._lock:
            if place[0] > self._forget() - WINDOW:
                self._sum += tokens - before
                place[2] += tokens - before

    def wait(self, tokens: int) -> float:
        """Return the seconds until a call of so many tokens may fit, 0 when it does."""
        with self._lock:
            now = self._forget()
            return 0.0 if self._fits(tokens) else max(0.0, self._places[0][0] + WINDOW - now)

    def used(self) -> tuple[int, int]:
        """Return the calls and tokens of the last minute."""
        with self._lock:
            self._forget()
            return self._calls, self._sum

    def _add(self, moment: float, tokens: int) -> Counted:
        # Without a limit no call is waited for by itself: those of one moment share a place, however many they are.
        if self.limited or not self._places or moment - self._places[-1][3] > MOMENT:
            self._places.append([moment, 0, 0, moment])
        place = self._places[-1]
        place[0] = moment
        place[1] += 1
        place[2] += tokens
        self._calls += 1
        self._sum += tokens
        return place, tokens

    def _fits(self, tokens: int) -> bool:
        if self._requests is not None and self._calls >= self._requests:
            return False
        return self._tokens is None or not self._calls or self._sum + tokens <= self._tokens

    def _forget(self) -> float:
        now = self._clock()
        while self._places and self._places[0][0] <= now - WINDOW:
            _, calls, used, _ = self._places.popleft()
            self._calls -= int(calls)
            self._sum -= int(used)
        return now


class Allowance:
    """Calls at once: the configured number, fewer where the provider says too often, slowly back where it does not.

    It is halved when more than a fifth of recent replies were 429, at most once a round trip; a stray one does
    nothing.
    """

    SHARE = 0.2

    def __init__(self, most: int, clock: Clock = monotonic) -> None:
        self.most = most
        self.now = most
        self._clock = clock
        self._share = 0.0
        self._credit = 0
        self._last_cut = float("-inf")

    def configure(self, most: int) -> None:
        """Take a new configured number."""
        if most != self.most:
            self.now = most if self.now == self.most else min(self.now, most)
            self.most = most

    def answered(self) -> None:
        """Note a reply that was not a 429."""
        self._share -= self._share * self._weight
        self._credit += 1
        if self.now < self.most and self._credit >= self.now:
            self.now, self._credit = self.now + 1, 0

    def refused(self, round_trip: float) -> bool:
        """Note a 429 that took so many seconds; tell whether the allowance was cut for it."""
        self._share += (1 - self._share) * self._weight
        now = self._clock()
        if self._share <= self.SHARE or now - self._last_cut < max(round_trip, 0.05):
            return False
        self._last_cut, self._credit = now, 0
        self.now = max(1, self.now // 2)
        return True

    @property
    def _weight(self) -> float:
        return 2 / (self.now + 1) if self.now > 1 else 0.5


class Breaker:
    """Stops asking an endpoint that fails every time: open, then one call on trial, then closed or open for longer.

    After `TIMES` openings in a row it is `exhausted`: whoever meets it then is told that the endpoint is down.
    """

    FAILURES = 8  # in a row, all kinds but 429
    FIRST = 0.5  # seconds; doubles with each opening
    TIMES = 9  # 0.5 + 1 + … + 32 + 60 + 60 s, a little over three minutes

    def __init__(self, clock: Clock = monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._openings = 0
        self._until = 0.0
        self._trial = False
        self._lock = threading.Lock()

    @property
    def state(self) -> Literal["closed", "open", "trial"]:
        """Closed, open, or one call on trial."""
        if self._openings == 0:
            return "closed"
        return "open" if self.wait() > 0 else "trial"

    @property
    def exhausted(self) -> bool:
        """Whether it has opened as often as it may without a success between."""
        return self._openings >= self.TIMES

    def wait(self) -> float:
        """Return the seconds until the next trial, 0 when there is none to wait for."""
        return max(0.0, self._until - self._clock()) if self._openings else 0.0

    def slots(self, free: int) -> int:
        """Return how many of the free slots may be used: none while open, one for a trial."""
        with self._lock:
            if not self._openings:
                return free
            if self._trial or self.wait() > 0:
                return 0
            return min(1, free)

    def enter(self) -> bool:
        """Ask to make a call; taking the trial's place where one is due."""
        with self._lock:
            if not self._openings:
                return True
            if self._trial or self.wait() > 0:
                return False
            self._trial = True
            return True

    def leave(self) -> None:
        """Give the trial back unused."""
        with self._lock:
            self._trial = False

    def succeeded(self) -> None:
        """Note a reply, whatever it said: the endpoint lives."""
        with self._lock:
            self._failures, self._openings, self._trial = 0, 0, False

    def failed(self) -> None:
        """Note a fault or a 5xx."""
        with self._lock:
            self._failures += 1
            if self._openings and not self._trial:
                return  # a call from before it opened
            if self._openings or self._failures >= self.FAILURES:
                self._openings += 1
                self._trial = False
                self._until = self._clock() + min(self.FIRST * 2 ** (self._openings - 1), LONGEST_WAIT)
