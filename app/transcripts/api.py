"""`/api/v1`: runs, transcripts and exchanges as JSON, to be read and never written.

Lists go by keyset: `next` is the address of the following page, null on the last. A filter that does not exist,
or that names nothing here, is 422.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.transcripts.api_examples import EXCHANGES, RUN, RUNS, TRANSCRIPT, TRANSCRIPTS
from app.transcripts.exchanges import exchanges_of
from app.transcripts.filters import NoSuch, conditions, study_id
from app.transcripts.models import Transcript
from app.transcripts.queries import run_status, runs_status, status_json
from app.transcripts.record import Recorder
from app.transcripts.waves import waves_of
from app.transcripts.whole import Reader, Whole
from app.web import LARGEST, Invalid, NotFound, Number, ReadDep

router = APIRouter(prefix="/api/v1")

State = Literal["queued", "running", "done", "failed", "cancelled", "impossible"]


class RunFilters(BaseModel):
    """Which runs, newest first; `before` is the id of the last one already seen."""

    model_config = ConfigDict(extra="forbid")
    study: str | None = None
    before: int | None = Field(None, ge=1, le=LARGEST)
    limit: int = Field(50, ge=1, le=200)


class TranscriptFilters(BaseModel):
    """Which transcripts, oldest first; `prompt` is a key or "battery/key", `after` the number of the last seen."""

    model_config = ConfigDict(extra="forbid")
    run: int | None = Field(None, ge=1, le=LARGEST)
    study: str | None = None
    subject: str | None = None
    prompt: str | None = None
    state: State | None = None
    after: int = Field(0, ge=0, le=LARGEST)
    limit: int = Field(50, ge=1, le=200)


def _like(example: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {"example": example}}}}


@router.get("/runs", responses=_like(RUNS), tags=["runs"])
def runs(request: Request, session: ReadDep, wanted: Annotated[RunFilters, Query()]) -> dict[str, Any]:
    """List runs, newest first, each with its state, counts and sums."""
    try:
        study = None if wanted.study is None else study_id(session, wanted.study)
    except NoSuch as error:
        raise Invalid(str(error)) from error
    found = runs_status(session, before=wanted.before, study_id=study, limit=wanted.limit + 1)
    shown = found[: wanted.limit]
    more = {"before": shown[-1].id} if len(found) > wanted.limit else None
    return {"runs": [status_json(one) for one in shown], "next": _next(request, more)}


@router.get("/runs/{number}", responses=_like(RUN), tags=["runs"])
def run(session: ReadDep, number: Number) -> dict[str, Any]:
    """Show a run: its state, counts and sums, its budget, and what each of its waves asked."""
    status = run_status(session, number)
    if status is None:
        raise NotFound(f"there is no run {number}")
    budget = {
        "usd": None if status.budget_micro is None else status.budget_micro / 1_000_000,
        "calls": status.budget_calls,
        "tokens": status.budget_tokens,
    }
    return status_json(status) | {
        "wanted": status.wanted,
        "budget": budget,
        "waves": waves_of(session, number),
    }


@router.get("/transcripts", responses=_like(TRANSCRIPTS), tags=["transcripts"])
def transcripts(
    request: Request, session: ReadDep, wanted: Annotated[TranscriptFilters, Query()]
) -> dict[str, Any]:
    """List transcripts without their messages, oldest first."""
    try:
        where = conditions(session, **wanted.model_dump(exclude={"after", "limit"}))
    except NoSuch as error:
        raise Invalid(str(error)) from error
    batches = Reader(session).rows(*where, after=wanted.after, limit=wanted.limit + 1)
    found = [row for batch in batches for row in batch]
    shown, recorder = found[: wanted.limit], _recorder(request, session)
    recorder.learn(shown)
    more = {"after": shown[-1]["id"]} if len(found) > wanted.limit else None
    listed = [{"number": row["id"], **recorder.brief(row)} for row in shown]
    return {"transcripts": listed, "next": _next(request, more)}


@router.get("/transcripts/{number}", responses=_like(TRANSCRIPT), tags=["transcripts"])
def transcript(request: Request, session: ReadDep, number: Number) -> dict[str, Any]:
    """Show a whole transcript: the fields of the dataset's `transcripts.jsonl`."""
    return {"number": number, **_recorder(request, session).whole(_whole(session, number))}


@router.get("/transcripts/{number}/exchanges", responses=_like(EXCHANGES), tags=["transcripts"])
def exchanges(session: ReadDep, number: Number) -> dict[str, Any]:
    """Show a transcript's calls as they went over the wire, every attempt of them."""
    _whole(session, number)
    return {"exchanges": exchanges_of(session, number)}


def _whole(session: ReadDep, number: int) -> Whole:
    found = next(Reader(session).all(Transcript.id == number), None)
    if found is None:
        raise NotFound(f"there is no transcript {number}")
    return found


def _recorder(request: Request, session: ReadDep) -> Recorder:
    return Recorder(session, request.app.state.settings.public_url)


def _next(request: Request, more: dict[str, int] | None) -> str | None:
    if more is None:
        return None
    kept = {name: value for name, value in request.query_params.items() if name not in more}
    return f"{request.url.path}?{urlencode(kept | more)}"
