"""What calls cost and what a run may still spend: whole micro-dollars, calls and tokens.

A call's most is reserved in the transaction that writes it down and settled in the one that completes it, so a cap
is never passed where prices are known. What may have been paid for and cannot be known counts at its most.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
    """A run's caps and sums inside one transaction; `moved` is what that transaction adds to the sums."""

    run_id: int
    wanted: str
    caps: tuple[int | None, int | None, int | None]  # micro, calls, tokens
    sums: dict[str, int]
    capped: bool
    study_id: int
    moved: dict[str, int] = field(default_factory=dict)
    was_capped: bool = False

    def used(self, name: str) -> int:
        """Return one sum as it stands now."""
        return self.sums[name] + self.moved.get(name, 0)

    def add(self, name: str, amount: int) -> None:
        """Add to one sum."""
        if amount:
            self.moved[name] = self.moved.get(name, 0) + amount

    def reserve(self, micro: int | None, tokens: int) -> bool:
        """Set aside what a call may use; False, and the run is capped, where that does not fit under a cap."""
        wants = (
            (self.used("reserved_micro") + self.used("spent_micro") + (micro or 0), self.caps[0], micro or 0),
            (self.used("reserved_calls") + self.used("calls") + 1, self.caps[1], 1),
            (self.used("reserved_tokens") + self.used("tokens") + tokens, self.caps[2], tokens),
        )
        if any(cap is not None and total > cap and amount > 0 for total, cap, amount in wants):
            self.capped = True
            return False
        self.capped = False
        self.add("reserved_micro", micro or 0)
        self.add("reserved_calls", 1)
        self.add("reserved_tokens", tokens)
        return True

    def give_back(self, micro: int | None, tokens: int) -> None:
        """Undo a reservation for a call that is not made."""
        self.add("reserved_micro", -(micro or 0))
        self.add("reserved_calls", -1)
        self.add("reserved_tokens", -tokens)

    def settle(self, reserved_micro: int | None, reserved_tokens: int, used: Spent) -> None:
        """Turn what was set aside for a call into what it used."""
        self.give_back(reserved_micro, reserved_tokens)
        self.add("spent_micro", used.micro or 0)
        self.add("calls", 1)
        self.add("tokens", used.tokens or 0)
        self.capped = False  # something came free: the next claim finds out whether it is enough


_PURSES = (
    select(
        Run.id, Run.wanted, Run.study_id, Run.budget_micro, Run.budget_calls, Run.budget_tokens,
        BUDGETS.c.capped, *(BUDGETS.c[name] for name in SUMS),
    )
    .join(BUDGETS, BUDGETS.c.run_id == Run.id)
    .where(Run.id.in_(bindparam("ids", expanding=True)))
    .order_by(Run.id)
    .with_for_update(of=BUDGETS)
)  # fmt: skip


def purses(session: Session, run_ids: Iterable[int]) -> dict[int, Purse]:
    """Return the purses of runs, held until the transaction ends."""
    wanted = sorted(set(run_ids))
    if not wanted:
        return {}
    rows = session.execute(_PURSES, {"ids": wanted})
    return {
        row[0]: Purse(row[0], row[1], (row[3], row[4], row[5]), dict(zip(SUMS, row[7:], strict=True)),
                      bool(row[6]), row[2], was_capped=bool(row[6]))
        for row in rows
    }  # fmt: skip


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
    changes = [
        {"of_run": purse.run_id, "now_capped": purse.capped}
        | {f"plus_{name}": purse.moved.get(name, 0) for name in SUMS}
        for purse in held
        if purse.moved or purse.capped != purse.was_capped
    ]
    if changes:
        session.connection().execute(_CHANGE, changes)
