"""A share of some draws with its interval."""

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054
ENOUGH = 20  # draws; a rate from fewer is hatched


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval; `low` and `high` are None where there is none to give."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None

    @property
    def thin(self) -> bool:
        return self.n < ENOUGH


def wilson(k: int, n: int) -> Share | None:
    """Return k of n with Wilson's 95 % interval (Wilson 1927); None for n = 0."""
    return Share(k / n, n, *interval(k / n, n)) if n else None


def interval(p: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share p of n trials."""
    z2 = Z95 * Z95
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half))  # p itself, whatever is rounded
