"""A seeded study with every hash and sum right, as the collector leaves one: what `verify` finds clean.

The hashes are computed here from the written rule, not by the code under test.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.subjects.models import SubjectVersion
from app.transcripts.models import Exchange, Maintenance, Message, RunBudget, SettingsRecord, Transcript
from tests import seed
from tests.draws import Seeded


def study(session: Session, **wanted: Any) -> Seeded:
    """Write a seeded study and seal it."""
    made = seed.study(session, **wanted)
    session.flush()
    with opened(session):
        for settings in session.scalars(select(SettingsRecord)):
            three = {"asked": settings.asked, "sent": settings.sent, "effective": settings.effective}
            settings.sha256 = digest(three)
        session.flush()
        for row in session.scalars(select(Transcript).where(Transcript.state == "done")):
            row.sha256 = digest(content(session, row))
            last = select(func.max(Exchange.id)).where(Exchange.transcript_id == row.id).scalar_subquery()
            told = {"cost_micro": row.cost_micro, "tokens": row.input_tokens + row.output_tokens}
            session.execute(update(Exchange).where(Exchange.id == last).values(told))
        session.flush()
        spent = select(func.sum(Exchange.cost_micro), func.sum(Exchange.tokens), func.count()).select_from(
            Exchange
        )
        micro, tokens, calls = session.execute(spent).one()
        session.execute(
            update(RunBudget).values(spent_micro=int(micro or 0), tokens=int(tokens or 0), calls=calls)
        )
    return made


@contextmanager
def opened(session: Session) -> Iterator[None]:
    """Hold the door open through which frozen rows can be changed."""
    session.execute(insert(Maintenance).values(kind="test", reason="test", person_id=1))
    yield
    session.flush()
    session.execute(delete(Maintenance))


def content(session: Session, row: Transcript) -> dict[str, Any]:
    """Return what a transcript's hash covers."""
    snapshot = session.scalars(
        select(SubjectVersion.snapshot).where(SubjectVersion.id == row.subject_version_id)
    ).one()
    settings = session.get_one(SettingsRecord, row.settings_id)
    path: list[dict[str, Any]] = []
    at = row.tip_id
    while at is not None:
        message = session.get_one(Message, at)
        names = ("role", "text", "parts", "origin", "stop_class", "stop_raw", "seed")
        path.insert(0, {name: getattr(message, name) for name in names})
        at = message.parent_id
    return {
        "v": 1, "path": path, "system": snapshot["system"], "template": snapshot["template"],
        "asked": settings.asked, "sent": settings.sent, "effective": settings.effective,
    }  # fmt: skip


def digest(value: Any) -> str:
    """Hash a JSON value by the rule of the design."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
