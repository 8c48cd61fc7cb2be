"""The palette: which letters lead where, in which order, under which view; and what hidden names keep back."""

from urllib.parse import parse_qs

import pytest
from sqlalchemy import insert

from app.batteries.models import BatteryPrompt, Prompt
from app.db import Database
from app.home.going import Here, Option, going, here, rank, words_of
from app.reading.filters import read
from app.reading.sets import keep_live
from app.runs.models import Run
from app.studies.models import Study
from tests import seed
from tests.cast import PROMPTS, SUBJECTS

HOSTILE_NAME = "<script>alert(1)</script> \u202eevil"
PROMPT = "/studies/first-light/compare/mode-collapse/number-plain"


@pytest.mark.parametrize(
    ("typed", "how"),
    [
        ("Mode collapse", 0), ("mode c", 1), ("collapse", 2), ("co mo", 2), ("mode lib", 3), ("NÄH", 3),
        ("ollapse", None), ("mode x", None), ("", 1),
    ],
)  # fmt: skip
def test_letters_begin_words_and_the_nearer_the_better(typed: str, how: int | None) -> None:
    assert rank(words_of(typed), Option("/", "Mode collapse", "in the library", "Nähe_2")) == how


@pytest.fixture
def many(database: Database) -> Database:
    """A study of 600 prompts, a second study with a hostile name, a set, and a text that was only tried."""
    with database.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:2], prompts=PROMPTS[:1], repeats=1)
        seed.study(session, slug="second", title=HOSTILE_NAME, subjects=SUBJECTS[2:3], prompts=PROMPTS[1:2],
                   repeats=1, battery="voice")  # fmt: skip
        like = {"battery_id": 1, "equal_sha256": "", "variant": "plain", "theme": "", "branch": "", "mode": "chat",
                "shape": {"turns": [{"user": "Say."}]}}  # fmt: skip
        ids = session.scalars(insert(Prompt).returning(Prompt.id), [
            {**like, "key": f"number-{n}", "content_sha256": str(n), "family": f"number-{n}",
             "title": "Ω letters" if n == 7 else ""} for n in range(600)
        ]).all()  # fmt: skip
        session.execute(insert(BatteryPrompt), [
            {"version_id": made.battery_version_id, "position": at, "prompt_id": number}
            for at, number in enumerate(sorted(ids), 1)
        ])  # fmt: skip
        tried = seed.run(session, made, subjects=SUBJECTS[:1], prompts=PROMPTS[:1], repeats=1)
        session.get_one(Run, tried).kind = "scratch"
        study = session.get_one(Study, made.study_id)
        keep_live(session, study, "Short ones", "to read", read(parse_qs("stop=cut"), study=study.slug), 1)
    return database


def led(database: Database, typed: str, address: str = "") -> dict[str, list[Option]]:
    with database.reading() as session:
        return {one.name: list(one.options) for one in going(session, typed, here(session, address))}


def test_a_prompt_among_hundreds_is_found_under_the_view_one_comes_from(many: Database) -> None:
    found = led(many, "numb 57", f"{PROMPT}?cols=base-raw@1&hide=kept&repeat=3")
    assert [one.label for one in found["Prompts"]][:2] == ["number-57", "number-570"]
    first = found["Prompts"][0]
    assert first.url == "/studies/first-light/compare/mode-collapse/number-57?cols=base-raw@1&hide=kept"
    assert first.swap
    assert len(led(many, "numb")["Prompts"]) == 12
    assert led(many, "ω")["Prompts"][0].label == "Ω letters"  # case that a database does not fold
    elsewhere = led(many, "who pl", "/runs/1")["Prompts"][0]
    assert (elsewhere.url, elsewhere.swap) == ("/studies/second/compare/voice/who-plain", False)
    assert "Prompts" not in led(many, "who pl", PROMPT)  # of the study where one stands


def test_each_kind_of_thing_is_found_by_its_words(many: Database) -> None:
    def urls(typed: str, group: str, address: str = PROMPT) -> list[str]:
        return [one.url for one in led(many, typed, address).get(group, [])]

    assert urls("mode", "Batteries") == [
        "/studies/first-light/compare/mode-collapse",
        "/library/batteries/mode-collapse",
    ]
    assert urls("short", "Working sets") == ["/studies/first-light/compare?set=1"]
    assert urls("short", "Working sets", "/studies/first-light") == ["/sets/1"]
    assert urls("run 2", "Runs")[0] == "/runs/2"
    assert "/runs/3" not in urls("run", "Runs")  # it only tried a text: there for who names its number
    assert urls("run 3", "Runs") == ["/runs/3"]
    assert urls("evil", "Studies") == ["/studies/second"]
    assert urls("two-large assist", "Subjects") == ["/library/subjects/default-assistant"]
    assert urls("new run", "Pages")[0] == "/runs/new"
    assert urls("a&b%", "Search") == ["/studies/first-light/search?q=a%26b%25"]
    assert urls("9" * 30, "Runs") == []


def test_hidden_names_lead_nowhere_that_tells_them(many: Database) -> None:
    on_compare = led(many, "", f"{PROMPT}?hide=kept")
    every = [one for options in on_compare.values() for one in options]
    assert "Subjects" not in on_compare
    assert [one.label for one in on_compare["Working sets"]] == ["Set 1"]
    assert "Working sets" not in led(many, "short", f"{PROMPT}?hide=kept")
    assert [one.url for one in on_compare["Runs"]] == [f"{PROMPT}?run=1&hide=kept"]
    assert not [one.url for one in every if one.url.startswith(("/runs/1", "/library/", "/sets/"))]
    assert all("hide=kept" in one.url for name, some in on_compare.items() if name != "Pages" for one in some)
    elsewhere = led(many, "", "/transcripts/1?hide=kept")
    assert {"Runs", "Subjects", "Working sets"}.isdisjoint(elsewhere)
    assert "hide=kept" in led(many, "x", "/search?hide=kept")["Search"][0].url


@pytest.mark.parametrize(
    "address", ["", "//[", "/studies/none/compare/a/b", "/studies/%00", "?" + "&" * 9000, "/runs?hide=x"]
)
def test_an_address_that_says_nothing_is_no_place(sqlite: Database, address: str) -> None:
    with sqlite.reading() as session:
        assert here(session, address) == Here()
        assert [one.name for one in going(session, "", Here())] == ["Pages"]
        assert [one.name for one in going(session, " \x00 ?", Here())] == ["Search"]
