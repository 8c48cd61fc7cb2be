"""A run that only tries a text is kept as all are, counted nowhere, and there for who names it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.batteries.queries import batteries
from app.compare import queries as compare
from app.compare.scope import asked
from app.compare.view import Place, read
from app.db import Database
from app.exports.selection import Filters, where
from app.home import queries as home
from app.runs import queries
from app.studies.models import Study
from app.transcripts import filters
from app.transcripts.models import Transcript
from app.transcripts.queries import run_status, runs_status
from tests import seed
from tests.cast import PROMPTS, Draw
from tests.compare import cast
from tests.compare.reading import laid_out
from tests.draws import Seeded
from tests.tries import tried


@dataclass
class Studied:
    """A study with its run, and a text tried after it that is the same as one of its prompts."""

    session: Session
    made: Seeded
    tried: Seeded

    @property
    def key(self) -> str:
        return next(iter(self.tried.prompts))


@pytest.fixture
def studied(database: Database) -> Iterator[Studied]:
    with database.writing() as session:
        made = seed.study(
            session, subjects=cast.SUBJECTS, prompts=PROMPTS[:2], repeats=2, say=lambda *_: Draw("x")
        )
        again = tried(
            session, made, PROMPTS[0], subjects=cast.SUBJECTS[:2], say=lambda *_: Draw(state="queued")
        )
    with database.reading() as session:
        yield Studied(session, made, again)


def test_no_list_holds_it_and_its_number_leads_to_it(studied: Studied) -> None:
    session, run = studied.session, studied.made.run_id
    assert [one.id for one in runs_status(session)] == [run]
    assert [one.id for one in runs_status(session, before=99, study_id=studied.made.study_id)] == [run]
    found = run_status(session, studied.tried.run_id)
    assert found is not None
    assert (found.kind, found.counts.queued) == ("scratch", 4)


def test_its_battery_is_in_no_library_and_subjects_do_not_tell_of_it(studied: Studied) -> None:
    assert [one.slug for one in batteries(studied.session)] == ["mode-collapse"]
    subject = studied.made.subjects["default"]
    assert [one.run_id for one in queries.runs_asking_subject(studied.session, subject)] == [
        studied.made.run_id
    ]
    version = studied.made.versions["default"]
    assert queries.subject_version_in_use(studied.session, version)  # and yet what it asked is frozen


def test_the_first_page_counts_the_other_runs(studied: Studied) -> None:
    (line,) = home.lines(studied.session, 1)
    assert (line.runs, line.newest) == (1, studied.made.run_id)
    assert home.unfinished(studied.session) == []


def test_a_dataset_holds_it_only_where_it_is_named(studied: Studied) -> None:
    study = studied.session.get_one(Study, studied.made.study_id)

    def runs(*conditions: object) -> set[int]:
        return set(studied.session.scalars(select(Transcript.run_id).where(*conditions)))  # type: ignore[arg-type]

    every = Filters(state=("done", "queued"))
    named = Filters(run=(studied.tried.run_id,), state=("queued",))
    assert runs(*where(studied.session, study, every)) == {studied.made.run_id}
    assert runs(*where(studied.session, study, named)) == {studied.tried.run_id}
    assert runs(*filters.conditions(studied.session, study="first-light")) == {studied.made.run_id}
    assert runs(*filters.conditions(studied.session, run=studied.tried.run_id)) == {studied.tried.run_id}


def test_compare_shows_it_only_where_it_is_named(studied: Studied) -> None:
    session, study, run = studied.session, studied.made.study_id, studied.tried.run_id
    assert [part.slug for part in asked(session, study, frozenset()).parts] == ["mode-collapse"]
    assert list(asked(session, study, frozenset()).runs) == [studied.made.run_id]
    named = asked(session, study, frozenset({run}))
    assert [(part.slug, part.title, part.size) for part in named.parts] == [
        ("_first-light", "Tried texts", 1)
    ]
    assert [row.slug for row in compare.studies_with_runs(session)] == ["first-light"]
    place = Place("first-light", "_first-light", studied.key, read({"run": [str(run)]}))
    assert place.url() == f"/studies/first-light/compare/_first-light/{studied.key}?run={run}"


def test_what_was_tried_pools_with_nothing(studied: Studied) -> None:
    page = laid_out(studied.session, "number-plain?run=all")
    assert {row.run_id for panel in page.panels for row in panel.cell.rows} == {studied.made.run_id}
    assert all(panel.cell.n == 2 for panel in page.panels)
