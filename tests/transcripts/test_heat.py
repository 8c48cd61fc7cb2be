"""An answer token by token: its exact text, its shade, what else could have stood there, why nothing is told."""

import re
from math import log
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from app.db import Database
from app.providers.wire import Token as Told
from app.transcripts.heat import Heat, heat, place_of, shade
from app.transcripts.logprobs import Token
from app.transcripts.models import SettingsRecord, Transcript
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw
from tests.told import tell, token
from tests.transcripts.run_pages import get, words

TEXT = "The door.\n’<b>"
BYTES = (Told("bytes:\\xe2\\x80", b"\xe2\x80", log(0.9)), Told("bytes:\\x99", b"\x99", log(0.9)))
TOKENS = (
    token("The", 0.95), token(" door", 0.4, **{" cat": 0.45, " door": 0.4}), token(".", 0.02, **{"!": 0.6}),
    token("\n", 0.5), *BYTES, token("<b>", 0.001),
)  # fmt: skip


def told(tokens: tuple[Any, ...] = TOKENS, text: str = TEXT) -> Heat:
    made = tuple(Token(one.text, one.raw, one.logprob, one.top) for one in tokens)
    return Heat({"text": text}, made, "before")


def test_a_shade_is_the_less_the_more_a_token_was_expected() -> None:
    assert [shade(p) for p in (1, 0.9, 0.89, 0.5, 0.2, 0.05, 0.01, 0.009, 0)] == [0, 0, 1, 1, 2, 3, 4, 5, 5]
    assert [one.shade for one in told().window(0).places] == [0, 2, 4, 1, 0, 0, 5]


def test_the_text_of_tokens_is_kept_and_blanks_and_parts_of_characters_are_seen() -> None:
    shown = [str(one.html) for one in told().window(0).places]
    assert shown[1] == '<span class="sp"> </span>door'
    assert shown[3] == '<span class="nl">\n</span>'
    assert shown[4] == '<span class="part" title="part of ’">e2 80</span>'
    assert shown[5] == '<span class="part" title="part of ’">99</span>'
    assert shown[6] == "&lt;b&gt;"
    assert [one.name for one in told().window(0).places] == [
        "The", "door", ".", "new line", "bytes e2 80, part of ’", "bytes 99, part of ’", "<b>",
    ]  # fmt: skip
    assert told().exact
    assert not told(text="The door").exact


def test_what_else_could_have_stood_there_is_ordered_and_its_share_told() -> None:
    around = told().around(1)
    assert around is not None
    assert [(one.p, one.drawn, one.listed) for one in around.alternatives] == [
        (pytest.approx(0.45), False, True), (pytest.approx(0.4), True, True),
    ]  # fmt: skip
    assert (around.k, around.mass) == (2, pytest.approx(0.85))
    assert around.bound == pytest.approx(1.4577, abs=1e-3)  # of .45, .40 and the rest .15


def test_a_token_that_is_not_among_its_alternatives_is_added_and_said_to_be() -> None:
    lone = Told("moth", None, log(0.01), (("the", log(0.7)), ("a", log(0.2))))
    around = told((lone,)).around(0)
    assert around is not None
    assert [(one.drawn, one.listed) for one in around.alternatives] == [
        (False, True),
        (False, True),
        (True, False),
    ]
    assert (around.k, around.mass) == (2, pytest.approx(0.9))
    assert told().around(99) is None


def test_an_address_points_to_an_answer_and_a_token_in_it() -> None:
    heats = [Heat({"text": ""}, (), "unknown", "why"), told()]
    for at, expected in (("2.3", (1, 2)), ("2.99", (1, 0)), ("", (1, 0)), ("9.1", (1, 0)), ("x.²", (1, 0))):
        answer, around = place_of(at, heats)
        assert around is not None
        assert (answer, around.place.at) == expected, at
    assert place_of("1.1", heats) == (0, None)
    assert place_of("1.1", []) == (0, None)


def test_a_very_long_answer_is_shown_a_stretch_at_a_time() -> None:
    long = told(tuple(token(f"w{n}", 0.5 if n != 4000 else 0.01) for n in range(4500)))
    first, last = long.window(1999), long.window(4499)
    assert (len(first.places), first.before, first.after) == (2000, None, 2000)
    assert (len(last.places), last.places[0].at, last.before, last.after) == (500, 4000, 4000, None)
    assert [one.at for one in long.surprising][0] == 4000


@pytest.mark.parametrize(
    ("asked", "text", "why"),
    [
        ({}, "Moth.", "were not asked for"),
        ({"logprobs": 5}, "Moth.", "and the endpoint answered without them"),
        ({"logprobs": 5}, "", "no text, so no token"),
    ],
)
def test_where_nothing_is_told_the_reason_is(
    sqlite: Database, asked: dict[str, Any], text: str, why: str
) -> None:
    answer = {"id": 1, "role": "assistant", "origin": "model", "text": text}
    with sqlite.reading() as session:
        (found,) = heat(session, [{**answer, "origin": "prompt"}, answer], {"asked": asked})
        (unknown,) = heat(session, [answer], None)
    assert why in found.missing
    assert "not asked for" in unknown.missing


@pytest.mark.anyio
async def test_the_page_shows_the_tokens_of_each_answer_and_one_of_them_in_full(
    client: httpx.AsyncClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        made = seed.study(
            session, subjects=SUBJECTS[:1], prompts=PROMPTS[:1], repeats=2, say=lambda *_: Draw(TEXT)
        )
        number, silent = (made.transcripts["number-plain", "base-raw", repeat] for repeat in (1, 2))
        tell(session, number, TOKENS, "after")
    text = await get(client, f"/transcripts/{number}?tab=tokens&at=1.2")
    assert text.count('class="tok h-') == len(TOKENS) + 6  # and the legend
    body = re.search(r'<p class="token-text"[^>]*>(.*?)</p>', text, re.S)
    assert body is not None
    assert "&lt;b&gt;" in body[1]
    assert "<b>" not in body[1]
    assert 'id="t1.2" href="?tab=tokens&amp;at=1.2#t1.2" aria-label="door, 40 %" aria-current="true"' in text
    assert "7 tokens" in words(text)
    assert "after after the sampler: what temperature and truncation left" in words(text)
    part = await get(client, f"/-/transcripts/{number}/token?at=1.2")
    assert part.strip() in text
    assert "top 2 hold 85.0 % entropy at least 1.46 bits" in words(part)
    assert "Token 3 of 7" in words(await get(client, f"/-/transcripts/{number}/token?at=1.3"))
    assert "were not asked for" in await get(client, f"/transcripts/{silent}?tab=tokens")
    await get(client, "/-/transcripts/999/token", 404)


@pytest.mark.anyio
async def test_a_draw_without_an_answer_has_no_tokens(client: httpx.AsyncClient, sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:1], prompts=PROMPTS[:1], repeats=1,
                          say=lambda *_: Draw(state="failed", reason="502"))  # fmt: skip
        session.execute(insert(SettingsRecord).values(sha256="x", asked={}, sent={}, effective={}))
        number = session.scalars(select(Transcript.id)).one()
        assert made.transcripts["number-plain", "base-raw", 1] == number
    assert "No answer, so no tokens" in await get(client, f"/transcripts/{number}?tab=tokens")
