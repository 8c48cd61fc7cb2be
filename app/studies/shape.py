"""What a study file says of its question and of the run it wants."""

from decimal import Decimal

from pydantic import Field

from app.shape import Line, Prose, Shape, Slug

MICRO = 1_000_000


class StudyHead(Shape):
    """The question."""

    slug: Slug
    title: Line = Field(min_length=1)
    question: Prose = ""


class Budget(Shape):
    """Where a run pauses: US dollars, calls, tokens; null = no cap."""

    usd: float | None = Field(None, ge=1 / MICRO, le=1_000_000)
    calls: int | None = Field(None, ge=1, le=10**12)
    tokens: int | None = Field(None, ge=1, le=10**15)

    @property
    def micro(self) -> int | None:
        """The dollar cap in whole micro-dollars."""
        return None if self.usd is None else round(Decimal(str(self.usd)) * MICRO)


class RunBlock(Shape):
    """The run that a study wants. `temperatures` replaces every subject's own; null = its own.

    `same_seeds` is the id of the run whose seeds are to be sent again.
    """

    repeats: int = Field(20, ge=1, le=100_000)
    temperatures: tuple[float, ...] | None = None
    budget: Budget = Budget()
    same_seeds: int | None = Field(None, ge=1)


class Wanted(Shape):
    """What `studies.wanted` keeps: the file's subjects and batteries as slugs in order, and its run block."""

    subjects: tuple[Slug, ...] = ()
    batteries: tuple[Slug, ...] = ()
    run: RunBlock = RunBlock()
