"""What tests of runs' pages and buttons share: studies to look at, and pages as text."""

import re

import httpx

from app import db
from app.batteries.shape import PromptShape
from app.subjects.shape import SubjectShape
from app.transcripts.queries import Counts, run_status
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw, say

ONE_PROMPT, ONE_SUBJECT = PROMPTS[:1], SUBJECTS[1:2]
HOSTILE = "<script>alert(1)</script>\u202e"


def begun(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    """Half of the draws are there; the others wait."""
    return say(prompt, subject, repeat) if repeat <= 2 else Draw(state="queued")


def made(**values: object) -> seed.Seeded:
    with db.writing() as session:
        return seed.study(session, **values)  # type: ignore[arg-type]


def counts(run_id: int) -> Counts:
    with db.reading() as session:
        found = run_status(session, run_id)
    assert found is not None
    return found.counts


def words(html: str) -> str:
    """The text of a page, its tags and runs of blanks taken out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


async def get(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    reply = await client.get(path)
    assert reply.status_code == status, path
    return reply.text
