"""What sets two columns apart. Exactly one difference is a clean contrast; none is named that is not there."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.subjects.shape import Snapshot


class Profile:
    """What may set a column apart: its subject version, and what held when its draws were made.

    `days` are the first and the last (UTC, counted from 1970-01-01), `waves` pairs of run and wave, `version` is
    the subject's id and the number of its version.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        temperature_milli: int,
        max_tokens: int,
        served: str | None = None,
        days: tuple[int, int] | None = None,
        waves: frozenset[tuple[int, int]] = frozenset(),
        version: tuple[int, int] = (0, 0),
    ) -> None:
        sampling = snapshot.sampling
        self.weights = (snapshot.family, snapshot.model)
        self.stage = snapshot.stage
        self.endpoint = (snapshot.wire, snapshot.base_url, snapshot.dialect, snapshot.upstream, snapshot.can,
                         snapshot.headers)  # fmt: skip
        self.mode = snapshot.mode
        self.system = snapshot.system
        self.template = snapshot.template
        self.sampling = (temperature_milli, sampling.top_p, sampling.top_k, sampling.stop, sampling.extra)
        self.max_tokens = max_tokens
        self.served = served
        self.days = days
        self.waves = waves
        self.version = version


def differences(a: Profile, b: Profile) -> tuple[str, ...]:
    """Return what differs, in a fixed order.

    Of what follows from another difference nothing is said twice: other weights are served elsewhere and under
    another name, and only two columns of one mode can differ in template. A system prompt that was not sent and
    an empty one are different where both are chats, for a server may put its own in place of the first. That two
    versions of one subject differ is told where none of this is what they differ in.
    """
    weights, mode = a.weights != b.weights, a.mode != b.mode
    system = (a.system or "") != (b.system or "") if mode else a.system != b.system
    served = None not in (a.served, b.served) and a.served != b.served
    found = (
        ("weights", weights),
        ("stage", a.stage != b.stage),
        ("endpoint", not weights and a.endpoint != b.endpoint),
        ("mode", mode),
        ("system", system),
        ("template", not mode and a.mode == "completion" and a.template != b.template),
        ("sampling", a.sampling != b.sampling),
        ("max tokens", a.max_tokens != b.max_tokens),
        ("served model", not weights and served),
    )
    names = [name for name, differs in found if differs]
    subject, number = a.version
    if not names and subject == b.version[0] and number != b.version[1]:
        names.append("version")
    if _apart(a, b):
        names.append("date")
    return tuple(names)


def _apart(a: Profile, b: Profile) -> bool:
    """Tell whether no day has draws of both. A wave asks in random order, so that within one no day parts them."""
    if a.days is None or b.days is None or a.waves & b.waves:
        return False
    return a.days[1] < b.days[0] or b.days[1] < a.days[0]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What a column differs in from an earlier one (its index)."""

    against: int
    differs: tuple[str, ...]

    @property
    def clean(self) -> bool:
        return len(self.differs) == 1


def contrast(profiles: Sequence[Profile | None], at: int) -> Contrast | None:
    """Compare a column with its left neighbour, or with the nearest earlier one that is a clean contrast.

    None for the first column and for one that nothing is known of.
    """
    here = profiles[at]
    if here is None:
        return None
    earlier = [
        Contrast(index, differences(profile, here))
        for index in range(at - 1, -1, -1)
        if (profile := profiles[index]) is not None
    ]
    return next((one for one in earlier if one.clean), earlier[0] if earlier else None)
