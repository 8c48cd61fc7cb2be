"""A search as a page has it: what is shown, what lies beside, how far was read; patterns in their own process."""

import random

import pytest

from app.db import Database
from app.reading import found as module
from app.reading.filters import BadFilter
from app.reading.found import Found, merged, search
from app.reading.look import read
from tests import seed
from tests.cast import PROMPTS, Draw

LONG = "so it went on and on and on, " * 30
TEXTS = {
    "base-raw": f"{LONG}then the Harbour, and a harbour. {LONG}harbour",
    "default-assistant": "**Colour** or color? <b>color</b>",
    "pirate": "Harbour!",
    "constitution": "I’d say 你好世界 to the café",
    "reasoner": "",
}


@pytest.fixture
def said(database: Database) -> Database:
    with database.writing() as session:
        seed.study(session, prompts=PROMPTS[:2], repeats=2, say=lambda prompt, subject, repeat: Draw(
            f"{TEXTS[subject.slug]}", served="two-small" if (subject.slug, repeat) == ("pirate", 2) else None,
            stop="length" if subject.slug == "base-raw" else "natural", reasoning="colour it is"
        ))  # fmt: skip
    return database


def look(limit: int = 50, **params: str) -> Found:
    return search(read({name: [value] for name, value in params.items()}), 1, limit)


def test_a_line_shows_the_words_around_the_first_hit_and_two_doors(said: Database) -> None:
    found = look(q="harbour", subject="base-raw", prompt="number-plain")
    assert found.count == "2 answers"
    line = found.lines[0]
    assert line.snippet.count("<mark>") == 2
    assert "the <mark>Harbour</mark>, and a <mark>harbour</mark>" in line.snippet
    assert line.snippet.startswith("…")
    assert line.snippet.endswith("…")
    assert line.more == 1
    assert line.href == f"/transcripts/{line.transcript}#m{line.message}"
    page = "/studies/first-light/compare/mode-collapse/number-plain"
    assert line.compare() == f"{page}?run=1&col=base-raw@1&repeat={line.repeat}"
    assert line.compare("kept") == f"{page}?run=1&hide=kept&col=base-raw@1&repeat={line.repeat}"
    assert (line.stop_class, line.stage, line.temperature) == ("length", "base", "T 1")


def test_what_was_said_is_escaped_and_another_model_is_told(said: Database) -> None:
    assert "<b>" not in look(q="color").lines[0].snippet
    assert "&lt;b&gt;<mark>color</mark>&lt;/b&gt;" in look(q="color").lines[0].snippet
    assert [line.served for line in look(q="harbour", subject="pirate", prompt="who-plain").lines] == [
        "two-small",
        "",
    ]


def test_pages_lie_beside_each_other(said: Database) -> None:
    first = look(3, q="harbour")
    assert (len(first.lines), first.newer, first.count) == (3, "", "8 answers")
    second = look(3, q="harbour", before=first.older)
    last = look(3, q="harbour", before=second.older)
    assert (len(last.lines), last.older) == (2, "")
    back = look(3, q="harbour", after=last.newer)
    assert [line.message for line in back.lines] == [line.message for line in second.lines]
    assert look(3, q="harbour", after=back.newer).lines == first.lines
    assert look(q="nowhere") == Found(count="no answers")


def test_without_words_the_newest_transcripts_stand_with_their_beginning(said: Database) -> None:
    found = look(study="first-light")
    assert found.count == "20 transcripts"
    assert [line.transcript for line in found.lines] == list(range(20, 0, -1))
    assert "mark" not in "".join(line.snippet for line in found.lines)


def test_patterns_are_found_whole_with_words_beside_them(said: Database) -> None:
    found = look(q="/colou?r/ or")
    assert [str(line.snippet) for line in found.lines][:1] == [
        "**Colour** <mark>or</mark> <mark>color</mark>? &lt;b&gt;<mark>color</mark>&lt;/b&gt;"
    ]
    assert (found.count, found.cut) == ("4 answers", False)
    assert look(q="/colou?r/i").count == "4 answers"
    assert look(q="/colou?r/i -/color/").count == "no answers"
    assert look(q="/COLOU?R/").count == "no answers"
    assert look(q="/colou?r/", role="reasoning").count == "20 pieces of reasoning"
    assert look(q="你好").count == "4 answers"
    assert "<mark>你好</mark>" in look(q="你好").lines[0].snippet
    assert look(q="/^$/").count == "no answers"  # nothing at all is no place


def test_pages_of_a_pattern(said: Database) -> None:
    first = look(3, q="/[Hh]arbour/")
    assert (len(first.lines), first.count, first.newer) == (3, "", "")
    second = look(3, q="/[Hh]arbour/", before=first.older)
    assert len({line.message for line in first.lines + second.lines}) == 6
    back = look(3, q="/[Hh]arbour/", after=second.newer)
    assert [line.message for line in back.lines] == [line.message for line in first.lines]


@pytest.mark.parametrize(("q", "message"), [
    ("moth /(a/", "q, sign 7: the pattern /(a/ cannot be read: missing ): (a"),
    ("/a(?=b)/", "q, sign 3: the pattern /a(?=b)/ cannot be read: invalid perl operator"),
    ("/[z-a]/", "q, sign 3: the pattern /[z-a]/ cannot be read"),
    ("/a/ /b**/", "q, sign 7: the pattern /b**/ cannot be read: bad repetition operator: **"),
    ('"moth', 'q, sign 1: the phrase that begins here has no closing "'),
])  # fmt: skip
def test_a_line_that_cannot_be_read_names_the_place(said: Database, q: str, message: str) -> None:
    with pytest.raises(BadFilter) as caught:
        look(q=q)
    assert str(caught.value).startswith(message)


def test_a_hostile_pattern_is_cut_at_its_limit_and_tells_how_far_it_came(
    said: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(1)
    with said.writing() as session:
        seed.study(session, slug="second", battery="b", subjects=[one.model_copy(update={"slug": f"{one.slug}-2"})
                   for one in seed.SUBJECTS[:1]], prompts=PROMPTS[:1], repeats=1,
                   say=lambda *_: Draw("".join(rng.choices("ab ", k=1_000_000))))  # fmt: skip
    monkeypatch.setattr(module, "FETCHED", 1)  # so that what is newest is read alone
    monkeypatch.setattr(module, "SECONDS", 1.0)
    found = look(q="/.{1,300}a.{1,300}bQ/")
    assert (found.lines, found.cut, found.of, found.older) == ([], True, 21, "")
    beyond = look(q="/.{1,300}a.{1,300}bQ/", study="first-light")
    assert (beyond.cut, beyond.seen) == (False, 20)


def test_a_read_that_takes_too_long_is_stopped(said: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.0)
    monkeypatch.setattr(module, "counted", lambda *_: pytest.fail("not stopped") if _stopped() else None)
    assert look(q="harbour") == Found(cut=True)


def _stopped() -> bool:
    raise module.TooSlow


def test_places_that_overlap_become_one() -> None:
    assert merged([(5, 8), (1, 3), (7, 9), (3, 4)]) == [(1, 3), (3, 4), (5, 9)]
