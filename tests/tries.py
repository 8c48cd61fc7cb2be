"""Scratch runs written straight into a seeded study: a text, the subjects it was put to, and what they said."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from app.batteries.commands import put_tried
from app.batteries.shape import PromptShape, Turn
from app.runs.models import SCRATCH, Run
from app.studies.models import Study
from app.subjects.shape import SubjectShape
from tests import seed
from tests.cast import Say, say
from tests.draws import Seeded

TRIED = PromptShape(key="t", family="t", turns=(Turn(user="Is a moth honest?"),))


def tried(
    session: Session,
    made: Seeded,
    text: PromptShape = TRIED,
    *,
    subjects: Sequence[SubjectShape],
    repeats: int = 2,
    say: Say = say,
) -> Seeded:
    """Write a scratch run of a seeded study; return its ids, the tried prompt under the key it was given."""
    study = session.get_one(Study, made.study_id)
    version = put_tried(session, study.slug, text)
    mine = replace(made, battery_version_id=version.id, prompts=seed._prompts_of(session, version.id))
    (key,) = mine.prompts
    prompt = text.model_copy(update={"key": key})
    run = seed.run(session, mine, subjects=subjects, prompts=[prompt], repeats=repeats, say=say)
    session.get_one(Run, run).kind = SCRATCH
    session.flush()
    return mine
