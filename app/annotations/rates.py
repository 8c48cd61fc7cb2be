"""How often a tag is there, over passes: each draw once, as settled; what was not looked for is in no denominator.

Evidence 6 (passes are the denominator; decided, else strict majority, else unresolved, apart), 7 (absence in a cut
answer is censored for tags of a whole conversation), 9 (rates count draws), 10 (queue and browse never pool).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations import adjudicating, sight, tags
from app.annotations.acts import Hand
from app.annotations.models import Pass, PassSame, PassTag
from app.annotations.tags import Codebook, TagNow
from app.transcripts.shares import Share, wilson

Said = dict[int, dict[int, str]]  # by tag, by coder: present, absent or unseen_part


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of `n` draws have a tag; `unresolved` and `censored` (absent in the part seen) are not of them."""

    tag: TagNow
    present: int
    n: int
    unresolved: int
    censored: int

    @property
    def share(self) -> Share | None:
        """The share with Wilson's interval (evidence 14: inside one cell)."""
        return wilson(self.present, self.n)


def rates(
    session: Session, hand: Hand, cells: Sequence[Sequence[int]], via: str = "browse"
) -> list[list[Rate]]:
    """Return for each cell, given by its draws, the rates of the tags that somebody looked for there, in order.

    Passes that are hidden from the reader do not count for them.
    """
    every = sorted({number for cell in cells for number in cell})
    book = tags.at(session, hand.study)
    said = _said(session, hand, every, via, book)
    decided = adjudicating.decisions(session, hand.study)
    return [_of(book, cell, said, decided) for cell in cells]


def _said(session: Session, hand: Hand, draws: Sequence[int], via: str, book: Codebook) -> dict[int, Said]:
    """Return what standing passes say of each draw."""
    standing = (Pass.study_id == hand.study, Pass.via == via, Pass.replaced_at.is_(None))
    readable = None
    if not hand.admin and sight.hides(session, hand.study):
        readable = set(session.scalars(sight.passed_by(hand.person, draws)))
    direct = select(Pass.transcript_id, Pass.id, Pass.person_id).where(
        *standing, Pass.transcript_id.in_(draws)
    )
    alike = (
        select(PassSame.transcript_id, Pass.id, Pass.person_id)
        .join(Pass, Pass.id == PassSame.pass_id)
        .where(*standing, PassSame.transcript_id.in_(draws))
    )
    # What somebody read themselves stands over what they said of a draw with the same words.
    read: dict[tuple[int, int], int] = {}
    for query in (alike, direct):
        for number, one, person in session.execute(query.order_by(Pass.id)):
            if readable is None or person == hand.person or number in readable:
                read[number, person] = one
    words = _words(session, set(read.values()), book)
    found: dict[int, Said] = {}
    for (number, person), one in read.items():
        for tag, state in words.get(one, {}).items():
            found.setdefault(number, {}).setdefault(tag, {})[person] = state
    return found


def _words(session: Session, passes: set[int], book: Codebook) -> dict[int, dict[int, str]]:
    """Return what each pass says of each tag, merged ones under their heir: there, if any of them is."""
    found: dict[int, dict[int, str]] = {}
    for row in session.scalars(select(PassTag).where(PassTag.pass_id.in_(passes))):
        tag = book.standing(row.tag_id).tag_id
        of = found.setdefault(row.pass_id, {})
        if of.get(tag) != "present":
            of[tag] = row.state
    return found


def _of(
    book: Codebook, cell: Sequence[int], said: Mapping[int, Said], decided: Mapping[tuple[int, int], Any]
) -> list[Rate]:
    found = []
    for tag in book.live():
        draws = {number: said[number][tag.tag_id] for number in cell if tag.tag_id in said.get(number, ())}
        if draws:
            found.append(_rate(tag, draws, decided))
    return found


def _rate(
    tag: TagNow, draws: Mapping[int, Mapping[int, str]], decided: Mapping[tuple[int, int], Any]
) -> Rate:
    present = absent = unresolved = censored = 0
    for number, states in draws.items():
        decision = decided.get((number, tag.tag_id))
        holds = adjudicating.settled(
            (state == "present" for state in states.values()), decision.row.state if decision else None
        )
        present += holds == "present"
        unresolved += holds == "unresolved"
        cut = holds == "absent" and tag.scope == "conversation" and "unseen_part" in states.values()
        censored += cut
        absent += holds == "absent" and not cut
    return Rate(tag, present, present + absent, unresolved, censored)
