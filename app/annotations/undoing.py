"""Undo and redo of one's own acts, from the log: they survive a reload, and never touch what others did since."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations import acts, snapshots
from app.annotations.acts import Hand
from app.live.models import Event
from app.web import Invalid

LOOKED_AT = 400  # a person's newest acts that can be undone
REVERSIBLE = {"put", "change", "remove"}


@dataclass(frozen=True, slots=True)
class Steps:
    """A person's acts in a study that can be undone (`done`) and done again (`undone`), the next one last."""

    done: tuple[Event, ...]
    undone: tuple[Event, ...]


def steps(session: Session, person: int, study: int) -> Steps:
    """Return what a person can undo and redo in a study, by going through their own acts."""
    query = (
        select(Event)
        .where(Event.study == study, Event.actor == person, Event.kind == acts.KIND)
        .order_by(Event.id.desc())
        .limit(LOOKED_AT)
    )
    done: list[Event] = []
    undone: list[Event] = []
    for event in reversed(session.scalars(query).all()):
        _step(event, done, undone)
    return Steps(tuple(done), tuple(undone))


def _step(event: Event, done: list[Event], undone: list[Event]) -> None:
    act = (event.after or {}).get("act")
    if act == "undo" and done:
        undone.append(done.pop())
    elif act == "redo" and undone:
        done.append(undone.pop())
    elif act in REVERSIBLE:
        done.append(event)
        undone.clear()


def undo(session: Session, hand: Hand) -> Event | None:
    """Take back the newest act of one's own and return it, None where there is none.

    Raise Invalid where one of its annotations was changed since by something else.
    """
    found = steps(session, hand.person, hand.study).done
    if not found:
        return None
    _replay(session, hand, found[-1], "undo")
    return found[-1]


def redo(session: Session, hand: Hand) -> Event | None:
    """Do again what was taken back last, and return it. Raise as `undo` does."""
    found = steps(session, hand.person, hand.study).undone
    if not found:
        return None
    _replay(session, hand, found[-1], "redo")
    return found[-1]


def _replay(session: Session, hand: Hand, event: Event, act: str) -> None:
    before: Mapping[str, Any] = (event.before or {})["annotations"]
    after: Mapping[str, Any] = (event.after or {})["annotations"]
    wanted, expected = (before, after) if act == "undo" else (after, before)
    numbers = list(map(int, wanted))
    now = snapshots.of(session, numbers, locked=True)
    if now != dict(expected):
        raise Invalid(
            f"This act cannot be {'undone' if act == 'undo' else 'done again'}: what it made was changed since."
        )
    touched = acts.transcripts_of(session, numbers)
    for number, state in wanted.items():
        if state != now[number]:
            snapshots.lay(session, int(number), state)
    acts.record(session, hand, now, act=act, about={"of": event.id}, touched=touched)
