"""Acts of coding in the log: which transcripts they touched, and the states around them for undo."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations import snapshots
from app.annotations.models import Annotation, Member, Target
from app.annotations.snapshots import Snapshot
from app.live import log
from app.web import PageError

KIND = "annotation"
MOST_TOLD = 100  # transcripts named in an event; of more it names none, and every page looks again


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts, in which study, and from which page (`client`, so that it does not answer itself).

    `admin` may also change what others put.
    """

    person: int
    study: int
    client: str = ""
    admin: bool = False


class Stale(PageError):
    """It was changed since the sender saw it."""

    status = 409


def record(
    session: Session,
    hand: Hand,
    before: Mapping[str, Snapshot],
    *,
    act: str,
    touched: Iterable[int] = (),
    about: Mapping[str, Any] | None = None,
    now: Mapping[str, Snapshot] | None = None,
) -> None:
    """Tell the log of an act on the annotations that `before` names, by their states before it and now.

    `touched` are transcripts that they spoke of before. Who knows their states as they are `now`, and with
    `touched` all that they speak of, spares reading them again.
    """
    session.flush()
    after = snapshots.of(session, map(int, before)) if now is None else now
    here = transcripts_of(session, map(int, before)) if now is None else ()
    every = sorted({*touched, *here})
    told = every if len(every) <= MOST_TOLD else []
    log.record(session, KIND, {"transcripts": told, "client": hand.client}, study=hand.study, actor=hand.person,
               before={"annotations": dict(before)},
               after={"annotations": after, "act": act, **(about or {})})  # fmt: skip


def transcripts_of(session: Session, annotations: Iterable[int]) -> list[int]:
    """Return the transcripts that annotations speak of."""
    wanted = list(annotations)
    found: set[int | None] = set()
    for column, of in (
        (Annotation.transcript_id, Annotation.id),
        (Target.transcript_id, Target.annotation_id),
        (Member.transcript_id, Member.annotation_id),
    ):
        found.update(session.scalars(select(column).where(of.in_(wanted)).distinct()))
    return sorted(one for one in found if one is not None)
