"""A citation tells the words, whose they are, which draw of how many, and where they stay; hidden names stay so."""

import json
import re
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.compare.cite import LONGEST, Citation, NoQuote, Quoted, citation, quoted
from app.db import Database
from app.settings import Settings
from app.transcripts.conversation import Conversation, conversation
from app.transcripts.models import Instance, Message, Transcript
from tests import seed
from tests.compare import cast
from tests.compare.reading import browser

HOST = "https://lab.example"


@pytest.fixture
def made(database: Database) -> seed.Seeded:
    with database.writing() as session:
        return seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)


def found(session: Session, number: int) -> Conversation:
    one = conversation(session, number)
    assert one is not None
    return one


def cite(session: Session, number: int, hide: str = "", part: tuple[int, int, int] | None = None) -> Citation:
    one = found(session, number)
    return citation(session, one, quoted(one, *(part or (None, None, None))), public_url=HOST, hide=hide)


def numbered(session: Session, made: seed.Seeded, key: str) -> tuple[int, Transcript]:
    """Return the first finished draw of a prompt by an answering subject."""
    ids = [number for (prompt, _, _), number in made.transcripts.items() if prompt == key]
    row = session.scalars(
        select(Transcript).where(Transcript.id.in_(ids), Transcript.state == "done").order_by(Transcript.id)
    ).first()
    assert row is not None
    return row.id, row


def test_a_citation_tells_what_a_paper_needs(database: Database, made: seed.Seeded) -> None:
    with database.reading() as session:
        number, row = numbered(session, made, cast.PROMPTS[0].key)
        told, text = cite(session, number), cite(session, number).text()
        instance = session.scalars(select(Instance.name)).one()
        answer = session.get_one(Message, row.tip_id).text
        assert text.startswith(f"“{answer}”\n— ")
        assert f"Styloscope {instance}:t{number}" in text
        assert f"sha256 {row.sha256}" in text
        assert text.endswith(f"\n{HOST}/transcripts/{number}")
        assert re.search(rf"repeat {row.repeat} of \d+, (\d+ of \d+ same|alone of \d+)", text)
        assert cast.PROMPTS[0].key in text
        assert row.finished_at is not None
        assert f"{row.finished_at.day} {row.finished_at:%B %Y}" in text
        assert told.subject in text


def test_how_many_say_the_same_is_what_compare_counts(database: Database, made: seed.Seeded) -> None:
    with database.reading() as session:
        number, row = numbered(session, made, cast.PROMPTS[0].key)
        cell = session.scalars(
            select(Message.text)
            .join(Transcript, Transcript.tip_id == Message.id)
            .where(Transcript.subject_version_id == row.subject_version_id, Transcript.prompt_id == row.prompt_id,
                   Transcript.state == "done")
        ).all()  # fmt: skip
        draw = re.search(r"repeat \d+ of (\d+), (?:(\d+) of \d+ same|alone)", cite(session, number).draw)
        assert draw is not None
        assert int(draw[1]) == len(cell)
        same = sum(text == session.get_one(Message, row.tip_id).text for text in cell)
        assert int(draw[2] or 1) >= same


@pytest.mark.parametrize("hide", ["kept", "shuffled"])
def test_with_names_hidden_nothing_tells_whose_it_is(
    database: Database, made: seed.Seeded, hide: str
) -> None:
    with database.reading() as session:
        number, row = numbered(session, made, cast.PROMPTS[0].key)
        open_, told = cite(session, number), cite(session, number, hide)
        assert open_.subject
        for form in (told.text(), told.markdown(), told.bibtex()):
            for telling in (
                open_.subject,
                open_.settings,
                row.sha256,
                row.served_model,
                f"{row.finished_at:%Y}",
            ):
                assert telling
                assert telling not in form
            assert f"{HOST}/transcripts/{number}?hide={hide}" in form.replace("\\", "")


def test_chosen_words_are_quoted_by_code_points_and_linked(database: Database, made: seed.Seeded) -> None:
    with database.reading() as session:
        number, row = numbered(session, made, "habits-plain")
        text = session.get_one(Message, row.tip_id).text
        assert row.tip_id is not None
        told = cite(session, number, part=(row.tip_id, 1, len(text)))
        assert told.quoted.text == text[1:]
        assert told.url == f"{HOST}/transcripts/{number}?m={row.tip_id}&from=1&to={len(text)}"


@pytest.mark.parametrize(("part", "message"), [
    ((10**9, 0, 1), "m: found 1000000000, which is no message of this transcript"),
    ((0, 5, 2), "from, to: found 5 and 2, expected places within"),
    ((0, 0, 10**9), "from, to: found 0 and 1000000000, expected places within"),
])  # fmt: skip
def test_words_that_are_not_there_cannot_be_quoted(
    database: Database, made: seed.Seeded, part: tuple[int, int, int], message: str
) -> None:
    with database.reading() as session:
        number, row = numbered(session, made, cast.PROMPTS[0].key)
        with pytest.raises(NoQuote, match=message):
            quoted(found(session, number), part[0] or row.tip_id, *part[1:])


def test_a_draw_without_an_answer_has_nothing_to_quote(database: Database, made: seed.Seeded) -> None:
    with database.reading() as session:
        failed = session.scalars(select(Transcript.id).where(Transcript.state == "failed")).first()
        assert failed is not None
        with pytest.raises(NoQuote, match="no answer to quote"):
            quoted(found(session, failed), None, None, None)


def test_a_long_answer_is_quoted_to_the_end_of_a_word(database: Database, made: seed.Seeded) -> None:
    with database.reading() as session:
        one = found(session, numbered(session, made, cast.PROMPTS[0].key)[0])
        long = dict(one.messages[-1]) | {"text": "word " * LONGEST}
        words = quoted(replace(one, messages=(*one.messages[:-1], long)), None, None, None)
        assert words.text.endswith("word […]")
        assert len(words.text) <= LONGEST + 4


def shaped(text: str, subject: str = "A & B_{1} 100%") -> Citation:
    words = Quoted(7, 0, len(text), text, False)
    return Citation("abcd:t3", words, subject, "T 1", "“P” (b/p, version 1, plain)", "repeat 1 of 2, alone of 2",
                    "ended by itself", None, "ff", f"{HOST}/transcripts/3")  # fmt: skip


def test_markdown_shows_every_sign_of_the_words() -> None:
    lines = shaped("# not a head\n*x* [y](z) <b>\n\nend").markdown().split("\n")
    assert lines[:4] == ["> \\# not a head", "> \\*x\\* \\[y\\](z) \\<b\\>", ">", "> end"]
    assert lines[-1].endswith(f"[abcd:t3]({HOST}/transcripts/3)")


def test_bibtex_is_one_entry_whose_braces_balance() -> None:
    entry = shaped("x").bibtex()
    assert entry.startswith("@misc{styloscope-abcd-t3,\n")
    assert r"A \& B\_\{1\} 100\%" in entry
    bare = re.sub(r"\\[{}]", "", entry)
    assert bare.count("{") == bare.count("}")


@pytest.mark.anyio
async def test_pages_and_json_cite_alike(sqlite: Database, settings: Settings) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say, repeats=2)
        number, row = numbered(session, made, cast.PROMPTS[0].key)
        subject, sha256 = found(session, number).where.subject, row.sha256
    assert subject is not None
    assert sha256 is not None
    async with browser(settings) as client:
        page = (await client.get(f"/transcripts/{number}/cite")).text
        part = (await client.get(f"/transcripts/{number}/cite", headers={"x-part": "cite"})).text
        told = (await client.get(f"/api/v1/transcripts/{number}/citation")).json()
        hidden = await client.get(f"/transcripts/{number}?hide=kept&tab=provenance")
        wrong = await client.get(f"/transcripts/{number}/cite?m=1&from=9&to=2")
        missing = await client.get("/transcripts/999999/cite")
    assert "<html" in page
    assert "<html" not in part
    assert sha256 in page
    assert sha256 in part
    assert json.dumps(told["text"])
    assert told["quote"]["text"] in told["text"]
    assert (wrong.status_code, missing.status_code) == (422, 404)
    assert hidden.status_code == 200
    for telling in (subject.name, subject.slug, sha256, "/runs/", "exchanges"):
        assert telling not in hidden.text
