"""Changing and removing an annotation: by who put it, against the version that they saw."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.annotations import acts, putting, sight, snapshots, tags
from app.annotations.acts import Hand, Stale
from app.annotations.models import Annotation
from app.annotations.wanted import Changes, Wanted, WantedTarget
from app.web import Invalid, NotFound, PageError


class NotYours(PageError):
    """It is somebody else's."""

    status = 403


def change(session: Session, hand: Hand, number: int, version: int, changes: Changes) -> int:
    """Change what is named of an annotation that was seen at `version`; return its new version.

    Raise NotFound, NotYours, Stale where it was changed since, Invalid where it cannot be so.
    """
    row = mine(session, hand, number, version)
    state = snapshots.of(session, [number])[str(number)]
    assert state is not None
    asked = changes.model_dump(exclude_unset=True)
    new: dict[str, Any] = {**state, **{name: asked[name] for name in ("confidence", "note") if name in asked}}
    new["note"] = new["note"] or ""
    if changes.tag is not None or changes.targets is not None:
        new |= _again(session, row, state, changes)
    if new == state:
        return row.version
    _lay(session, hand, {str(number): state}, {str(number): new}, "change")
    return row.version


def remove(session: Session, hand: Hand, number: int, version: int) -> None:
    """Take an annotation away, to be had back by undo. Raise as `change` does."""
    mine(session, hand, number, version)
    remove_all(session, hand, [number])


def remove_all(session: Session, hand: Hand, numbers: Sequence[int]) -> None:
    """Take annotations away in one act, without asking whose they are."""
    states = snapshots.of(session, numbers)
    _lay(session, hand, states, dict.fromkeys(states), "remove")


def mine(session: Session, hand: Hand, number: int, version: int) -> Annotation:
    """Return a standing annotation that this hand may change, locked until the end; raise as `change` does."""
    row = session.get(Annotation, number, with_for_update=True)
    hidden = sight.others_hidden(session, hand.person, hand.study)
    if row is None or row.study_id != hand.study or row.removed_at is not None:
        raise NotFound(f"There is no annotation {number}.")
    if row.person_id != hand.person:
        if session.query(Annotation.id).where(Annotation.id == number, hidden).first():
            raise NotFound(f"There is no annotation {number}.")
        if not hand.admin:
            raise NotYours("This was put by somebody else; only they and an admin change it.")
    if row.version != version:
        raise Stale(
            f"Annotation {number} was changed since you saw it: found version {version}, it is now {row.version}."
        )
    return row


def _again(session: Session, row: Annotation, state: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Return the tag and the places of a change, checked as if it were put now, beside all else of its author."""
    book = tags.at(session, row.study_id)
    # An archived tag keeps its marks, and they may be moved.
    tag = book.by_id[row.tag_id] if changes.tag is None else putting.tag_of(book, changes.tag)
    asked = _as_wanted(state, changes, tag.slug)
    ready = putting.prepared(asked, tag, putting.read_for(session, row.study_id, [asked]))
    standing = putting.Standing(session, row.person_id, [ready], but=row.id)
    standing.take(ready, "")
    if standing.taken_back:
        raise Invalid(f"tag: you have said that {asked.tag!r} is absent there; take that back first")
    return {name: putting.state_of(ready)[name] for name in ("tag_id", "transcript_id", "targets")}


def _as_wanted(state: Mapping[str, Any], changes: Changes, slug: str) -> Wanted:
    """Return the annotation as its author would put it now."""
    kept = [
        WantedTarget.model_construct(transcript=transcript, message=message, start=start, end=end)
        for transcript, message, start, end in state["targets"]
    ]
    own = {name: state[name] for name in ("kind", "polarity", "members")}
    return Wanted.model_construct(tag=slug, transcript=state["transcript_id"], confidence=None, note="",
                                  targets=kept if changes.targets is None else changes.targets, **own)  # fmt: skip


def _lay(session: Session, hand: Hand, before: dict[str, Any], after: dict[str, Any], act: str) -> None:
    touched = acts.transcripts_of(session, map(int, before))
    for number, state in after.items():
        snapshots.lay(session, int(number), state)
    acts.record(session, hand, before, act=act, touched=touched)


def confirm(session: Session, hand: Hand, number: int, version: int, revision: int) -> None:
    """Say that a mark still holds under a newer revision of the codebook."""
    mine(session, hand, number, version)
    session.execute(
        update(Annotation)
        .where(Annotation.id == number)
        .values(revision=revision, version=Annotation.version + 1)
    )
    acts.record(session, hand, snapshots.of(session, [number]), act="confirm")
