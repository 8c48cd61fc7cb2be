"""Drafts: begun from what is there, written by several windows, published as `apply` would do it."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import db
from app.authoring import commands
from app.authoring.foretelling import foretold
from app.authoring.queries import draft_about, drafts, published
from app.batteries.models import BatteryVersion
from app.batteries.queries import battery, prompts_of, versions
from app.db import Database
from app.live.models import Event
from app.runs.study_file import apply, load
from app.studies.queries import study, wanted
from app.subjects import queries as subjects
from tests.authoring.drafts import begun, form, ids, post, publish, row_of
from tests.runs.files import STUDY, write
from tests.runs.test_applying import ask, put


def checked(number: int) -> dict[str, list[str]]:
    """What is wrong with a draft's thing itself, by unit."""
    with db.reading() as session:
        return commands.checked(session, row_of(number)).at("")


def told(number: int) -> list[str]:
    """What publishing a draft would do."""
    with db.reading() as session:
        row = row_of(number)
        shape = commands.checked(session, row).shape
        before = published(session, row.kind, row.of) if row.of else None
        return foretold(session, row.kind, shape, before)


def newest(session: Any, slug: str) -> BatteryVersion:
    row = battery(session, slug)
    assert row is not None
    return versions(session, row.id)[0]


@pytest.mark.parametrize(
    ("kind", "slug"),
    [
        ("battery", "mine"),
        ("style", "base"),
        ("endpoint", "hosted"),
        ("subject", "raw"),
        ("study", "first-light"),
    ],
)
def test_a_draft_that_nobody_touched_is_sound_and_changes_nothing(
    database: Database, tmp_path: Path, kind: str, slug: str
) -> None:
    put(tmp_path)
    number = begun(kind, slug)
    assert checked(number) == {}
    assert told(number) == ["changes nothing: this is how it is already"]
    assert publish(number) == slug
    with db.reading() as session:
        assert drafts(session) == []
        assert session.scalars(select(Event.kind).order_by(Event.id)).all()[-1] == "library.published"
    with db.writing() as session:
        assert apply(session, load(write(tmp_path))).lines == ()


def test_a_thing_has_one_draft_and_a_copy_is_a_new_one(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    assert begun("battery", "mine") == number
    copy = begun("battery", "mine", copy=True)
    assert copy != number
    assert row_of(copy).of is None
    assert row_of(copy).data["battery"] == {"slug": "mine-copy", "title": "Mine, copy", "licence": "CC0-1.0"}
    with db.writing() as session:
        assert commands.begin(session, "battery", "nothing", person_id=1) is None


def test_a_prompt_is_written_and_published_as_a_new_version_once_a_run_asked_it(
    database: Database, tmp_path: Path
) -> None:
    ask(put(tmp_path))
    number = begun("battery", "mine")
    prompt = ids(number)["number"]
    post(number, form(number, prompt), turns__0__words="Pick one number.\r\nOnly one.")
    assert told(number) == [
        "makes version 2, since run 1 asked version 1: changed number",
        "is named by study first-light: its next runs ask it so",
    ]
    publish(number)
    with db.reading() as session:
        version = newest(session, "mine")
        shapes = [row.shape for row in prompts_of(session, version.id)]
    assert version.number == 2
    assert shapes[0]["turns"][0]["user"] == "Pick one number.\nOnly one."


def test_a_version_that_no_run_asked_is_edited_and_labels_are_corrected(
    database: Database, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    post(number, form(number, ids(number)["number"]), title="A number", variant="bare")
    post(number, form(number, ids(number)["steps"]), note="two steps")
    post(number, form(number), description="What it asks.")
    assert told(number)[:3] == [
        "corrects what the battery says of itself: description",
        "edits version 1, which no run has asked yet: changed number",
        "corrects labels of steps, where they stand and in every version",
    ]
    publish(number)
    with db.reading() as session:
        version = newest(session, "mine")
        assert version.number == 1
        shapes = {row.key: row.shape for row in prompts_of(session, version.id)}
    assert (shapes["number"]["title"], shapes["steps"]["note"]) == ("A number", "two steps")


def test_what_is_wrong_is_told_at_its_unit_of_its_prompt(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    keyed = ids(number)
    post(number, form(number, keyed["number"]), repeats="many", key="begun", mode="completion")
    post(number, form(number, keyed["steps"]), turns__1__words="  ")
    post(number, form(number), title="")
    with db.reading() as session:
        found = commands.checked(session, row_of(number))
    assert found.shape is None
    assert found.at("") == {"title": ["found nothing, expected a text"]}
    assert found.at(keyed["number"]) == {"repeats": ["found 'many', expected a whole number"]}
    assert found.at(keyed["steps"]) == {"turns": ["turn 2: found '  ', expected words"]}
    post(number, form(number, keyed["number"]), repeats="30")
    with db.reading() as session:
        found = commands.checked(session, row_of(number))
    assert found.at(keyed["begun"]) == {"key": ["found 'begun' again (first in begun)"]}
    with pytest.raises(commands.Stale):
        publish(number)


def test_two_windows_keep_both_texts_and_one_is_chosen(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    prompt = ids(number)["number"]
    first, second = form(number, prompt), form(number, prompt)
    assert post(number, first, turns__0__words="mine", note="n").clashes == []
    saved = post(number, second, turns__0__words="yours", title="T")
    assert (saved.changed, saved.clashes, saved.stale) == (["title"], ["turns"], ["note"])
    shape = row_of(number).data["prompts"][0]["shape"]
    assert (shape["turns"], shape["title"], shape["note"]) == ([{"user": "mine"}], "T", "n")
    [aside] = row_of(number).aside
    assert aside["texts"]["turns.0.words"] == "yours"
    post(number, second, turns__0__words="yours")
    assert len(row_of(number).aside) == 1, "the same text is kept once"
    saved = post(number, form(number, prompt), do=f"aside.take.{aside['id']}")
    assert saved.rewritten == ["turns"]
    assert row_of(number).data["prompts"][0]["shape"]["turns"] == [{"user": "yours"}]
    assert row_of(number).aside == []


def test_a_text_that_was_put_aside_is_let_go(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("style", "base")
    first, second = form(number), form(number)
    post(number, first, name="Mine")
    post(number, second, name="Yours")
    [aside] = row_of(number).aside
    post(number, form(number), do=f"aside.drop.{aside['id']}")
    post(number, form(number), do="aside.take.nothing")
    assert (row_of(number).data["name"], row_of(number).aside) == ("Mine", [])


def test_a_removed_prompt_can_still_be_written_and_put_back(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    prompt = ids(number)["number"]
    shown = form(number, prompt)
    assert post(number, {"p": prompt, "do": "remove"}).prompt == ids(number)["begun"]
    post(number, shown, note="written meanwhile")
    post(number, {"p": prompt, "do": f"back.{prompt}"})
    assert row_of(number).data["prompts"][0]["shape"]["note"] == "written meanwhile"


def test_what_changed_since_it_was_looked_at_is_not_published(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("style", "base")
    post(number, form(number), name="Written")
    seen = row_of(number).number
    with db.writing() as session:
        row = commands.held(session, number)
        assert row is not None
        with pytest.raises(commands.Stale):
            commands.publish(session, row, seen=seen - 1, ground=row.ground, person_id=1)
    put(tmp_path, STUDY.replace("name: No alignment", "name: Applied meanwhile"))
    with db.writing() as session:
        row = commands.held(session, number)
        assert row is not None
        with pytest.raises(commands.Stale):
            commands.publish(session, row, seen=seen, ground=row.ground, person_id=1)
    with db.reading() as session:
        assert draft_about(session, "style", "base") is not None
        style = subjects.style(session, "base")
    assert style is not None
    assert style.name == "Applied meanwhile"


# ------------------------------------------------------------------ endpoints and keys


def test_another_origin_clears_the_keys_name_and_another_path_does_not(
    database: Database, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("endpoint", "hosted")
    post(number, form(number), base_url="https://api.example.com/v2")
    assert row_of(number).data["key_env"] == "EXAMPLE_API_KEY"
    saved = post(number, form(number), base_url="https://other.example.com/v2")
    assert saved.rewritten == ["key_env"]
    assert "key_env" not in row_of(number).data
    assert "EXAMPLE_API_KEY is no longer sent" in told(number)
    post(number, form(number), key_env="OTHER_API_KEY")
    assert (
        "the key of OTHER_API_KEY is sent to https://other.example.com:443, before EXAMPLE_API_KEY to "
        "https://api.example.com:443" in told(number)
    )
    publish(number)
    with db.reading() as session:
        row = subjects.endpoint(session, "hosted")
    assert row is not None
    assert (row.key_env, row.key_origin) == ("OTHER_API_KEY", "https://other.example.com:443")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("key_env", "sk-abcdefghijklmnop1234567890"),
        ("key_env", "hunter2 is my key"),
        ("headers", "X-Thing: sk-abcdefghijklmnop1234567890"),
        ("model", "gsk_abcdefghijklmnop1234567890"),
    ],
)
def test_a_key_is_never_kept(database: Database, tmp_path: Path, field: str, text: str) -> None:
    put(tmp_path)
    number = begun("endpoint", "hosted")
    fields = form(number)
    saved = post(number, fields, **{field: text})
    assert list(saved.refused) == [field]
    assert text not in saved.refused[field]
    with database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT data FROM drafts").scalars().all()
    assert text.rpartition(": ")[2] not in str(kept)


@pytest.mark.parametrize("name", ["PATH", "HOME", "OPENAI_KEY"])
def test_only_names_on_the_list_are_a_keys(database: Database, tmp_path: Path, name: str) -> None:
    put(tmp_path)
    number = begun("endpoint", "hosted")
    post(number, form(number), key_env=name)
    assert "expected the name of an environment variable" in checked(number)["key_env"][0]


def test_an_endpoint_takes_its_subjects_along_and_says_which(database: Database, tmp_path: Path) -> None:
    ask(put(tmp_path))
    number = begun("endpoint", "hosted")
    post(number, form(number), model="hosted-2")
    assert told(number) == [
        "changes model",
        "subject assistant: makes version 2, since run 1 asked version 1: changes model",
    ]
    publish(number)
    with db.reading() as session:
        row = subjects.subject(session, "assistant")
        assert row is not None
        found = subjects.versions(session, row.id)
    assert [one.snapshot["model"] for one in found] == ["hosted-2", "hosted-1"]


def test_a_subject_is_made_and_then_gets_a_version_once_it_was_asked(
    database: Database, tmp_path: Path
) -> None:
    ask(put(tmp_path))
    number = begun("subject")
    assert set(checked(number)) == {"slug", "endpoint", "mode"}
    post(number, form(number), name="A Pirate!", endpoint="hosted", mode="chat", system__kind="words",
         system__words="Arr.", sampling__temperature="0.5", induced_by="system")  # fmt: skip
    assert told(number) == ["makes the subject a-pirate, version 1"]
    assert publish(number) == "a-pirate"
    number = begun("subject", "raw")
    post(number, form(number), sampling__stop="\\n#", sampling__extra='{"min_p": 0.1}')
    assert told(number)[0] == (
        "makes version 2, since run 1 asked version 1: changes sampling.stop, sampling.extra.min_p"
    )
    publish(number)
    with db.reading() as session:
        pirate, raw = subjects.subject(session, "a-pirate"), subjects.subject(session, "raw")
        assert pirate is not None
        assert raw is not None
        snapshot = subjects.versions(session, raw.id)[0].snapshot
    assert (snapshot["sampling"]["stop"], snapshot["sampling"]["extra"]) == (["\n#"], {"min_p": 0.1})


def test_names_that_are_not_there_and_slugs_that_are_taken(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("subject")
    post(number, form(number), name="Raw", slug="raw", endpoint="smal-base", mode="completion")
    assert checked(number) == {
        "slug": ["found 'raw', which there is already, expected one that is free"],
        "endpoint": ["found 'smal-base', expected small-base (or another: hosted)"],
    }
    endpoint = begun("endpoint")
    post(
        endpoint,
        form(endpoint),
        slug="e",
        wire="openai-chat",
        base_url="http://x/v1/",
        model="m",
        style="none",
    )
    assert "expected no slash at the end" in checked(endpoint)["base_url"][0]


def test_the_slug_of_what_is_there_is_not_written_anew(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("style", "base")
    assert post(number, form(number), slug="other").changed == []
    assert publish(number) == "base"


# ------------------------------------------------------------------ studies


def test_a_study_is_made_in_the_browser_with_a_battery_that_comes_with_the_program(
    database: Database, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("study")
    assert set(checked(number)) >= {"subjects", "batteries"}
    fields = form(number) | {
        "study.title": "By hand",
        "subjects": "raw\nassistant",
        "batteries": "mine\nprefill",
    }
    post(number, fields, run__repeats="5", run__temperatures="0, 0.7")
    assert told(number) == [
        "makes the study by-hand",
        "takes prefill into the library, as it comes with the program",
    ]
    publish(number)
    with db.reading() as session:
        row = study(session, "by-hand")
        assert row is not None
        asked = wanted(row)
        assert newest(session, "prefill").number == 1
    assert (asked.subjects, asked.batteries) == (("raw", "assistant"), ("mine", "prefill"))
    assert (asked.run.repeats, asked.run.temperatures) == (5, (0, 0.7))


def test_a_budget_in_dollars_needs_prices(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("study", "first-light")
    post(number, form(number), run__budget__calls="")
    assert "found a dollar budget with no known price for hosted" in checked(number)["run.budget.usd"][0]
