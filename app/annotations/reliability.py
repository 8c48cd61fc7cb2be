"""Agreement by tag, subject, pair of coders and revision: α first, with all it is read with (evidence 19)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from app.annotations import coefficients, intervals
from app.annotations.coefficients import Coefficient
from app.annotations.intervals import Interval
from app.annotations.judgements import Judgement, Sample

By = Literal["tag", "subject", "pair", "revision"]
MOST_PAIRS = 190  # of 20 coders


@dataclass(frozen=True, slots=True)
class Row:
    """One number of agreement. `part` is what narrows it (a subject's slug, two coders' ids, a revision), '' = all.

    `n` counts texts that two coders or more judged, `coded` those that anybody did; `share` is the share of all
    judgements that say present.
    """

    tag: int
    part: str
    name: str
    alpha: Coefficient
    interval: Interval | None
    no_interval: str
    percent: Coefficient
    share: float
    n: int
    coded: int
    coders: int
    differ: int


@dataclass(frozen=True, slots=True)
class More:
    """The other coefficients, behind "Show data"."""

    cohen: Coefficient
    fleiss: Coefficient
    ac1: Coefficient


Units = dict[int, dict[int, Judgement]]  # by text, by coder


def rows(sample: Sample, by: By = "tag", tag: int | None = None) -> list[Row]:
    """Return agreement on each tag (or one), over all or parted by subject, by pair of coders, or by revision."""
    found: list[Row] = []
    for one in sample.book.live():
        if tag in (None, one.tag_id) and (judged := sample.of(one.tag_id)):
            found += [
                row(sample, one.tag_id, part, name, some) for part, name, some in _parts(sample, judged, by)
            ]
    return found


def _parts(sample: Sample, judged: Sequence[Judgement], by: By) -> Iterable[tuple[str, str, list[Judgement]]]:
    if by == "tag":
        yield "", "", list(judged)
    elif by == "pair":
        people = sorted({one.person for one in judged})
        for pair in list(combinations(people, 2))[:MOST_PAIRS]:
            some = [one for one in judged if one.person in pair]
            yield "-".join(map(str, pair)), " and ".join(sample.people[one] for one in pair), some
    elif by == "subject":
        yield from _grouped(
            judged, lambda one: one.subject, lambda key: sample.subjects.get(key, "no subject")
        )
    else:
        yield from _grouped(judged, lambda one: str(one.revision), lambda key: f"revision {key}")


def _grouped(
    judged: Sequence[Judgement], key: Callable[[Judgement], str], name: Callable[[str], str]
) -> Iterable[tuple[str, str, list[Judgement]]]:
    for part in sorted({key(one) for one in judged}):
        yield part, name(part), [one for one in judged if key(one) == part]


def by_unit(judged: Iterable[Judgement]) -> Units:
    """Return judgements by text and coder."""
    found: Units = {}
    for one in judged:
        found.setdefault(one.unit, {})[one.person] = one
    return found


def row(sample: Sample, tag: int, part: str, name: str, judged: Sequence[Judgement]) -> Row:
    """Return the agreement of these judgements of one tag."""
    units = by_unit(judged)
    table = [[one.present for one in said.values()] for said in units.values()]
    double = [said for said in table if len(said) > 1]
    interval, why = intervals.by_family(_by_family(units))
    return Row(
        tag, part, name, coefficients.alpha(table), interval, why, coefficients.percent(table),
        sum(map(sum, table)) / sum(map(len, table)), len(double), len(units), len({one.person for one in judged}),
        sum(0 < sum(said) < len(said) for said in double),
    )  # fmt: skip


def _by_family(units: Units) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for said in units.values():
        if len(said) < 2:
            continue
        present = sum(one.present for one in said.values())
        sums = coefficients.unit_sums(present, len(said) - present)
        family = next(iter(said.values())).family
        found[family] = [a + b for a, b in zip(found.get(family, [0.0] * 3), sums, strict=True)]
    return found


def more(judged: Sequence[Judgement]) -> More:
    """Return the other coefficients: Cohen's for two coders, Fleiss' where as many judged each text, Gwet's AC1."""
    units = by_unit(judged)
    people = sorted({one.person for one in judged})
    table = [[one.present for one in said.values()] for said in units.values() if len(said) > 1]
    if len(people) == 2:
        columns = [
            [units[unit][who].present if who in units[unit] else None for unit in units] for who in people
        ]
        cohen = coefficients.cohen(*columns)
    else:
        cohen = Coefficient(None, f"{len(people)} coders: κ is of two")
    counts = [[sum(said), len(said) - sum(said)] for said in table]
    return More(cohen, coefficients.fleiss(counts), coefficients.ac1(table))


def narrowed(judged: Iterable[Judgement], by: By, part: str) -> list[Judgement]:
    """Return the judgements that a row of this part counts."""
    if by == "tag":
        return list(judged)
    if by == "pair":
        pair = {int(one) for one in part.split("-") if one.isdecimal()}
        return [one for one in judged if one.person in pair]
    return [one for one in judged if part == (one.subject if by == "subject" else str(one.revision))]


def differing(judged: Iterable[Judgement]) -> list[dict[int, Judgement]]:
    """Return the texts on which coders differ, each with their words by coder, in the order of the texts."""
    units = by_unit(judged)
    return [said for _, said in sorted(units.items()) if len({one.present for one in said.values()}) == 2]
