"""Applying a study file: what is registered, what a second time does, and what freezes a version."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.batteries.models import BatteryVersion, Prompt
from app.batteries.queries import prompts_of
from app.db import Database
from app.live.models import Event
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.runs.study_file import Applied, apply, load
from app.studies.models import Study
from app.subjects.models import Endpoint, SubjectVersion
from app.subjects.queries import key_name, snapshot
from tests.runs.files import BATTERY, STUDY, write


def put(folder: Path, study: str = STUDY, battery: str = BATTERY) -> Applied:
    """Write both files and apply them in a transaction of their own."""
    file = load(write(folder, study, battery))
    with db.writing() as session:
        return apply(session, file)


def ask(applied: Applied) -> None:
    """Let a run point to what was applied."""
    with db.writing() as session:
        run = Run(study_id=applied.study_id, seed=1)
        session.add(run)
        session.flush()
        wave = Wave(run_id=run.id, number=1, repeats=1)
        session.add(wave)
        session.flush()
        for place, version in enumerate(applied.subject_version_ids):
            session.add(WaveSubject(wave_id=wave.id, version_id=version, position=place))
        for place, version in enumerate(applied.battery_version_ids):
            session.add(WaveBattery(wave_id=wave.id, version_id=version, position=place))


def the_endpoint(session: Session, slug: str) -> Endpoint:
    return session.scalars(select(Endpoint).where(Endpoint.slug == slug)).one()


def test_a_first_time_registers_everything(database: Database, tmp_path: Path) -> None:
    applied = put(tmp_path)
    assert applied.lines == (
        "style base: new",
        "style rlhf: new",
        "endpoint small-base: new",
        "endpoint hosted: new",
        "subject raw: new",
        "subject assistant: new",
        "battery mine: new, 4 prompts",
        "study first-light: new",
    )
    with database.reading() as session:
        keys = [prompt.key for prompt in prompts_of(session, applied.battery_version_ids[0])]
        raw, assistant = (snapshot(session, id) for id in applied.subject_version_ids)
        study = session.get_one(Study, applied.study_id)
    assert keys == ["number", "begun", "steps", "minutes"]
    assert (raw.wire, raw.model, raw.template, raw.system) == (
        "openai-completions",
        "small-270m",
        "{prompt}",
        None,
    )
    assert (assistant.endpoint, assistant.style, assistant.system) == ("hosted", "rlhf", "")
    assert study.wanted["subjects"] == ["raw", "assistant"]
    assert study.wanted["batteries"] == ["mine"]
    assert study.wanted["run"]["budget"] == {"usd": 2.0, "calls": 5000, "tokens": None}


def test_a_second_time_changes_nothing_and_says_so(database: Database, tmp_path: Path) -> None:
    first = put(tmp_path)
    heard: list[str] = []
    file = load(tmp_path / "study.yaml")
    with db.writing() as session:
        second = apply(session, file, say=heard.append)
    assert second.lines == ()
    assert heard == ["study first-light: unchanged"]
    assert second.subject_version_ids == first.subject_version_ids
    assert second.battery_version_ids == first.battery_version_ids
    with database.reading() as session:
        assert session.scalars(select(Event.kind)).all() == ["study.applied"]


def test_a_changed_subject_is_edited_until_a_run_asked_it(database: Database, tmp_path: Path) -> None:
    first = put(tmp_path)
    warmer = put(tmp_path, STUDY.replace("temperature: 0.7", "temperature: 0.9"))
    assert warmer.lines == (
        "subject raw: version 1 edited, since no run asked it; changed sampling.temperature",
    )
    assert warmer.subject_version_ids == first.subject_version_ids

    ask(warmer)
    hottest = put(tmp_path, STUDY.replace("temperature: 0.7", "temperature: 1.0"))
    assert hottest.lines == (
        "subject raw: version 2, since a run asked version 1; changed sampling.temperature",
    )
    with database.reading() as session:
        assert snapshot(session, first.subject_version_ids[0]).sampling.temperature == 0.9
        assert snapshot(session, hottest.subject_version_ids[0]).sampling.temperature == 1.0


def test_a_change_of_the_endpoint_is_a_change_of_its_subjects(database: Database, tmp_path: Path) -> None:
    ask(put(tmp_path))
    moved = put(tmp_path, STUDY.replace("model: hosted-1", "model: hosted-2"))
    assert moved.lines == (
        "endpoint hosted: changed model",
        "subject assistant: version 2, since a run asked version 1; changed model",
    )


def test_limits_prices_and_the_name_of_the_key_stay_live(database: Database, tmp_path: Path) -> None:
    first = put(tmp_path)
    ask(first)
    cheaper = STUDY.replace("{concurrency: 4}", "{concurrency: 9}").replace(
        "EXAMPLE_API_KEY", "OTHER_API_KEY"
    )
    second = put(tmp_path, cheaper.replace("output_per_mtok: 0", "output_per_mtok: 0.5"))
    assert second.lines == (
        "endpoint small-base: changed limits.concurrency, price.output_per_mtok",
        "endpoint hosted: changed key_env",
    )
    assert second.subject_version_ids == first.subject_version_ids


def test_a_changed_prompt_makes_a_new_version_of_the_battery_once_a_run_asked_it(
    database: Database, tmp_path: Path
) -> None:
    first = put(tmp_path)
    edited = put(tmp_path, battery=BATTERY.replace("Pick a number.", "Pick any number."))
    assert edited.lines == ("battery mine: version 1 edited, since no run asked it; changed number",)
    assert edited.battery_version_ids == first.battery_version_ids

    ask(edited)
    again = put(tmp_path, battery=BATTERY)
    assert again.lines == ("battery mine: version 2, since a run asked version 1; changed number",)
    with database.reading() as session:
        old = prompts_of(session, edited.battery_version_ids[0])
        new = prompts_of(session, again.battery_version_ids[0])
        assert old[0].shape["turns"][0]["user"] == "Pick any number."
        assert new[0].shape["turns"][0]["user"] == "Pick a number."
        # Unchanged prompts are the same rows in both versions, so their draws belong together.
        assert [prompt.id for prompt in old[1:]] == [prompt.id for prompt in new[1:]]
        assert session.scalars(select(BatteryVersion.number).order_by(BatteryVersion.number)).all() == [1, 2]


def test_another_order_and_a_prompt_less_are_told(database: Database, tmp_path: Path) -> None:
    ask(put(tmp_path))
    blocks = BATTERY.split("  - key: ")
    turned = put(tmp_path, battery="  - key: ".join([blocks[0], blocks[2], blocks[1], *blocks[3:]]))
    assert turned.lines == ("battery mine: version 2, since a run asked version 1; another order",)
    fewer = put(tmp_path, battery="  - key: ".join([blocks[0], blocks[2], blocks[1], blocks[3]]))
    assert fewer.lines == ("battery mine: version 2 edited, since no run asked it; removed minutes",)


def test_labels_of_a_prompt_are_corrected_without_a_new_version(database: Database, tmp_path: Path) -> None:
    first = put(tmp_path)
    ask(first)
    labelled = BATTERY.replace(
        "    family: steps\n", "    family: steps\n    theme: pressure\n    watch_for: [hedging]\n"
    )
    second = put(tmp_path, battery=labelled.replace("title: Mine", "title: My own"))
    assert second.lines == ("battery mine: changed title; corrected labels of steps",)
    assert second.battery_version_ids == first.battery_version_ids
    with database.reading() as session:
        steps = session.scalars(select(Prompt).where(Prompt.key == "steps")).one()
    assert (steps.theme, steps.shape["watch_for"]) == ("pressure", ["hedging"])


def test_equal_turns_and_mode_are_an_equal_prompt_whatever_its_labels(
    database: Database, tmp_path: Path
) -> None:
    twin = (
        BATTERY
        + "  - key: twin\n    family: other\n    variant: b\n    turns:\n      - {user: Pick a number.}\n"
    )
    applied = put(tmp_path, battery=twin)
    with database.reading() as session:
        number, *_, twin_row = prompts_of(session, applied.battery_version_ids[0])
    assert number.equal_sha256 == twin_row.equal_sha256
    assert number.content_sha256 != twin_row.content_sha256


def test_a_key_stays_with_the_origin_it_was_named_for(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    unnamed = STUDY.replace("    key_env: EXAMPLE_API_KEY\n", "")
    assert put(tmp_path, unnamed).lines == ()
    with database.reading() as session:
        hosted = the_endpoint(session, "hosted")
        assert (hosted.key_env, hosted.key_origin) == ("EXAMPLE_API_KEY", "https://api.example.com:443")
        assert key_name(hosted, "https://api.example.com/v2") == "EXAMPLE_API_KEY"
        assert key_name(hosted, "https://api.example.com:8443/v1") is None
        assert key_name(hosted, "http://api.example.com/v1") is None


def test_moving_an_endpoint_clears_its_key_until_it_is_named_again(
    database: Database, tmp_path: Path
) -> None:
    put(tmp_path)
    moved = STUDY.replace("api.example.com", "api.elsewhere.example")
    assert put(tmp_path, moved.replace("    key_env: EXAMPLE_API_KEY\n", "")).lines[0] == (
        "endpoint hosted: changed base_url, key_env; EXAMPLE_API_KEY is no longer sent"
    )
    with database.reading() as session:
        assert the_endpoint(session, "hosted").key_env is None
    put(tmp_path, moved)
    with database.reading() as session:
        assert the_endpoint(session, "hosted").key_env == "EXAMPLE_API_KEY"


def test_a_file_that_moves_an_endpoint_and_names_its_key_again_is_told_loudly(
    database: Database, tmp_path: Path
) -> None:
    put(tmp_path)
    assert put(tmp_path, STUDY.replace("api.example.com", "api.elsewhere.example")).lines[0] == (
        "endpoint hosted: changed base_url; EXAMPLE_API_KEY is now sent to https://api.elsewhere.example:443, "
        "before EXAMPLE_API_KEY to https://api.example.com:443"
    )


def test_a_change_that_touches_another_study_says_which(database: Database, tmp_path: Path) -> None:
    put(tmp_path)
    second = STUDY.replace("slug: first-light", "slug: second")
    assert put(tmp_path, second).lines == ("study second: new",)
    warmer = second.replace("temperature: 0.7", "temperature: 0.9")
    assert put(tmp_path, warmer, BATTERY.replace("Go on.", "Go on!")).lines == (
        "subject raw: version 1 edited, since no run asked it; changed sampling.temperature "
        "(also used by study first-light)",
        "battery mine: version 1 edited, since no run asked it; changed steps (also used by study first-light)",
    )


def test_a_style_and_an_endpoint_that_another_study_stands_on_say_so_too(
    database: Database, tmp_path: Path
) -> None:
    put(tmp_path)
    second = STUDY.replace("slug: first-light", "slug: second")
    dearer = second.replace("name: RLHF", "name: RLHF again")
    assert put(tmp_path, dearer.replace("output_per_mtok: 0", "output_per_mtok: 3")).lines == (
        "style rlhf: changed name (also used by study first-light)",
        "endpoint small-base: changed price.output_per_mtok (also used by study first-light)",
        "study second: new",
    )


def test_subjects_of_another_file_follow_their_endpoint(database: Database, tmp_path: Path) -> None:
    ask(put(tmp_path))
    other = STUDY.replace("slug: first-light", "slug: second").replace("slug: assistant", "slug: helper")
    moved = put(tmp_path, other.replace("model: hosted-1", "model: hosted-2"))
    assert moved.lines == (
        "endpoint hosted: changed model (also used by study first-light)",
        "subject assistant: version 2, since a run asked version 1; changed model "
        "(also used by study first-light)",
        "subject helper: new",
        "study second: new",
    )


def test_two_who_apply_at_once_register_it_once(database: Database, tmp_path: Path) -> None:
    file = load(write(tmp_path))
    together = Barrier(2)

    def one() -> tuple[str, ...]:
        together.wait()
        with db.writing() as session:
            return apply(session, file).lines

    with ThreadPoolExecutor(2) as threads:
        first, second = (threads.submit(one) for _ in range(2))
        lines = sorted([first.result(), second.result()], key=len)
    assert lines[0] == ()
    assert len(lines[1]) == 8


def test_a_failure_on_the_way_leaves_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_args: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr("app.runs.applying.put_study", break_off)
    with pytest.raises(RuntimeError):
        put(tmp_path)
    with database.reading() as session:
        assert session.scalars(select(Endpoint)).all() == []
        assert session.scalars(select(SubjectVersion)).all() == []


# What a file may hold as it is: no control characters, and none that YAML takes for the end of a line.
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufffe\uffff"))
whole = st.integers(-(2**53), 2**53)  # a text of very many digits would be taken for a key
sampling = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.integers(0, 2000).map(lambda milli: milli / 1000),
        "top_p": st.sampled_from([0.5, 0.95, 1]),
        "max_tokens": st.integers(1, 4096),
        "seed": st.none() | st.integers(0, 2**63 - 1),
        "stop": st.lists(words.filter(bool), max_size=3),
        "extra": st.dictionaries(st.sampled_from(["min_p", "thinking"]), st.none() | whole | words),
    },
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(settings_of_raw=sampling, system=st.none() | words, asked=st.booleans())
def test_applying_twice_is_applying_once(
    sqlite: Database, tmp_path: Path, settings_of_raw: dict[str, object], system: str | None, asked: bool
) -> None:
    written = json.dumps(settings_of_raw, ensure_ascii=False), json.dumps(system, ensure_ascii=False)
    study = STUDY.replace('system: ""', f"system: {written[1]}").replace(
        "{temperature: 0.7, max_tokens: 96}", written[0]
    )
    first = put(tmp_path, study)
    if asked:
        ask(first)
    second = put(tmp_path, study)
    assert second.lines == ()
    assert second.subject_version_ids == first.subject_version_ids
    with db.reading() as session:
        assert snapshot(session, second.subject_version_ids[1]).system == system
