"""Compare as it is sent: addresses lead somewhere, parts come without the frame, no subject speaks for another."""

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from app.batteries.shape import PromptShape
from app.db import Database
from app.settings import Settings
from app.subjects.shape import SubjectShape
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import BATTERY, browser

# What an answer may be made of: our own spans, the marks of a diff, and Markdown's elements without any that fetch.
OURS = {"div", "span", "ins", "del", "p", "h4", "ul", "li", "blockquote", "pre", "code", "strong", "em", "a",
        "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
COLUMN = re.compile(r'<article class="column.*?(?=<article class="column|</section>)', re.DOTALL)


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(settings) as client:
        yield client


@pytest.fixture
def seeded(sqlite: Database) -> Database:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)
    return sqlite


@pytest.mark.anyio
async def test_without_a_run_the_page_says_how_to_get_one(client: httpx.AsyncClient) -> None:
    reply = await client.get("/compare")
    assert reply.status_code == 200
    assert "Nothing to read side by side yet" in reply.text
    assert "make demo" in reply.text


@pytest.mark.anyio
async def test_compare_leads_to_the_first_prompt_of_the_newest_study(
    client: httpx.AsyncClient, seeded: Database
) -> None:
    assert (await client.get("/compare")).headers["location"] == "/studies/first-light/compare"
    first = await client.get("/studies/first-light/compare?view=rendered")
    assert first.headers["location"] == f"{BATTERY}/number-plain?view=rendered"
    assert (await client.get(f"{BATTERY}?end=last")).headers["location"] == f"{BATTERY}/sure-ladder"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/studies/none/compare", "There is no study none."),
        ("/studies/first-light/compare/none", "No chosen run of First light asks a battery none."),
        (f"{BATTERY}/none", "No chosen run of First light asks mode-collapse/none."),
        (
            f"{BATTERY}/habits-plain?run=99",
            "No chosen run of First light asks mode-collapse/habits-plain.",
        ),
    ],
)
async def test_what_is_not_there_is_said_so(
    client: httpx.AsyncClient, seeded: Database, path: str, words: str
) -> None:
    reply = await client.get(path)
    assert reply.status_code == 404
    assert words in reply.text


@pytest.mark.anyio
async def test_a_part_is_the_same_page_without_its_frame(client: httpx.AsyncClient, seeded: Database) -> None:
    whole = (await client.get(f"{BATTERY}/habits-plain")).text
    reply = await client.get(f"{BATTERY}/habits-plain", headers={"x-part": "compare"})
    assert "x-part" in reply.headers["vary"]
    assert "<head>" not in reply.text
    for region in ('<div class="viewbar".*?</div>\n</div>', '<main id="main".*</main>'):
        found, expected = (re.search(region, text, re.DOTALL) for text in (reply.text, whole))
        assert found is not None
        assert expected is not None
        assert found[0] == expected[0]


def marked(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    return Draw(f"marked-{prompt.key}-{subject.slug}-{repeat}")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "view", ["", "?all=1", "?group=style", "?hide=shuffled", "?run=all", "?open=default@1,base-raw@1"]
)
async def test_a_marked_reply_of_one_subject_never_shows_in_anothers_column(
    client: httpx.AsyncClient, sqlite: Database, view: str
) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=marked, repeats=4)
        seed.run(session, made, subjects=cast.SUBJECTS[:2], prompts=cast.PROMPTS, say=marked, repeats=2)
    text = (await client.get(f"{BATTERY}/habits-plain{view}")).text
    columns = COLUMN.findall(text)
    assert len(columns) == 5
    for column in columns:
        (slug,) = set(re.findall(r"marked-habits-plain-([a-z-]+)-\d", column))
        assert f"col={slug}@" in html.unescape(column)
    assert "marked-number-plain" not in text


@pytest.mark.anyio
async def test_hidden_names_stand_nowhere_that_is_read(client: httpx.AsyncClient, seeded: Database) -> None:
    text = (await client.get(f"{BATTERY}/habits-plain?hide=kept")).text
    main = re.search(r'<main id="main".*</main>', text, re.DOTALL)
    assert main is not None
    seen = re.sub(r'href="[^"]*"', "", html.unescape(main[0]))
    for subject in cast.SUBJECTS:
        assert subject.name not in seen
        assert subject.slug not in seen
    for model in ("tiny-base", "two-large", "four-think"):
        assert model not in seen
    assert [f">{letter}</a>" in seen for letter in "ABCDE"] == [True] * 5
    assert "this is not blind coding" in seen
    assert "style-2" not in seen


@pytest.mark.anyio
@pytest.mark.parametrize("view", ["", "?view=rendered", "?diff=base-raw@1", "?all=1"])
async def test_hostile_answers_bring_no_element_into_the_page(
    client: httpx.AsyncClient, sqlite: Database, view: str
) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:2], prompts=[cast.HABITS], say=cast.hostile, repeats=8)
    text = (await client.get(f"{BATTERY}/habits-plain{view}")).text
    answers = re.findall(r'<div class="(?:text|rendered).*?</div>', text, re.DOTALL)
    assert len(answers) >= 6
    assert set(re.findall(r"<([a-z0-9]+)", " ".join(answers))) <= OURS
    assert set(re.findall(r'href="([^"]*)"', " ".join(answers))) <= {"http://evil.example/"}


@pytest.mark.anyio
async def test_a_long_answer_is_clamped_but_whole_in_the_page(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    long = " ".join(f"word{n}" for n in range(1240))
    with sqlite.writing() as session:
        seed.study(
            session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], repeats=1, say=lambda *_: Draw(long)
        )
    text = (await client.get(f"{BATTERY}/habits-plain")).text
    assert "Show all 1,240 words" in text
    assert long in text
    wide = (await client.get(f"{BATTERY}/habits-plain?wide=base-raw@1")).text
    assert "clamped" not in wide


@pytest.mark.anyio
async def test_columns_chosen_in_a_form_without_script_are_shown(
    client: httpx.AsyncClient, seeded: Database
) -> None:
    text = (await client.get(f"{BATTERY}/habits-plain?cols=default@1&cols=base-raw@1")).text
    assert len(COLUMN.findall(text)) == 2
    assert "2 of 5 columns" in text
