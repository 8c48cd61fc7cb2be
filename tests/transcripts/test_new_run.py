"""The page of a new run: what a study could ask, what it comes to before anything is sent, and the start."""

import re

import httpx
import pytest
from sqlalchemy import func, select

from app import db
from app.db import Database
from app.runs.models import Run, Wave, WaveSubject
from app.studies.models import Study
from app.transcripts.commands import start
from app.transcripts.models import Transcript
from app.transcripts.new_run import NewRun, Shown, exact_request, new_run
from app.transcripts.wish import RunForm
from tests import seed
from tests.probes.put import put_probe

KEYS = {"TWO_API_KEY": "k", "THREE_API_KEY": "k", "FOUR_API_KEY": "k"}
CHOSEN = {"study": "first-light", "chosen": "1", "repeats": "3"}


@pytest.fixture
def study(sqlite: Database) -> seed.Seeded:
    """A study with its run, whose subjects and prompts a new run may ask again."""
    with sqlite.writing() as session:
        return seed.study(session, repeats=1)


def opened(form: RunForm, environ: dict[str, str] | None = None) -> NewRun:
    with db.reading() as session:
        row = session.scalars(select(Study)).one()
        return new_run(session, row, form, KEYS if environ is None else environ)


def form(**values: object) -> RunForm:
    return RunForm.model_validate({**CHOSEN, "b": ["mode-collapse"], "s": ["pirate"], **values})


def test_a_page_opened_fresh_holds_what_the_studys_file_asked_for(study: seed.Seeded) -> None:
    page = opened(RunForm(study="first-light"))
    assert [one.slug for one in page.chosen_batteries] == ["mode-collapse"]
    assert [one.slug for one in page.chosen_subjects] == [
        "base-raw", "default-assistant", "pirate", "constitution", "reasoner",
    ]  # fmt: skip
    assert page.form.repeats == "1"
    assert page.problem == ""


def test_draws_calls_and_money_are_counted_before_anything_is_sent(study: seed.Seeded) -> None:
    page = opened(form(s=["pirate", "reasoner"], repeats="20"))
    assert page.estimate is not None
    # prefill is not known to be possible on these two, so two prompts of three are asked
    assert (page.estimate.draws, page.estimate.calls, page.estimate.impossible_draws) == (80, 80, 40)
    assert page.estimate.unpriced == ("reasoner",)
    assert 0 < page.estimate.cost_micro.low < page.estimate.cost_micro.high


def test_keys_that_this_process_lacks_are_named_and_do_not_hinder(study: seed.Seeded) -> None:
    page = opened(form(s=["base-raw", "pirate", "reasoner"]), {"FOUR_API_KEY": "k", "TWO_API_KEY": ""})
    assert page.missing_keys == ("TWO_API_KEY",)
    assert page.problem == ""


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"b": []}, "Choose at least one battery and one subject."),
        ({"s": []}, "Choose at least one battery and one subject."),
        ({"s": ["nobody"]}, "Choose at least one battery and one subject."),
        ({"repeats": "0"}, "found '0', expected a whole number from 1 to 100,000."),
        (
            {"s": ["reasoner"], "max_usd": "5"},
            "A dollar budget cannot hold where a price is unknown (reasoner): set a cap of calls beside it.",
        ),
    ],
)
def test_what_cannot_be_started_says_why(study: seed.Seeded, values: dict[str, object], problem: str) -> None:
    assert opened(form(**values)).problem == problem


def test_a_cap_of_calls_makes_a_dollar_budget_over_an_unknown_price_possible(study: seed.Seeded) -> None:
    assert opened(form(s=["reasoner"], max_usd="5", max_calls="10")).problem == ""


def test_the_exact_request_is_that_of_the_chosen_prompt_and_subject(study: seed.Seeded) -> None:
    shown = exact_request(opened(form(p="mode-collapse/who-plain", x="pirate")))
    assert isinstance(shown, Shown)
    assert shown.url == "https://two.example/v1/chat/completions"
    assert "You are a pirate." in shown.body
    assert "Who are you?" in shown.body
    assert shown.text is None
    assert any("template of its own" in note for note in shown.notes)


def test_the_text_that_a_raw_subject_continues_is_shown_as_it_is(study: seed.Seeded) -> None:
    shown = exact_request(opened(form(s=["base-raw"], p="mode-collapse/number-plain")))
    assert isinstance(shown, Shown)
    assert shown.text == "Pick any whole number from 0 to 100. Reply with the number only."


def test_the_first_of_several_temperatures_is_in_the_request(study: seed.Seeded) -> None:
    shown = exact_request(opened(form(temperatures="0.25, 1")))
    assert isinstance(shown, Shown)
    assert "0.25" in shown.body


def test_what_is_not_possible_is_said_instead_of_a_request(study: seed.Seeded) -> None:
    shown = exact_request(opened(form(p="mode-collapse/said-prefill")))
    assert isinstance(shown, str)
    assert shown.startswith("said-prefill is not possible with Default, as a pirate: ")


def test_nothing_chosen_has_no_request(study: seed.Seeded) -> None:
    assert exact_request(opened(form(s=[]))) is None


@pytest.mark.anyio
async def test_several_studies_are_chosen_from(client: httpx.AsyncClient, sqlite: Database) -> None:
    assert "No study yet" in (await client.get("/runs/new")).text
    with sqlite.writing() as session:
        session.add(Study(slug="one", title="One"))
    assert "New run of One" in (await client.get("/runs/new")).text
    with sqlite.writing() as session:
        session.add(Study(slug="two", title="Two"))
    text = (await client.get("/runs/new")).text
    assert 'href="/runs/new?study=one"' in text
    assert 'href="/runs/new?study=two"' in text


@pytest.mark.anyio
async def test_the_form_as_it_stands_is_counted_anew(client: httpx.AsyncClient, study: seed.Seeded) -> None:
    query = {**CHOSEN, "b": "mode-collapse", "s": ["pirate", "base-raw"], "repeats": "7"}
    text = (await client.get("/-/runs/new", params=query)).text
    numbers = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert "35 draws" in numbers
    assert "not set in this server" in numbers
    assert "<html" not in text


@pytest.mark.anyio
async def test_start_plans_the_draws_and_leads_to_the_run(
    client: httpx.AsyncClient, study: seed.Seeded
) -> None:
    data = {
        **CHOSEN, "b": "mode-collapse", "s": ["pirate", "base-raw"], "temperatures": "0, 1", "max_calls": "50",
        "reason": " to compare ",
    }  # fmt: skip
    reply = await client.post("/runs", data=data)
    assert (reply.status_code, reply.headers["location"]) == (303, "/runs/2")
    with db.reading() as session:
        run, wave = session.get_one(Run, 2), session.scalars(select(Wave).where(Wave.run_id == 2)).one()
        assert (run.budget_calls, run.wanted) == (50, "go")
        assert (wave.repeats, wave.temperatures, wave.reason) == (3, [0.0, 1.0], "to compare")
        subjects = session.scalars(select(WaveSubject.version_id).where(WaveSubject.wave_id == wave.id))
        assert sorted(subjects) == sorted([study.versions["pirate"], study.versions["base-raw"]])
        planned = select(func.count()).select_from(Transcript).where(Transcript.run_id == 2)
        assert session.scalar(planned) == 2 * 3 * 3 * 2


def test_what_is_planned_is_what_was_counted(study: seed.Seeded) -> None:
    counted = opened(form(s=["pirate", "base-raw"], repeats="4")).estimate
    assert counted is not None
    with db.writing() as session:
        _, planned = start(
            session, study_id=study.study_id, battery_version_ids=[study.battery_version_id],
            subject_version_ids=[study.versions["pirate"], study.versions["base-raw"]], repeats=4,
        )  # fmt: skip
    assert (planned.queued, planned.impossible) == (counted.draws, counted.impossible_draws) == (20, 4)


@pytest.mark.anyio
async def test_a_form_that_cannot_be_started_comes_back_with_what_was_written(
    client: httpx.AsyncClient, study: seed.Seeded
) -> None:
    data = {**CHOSEN, "b": "mode-collapse", "s": "pirate", "repeats": "many", "reason": "because <b>"}
    reply = await client.post("/runs", data=data)
    assert reply.status_code == 422
    assert "found &#39;many&#39;" in reply.text
    assert "because &lt;b&gt;" in reply.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 1


@pytest.mark.anyio
async def test_a_run_of_no_study_is_not_found(client: httpx.AsyncClient, study: seed.Seeded) -> None:
    assert (await client.post("/runs", data={**CHOSEN, "study": "none"})).status_code == 404


def test_the_subjects_of_the_study_come_first_and_those_ticked_beside_them(study: seed.Seeded) -> None:
    with db.writing() as session:
        session.scalars(select(Study)).one().wanted = {
            "subjects": ["pirate"], "batteries": ["mode-collapse"], "run": {"repeats": 1},
        }  # fmt: skip
    fresh = opened(RunForm(study="first-light"))
    assert [one.slug for one in fresh.named_subjects] == ["pirate"]
    assert len(fresh.further_subjects) == 4
    ticked = opened(form(s=["reasoner"]))
    assert [one.slug for one in ticked.named_subjects] == ["pirate", "reasoner"]


def test_what_a_probe_found_decides_what_is_asked_and_says_so(study: seed.Seeded) -> None:
    shown = exact_request(opened(form(p="mode-collapse/said-prefill", x="pirate")))
    assert isinstance(shown, str)
    assert "probe it" in shown
    put_probe("two", prefill=True, max_tokens_field="max_completion_tokens")
    page = opened(form(p="mode-collapse/said-prefill", x="pirate"))
    assert page.estimate is not None
    assert page.estimate.impossible_draws == 0
    shown = exact_request(page)
    assert isinstance(shown, Shown)
    assert "max_completion_tokens" in shown.body
    assert any("found by the probe of 20" in note for note in shown.notes)
    put_probe("two", prefill=False)
    told = exact_request(opened(form(p="mode-collapse/said-prefill", x="pirate")))
    assert isinstance(told, str)
    assert "does not continue a begun answer (found by the probe of 20" in told
