"""Intervals of agreement: prompt families are drawn again and again whole, with a seed: they come out the same."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.annotations.coefficients import binary_alpha

DRAWS = 2000
SEED = 20071
FEWEST = 8  # families: with fewer nothing is said of other prompts (evidence 14)
Interval = tuple[float, float]


def by_family(sums: Mapping[str, Sequence[float]], draws: int = DRAWS) -> tuple[Interval | None, str]:
    """Return the 95 % interval of nominal α from the coincidences of each family, or why there is none.

    `sums` are (o_11, o_10 + o_01, o_00) by family: all judgements of a family are kept together.
    """
    if len(sums) < FEWEST:
        return (
            None,
            f"{len(sums)} prompt {'family' if len(sums) == 1 else 'families'}, at least {FEWEST} are needed",
        )
    table = np.array([sums[name] for name in sorted(sums)], dtype=float)
    drawn = np.random.default_rng(SEED).multinomial(len(table), [1 / len(table)] * len(table), size=draws)
    found = binary_alpha(drawn @ table)
    defined = found[~np.isnan(found)]
    if len(defined) < draws * 0.95:
        return None, "α is undefined in too many of the samples drawn"
    low, high = np.quantile(defined, [0.025, 0.975])
    return (float(low), float(high)), ""
