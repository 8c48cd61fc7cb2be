"""Beginning a draft: a copy has a name of its own, and two who begin at once share one draft."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.authoring import commands
from app.authoring.queries import drafts, slug_in
from app.db import Database
from app.live.models import Event
from app.runs.applying import one_at_a_time
from tests.authoring.drafts import begun, publish, row_of
from tests.runs.test_applying import put

KINDS = {"battery": "mine", "style": "base", "endpoint": "hosted", "subject": "raw", "study": "first-light"}


def test_a_copy_of_each_kind_has_a_free_slug_and_can_be_published(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    for kind, slug in KINDS.items():
        first, second = begun(kind, slug, copy=True), begun(kind, slug, copy=True)
        assert [slug_in(row_of(one)) for one in (first, second)] == [f"{slug}-copy", f"{slug}-copy-2"]
        assert publish(first) == f"{slug}-copy"
        assert slug_in(row_of(begun(kind, slug, copy=True))) == f"{slug}-copy-3"
        assert begun(kind, slug) == begun(kind, slug)


def test_two_who_begin_at_once_are_led_to_one_draft(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path)
    together, inside = Barrier(2), Barrier(2)

    def both_are_inside(session: Session) -> None:
        # On SQLite the second writer stands before the door until the first has left.
        if database.engine.dialect.name == "postgresql":
            inside.wait(timeout=20)
        one_at_a_time(session)

    def one() -> int:
        together.wait(timeout=20)
        return begun("battery", "mine")

    monkeypatch.setattr(commands, "one_at_a_time", both_are_inside)
    with ThreadPoolExecutor(2) as threads:
        first, second = (threads.submit(one) for _ in range(2))
        assert first.result() == second.result()
    with db.reading() as session:
        assert len(drafts(session)) == 1
        begins = select(Event.kind).where(Event.kind == "draft.begun")
        assert len(session.scalars(begins).all()) == 1
