"""One filter, three ways: as an address, in words, and as conditions that both databases answer alike."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.reading import filters
from app.reading.asking import conditions
from app.reading.filters import BadFilter, Filter, Further, read
from app.transcripts.models import Transcript
from tests import seed
from tests.cast import PROMPTS, Draw
from tests.cast import say as usual

ADDRESS = (
    "q=%22honest%20clock%22%20-caf%C3%A9&role=reasoning&study=first-light&run=1,2&battery=mode-collapse"
    "&prompt=mode-collapse/number-plain&theme=a,%20b&theme=c&branch=abstract/number&style=base,rlhf&subject=base-raw"
    "&t=0.7,none&stop=cut,gated&state=done,failed"
)


def params(query: str) -> dict[str, list[str]]:
    from urllib.parse import parse_qs

    return parse_qs(query)


def test_a_filter_is_its_address() -> None:
    found = read(params(ADDRESS))
    assert found.words == '"honest clock" -café'
    assert found.themes == ("a, b", "c")
    assert found.temperatures == (700, -1)
    assert found.query() == ADDRESS
    assert read(params(found.query())) == found
    assert read({}) == Filter()
    assert Filter().query() == ""
    assert read({"subject": [" a , b", "b,,"]}).subjects == ("a", "b")


def test_the_study_of_the_path_stands_and_need_not_be_said() -> None:
    found = read({"run": ["3"]}, study="first-light")
    assert found.study == "first-light"
    assert found.query(without_study=True) == "run=3"
    with pytest.raises(BadFilter, match="study: found 'other'"):
        read({"study": ["other"]}, study="first-light")


@pytest.mark.parametrize(("query", "said"), [
    ("", "answers"),
    ("subject=gemma-raw&t=0.7&run=3", "answers of gemma-raw at T 0.7 in run 3"),
    ("q=moth&role=reasoning&subject=a,b,c&t=none", "reasoning with “moth” of a, b or c at T not sent"),
    ("stop=cut,gated&battery=x", "answers that were cut or that a gate stopped to battery x"),
    ("state=failed,done&study=s", "failed or done transcripts in study s"),
    ("theme=collapse&branch=a/b&style=base", "answers of style base on theme collapse below branch a/b"),
])  # fmt: skip
def test_in_words(query: str, said: str) -> None:
    assert read(params(query)).said() == said


@pytest.mark.parametrize(("query", "message"), [
    ("run=x", "run: found 'x', expected the number"), ("run=0", "run: found '0'"),
    ("run=9999999999999999999", "run: found '9999999999999999999'"), ("t=hot", "t: found 'hot'"),
    ("stop=no", "stop: found 'no', expected one of whole"), ("state=gone", "state: found 'gone'"),
    ("role=x", "role: found 'x'"),
])  # fmt: skip
def test_what_cannot_be_read_is_named(query: str, message: str) -> None:
    with pytest.raises(BadFilter) as caught:
        read(params(query))
    assert str(caught.value).startswith(message)


# ------------------------------------------------------------------ in SQL


@pytest.fixture
def asked(database: Database) -> Database:
    """Two studies; in the first one answer in four of the base model is cut, and one subject fails at times."""
    ladder = PromptShape(key="ladder", family="l", theme="pressure", branch="self", mode="ladder",
                         turns=(Turn(user="Sure?"), Turn(user="Really?")))  # fmt: skip
    with database.writing() as session:
        made = seed.study(session, repeats=9)
        seed.run(session, made, repeats=1)
    with database.writing() as session:
        seed.study(session, slug="second", battery="pressing", prompts=[ladder], repeats=1, subjects=SECOND,
                   say=lambda *_: Draw(("A harbour", "I said the harbour"), reasoning="A pilot asks"))  # fmt: skip
    return database


SECOND = tuple(one.model_copy(update={"slug": f"{one.slug}-2"}) for one in seed.SUBJECTS[:2])


def count(query: str) -> int:
    with db.reading() as session:
        where = conditions(session, read(params(query)), 1)
        return len(session.scalars(select(Transcript.id).where(*where)).all())


def test_every_condition_narrows(asked: Database) -> None:
    done = count("study=first-light")
    assert done == count("run=1,2") == count("battery=mode-collapse")
    assert 0 < count("run=2") < count("run=1") < done
    assert count("subject=base-raw") == 10 * 3
    assert count("subject=base-raw&t=1") == 10 * 3
    assert count("subject=base-raw&t=0.5") == 0
    assert count("style=rlhf&study=first-light") == count("subject=default-assistant,pirate")
    assert count("style=rlhf&subject=base-raw") == 0
    assert (
        count("prompt=mode-collapse/who-plain&subject=base-raw")
        == count("prompt=who-plain&subject=base-raw")
        == 10
    )
    assert count("theme=prefill&subject=base-raw") == 10
    assert count("branch=self") == count("branch=self/name") + count("branch=self/voice") + count(
        "battery=pressing"
    )
    assert count("stop=cut") == count("stop=cut&subject=base-raw") == 4
    assert count("stop=declared") == count("stop=declared&subject=constitution") > 0
    assert count("state=failed") == count("state=failed&subject=reasoner") == 3
    assert count("state=done,failed&subject=reasoner") == 10 * 3


def test_words_are_a_condition_as_any_other(asked: Database) -> None:
    assert count("q=harbour") == 2
    assert count("q=harbour&study=first-light") == 0
    assert count("q=fish&subject=base-raw") == count("q=fish") > 0
    assert count("q=harbour%20-pilot") == 2
    assert count("q=harbour%20-said") == 2  # the first rung's answer has no "said"
    assert count("q=pilot&role=reasoning") == 2
    assert count("q=pilot") == 0
    assert count("q=really&role=prompt") == 2
    assert count("q=-harbour&battery=pressing") == 0
    assert count("q=quay%20OR%20harbour") == 2


@pytest.mark.parametrize(("query", "message"), [
    ("study=none", "study: found 'none', expected one of first-light, second"),
    ("subject=none", "subject: found 'none', expected one of base-raw"),
    ("run=99", "run: found 99, which is no run here"),
    ("run=3&study=first-light", "run: found 3, which is no run of this study"),
    ("prompt=pressing/number-plain", "prompt: found 'pressing/number-plain'"),
    ("theme=none", "theme: found 'none'"), ("branch=sel", "branch: found 'sel'"),
    ("q=/x/", "q: a pattern"), ("q=%22x", "q, sign 1: the phrase"),
])  # fmt: skip
def test_a_name_that_is_nowhere_is_told_with_those_that_are(
    asked: Database, query: str, message: str
) -> None:
    with pytest.raises(BadFilter) as caught:
        count(query)
    assert message in str(caught.value)


def test_what_another_package_knows_is_added_by_name(
    asked: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def condition(session: Session, person_id: int, values: tuple[str, ...]):  # type: ignore[no-untyped-def]
        return Transcript.repeat.in_([int(value) for value in values])

    one = Further(
        "nth", "Repeat", lambda values: f"repeat {values[0]}", condition, lambda *_: [("1", "first")]
    )
    monkeypatch.setattr(filters, "_further", {})
    assert read(params("nth=1")).more == ()
    filters.register(one)
    found = read(params("subject=base-raw&nth=1,2"))
    assert found.query() == "subject=base-raw&nth=1,nth=2".replace(",nth", "&nth")
    assert found.said() == "answers of base-raw repeat 1"
    assert count("subject=base-raw&nth=1,2") == 3 * 3
    with pytest.raises(ValueError, match="a run of its own"):
        filters.register(Further("run", "", one.said, condition, one.choices))


def test_prompts_of_the_cast_have_what_is_filtered_by() -> None:
    assert {one.theme for one in PROMPTS} == {"collapse", "self-model", "prefill"}
    assert usual(PROMPTS[2], seed.SUBJECTS[3], 1).state == "impossible"
