"""What lies on a coder's desk: one transcript with its marks, the tags that are looked for, and the pass so far."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.annotations import marks, passing, tags
from app.annotations.marks import Mark
from app.annotations.painting import Painted, painted
from app.annotations.passing import Looked, Standing
from app.annotations.tags import Codebook, TagNow
from app.transcripts.conversation import ANSWERS, Conversation, conversation
from app.transcripts.faithful import faithful
from app.web import NotFound

LISTED = 200  # marks of others shown in the list; all of them are painted
WHO = {"user": "asked", "reasoning": "reasoning", "tool": "tool", "assistant": "answer", "text": "text"}


@dataclass(frozen=True, slots=True)
class Line:
    """One turn: who said it, and its text with the marks painted in."""

    message: Mapping[str, Any]
    who: str
    said: Markup

    @property
    def answer(self) -> bool:
        return self.message["origin"] == "model" and self.message["role"] in ANSWERS


@dataclass(frozen=True, slots=True)
class Desk:
    """A transcript to be coded by one person. `own` and `others` are the marks on it that they may see."""

    found: Conversation
    book: Codebook
    own: tuple[Mark, ...]
    others: tuple[Mark, ...]
    looked: tuple[Looked, ...]
    standing: Standing | None
    look: tuple[str, ...]  # the tags named in the address

    @property
    def number(self) -> int:
        return int(self.found.row["id"])

    @property
    def open(self) -> int:
        """How many of the tags looked for would become absent."""
        return sum(one.state == "open" for one in self.looked)

    @property
    def listed(self) -> tuple[Mark, ...]:
        return self.others[:LISTED]

    @property
    def changed(self) -> bool:
        """Whether the marks say otherwise now than the pass that stands."""
        if self.standing is None:
            return False
        said = {number: state == "present" for number, state in self.standing.said.items()}
        now = {one.tag.tag_id: one.state == "present" for one in self.looked}
        return any(said.get(number) != state for number, state in now.items())

    def lines(self) -> Iterator[Line]:
        """Give the turns with every mark painted in."""
        spans = spans_of((*self.own, *self.others))
        for message in self.found.messages:
            text = painted(faithful(message["text"]), spans.get(message["id"], ()))
            yield Line(message, WHO.get(message["role"], message["role"]), text)

    def island(self) -> dict[str, Any]:
        """Return what the page's script needs to paint: places by mark, and the tags that can be put."""
        turns = {message["id"] for message in self.found.messages}
        return {
            "study": self.found.where.study.slug,
            "transcript": self.number,
            "marks": [brief(one, turns) for one in (*self.own, *self.others)],
            "tags": [tag_brief(one) for one in self.book.live()],
            "look": [one.tag.slug for one in self.looked],
            "states": {one.tag.slug: one.state for one in self.looked},
        }


def spans_of(found: Sequence[Mark]) -> dict[int, list[Painted]]:
    """Return the parts to paint by message."""
    spans: dict[int, list[Painted]] = {}
    for mark in found:
        for one in mark.targets:
            spans.setdefault(one.message_id, []).append(Painted(one.start, one.end, mark.tag.slot, mark.id))
    return spans


def brief(mark: Mark, turns: set[int]) -> dict[str, Any]:
    """Return a mark as a page's script needs it; `places` are those in these turns."""
    return {"id": mark.id, "version": mark.row.version, "tag": mark.tag.slug, "slot": mark.tag.slot,
            "mine": mark.mine, "kind": mark.row.kind, "polarity": mark.row.polarity,
            "places": [[one.message_id, one.start, one.end] for one in mark.within(turns)],
            "more": len(mark.elsewhere(turns))}  # fmt: skip


def tag_brief(tag: TagNow) -> dict[str, Any]:
    """Return a tag as the popover shows it."""
    return {"slug": tag.slug, "name": tag.name, "slot": tag.slot, "key": tag.key, "scope": tag.scope,
            "group": tag.grouping, "means": tag.definition}  # fmt: skip


def desk(session: Session, person: int, number: int, look: Sequence[str] = ()) -> Desk:
    """Lay out a finished transcript for a person; raise NotFound."""
    found = conversation(session, number)
    if found is None or found.row["state"] != "done":
        raise NotFound(f"There is no finished transcript {number}.")
    study = found.where.study.id
    book = tags.at(session, study)
    turns = [message["id"] for message in found.messages]
    seen = marks.of_transcript(session, person, study, number, turns, book)
    watched = found.where.prompt.watch_for if found.where.prompt else ()
    looked = passing.looked_for(book, look, watched)
    return Desk(
        found, book, tuple(one for one in seen if one.mine), tuple(one for one in seen if not one.mine),
        passing.states(session, person, number, looked, book), passing.standing(session, person, number),
        tuple(look),
    )  # fmt: skip
