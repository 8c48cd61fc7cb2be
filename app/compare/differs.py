"""What sets two columns apart. Exactly one difference is a clean contrast; none is named that is not there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.subjects.shape import Snapshot


@dataclass(frozen=True, slots=True)
class Profile:
    """What may set a column apart: its subject version, and what held when its draws were made (UTC days)."""

    snapshot: Snapshot
    temperature_milli: int
    max_tokens: int
    served: str | None
    days: tuple[date, date] | None
    waves: frozenset[tuple[int, int]]  # run and wave


def differences(a: Profile, b: Profile) -> tuple[str, ...]:
    """Return what differs, in a fixed order.

    Of what follows from another difference nothing is said twice: other weights are served elsewhere and under
    another name, and only two columns of one mode can differ in template. A system prompt that was not sent and
    an empty one are different where both are chats, for a server may put its own in place of the first.
    """
    one, two = a.snapshot, b.snapshot
    weights = (one.family, one.model) != (two.family, two.model)
    same_mode = one.mode == two.mode
    system = one.system != two.system if same_mode else (one.system or "") != (two.system or "")
    found = {
        "weights": weights,
        "stage": one.stage != two.stage,
        "endpoint": not weights and _served_from(one) != _served_from(two),
        "mode": not same_mode,
        "system": system,
        "template": same_mode and one.mode == "completion" and one.template != two.template,
        "sampling": _sampling(a) != _sampling(b),
        "max tokens": a.max_tokens != b.max_tokens,
        "served model": not weights and None not in (a.served, b.served) and a.served != b.served,
        "date": _apart(a, b),
    }
    return tuple(name for name, differs in found.items() if differs)


def _served_from(snapshot: Snapshot) -> tuple[Any, ...]:
    return (snapshot.wire, snapshot.base_url, snapshot.dialect, snapshot.can, snapshot.headers)


def _sampling(profile: Profile) -> tuple[Any, ...]:
    sampling = profile.snapshot.sampling
    return (profile.temperature_milli, sampling.top_p, sampling.top_k, sampling.stop, sampling.extra)


def _apart(a: Profile, b: Profile) -> bool:
    """Tell whether no day has draws of both. A wave asks in random order, so that within one no day parts them."""
    if a.waves & b.waves or a.days is None or b.days is None:
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
