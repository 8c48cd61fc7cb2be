"""Putting annotations: everything that was asked for in one act, or nothing of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.annotations import acts, places, sight, snapshots, tags
from app.annotations.acts import Hand
from app.annotations.models import Annotation, Member, Target
from app.annotations.places import Place
from app.annotations.tags import Codebook, TagNow
from app.annotations.wanted import MOST_AT_ONCE, Wanted, WantedTarget
from app.db import now
from app.transcripts.models import Transcript
from app.transcripts.whole import Reader, Whole
from app.web import Invalid

CELL = ("equal_sha256", "subject_version_id", "temperature_milli")  # what repeats of one cell share
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Aimed:
    """A target with its place checked against the text that it is in."""

    transcript: int
    message: int
    place: Place

    @property
    def key(self) -> tuple[int, int, int]:
        return self.message, self.place.start, self.place.end


@dataclass(frozen=True, slots=True)
class Ready:
    """An annotation that can be put: its tag, and where."""

    wanted: Wanted
    tag: TagNow
    transcript: int | None
    targets: tuple[Aimed, ...]
    members: tuple[int, ...]

    @property
    def speaks_of(self) -> list[int]:
        return sorted({one.transcript for one in self.targets} | {self.transcript or 0, *self.members} - {0})


def put(session: Session, hand: Hand, wanted: Sequence[Wanted]) -> list[int]:
    """Put annotations and return their ids; raise Invalid naming the first that cannot be.

    A tag that is put where the same person said it was absent takes that back; the other way round they are
    asked to remove their marks first.
    """
    if not 1 <= len(wanted) <= MOST_AT_ONCE:
        raise Invalid(f"annotations: found {len(wanted)}, expected 1 to {MOST_AT_ONCE}")
    book = tags.at(session, hand.study)
    read = read_for(session, hand.study, wanted)
    names = [_name(nth, wanted) for nth in range(len(wanted))]
    ready = [
        prepared(one, tag_of(book, one.tag, of), read, of) for one, of in zip(wanted, names, strict=True)
    ]
    standing = Standing(session, hand.person, ready)
    for each, of in zip(ready, names, strict=True):
        standing.take(each, of)
    return _written(session, hand, book.revision, ready, standing.taken_back)


def _name(nth: int, wanted: Sequence[Wanted]) -> str:
    return "" if len(wanted) == 1 else f"annotations.{nth}: "


# ------------------------------------------------------------------ what is asked for, checked


def read_for(session: Session, study: int, wanted: Sequence[Wanted]) -> dict[int, Whole]:
    """Return the finished transcripts of a study that are spoken of, whole."""
    named = [(one.transcript, *one.members, *(each.transcript for each in one.targets)) for one in wanted]
    ids = sorted({number for each in named for number in each if number is not None})
    where = (Transcript.id.in_(ids), Transcript.study_id == study, Transcript.state == "done")
    return {one.row["id"]: one for one in Reader(session).all(*where)}


def prepared(wanted: Wanted, tag: TagNow, read: Mapping[int, Whole], name: str = "") -> Ready:
    """Check one annotation against the texts; raise Invalid."""
    _shape(wanted, name)
    targets = targets_of(wanted.targets, wanted.transcript, read, name)
    where: set[int | None] = {one.transcript for one in targets} or {wanted.transcript}
    transcript = where.pop() if len(where) == 1 and wanted.kind != "set" else None
    if wanted.kind == "transcript":
        _whole(read, transcript, f"{name}transcript")
    members = _repeats(wanted.members, read, name) if wanted.kind == "set" else ()
    return Ready(wanted, tag, transcript, targets, members)


def tag_of(book: Codebook, slug: str, name: str = "") -> TagNow:
    """Return the tag of this name as it stands now, a merged one's heir; raise Invalid where it cannot be put."""
    tag = book.by_slug.get(slug)
    if tag is None:
        raise Invalid(f"{name}tag: found {slug!r}, which the codebook of this study does not have")
    tag = book.standing(tag.tag_id)
    if tag.archived:
        raise Invalid(f"{name}tag: found {slug!r}, which is archived; restore it in the codebook to use it")
    return tag


def _shape(wanted: Wanted, name: str) -> None:
    """Hold the kind against what comes with it."""
    if wanted.polarity == "absent" and wanted.kind == "span":
        raise Invalid(f"{name}polarity: found absent on a span, expected a whole transcript or a set")
    for key, belongs in (("targets", wanted.kind == "span"), ("members", wanted.kind == "set")):
        if bool(getattr(wanted, key)) != belongs:
            expected = "at least one" if belongs else "none"
            raise Invalid(
                f"{name}{key}: found {len(getattr(wanted, key))}, expected {expected} with kind {wanted.kind}"
            )
    if wanted.kind == "transcript" and wanted.transcript is None:
        raise Invalid(f"{name}transcript: found none, expected the transcript that is tagged")


def targets_of(
    asked: Sequence[WantedTarget], default: int | None, read: Mapping[int, Whole], name: str = ""
) -> tuple[Aimed, ...]:
    """Return targets with their places, in the order asked, no place twice; raise Invalid or NotThere."""
    aimed: dict[tuple[int, int, int], Aimed] = {}
    for nth, one in enumerate(asked):
        of = f"{name}targets.{nth}"
        number = one.transcript or default
        whole = _whole(read, number, f"{of}.transcript")
        text = next((each["text"] for each in whole.messages if each["id"] == one.message), None)
        if text is None:
            raise Invalid(f"{of}.message: found {one.message}, which is no turn of transcript {number}")
        found = Aimed(
            whole.row["id"], one.message, places.place(text, one.start, one.end, one.quote, name=of)
        )
        aimed.setdefault(found.key, found)
    return tuple(aimed.values())


def _whole(read: Mapping[int, Whole], number: int | None, name: str) -> Whole:
    found = read.get(number or 0)
    if found is None:
        told = "none" if number is None else f"{number}, which is no finished transcript of this study"
        raise Invalid(f"{name}: found {told}")
    return found


def _repeats(asked: Sequence[int], read: Mapping[int, Whole], name: str) -> tuple[int, ...]:
    """Return the members of a set, each once: at least two repeats of one cell."""
    members = sorted(set(asked))
    rows = [_whole(read, one, f"{name}members").row for one in members]
    if len({tuple(row[key] for key in CELL) for row in rows}) != 1 or len(rows) < 2:
        raise Invalid(f"{name}members: expected two or more repeats of one prompt, subject and temperature")
    return tuple(members)


# ------------------------------------------------------------------ what stands already


class Standing:
    """What one person has said already of the same transcripts: no mark twice, nothing both present and absent."""

    def __init__(self, session: Session, person: int, ready: Sequence[Ready], *, but: int = 0) -> None:
        about = {number for one in ready for number in one.speaks_of}
        own = _own(session, person, {one.tag.tag_id for one in ready}, about)
        self.states = snapshots.of(session, [one for one in own if one != but])
        self.taken_back: dict[str, snapshots.Snapshot] = {}
        self.marks: set[tuple[Any, ...]] = set()
        self.present: set[tuple[int, int]] = set()
        self.absent: dict[tuple[int, int], str] = {}
        for number, state in self.states.items():
            if state:
                self._add(number, state["tag_id"], _mark(state), state["polarity"], _about(state))

    def _add(self, number: str, tag: int, mark: tuple[Any, ...], polarity: str, about: Sequence[int]) -> None:
        self.marks.add(mark)
        for one in about:
            if polarity == "present":
                self.present.add((tag, one))
            elif number:
                self.absent[tag, one] = number

    def take(self, one: Ready, name: str) -> None:
        """Add an annotation to what stands; raise Invalid where it stands already or says the opposite."""
        tag, wanted = one.tag.tag_id, one.wanted
        state = state_of(one)
        if _mark(state) in self.marks:
            raise Invalid(f"{name}tag: you have put {wanted.tag!r} there already")
        about = _about(state)
        for number in about:
            if wanted.polarity == "absent" and (tag, number) in self.present:
                raise Invalid(
                    f"{name}polarity: you have marked {wanted.tag!r} in transcript {number}; remove that first"
                )
            if wanted.polarity == "present" and (back := self.absent.pop((tag, number), None)):
                self.taken_back[back] = self.states[back]
        self._add("", tag, _mark(state), wanted.polarity, about)


def _own(session: Session, person: int, of: set[int], transcripts: set[int]) -> list[int]:
    here = select(Target.annotation_id).where(Target.transcript_id.in_(sorted(transcripts)))
    query = select(Annotation.id).where(
        Annotation.person_id == person,
        Annotation.tag_id.in_(sorted(of)),
        Annotation.removed_at.is_(None),
        Annotation.transcript_id.in_(sorted(transcripts))
        | Annotation.id.in_(here)
        | (Annotation.kind == "set"),
    )
    return list(session.scalars(query))


def _about(state: Mapping[str, Any]) -> list[int]:
    """Return the transcripts of which a mark says by itself that the tag is there or not; a set's says neither."""
    if state["kind"] == "set":
        return []
    return sorted({one[0] for one in state["targets"]} | {state["transcript_id"] or 0} - {0})


def _mark(state: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what makes two marks of one person the same mark."""
    where = frozenset(tuple(one[1:]) for one in state["targets"])
    whole = state["transcript_id"] if state["kind"] == "transcript" else None
    return state["tag_id"], state["kind"], state["polarity"], whole, where, tuple(state["members"])


def state_of(one: Ready) -> dict[str, Any]:
    """Return an annotation that is ready as the state it will have."""
    wanted = one.wanted
    targets = [[each.transcript, each.message, each.place.start, each.place.end] for each in one.targets]
    return {"tag_id": one.tag.tag_id, "kind": wanted.kind, "polarity": wanted.polarity, "note": wanted.note,
            "confidence": wanted.confidence, "transcript_id": one.transcript, "targets": targets,
            "members": list(one.members)}  # fmt: skip


# ------------------------------------------------------------------ writing


def _written(
    session: Session, hand: Hand, revision: int, ready: Sequence[Ready], back: dict[str, snapshots.Snapshot]
) -> list[int]:
    blind = sight.blindness(session, hand.person, sorted({n for one in ready for n in one.speaks_of}))
    made = {_insert(session, hand, revision, one, blind): state_of(one) for one in ready}
    for number in back:
        snapshots.lay(session, int(number), None)
    before: dict[str, snapshots.Snapshot] = {**back, **dict.fromkeys(map(str, made))}
    after = {**dict.fromkeys(back), **{str(number): state for number, state in made.items()}}
    touched = {number for one in ready for number in one.speaks_of}
    if back:
        touched.update(acts.transcripts_of(session, map(int, back)))
    acts.record(session, hand, before, act="put", touched=touched, now=after)
    return list(made)


def _insert(
    session: Session, hand: Hand, revision: int, one: Ready, blind: Mapping[int, sight.Blindness]
) -> int:
    state, moment = state_of(one), now()
    how = [blind.get(number, sight.OPEN) for number in one.speaks_of]
    row: Row = {name: state[name] for name in snapshots.FIELDS}
    row |= {"study_id": hand.study, "person_id": hand.person, "revision": revision, "created_at": moment,
            "updated_at": moment, "blind_coders": all(each.coders for each in how),
            "blind_subject": all(each.subject for each in how)}  # fmt: skip
    number = session.scalars(insert(Annotation).returning(Annotation.id), [row]).one()
    if one.targets:
        session.execute(insert(Target), [
            {"annotation_id": number, "place": nth, "transcript_id": each.transcript, "message_id": each.message,
             **asdict(each.place)}
            for nth, each in enumerate(one.targets)
        ])  # fmt: skip
    if one.members:
        session.execute(
            insert(Member), [{"annotation_id": number, "transcript_id": each} for each in one.members]
        )
    return number
