"""Compare narrowed to a working set: only members count, the rail holds their prompts, what is left out is told."""

from collections.abc import Iterable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.compare import of_set, queries
from app.compare.unseen import Next, Reading, next_unseen
from app.compare.view import read
from app.db import Database
from app.reading import seen, sets
from app.reading.filters import Filter
from app.reading.models import WorkingSet
from app.settings import Settings
from app.studies.models import Study
from app.web import Invalid, NotFound
from tests import seed
from tests.compare import cast
from tests.compare.reading import BATTERY, browser, laid_out, panel
from tests.draws import Seeded
from tests.reading.people import LOCAL

THREE = cast.SUBJECTS[:3]
ROOT = "/studies/first-light"


def seeded(session: Session) -> Seeded:
    return seed.study(session, subjects=THREE, prompts=cast.PROMPTS, say=cast.say, repeats=4)


def frozen(session: Session, made: Seeded, members: Iterable[int], name: str = "Read <b>these") -> int:
    study = session.get_one(Study, made.study_id)
    return sets.freeze(session, study, name, "why", Filter(study=study.slug), LOCAL, members).id


def of(made: Seeded, key: str, subject: str, *repeats: int) -> list[int]:
    return [made.transcripts[key, subject, repeat] for repeat in repeats]


def rail(session: Session, address: str) -> list[str]:
    return [
        entry.url.split("/")[-1] for one in laid_out(session, address).scope.sections for entry in one.entries
    ]


def test_cells_rail_and_counts_are_the_members_alone(database: Database) -> None:
    with database.writing() as session:
        made = seeded(session)
        number = frozen(session, made, [
            *of(made, "habits-plain", "default", 1, 3), *of(made, "habits-plain", "base-raw", 2),
            *of(made, "sure-ladder", "constitution", 4),
        ])  # fmt: skip
        shown = laid_out(session, f"habits-plain?set={number}")
        assert [(one.cell.column.slug, one.head.n, one.head.wanted) for one in shown.panels] == [
            ("base-raw", 1, 1), ("default", 2, 2),
        ]  # fmt: skip
        assert {draw.row.repeat for draw in panel(shown, "default").cell.draws} == {1, 3}
        assert {one.draws for one in shown.panels} == {""}  # no list of draws counts these alone
        assert rail(session, f"habits-plain?set={number}") == [
            f"habits-plain?set={number}", f"sure-ladder?set={number}",
        ]  # fmt: skip
        assert (shown.scope.n, shown.scope.total) == (1, 2)
        assert shown.only is not None
        assert (shown.only.size, shown.only.here, shown.only.apart, shown.only.unlisted) == (4, 3, 0, 0)
        assert laid_out(session, f"habits-plain?set={number}&cols=default@1").only.apart == 1  # type: ignore[union-attr]
        elsewhere = laid_out(session, f"number-plain?set={number}")
        assert (elsewhere.panels, elsewhere.scope.n, elsewhere.only.here) == ((), 0, 0)  # type: ignore[union-attr]


def test_runs_are_those_of_the_members_and_older_texts_are_told(database: Database) -> None:
    news = (
        cast.HABITS.model_copy(update={"max_tokens": 40}),
        cast.NUMBER.model_copy(update={"max_tokens": 8}),
    )
    with database.writing() as session:
        made = seeded(session)
        first = made.run_id
        older = [*of(made, "habits-plain", "default", 1), *of(made, "number-plain", "default", 1, 2)]
        seed.run(session, made, subjects=THREE, prompts=cast.PROMPTS, say=cast.say, repeats=2)
        newest = of(made, "number-plain", "default", 2)
        old = frozen(session, made, older, "old")
        shown = laid_out(session, f"number-plain?set={old}")
        assert panel(shown, "default").cell.column.runs == (first,)  # the newest run that has members
        both = frozen(session, made, [*older, *newest], "both")
        assert laid_out(session, f"number-plain?set={both}").only.apart == 2  # type: ignore[union-attr]
        pooled = laid_out(session, f"number-plain?set={both}&run=all")
        assert panel(pooled, "default").head.n == 3
        assert (pooled.only.here, pooled.only.apart) == (3, 0)  # type: ignore[union-attr]
        seed.battery_version(session, made, news)
        seed.run(session, made, subjects=THREE, prompts=news, say=cast.say, repeats=1)
        late = frozen(session, made, [*older, *of(made, "number-plain", "default", 1)], "late")
        told = laid_out(session, f"number-plain?set={late}").only
        assert told is not None
        assert (told.here, told.unlisted, told.run) == (1, 3, first)
        assert rail(session, f"habits-plain?set={late}&run={first}")[0].startswith("number-plain")


def test_what_cannot_be_shown_is_told_plainly_and_without_names_where_they_are_hidden(
    database: Database,
) -> None:
    with database.writing() as session:
        made = seeded(session)
        study = Study(slug="other", title="Other", question="?", wanted={})
        session.add(study)
        session.flush()
        mine = session.get_one(Study, made.study_id)
        live = sets.keep_live(
            session, mine, "of default", "why", Filter(study=mine.slug, subjects=("default",)), LOCAL
        )

        def asked(query: str, of_study: int = made.study_id) -> Any:
            words = dict(part.split("=") for part in query.split("&"))
            return of_set.members(session, of_study, read({name: [word] for name, word in words.items()}))

        assert asked(f"set={live.id}").size == 20
        assert asked(f"set={live.id}").label == "the set “of default”"
        assert asked(f"set={live.id}&hide=kept").label == f"working set {live.id}"
        with pytest.raises(NotFound, match="There is no working set 99"):
            asked("set=99")
        with pytest.raises(NotFound, match="one of another study, First light"):
            asked(f"set={live.id}", study.id)
        with pytest.raises(Invalid, match="found 'x', expected the number"):
            asked("set=x")
        gone = WorkingSet(
            study_id=mine.id, name="of default, once", reason="", kind="live", filter="subject=nobody"
        )
        session.add(gone)
        session.flush()
        with pytest.raises(
            Invalid, match="“of default, once” cannot be asked any more: subject: found 'nobody'"
        ):
            asked(f"set={gone.id}")
        with pytest.raises(Invalid) as hidden:
            asked(f"set={gone.id}&hide=kept")
        assert "default" not in str(hidden.value)


def test_what_is_unseen_is_counted_of_members(database: Database) -> None:
    with database.writing() as session:
        made = seeded(session)
        habits, sure = of(made, "habits-plain", "default", 1, 3), of(made, "sure-ladder", "default", 2)
        number = frozen(session, made, [*habits, *sure])
        study = queries.study(session, "first-light")
        seen.mark(session, LOCAL, [habits[0], *of(made, "habits-plain", "base-raw", 1)], True)
        mine = Reading(session, LOCAL, study.id, read({"set": [str(number)]}))
        prompts = [made.prompts[key] for key in ("habits-plain", "sure-ladder", "number-plain")]
        assert list(mine.counts(prompts).values()) == [1, 1, 0]
        seen.mark(session, LOCAL, habits, True)
        assert next_unseen(mine, "", "") == Next("mode-collapse", "sure-ladder", 1, False)
        seen.mark(session, LOCAL, sure, True)
        assert next_unseen(mine, "", "") is None


@pytest.mark.anyio
async def test_the_page_says_so_and_follows_a_live_set(sqlite: Database, settings: Settings) -> None:
    with sqlite.writing() as session:
        made = seeded(session)
        number = frozen(session, made, of(made, "habits-plain", "default", 1, 3))
        study = session.get_one(Study, made.study_id)
        wanted = Filter(study=study.slug, prompts=("mode-collapse/habits-plain",), runs=(made.run_id,))
        live = sets.keep_live(session, study, "Now", "why", wanted, LOCAL).id
        sha = session.get_one(WorkingSet, number).sha256
    async with browser(settings) as client:
        first = await client.get(f"{ROOT}/compare?set={number}")
        page = (await client.get(first.headers["location"])).text
        hidden = (await client.get(f"{BATTERY}/habits-plain?set={number}&hide=kept")).text
        of_set_page = (await client.get(f"/sets/{number}")).text
        listed = (await client.get(f"{ROOT}/sets")).text
        before = (await client.get(f"{BATTERY}/habits-plain?set={live}")).text
        with sqlite.writing() as session:
            seed.wave(session, made, first=5, repeats=5, subjects=THREE, prompts=[cast.HABITS], say=cast.say)
        after = (await client.get(f"{BATTERY}/habits-plain?set={live}")).text
        nothing = await client.get(f"{BATTERY}/number-plain?set={number}")
        unknown = await client.get(f"{BATTERY}/habits-plain?set=99")
    assert first.headers["location"] == f"{BATTERY}/habits-plain?set={number}"
    assert "Only the 2 transcripts of the set “Read &lt;b&gt;these” are shown (frozen, SHA-256" in page
    assert sha is not None
    assert sha[:12] in page
    assert f'href="{BATTERY}/habits-plain" aria-label="Leave the set “Read &lt;b&gt;these”' in page
    assert "Only the 2 transcripts of working set" in hidden
    assert "&lt;b&gt;these" not in hidden
    assert f"{ROOT}/compare?set={number}" in of_set_page
    assert f"{ROOT}/compare?set={number}" in listed
    assert "Only the 12 transcripts" in before
    assert "Only the 15 transcripts" in after
    assert "Nothing of the set here" in nothing.text
    assert nothing.status_code == 200
    assert unknown.status_code == 404
    assert "There is no working set 99" in unknown.text
