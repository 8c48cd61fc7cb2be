"""A pattern's members are read for text by text; in too little time there is no set rather than half of one."""

from urllib.parse import parse_qs

import pytest
from sqlalchemy import select

from app.db import Database
from app.reading import members as module
from app.reading.filters import BadFilter, read
from app.reading.members import members
from app.transcripts.models import Message, Transcript
from tests import seed


def test_a_pattern_finds_the_transcripts_whose_answers_match(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, repeats=4)
    found = members(read(parse_qs("q=/[Aa]r%2B!/&subject=pirate,default-assistant"), study="first-light"), 1)
    with database.reading() as session:
        texts = session.execute(
            select(Transcript.id, Message.text)
            .join(Message, Message.id == Transcript.tip_id)
            .where(Transcript.state == "done")
        )
        assert found == sorted(number for number, text in texts if "Arr!" in text)
    assert found


def test_a_time_that_does_not_suffice_makes_no_set(sqlite: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=2)
    monkeypatch.setattr(module, "SECONDS", 0.0)
    with pytest.raises(BadFilter, match="q: .* texts were read for the pattern"):
        members(read(parse_qs("q=/a/"), study="first-light"), 1)


def test_prompts_are_chosen_and_not_read_for(sqlite: Database) -> None:
    with pytest.raises(BadFilter, match="q: a pattern over prompts makes no set"):
        members(read(parse_qs("q=/a/&role=prompt")), 1)
