"""The pages of agreement: its numbers, the disagreements behind each, and where they are settled."""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from app import db
from app.annotations import adjudicating, agreement_view, reliability, ruling, sight
from app.annotations.api import hand_of
from app.annotations.codebook_pages import named, tagged
from app.annotations.coefficients import Coefficient
from app.annotations.desk import WHO, spans_of
from app.annotations.painting import painted
from app.annotations.reliability import By
from app.transcripts.faithful import faithful
from app.web import LARGEST, Invalid, NotFound, ReadDep, page, slow

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/api/v1/studies/{slug}", tags=["annotations"])
Via = Literal["browse", "queue"]
Part = Annotated[str, Query(max_length=100)]
After = Annotated[int, Query(ge=0, le=LARGEST)]
Numbers = Annotated[list[Annotated[int, Form(ge=1, le=LARGEST)]], Form(max_length=200)]


@router.get("/studies/{slug}/agreement")
async def show(
    request: Request, slug: str, by: By = "tag", via: Via = "browse", tag: Part = "", data: bool = False
) -> Response:
    """Show agreement on each tag, over all or parted; `data` shows the other coefficients too."""
    return await slow(_show, request, slug, by, via, tag, data)


def _show(request: Request, slug: str, by: By, via: Via, tag: str, data: bool) -> HTMLResponse:
    with db.reading() as session:
        study, hand = named(session, slug), hand_of(session, request, slug)
        only = tagged(session, study, tag)[1].tag_id if tag else None
        found = agreement_view.sample(session, hand, via, revisions=by == "revision")
        rows = reliability.rows(found, by, only)
        others = [agreement_view.more(found, one, by) for one in rows] if data else []
        where = [_where(session, hand, found, one, by) for one in rows] if data else []
        return page(request, "annotations/agreement.html", here="code", study=study, rows=rows, by=by, via=via,
                    tag=tag, data=data, others=others, where=where, sample=found, book=found.book,
                    admin=hand.admin, hides=sight.hides(session, study.id))  # fmt: skip


def _where(session: Session, hand: Any, found: Any, row: reliability.Row, by: By) -> Any:
    """Return agreement on where a tag stands, for rows of two coders."""
    people = sorted({one.person for one in reliability.narrowed(found.of(row.tag), by, row.part)})
    return agreement_view.where(session, hand, found, row.tag, people) if len(people) == 2 else None


@router.get("/studies/{slug}/agreement/{tag}")
async def differing(
    request: Request,
    slug: str,
    tag: str,
    by: By = "tag",
    part: Part = "",
    via: Via = "browse",
    after: After = 0,
) -> Response:
    """Show exactly the texts that a row's disagreements are, the coders' words side by side."""
    return await slow(_differing, request, slug, tag, by, part, via, after)


def _differing(
    request: Request, slug: str, tag: str, by: By, part: str, via: Via, after: int
) -> HTMLResponse:
    with db.reading() as session:
        study, hand = named(session, slug), hand_of(session, request, slug)
        found = agreement_view.sample(session, hand, via, revisions=by == "revision")
        _, of = tagged(session, study, tag)
        judged = reliability.narrowed(found.of(of.tag_id), by, part)
        if part and not judged:
            raise NotFound("No judgement of this tag has that part.")
        texts, count, on = agreement_view.differing(session, hand, found, of, by, part, after)
        row = reliability.row(found, of.tag_id, part, "", judged) if judged else None
        again = urlencode({"by": by, "part": part, "via": via})
        return page(request, "annotations/differing.html", here="code", study=study, tag=of, texts=texts,
                    count=count, row=row, by=by, part=part, on=on, again=again, admin=hand.admin, WHO=WHO,
                    sample=found, name=_name(found, by, part), said=_said)  # fmt: skip


def _name(found: Any, by: By, part: str) -> str:
    """Return what a row narrows to, as it is read."""
    if by == "pair" and part:
        return " and ".join(found.people.get(int(one), "?") for one in part.split("-") if one.isdecimal())
    return found.subjects.get(part, part) if by == "subject" else f"revision {part}" if part else ""


def _said(message: Any, marks: Any) -> Any:
    return painted(faithful(message["text"]), spans_of(marks).get(message["id"], ()))


@router.post("/studies/{slug}/agreement/{tag}/decide")
def decide(
    request: Request, slug: str, tag: str, transcript: Annotated[int, Form(ge=1, le=LARGEST)],
    state: Annotated[str, Form(max_length=20)] = "", marks: Numbers = [],  # noqa: B006
    why: Annotated[str, Form(max_length=2000)] = "", back: Annotated[str, Form(max_length=500)] = "",
) -> Response:  # fmt: skip
    """Settle a disagreement: `state` present or absent; '' takes the decision back."""
    with db.writing() as session:
        hand = hand_of(session, request, slug)
        _, of = tagged(session, named(session, slug), tag)
        if state in ("present", "absent"):
            adjudicating.decide(session, hand, transcript, tag, state, marks, why.strip())  # type: ignore[arg-type]
        elif state or not adjudicating.withdraw(session, hand, transcript, of.tag_id):
            raise Invalid(f"state: found {state!r}, expected present or absent")
    return RedirectResponse(f"/studies/{slug}/agreement/{tag}?{back}#t{transcript}", 303)


@router.post("/studies/{slug}/coding-rule")
def rule(request: Request, slug: str, hide: Annotated[bool, Form()] = False) -> Response:
    """Say whether others' marks on a transcript are hidden until one's own pass."""
    with db.writing() as session:
        ruling.rule(session, hand_of(session, request, slug), hide)
    return RedirectResponse(f"/studies/{slug}/agreement", 303)


@api.get("/agreement")
def told(
    request: Request, session: ReadDep, slug: str, by: By = "tag", via: Via = "browse"
) -> dict[str, Any]:
    """Tell agreement on each tag: α with its interval, percent, prevalence and n; null says why."""
    hand = hand_of(session, request, slug)
    found = agreement_view.sample(session, hand, via, revisions=by == "revision")
    rows = [_json(found.book.by_id[one.tag].slug, one) for one in reliability.rows(found, by)]
    return {"codebook_revision": found.book.revision, "via": via, "by": by, "not_independent": found.dependent,
            "rows": rows}  # fmt: skip


def _json(slug: str, row: reliability.Row) -> dict[str, Any]:
    return {"tag": slug, "part": row.part, "alpha": _value(row.alpha), "interval": row.interval,
            "percent": _value(row.percent), "present": row.share, "double_coded": row.n, "coded": row.coded,
            "coders": row.coders, "differ": row.differ}  # fmt: skip


def _value(found: Coefficient) -> Any:
    return found.value if found.value is not None else {"value": None, "why": found.why}
