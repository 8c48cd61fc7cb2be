"""Marks where answers are read: those of the turns on a page as JSON, and the list beside the answer in focus."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import ColumnElement, or_, select

from app.annotations import marks, passing, rates, tags
from app.annotations.api import hand_of
from app.annotations.desk import brief, tag_brief
from app.annotations.models import Annotation, Target
from app.transcripts.conversation import conversation
from app.web import LARGEST, Invalid, NotFound, Number, ReadDep, partial

router = APIRouter()
MOST = 1000
Cells = Annotated[tuple[Annotated[str, Query(max_length=8000)], ...], Query(max_length=40)]
Ids = Annotated[tuple[Annotated[int, Query(ge=1, le=LARGEST)], ...], Query(max_length=MOST)]


@router.get("/api/v1/studies/{slug}/marks", tags=["annotations"])
def of_turns(
    request: Request, session: ReadDep, slug: str, message: Ids = (), transcript: Ids = ()
) -> dict[str, Any]:
    """Tell the marks on some turns and those on some whole transcripts, and the tags that can be put.

    Places are [message, start, end] in code points; `more` counts those on other turns.
    """
    hand = hand_of(session, request, slug)
    book = tags.at(session, hand.study)
    found = marks.seen_by(session, hand.person, hand.study, _here(message, transcript), book=book)
    turns = set(message)
    return {
        "marks": [brief(one, turns) | {"transcript": one.row.transcript_id} for one in found],
        "tags": [tag_brief(one) for one in book.live()],
        "look": [one.slug for one in passing.looked_for(book, (), ())],
    }


def _here(messages: Sequence[int], transcripts: Sequence[int]) -> ColumnElement[bool]:
    return or_(
        Annotation.id.in_(select(Target.annotation_id).where(Target.message_id.in_(messages))),
        Annotation.transcript_id.in_(transcripts),
    )


@router.get("/-/studies/{slug}/marks/{number}", include_in_schema=False)
def of_answer(request: Request, session: ReadDep, slug: str, number: Number, hide: str = "") -> HTMLResponse:
    """Answer the list of marks of a transcript."""
    hand = hand_of(session, request, slug)
    found = conversation(session, number)
    if found is None or found.row["study_id"] != hand.study:
        raise NotFound(f"There is no transcript {number}.")
    turns = [one["id"] for one in found.messages]
    seen = marks.of_transcript(session, hand.person, hand.study, number, turns)
    return partial(request, "annotations/_answer_marks.html", found=seen, number=number, hide=bool(hide))


@router.get("/api/v1/studies/{slug}/rates", tags=["annotations"])
def of_cells(request: Request, session: ReadDep, slug: str, draws: Cells = ()) -> dict[str, Any]:
    """Tell how often tags are there in cells (each the numbers of its draws, by commas), over browsing passes.

    `present` of `n` with Wilson's interval; `unresolved` and `censored` are not among the n.
    """
    cells = [_numbers(one) for one in draws]
    found = rates.rates(session, hand_of(session, request, slug), cells)
    return {"cells": [[_rate(one) for one in cell] for cell in found]}


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
        raise Invalid(f"draws: found {text[:60]!r}, expected numbers of transcripts with commas between")
    return [int(part) for part in parts][:MOST]


def _rate(one: rates.Rate) -> dict[str, Any]:
    share = one.share
    return {"tag": one.tag.slug, "name": one.tag.name, "slot": one.tag.slot, "present": one.present, "n": one.n,
            "low": share and share.low, "high": share and share.high, "unresolved": one.unresolved,
            "censored": one.censored}  # fmt: skip
