"""A desk: one endpoint as this process speaks to it, its limits and what is under way there."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.providers.transport import Transport
from app.providers.wire import Answered, Failed, Reply
from app.subjects.models import Probe
from app.transcripts.claim import Want
from app.transcripts.draws import Draw
from app.transcripts.limits import LONGEST_WAIT, Allowance, Breaker, Window
from app.transcripts.seats import Seats

GRACE = 10.0  # seconds that calls under way have to come back when a desk is stopped


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What of an endpoint is live: limits, prices, the newest probe, and the key that may be sent, with the origin
    it is for."""

    id: int
    slug: str
    concurrency: int
    requests_per_minute: int | None
    tokens_per_minute: int | None
    price: Mapping[str, Any]
    key_env: str | None
    key_origin: str | None
    probe: Probe | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """How an endpoint stands in this process now. `again_in` are seconds until it is asked again, None = asked."""

    endpoint_id: int
    slug: str
    in_flight: int
    waiting: int
    allowed: int
    concurrency: int
    breaker: Literal["closed", "open", "trial"]
    again_in: float | None
    calls_per_minute: int
    tokens_per_minute: int
    tokens_limit: int | None


class Desk:
    """One endpoint that this process speaks to.

    `seats` is shared with the writer thread; the rest belongs to the event loop, and the writer only reads it.
    """

    def __init__(self, endpoint: Endpoint, transport: Transport, key: str | None) -> None:
        self.endpoint = endpoint
        self.transport = transport
        self.key = key
        self.window = Window(endpoint.requests_per_minute, endpoint.tokens_per_minute)
        self.allowance = Allowance(endpoint.concurrency)
        self.breaker = Breaker()
        self.seats = Seats()
        self.waiting = 0
        self.looked = False  # whether it has tried to claim at all
        self.dry = False
        self.short = False
        self.held = False
        self.after = 0
        self.paused_until = 0.0
        self.grace = GRACE
        self.halted: set[int] = set()  # runs that are paused, cancelled or stopped here: what waits goes back
        self.changed = asyncio.Event()
        self.stopped = asyncio.Event()
        self.begin: Callable[[Sequence[Draw]], None] = lambda _draws: None

    @property
    def stopping(self) -> bool:
        """Whether no further draw is begun."""
        return self.stopped.is_set()

    @property
    def holding(self) -> int:
        """How many draws are claimed."""
        return self.seats.claimed

    def stop(self) -> None:
        """Begin no further draw."""
        self.stopped.set()
        self.changed.set()

    def configure(self, endpoint: Endpoint) -> None:
        """Take new limits and prices."""
        self.endpoint = endpoint
        self.window.configure(endpoint.requests_per_minute, endpoint.tokens_per_minute)
        self.allowance.configure(endpoint.concurrency)

    def want(self, freed: int) -> Want | None:
        """Return what may be claimed once `freed` more draws have ended, None for nothing. In the writer thread."""
        self.seats.withdraw()
        if self.stopping or self.paused_until > time.monotonic():
            return None
        if self.breaker.state != "closed" and self.waiting:
            return None  # those who wait have the trial first
        slots = self.seats.offer(self.allowance.now, freed, self.breaker.slots)
        return (
            Want(self.endpoint.id, slots, self.endpoint.price, self.window.admit, self.after)
            if slots
            else None
        )

    def claimed(self, want: Want, draws: Sequence[Draw]) -> None:
        """Note what a claim came to. Called in the writer thread."""
        self.looked = True
        self.seats.claim(len(draws))
        self.after, self.dry, self.held, self.short = want.after, want.dry, want.held, want.short
        if draws:
            self.breaker.enter()

    def note(self, reply: Reply, outcome: Answered | Failed) -> None:
        """Learn from a reply how hard the endpoint may be asked."""
        if isinstance(outcome, Failed) and outcome.slow_down:
            self.breaker.succeeded()
            if self.allowance.refused((reply.total_ms or 0) / 1000) and outcome.wait:
                self.paused_until = time.monotonic() + min(outcome.wait, LONGEST_WAIT)
            return
        self.allowance.answered()
        if isinstance(outcome, Failed) and outcome.wait and reply.status >= 500:
            self.paused_until = time.monotonic() + min(outcome.wait, LONGEST_WAIT)
        if isinstance(outcome, Failed) and (reply.fault or reply.status >= 500 or reply.status < 400):
            self.breaker.failed()
        else:
            self.breaker.succeeded()

    def may_speak(self, draw: Draw, tokens: int) -> float:
        """Ask to make a further call; 0 when it may go at once, else the seconds after which to ask again."""
        pause = self.paused_until - time.monotonic()
        if pause > 0:
            return pause
        if not self.breaker.enter():
            return self.breaker.wait() or 0.05
        draw.counted = self.window.admit(tokens)
        if draw.counted is None:
            if self.breaker.state != "closed":
                self.breaker.leave()
            return max(self.window.wait(tokens), 0.05)
        return 0.0

    def again_in(self) -> float | None:
        """Return the seconds until the endpoint is asked again, None where nothing keeps it from being asked."""
        waits = [
            self.paused_until - time.monotonic(),
            self.breaker.wait(),
            self.window.wait(1) if self.held else 0.0,
        ]
        return max(waits) if max(waits) > 0 else None

    def live(self) -> Live:
        """Return how the endpoint stands now."""
        calls, tokens = self.window.used()
        return Live(
            self.endpoint.id, self.endpoint.slug, max(0, self.holding - self.waiting), self.waiting,
            self.allowance.now, self.endpoint.concurrency, self.breaker.state, self.again_in(), calls, tokens,
            self.endpoint.tokens_per_minute,
        )  # fmt: skip
