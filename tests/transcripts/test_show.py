"""The page of one transcript: whole text, the same rendered, what went over the wire, where it comes from."""

import html
import re
import zlib
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import insert

from app.batteries.shape import Turn
from app.db import Database, now
from app.settings import Settings
from app.transcripts.conversation import SHOWN, calls, conversation, laid_out
from app.transcripts.models import Exchange
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import browser
from tests.draws import Seeded
from tests.transcripts.test_faithful import Content


@pytest.fixture
def made(sqlite: Database) -> Seeded:
    with sqlite.writing() as session:
        return seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)


@pytest.fixture
async def client(sqlite: Database, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(settings) as client:
        yield client


async def text_of(client: httpx.AsyncClient, number: int, tab: str = "text") -> str:
    reply = await client.get(f"/transcripts/{number}?tab={tab}")
    assert reply.status_code == 200
    return reply.text


def bodies(text: str) -> dict[int, str]:
    """Return each message's text as a browser would read it off the page."""
    found = re.findall(r'<div class="text" dir="auto" data-message="(\d+)">(.*?)</div>', text, re.DOTALL)
    return {int(number): Content(body).text for number, body in found}


def test_a_conversation_goes_from_the_root_to_the_tip(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say, repeats=3)
    with database.reading() as session:
        found = conversation(session, made.transcripts["sure-ladder", "base-raw", 2])
    assert found is not None
    assert [message["role"] for message in found.messages] == ["user", "text", "user", "text", "user", "text"]
    assert found.messages[0]["text"] == "Is 91 a prime number?"
    assert [repeat for repeat, _ in found.repeats] == [1, 2, 3]
    assert found.before == made.transcripts["sure-ladder", "base-raw", 1]
    assert found.after == made.transcripts["sure-ladder", "base-raw", 3]
    assert found.where.battery is not None
    assert (found.where.battery.slug, found.where.battery_version) == ("mode-collapse", 1)
    assert found.where.style == "No alignment"
    assert found.compare_url == (
        f"/studies/first-light/compare/mode-collapse/sure-ladder?run={made.run_id}&col=base-raw@1&repeat=2"
    )


def test_there_is_no_conversation_of_a_number_that_is_none(sqlite: Database) -> None:
    with sqlite.reading() as session:
        assert conversation(session, 1) is None


@pytest.mark.anyio
async def test_each_turn_is_whole_and_has_an_address(
    client: httpx.AsyncClient, made: Seeded, sqlite: Database
) -> None:
    number = made.transcripts["sure-ladder", "default", 1]
    with sqlite.reading() as session:
        kept = conversation(session, number)
    assert kept is not None
    text = await text_of(client, number)
    assert bodies(text) == {message["id"]: message["text"] for message in kept.messages}
    for message in kept.messages:
        assert f'id="m{message["id"]}"' in text
        assert f'href="#m{message["id"]}"' in text
    assert "An empty one was sent." in text


@pytest.mark.anyio
@pytest.mark.parametrize("repeat", range(1, 9))
async def test_hostile_answers_read_exactly_as_they_are(
    client: httpx.AsyncClient, sqlite: Database, repeat: int
) -> None:
    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], say=cast.hostile, repeats=8
        )
    text = await text_of(client, made.transcripts["habits-plain", "base-raw", repeat])
    assert cast.HOSTILE[repeat - 1] in bodies(text).values()


@pytest.mark.anyio
async def test_a_prefix_is_told_apart_from_what_the_model_added(
    client: httpx.AsyncClient, made: Seeded
) -> None:
    text = await text_of(client, made.transcripts["wish-prefill", "default", 1])
    assert "the beginning it was given" in text


@pytest.mark.anyio
async def test_reasoning_is_a_turn_of_its_own(client: httpx.AsyncClient, made: Seeded) -> None:
    text = await text_of(client, made.transcripts["habits-plain", "reasoner", 1])
    assert 'class="turn reasoning' in text


@pytest.mark.anyio
async def test_a_failure_is_said_and_is_no_answer(client: httpx.AsyncClient, made: Seeded) -> None:
    number = made.transcripts["habits-plain", "reasoner", 7]
    text = await text_of(client, number)
    assert "This draw failed; it is no answer" in text
    assert "502 from upstream, after 4 tries" in text
    assert "answer-turn" not in text
    assert (await text_of(client, number, "exchanges")).count('class="exchange"') == 4


@pytest.mark.anyio
async def test_what_is_impossible_was_never_sent(client: httpx.AsyncClient, made: Seeded) -> None:
    number = made.transcripts["wish-prefill", "reasoner", 1]
    assert "Not possible here" in await text_of(client, number)
    assert "No call was made" in await text_of(client, number, "exchanges")


@pytest.mark.anyio
async def test_a_gates_no_has_its_badge_and_no_text(client: httpx.AsyncClient, made: Seeded) -> None:
    text = await text_of(client, made.transcripts["habits-plain", "default", 10])
    assert "gate: prompt" in text
    assert "" in bodies(text).values()


@pytest.mark.anyio
async def test_request_and_reply_are_laid_out(client: httpx.AsyncClient, made: Seeded) -> None:
    text = html.unescape(await text_of(client, made.transcripts["habits-plain", "default", 1], "exchanges"))
    assert "POST https://two.example/v1/chat/completions" in text
    assert '{\n  "model": "two-large",\n  "messages": [' in text
    assert '"finish_reason": "stop"' in text


@pytest.mark.anyio
async def test_the_calls_of_a_ladder_are_told_by_their_own_turn(
    client: httpx.AsyncClient, made: Seeded
) -> None:
    text = await text_of(client, made.transcripts["sure-ladder", "default", 1], "exchanges")
    assert re.findall(r"<h2>(Call \d+ of turn \d+)</h2>", text) == [f"Call 1 of turn {n}" for n in (1, 2, 3)]


@pytest.mark.anyio
async def test_provenance_tells_every_setting_three_times(client: httpx.AsyncClient, made: Seeded) -> None:
    number = made.transcripts["habits-plain", "constitution", 1]
    text = await text_of(client, number, "provenance")
    rows = re.findall(r'<tr><th scope="row" class="mono">(\w+)</th>(.*?)</tr>', text, re.DOTALL)
    settings = {name: re.findall(r'<td class="mono">(.*?)</td>', cells) for name, cells in rows}
    assert settings == {"max_tokens": ["96", "96", "96"], "temperature": ["1", "1", "1"]}
    for told in ("Be honest, and say what you do not know.", "mode-collapse/habits-plain, battery version 1",
                 "openai-chat", "https://two.example/v1", "two-large", "RLHF"):  # fmt: skip
        assert told in html.unescape(text)


@pytest.mark.anyio
async def test_rendered_shows_markdown_as_a_chat_would(client: httpx.AsyncClient, sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], repeats=1,
                          say=lambda *_: Draw("**bold** ![x](http://evil.example/y.png)"))  # fmt: skip
    text = await text_of(client, made.transcripts["habits-plain", "base-raw", 1], "rendered")
    assert "<strong>bold</strong>" in text
    assert "<img" not in text


@pytest.mark.anyio
async def test_a_transcript_that_is_not_there_is_said_so(client: httpx.AsyncClient) -> None:
    reply = await client.get("/transcripts/12")
    assert reply.status_code == 404
    assert "There is no transcript 12." in reply.text


def test_a_body_that_is_no_json_stays_as_it_came_and_a_long_one_is_cut(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], repeats=1,
                          say=lambda *_: Draw(state="failed", reason="cut"))  # fmt: skip
        number = made.transcripts["habits-plain", "base-raw", 1]
        body = {
            "transcript_id": number,
            "turn": 0,
            "attempt": 1,
            "url": "http://127.0.0.1:1/v1",
            "started_at": now(),
        }
        for n, reply in enumerate((b"<html>", b"\xff\xfe", b"x" * (SHOWN + 1)), start=1):
            session.execute(insert(Exchange), {**body, "n": n, "request": zlib.compress(b"{}"),
                                               "reply": zlib.compress(reply), "outcome": "failed"})  # fmt: skip
    with database.reading() as session:
        found = calls(session, number)
        late = calls(session, number, 3)
        beyond = calls(session, number, 99)
    first, second, third = found.shown
    assert (found.first, found.total, found.before, found.after) == (1, 3, 0, 0)
    assert [(one.first, len(one.shown), one.before) for one in (late, beyond)] == [(3, 1, 1)] * 2
    assert (first.request, first.reply, first.cut) == ("{}", "<html>", False)
    assert second.reply == "//4="
    assert (len(third.reply), third.cut) == (SHOWN, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"a":[1,"\u05e9"]}', '{\n  "a": [\n    1,\n    "\u05e9"\n  ]\n}'), ("{", "{"), ("", ""),
     ('"\\ud800"', '"?"'), ("[" * 100_000, "[" * 100_000)],
)  # fmt: skip
def test_json_is_laid_out_and_nothing_else(text: str, expected: str) -> None:
    assert laid_out(text) == expected


@pytest.mark.anyio
async def test_a_prompt_of_many_pages_scrolls_by_itself_and_its_answer_lies_open(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    long = cast.NUMBER.model_copy(update={"turns": (Turn(user="word " * 2000),)})
    with sqlite.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[long], repeats=1,
                          say=lambda *_: Draw("word " * 2000))  # fmt: skip
    text = await text_of(client, made.transcripts["number-plain", "base-raw", 1])
    assert re.findall(r'<div class="(text[^"]*)"', text) == ["text long", "text"]
    assert re.search(r'class="text long"[^>]* tabindex="0" role="region"', text)  # the keyboard reaches it
