"""What a probe found of an endpoint, as it is kept: an ability, what it is, and the calls that show it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from app.shape import Shape

Value = bool | int | str | None


class Line(Shape):
    """One call in two lines: what was asked, and what came back."""

    asked: str
    came: str


class Finding(Shape):
    """One ability. `says` is what was found in words; `value` what `can` would say of it, None = nothing.

    `standing`: found (shown by an effect), impossible (not possible here, `says` tells why), or unknown (asked,
    and nothing was shown either way).
    """

    name: str
    standing: Literal["found", "impossible", "unknown"]
    value: Value = None
    says: str
    evidence: tuple[Line, ...] = ()


class Probed(Shape):
    """What of a probe goes into a subject version when a run is planned.

    `filled` are the abilities that the study file left open and the probe found, by their names in `can`.
    """

    id: int
    at: datetime
    served: str | None
    filled: Mapping[str, Any]
    repeats: bool | None

    @property
    def line(self) -> str:
        """What was filled, in one line."""
        words = {True: "yes", False: "no"}
        each = ", ".join(f"{name} {words.get(value, value)}" for name, value in self.filled.items())
        of = f" of {self.served}" if self.served else ""
        return f"left open by the study file, and found by the probe of {self.at:%Y-%m-%d}{of}: {each}"

    def told(self, name: str) -> str:
        """Return where an ability comes from, '' where not from this probe."""
        return f"found by the probe of {self.at:%Y-%m-%d}" if name in self.filled else ""
