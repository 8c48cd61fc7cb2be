"""What calls cost and what a run may still spend: whole micro-dollars, calls and tokens.

A call's most is reserved in the transaction that writes it down and settled in the one that completes it, so a cap
is never passed where prices are known. What may have been paid for and cannot be known counts at its most.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from app.providers.wire import Reply, Usage
from app.runs.models import Run
from app.transcripts.draws import Asked
from app.transcripts.models import RunBudget

BUDGETS: Table = RunBudget.__table__  # type: ignore[assignment]
SUMS = ("reserved_micro", "spent_micro", "reserved_calls", "calls", "reserved_tokens", "tokens")


def priced(price: Mapping[str, Any], tokens_in: int, tokens_out: int) -> int | None:
    """Return micro-dollars for so many tokens, None where a price that counts is unknown.

    A price in dollars per million tokens is micro-dollars per token; parts of one are rounded up.
    """
    dear = 0.0
    for name, tokens in (("input_per_mtok", tokens_in), ("output_per_mtok", tokens_out)):
        each = price.get(name)
        if each is None:
            return None
        dear += each * tokens
    return math.ceil(round(dear, 6))


def most(price: Mapping[str, Any], asked: Asked) -> int | None:
    """Return the most a call can cost in micro-dollars, None where a price is unknown."""
    into = len(asked.request.body)
    return priced(price, into, asked.most_tokens - into)


def tokens_in(usage: Usage) -> int | None:
    """Return all tokens that were read, cached ones too; None where the provider does not tell."""
    return _sum(usage.input, usage.cache_read, usage.cache_write)


def tokens_out(usage: Usage) -> int | None:
    """Return all tokens that were written, reasoning too; None where the provider does not tell."""
    return _sum(usage.output, usage.reasoning)


def _sum(first: int | None, *others: int | None) -> int | None:
    known = [part for part in others if part is not None]
    return None if first is None and not known else (first or 0) + sum(known)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one finished call used, as its exchange keeps it; `told` is False where it is only the most."""

    micro: int | None
    tokens: int | None
    told: bool


def spent(price: Mapping[str, Any], asked: Asked, reply: Reply, usage: Usage) -> Spent:
    """Return what a call cost: as told, nothing where it was refused or never sent, else the most it can."""
    into, out = tokens_in(usage), tokens_out(usage)
    if into is not None and out is not None:
        return Spent(priced(price, into, out), into + out, True)
    if reply.fault in ("connect", "unsendable") or (reply.fault is None and reply.status >= 400):
        return Spent(0, 0, True)
    return Spent(most(price, asked), asked.most_tokens, False)


@dataclass(slots=True)
class Purse:
    """A run's caps and sums inside one transaction, `before` being the sums as it found them."""

    run_id: int
    wanted: str
    study_id: int
    cap_micro: int | None
    cap_calls: int | None
    cap_tokens: int | None
    was_capped: bool
    before: tuple[int, ...]
    capped: bool = False
    reserved_micro: int = 0
    spent_micro: int = 0
    reserved_calls: int = 0
    calls: int = 0
    reserved_tokens: int = 0
    tokens: int = 0

    def __post_init__(self) -> None:
        self.capped = self.was_capped
        for name, value in zip(SUMS, self.before, strict=True):
            setattr(self, name, value)

    @property
    def moved(self) -> dict[str, int]:
        """What this transaction adds to each sum; empty where nothing."""
        now = tuple(getattr(self, name) for name in SUMS)
        if now == self.before:
            return {}
        return {name: after - before for name, after, before in zip(SUMS, now, self.before, strict=True)}

    def reserve(self, micro: int | None, tokens: int) -> bool:
        """Set aside what a call may use; False, and the run is capped, where that does not fit under a cap.

        A free call fits under any cap of money.
        """
        self.capped = (
            (_beyond(self.cap_micro, self.reserved_micro + self.spent_micro, micro or 0))
            or (_beyond(self.cap_calls, self.reserved_calls + self.calls, 1))
            or (_beyond(self.cap_tokens, self.reserved_tokens + self.tokens, tokens))
        )
        if not self.capped:
            self.reserved_micro += micro or 0
            self.reserved_calls += 1
            self.reserved_tokens += tokens
        return not self.capped

    def give_back(self, micro: int | None, tokens: int) -> None:
        """Undo a reservation for a call that is not made."""
        self.reserved_micro -= micro or 0
        self.reserved_calls -= 1
        self.reserved_tokens -= tokens

    def settle(self, reserved_micro: int | None, reserved_tokens: int, used: Spent) -> None:
        """Turn what was set aside for a call into what it used."""
        self.give_back(reserved_micro, reserved_tokens)
        self.spent_micro += used.micro or 0
        self.calls += 1
        self.tokens += used.tokens or 0
        self.capped = False  # something came free: the next claim finds out whether it is enough


def _beyond(cap: int | None, used: int, more: int) -> bool:
    return cap is not None and more > 0 and used + more > cap


_PURSES = (
    select(
        Run.id, Run.wanted, Run.study_id, Run.budget_micro, Run.budget_calls, Run.budget_tokens,
        BUDGETS.c.capped, *(BUDGETS.c[name] for name in SUMS),
    )
    .join(BUDGETS, BUDGETS.c.run_id == Run.id)
    .where(Run.id.in_(bindparam("ids", expanding=True)))
    .order_by(Run.id)
)  # fmt: skip


# Who pauses, cancels or caps a run locks its row too. The lock is a statement of its own: one that waits goes on
# with the snapshot it began with, so what stands beside the locked row would be as it was before the wait.
_RUNS = (
    select(Run.id)
    .where(Run.id.in_(bindparam("ids", expanding=True)))
    .order_by(Run.id)
    .with_for_update(key_share=True)
)


def purses(session: Session, run_ids: Iterable[int]) -> dict[int, Purse]:
    """Return the purses of runs, held until the transaction ends: nobody changes their intent or caps till then."""
    wanted = sorted(set(run_ids))
    if not wanted:
        return {}
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(_RUNS, {"ids": wanted})
    rows = session.execute(_PURSES, {"ids": wanted})
    held = {}
    for run_id, wanted_now, study_id, micro, calls, tokens, capped, *sums in rows:
        held[run_id] = Purse(run_id, wanted_now, study_id, micro, calls, tokens, bool(capped), tuple(sums))
    return held


_CHANGE = (
    update(BUDGETS)
    .where(BUDGETS.c.run_id == bindparam("of_run"))
    .values(
        capped=bindparam("now_capped"),
        **{name: BUDGETS.c[name] + bindparam(f"plus_{name}") for name in SUMS},
    )
)


def put_back(session: Session, held: Iterable[Purse]) -> None:
    """Write what a transaction changed in its purses."""
    changes = []
    for purse in held:
        moved = purse.moved
        if moved or purse.capped != purse.was_capped:
            more = {f"plus_{name}": moved.get(name, 0) for name in SUMS}
            changes.append({"of_run": purse.run_id, "now_capped": purse.capped, **more})
    if changes:
        session.connection().execute(_CHANGE, changes)
