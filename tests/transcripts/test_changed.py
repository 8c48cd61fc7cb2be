"""What a run changed against the last one of the same battery: every kind of change, none, and the first run."""

import httpx
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app import db
from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.runs.commands import add_wave
from app.runs.models import Run, Wave
from app.studies.models import Study
from app.subjects.models import Probe
from app.subjects.shape import SubjectShape
from app.transcripts.changed import Changed, First, changed
from app.transcripts.models import RunProbe
from tests import seed
from tests.cast import ENDPOINTS, PROMPTS, SUBJECTS, Draw
from tests.transcripts.run_pages import HOSTILE, get, words

TWO, PIRATE, NEW, REASONER = SUBJECTS[1:]
LONG = "You are a pirate. " * 40


def told(run_id: int) -> Changed:
    with db.reading() as session:
        found = changed(session, run_id)
    assert isinstance(found, Changed)
    return found


def lines(found: Changed) -> list[tuple[str, str, str, str]]:
    return [(one.of, one.what, one.before, one.now) for one in found.lines]


def test_the_first_run_of_a_battery_has_none_to_be_held_against(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=(TWO,), prompts=PROMPTS[:1], repeats=1)
        seed.study(
            session, slug="other", subjects=(REASONER,), prompts=PROMPTS[:1], battery="another", repeats=1
        )
    with database.reading() as session:
        assert changed(session, 1) == changed(session, 2) == First(1)
    with (
        database.writing() as session
    ):  # what only tries a text is neither held against others nor they against it
        tried = seed.run(session, made, subjects=(TWO,), prompts=PROMPTS[:1], repeats=1)
        session.get_one(Run, tried).kind = "scratch"
        seed.run(session, made, subjects=(TWO,), prompts=PROMPTS[:1], repeats=1)
    with database.reading() as session:
        assert changed(session, tried) is None
    assert told(4).run == 1


def test_an_equal_run_changed_nothing_but_the_date(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[1:3], repeats=2)
        seed.run(session, made, subjects=SUBJECTS[1:3], repeats=2)
        session.execute(update(Run).where(Run.id == 1).values(created_at=db.now().replace(year=2020)))
    found = told(2)
    assert (found.lines, found.run, found.awaited) == ((), 1, False)
    assert found.days > 300
    assert found.compare_url == "/studies/first-light/compare?run=1,2&beside=1"
    with database.reading() as session:
        assert (
            changed(session, 2, hide=True) is None
        )  # hidden names: nothing that tells whose answers are read


@pytest.fixture
def moved(database: Database) -> Changed:
    """A run with another pirate, no reasoner, a new subject, another model served, and other prompts."""
    pirate = PIRATE.model_copy(update={
        "system": LONG + "Arr!", "induced_by": "scaffold",
        "sampling": PIRATE.sampling.model_copy(update={"temperature": 0.5, "max_tokens": 64}),
    })  # fmt: skip
    asked = (
        PROMPTS[0].model_copy(
            update={"turns": (Turn(user="Pick a number."),), "condition": {"tone": "short"}}
        ),
        PROMPTS[1],
        PromptShape(key="new-one", family="new", turns=(Turn(user="New?"),)),
    )

    def later(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw("yes", served="two-large-2026" if subject.slug == TWO.slug and repeat == 2 else None)

    with database.writing() as session:
        made = seed.study(
            session, subjects=(TWO, PIRATE, REASONER, NEW), repeats=1, say=lambda *_: Draw("yes")
        )
        seed.version(session, made, PIRATE.model_copy(update={"system": LONG}), 2)
        seed.run(session, made, subjects=(TWO, PIRATE, REASONER), repeats=1, say=lambda *_: Draw("yes"))
        seed.version(session, made, pirate, 3)
        seed.battery_version(session, made, asked)
        seed.run(session, made, subjects=(TWO, pirate, NEW), prompts=asked, repeats=2, say=later)
        session.execute(update(Run).where(Run.id == 3).values(same_seeds=1))
        for run, version in ((2, "0.0.9"), (3, "0.1.0")):
            session.execute(update(Wave).where(Wave.run_id == run).values(planned_with=version))
        for run, build in ((2, "b1"), (3, "b2")):
            _probed(session, made, run, build, prefill=run == 3)
    return told(3)


def _probed(session: Session, made: seed.Seeded, run: int, build: str, prefill: bool) -> None:
    """Let a probe speak for the first subject in a run."""
    two = next(one for one in ENDPOINTS if one.slug == "two")
    found = {"name": "prefill", "standing": "found", "value": prefill, "says": "as shown"}
    reached = two.model_dump(include={"wire", "base_url", "model", "dialect", "upstream", "headers"})
    probe = Probe(endpoint_id=made.endpoints["two"], state="done", version=build, found=[found], **reached)
    session.add(probe)
    session.flush()
    session.add(RunProbe(run_id=run, version_id=made.versions[TWO.slug], probe_id=probe.id))


def test_every_kind_of_change_is_a_line_of_its_own(moved: Changed) -> None:
    assert (moved.run, moved.study, moved.awaited) == (2, "", False)
    found = lines(moved)
    assert [line[:2] for line in found[:2]] == [("Mode collapse", "battery"), ("Mode collapse", "prompts")]
    assert found[0][2].startswith("version 1 (")
    assert found[1][2:] == (
        "3", "3: 1 added (new-one), 1 removed (said-prefill), 1 changed in condition, turns (number-plain)"
    )  # fmt: skip
    two, pirate = "Default assistant", "Default, as a pirate"
    assert found[2:] == [
        (two, "endpoint can prefill", "no", "yes"),
        (two, "server as probed", "b1", "b2"),
        (two, "model served", "two-large", "two-large × 3, two-large-2026 × 3"),
        (pirate, "subject", "version 2", "version 3"),
        (pirate, "induced by", "system", "scaffold"),
        (pirate, "system prompt", "… te. You are a pirate. You are a pirate. ",
         "… te. You are a pirate. You are a pirate. Arr!"),
        (pirate, "temperature", "1", "0.5"),
        (pirate, "max_tokens", "256", "64"),
        ("Constitution", "subject", "not asked", "version 1"),
        ("Reasoning, medium", "subject", "version 1", "not asked"),
        ("Each cell", "repeats", "1", "2"),
        ("Each cell", "seeds", "its own", "those of run 1"),
        ("Styloscope", "version", "0.0.9", "0.1.0"),
    ]  # fmt: skip
    assert [len(group) for group in moved.groups] == [2, 3, 5, 1, 1, 2, 1]
    hrefs = {(one.of, one.what): one.href for one in moved.lines}
    assert hrefs["Mode collapse", "battery"] == "/library/batteries/mode-collapse?version=2"
    assert hrefs[pirate, "temperature"] == "/library/subjects/pirate?version=3"
    assert hrefs[two, "model served"].endswith("?run=2,3&beside=1&cols=default-assistant")


def test_answers_tell_what_was_sent_and_at_which_temperatures(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=(TWO,), prompts=PROMPTS[:1], repeats=1)
        hot = TWO.model_copy(
            update={"sampling": TWO.sampling.model_copy(update={"temperature": 2, "top_p": 0.5})}
        )
        seed.run(
            session, made, subjects=(hot,), prompts=PROMPTS[:1], repeats=1
        )  # as --temperatures, and top_p sent
        short = PROMPTS[0].model_copy(update={"max_tokens": 5})
        seed.battery_version(session, made, (short,))
        seed.run(session, made, subjects=(hot,), prompts=(short,), repeats=1)
    name = "Default assistant"
    assert lines(told(2)) == [(name, "temperature", "T 1", "T 2"), (name, "top_p sent", "0.95", "0.5")]
    assert (name, "max_tokens sent", "256", "5") in lines(told(3))
    assert "in max tokens (number-plain)" in lines(told(3))[1][3]


def test_a_run_without_answers_yet_says_that_more_will_be_told(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=(TWO,), repeats=1)
        seed.run(session, made, subjects=(TWO,), repeats=1, say=lambda *_: Draw(state="queued"))
    assert (told(2).lines, told(2).awaited) == ((), True)


@pytest.mark.anyio
async def test_the_page_shows_the_changes_and_hides_them_with_the_names(client: httpx.AsyncClient) -> None:
    with db.writing() as session:
        made = seed.study(session, title=HOSTILE, subjects=(TWO, PIRATE), prompts=PROMPTS[:1], repeats=1)
        evil = PIRATE.model_copy(update={"system": HOSTILE})
        seed.version(session, made, evil)
        seed.run(session, made, subjects=(TWO, evil), prompts=PROMPTS[:1], repeats=1)
        other = seed.Seeded(0, 0, made.battery_version_id, **{
            name: getattr(made, name) for name in ("subjects", "versions", "endpoints", "prompts")
        })  # fmt: skip
        session.add(Study(slug="second", title="Second", question="", wanted={}))
        session.flush()
        other.study_id = 2
        seed.run(session, other, subjects=(TWO, evil), prompts=PROMPTS[:1], repeats=1)
    first, second, third = [words(await get(client, f"/runs/{number}")) for number in (1, 2, 3)]
    assert "This is the first run of this battery" in first
    assert "2 changes against run 1" in second
    assert "system prompt You are a pirate. → &lt;script&gt;" in second
    assert "Nothing changed against run 2" in third
    assert "Run 2 of the study &lt;script&gt;" in third  # another study: Compare reads one study
    assert "side by side" not in third
    part = words(await get(client, "/-/runs/2/changed"))
    assert part.strip() in second
    for address in ("/runs/2?hide=kept", "/-/runs/2/changed?hide=kept"):
        assert "gainst run" not in await get(client, address)
    await get(client, "/-/runs/9/changed", 404)


@pytest.mark.anyio
async def test_the_page_tells_what_each_wave_added(client: httpx.AsyncClient) -> None:
    with db.writing() as session:
        made = seed.study(session, subjects=(TWO, PIRATE, NEW), prompts=PROMPTS[:1], repeats=1)
        seed.run(session, made, subjects=(TWO, PIRATE), prompts=PROMPTS[:1], repeats=2)
        seed.wave(
            session, made, subjects=(TWO, PIRATE), prompts=PROMPTS[:1], first=3, repeats=6, reason="more"
        )
        seed.wave(session, made, subjects=(NEW,), prompts=PROMPTS[:1], first=1, repeats=6, number=3)
        add_wave(session, 2, repeats=6)
    found = await get(client, "/runs/2")
    told = words(found[found.index('id="waves"') :])
    assert "2 subjects, to 6 repeats repeats 3–6 8 of 8 more" in told
    assert "1 subject, to 6 repeats Constitution 6 of 6" in told
    assert "nothing: all of it was there none" in told
    assert 'href="/studies/first-light/compare?run=2&amp;wave=3"' in found
