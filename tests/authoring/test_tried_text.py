"""A text that was tried goes into a draft: of a battery that is there, of a new one, or into one under way."""

import httpx
import pytest
from sqlalchemy import func, select

from app import db
from app.authoring.models import Draft
from app.authoring.tried_text import KeepForm, Keeping, first_form, keep, keeping
from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.live.models import Event
from tests import seed
from tests.authoring.drafts import PERSON, begun, ids, page_of, publish, row_of
from tests.cast import PROMPTS, SUBJECTS
from tests.tries import TRIED, tried

INTO = {"into": "battery.mode-collapse", "key": "moth", "family": "moth", "variant": "plain", "mode": "chat"}
NEW = INTO | {"into": "", "title": "Moths"}


def studied(database: Database) -> seed.Seeded:
    with database.writing() as session:
        return seed.study(session, repeats=1)


def checked(text: PromptShape = TRIED, **fields: str) -> Keeping:
    with db.reading() as session:
        return keeping(session, text, KeepForm(**fields))


def kept(text: PromptShape = TRIED, **fields: str) -> tuple[int, str]:
    """Put a text into a draft; return the draft's number and the prompt's id."""
    with db.writing() as session:
        made = keeping(session, text, KeepForm(**fields))
        assert not made.wrong
        return keep(session, made, person_id=PERSON).id, made.prompt


def test_a_battery_that_is_there_gets_a_draft_with_it_at_the_end(database: Database) -> None:
    studied(database)
    number, new = kept(**INTO)
    row = row_of(number)
    assert (row.kind, row.of, row.number) == ("battery", "mode-collapse", 1)
    assert [one["shape"]["key"] for one in row.data["prompts"]] == [*(one.key for one in PROMPTS), "moth"]
    shape = row.data["prompts"][-1]["shape"]
    assert (row.data["prompts"][-1]["id"], shape["turns"]) == (new, [{"user": "Is a moth honest?"}])
    with db.reading() as session:
        assert session.scalars(select(Event.kind)).all() == ["draft.begun", "draft.changed"]
    assert publish(number) == "mode-collapse"


def test_a_draft_under_way_is_written_on_and_not_begun_anew(sqlite: Database) -> None:
    studied(sqlite)
    first = begun("battery", "mode-collapse")
    number, _ = kept(**INTO)
    assert number == first
    again, _ = kept(**INTO | {"into": f"draft.{first}", "key": "moth-2", "variant": "terse"})
    assert again == first
    assert list(ids(first))[-2:] == ["moth", "moth-2"]


def test_a_new_battery_begins_as_a_draft_with_its_name(sqlite: Database) -> None:
    studied(sqlite)
    number, _ = kept(**NEW)
    assert row_of(number).data["battery"] == {"slug": "moths", "title": "Moths"}
    assert row_of(number).of is None
    assert (f"draft.{number}", "Moths (draft of a new one)") in checked(**INTO).choices
    assert publish(number) == "moths"


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        (INTO | {"key": "number-plain"}, "key", "found 'number-plain' again"),
        (INTO | {"key": "Moth Plain"}, "key", "expected 1 to 64 of a-z"),
        (INTO | {"family": ""}, "family", "expected 1 to 64"),
        (INTO | {"variant": ""}, "variant", "found an empty text"),
        (INTO | {"family": "number", "variant": "plain"}, "variant", "of 'number-plain' again"),
        (INTO | {"mode": "prefill"}, "mode", "expected user, …, assistant in turn"),
        (INTO | {"into": "battery.none"}, "into", "expected a battery or a draft that is there"),
        (INTO | {"into": "battery._first-light"}, "into", "expected a battery or a draft"),
        (INTO | {"into": "draft.99"}, "into", "expected a battery or a draft"),
        (INTO | {"into": "x"}, "into", "expected a battery or a draft"),
        (NEW | {"title": " "}, "title", "expected a name with a letter"),
    ],
)
def test_what_cannot_be_says_why_by_its_field(
    sqlite: Database, fields: dict[str, str], field: str, said: str
) -> None:
    made = studied(sqlite)
    with sqlite.writing() as session:
        tried(session, made, subjects=SUBJECTS[:1])
    assert said in checked(**fields).wrong[field]


def test_the_form_opens_where_the_family_is_at_home_and_needs_no_word_more(sqlite: Database) -> None:
    studied(sqlite)
    change = TRIED.model_copy(update={"family": "number", "branch": "abstract"})
    fresh = TRIED.model_copy(update={"family": "tried"})
    with sqlite.reading() as session:
        one, two = first_form(session, change), first_form(session, fresh)
        three = first_form(session, fresh.model_copy(update={"turns": (Turn(user="…"),)}))
    assert (one.into, one.family, one.variant) == ("battery.mode-collapse", "number", "")
    assert (two.into, two.title, two.key, two.family, two.variant) == (
        "", "Tried texts", "is-a-moth-honest", "is-a-moth-honest", "plain",
    )  # fmt: skip
    assert three.key == "prompt"
    assert not checked(fresh, **two.model_dump()).wrong


def test_the_rules_of_the_study_method_are_told_of_this_prompt_alone(sqlite: Database) -> None:
    studied(sqlite)
    found = checked(**INTO)
    assert {one.prompt for one in found.minded} == {"moth"}
    assert "wordings" in {one.rule for one in found.minded}


@pytest.mark.anyio
async def test_the_page_puts_it_in_and_leads_to_the_draft(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    made = studied(sqlite)
    with sqlite.writing() as session:
        run = tried(
            session, made, TRIED.model_copy(update={"family": "number"}), subjects=SUBJECTS[:1]
        ).run_id
    keep_url = f"/studies/first-light/try/{run}/keep"
    form = await page_of(client, keep_url)
    assert '<option value="battery.mode-collapse" selected>' in form
    assert 'aria-invalid="true"' not in form  # nothing is wrong with what nobody has written yet
    checks = (await client.post(f"/-{keep_url}", data=INTO)).text
    assert "At least three wordings" in checks
    bad = await client.post(keep_url, data=INTO | {"key": "number-plain"})
    assert bad.status_code == 422
    assert "found &#39;number-plain&#39; again" in bad.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Draft)) == 0
    reply = await client.post(keep_url, data=INTO)
    assert reply.status_code == 303
    assert reply.headers["location"].startswith("/library/drafts/1?p=")
    assert "Is a moth honest?" in await page_of(client, reply.headers["location"])


@pytest.mark.anyio
async def test_what_was_not_tried_is_no_prompt_to_be_kept(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    studied(sqlite)
    assert (await client.get("/studies/first-light/try/1/keep")).headers["location"] == "/runs/1"
    assert (await client.post("/studies/first-light/try/1/keep", data=INTO)).status_code == 404
    assert (await client.post("/-/studies/first-light/try/1/keep", data=INTO)).status_code == 404
    await page_of(client, "/studies/first-light/try/9/keep", 404)
    await page_of(client, "/studies/none/try/1/keep", 404)
