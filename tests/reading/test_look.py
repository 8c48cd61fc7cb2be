"""The state of a search is its address: read, written, changed part by part."""

import pytest

from app.reading.filters import BadFilter, Filter
from app.reading.hits import Cursor
from app.reading.look import Look, read

EVERYTHING = (
    "/search?q=moth&role=reasoning&study=first-light&t=0.7&sort=best&as=kwic&by=left&hide=kept&before=-1.5,7"
)


def params(url: str) -> dict[str, list[str]]:
    pairs = [pair.split("=") for pair in url.partition("?")[2].split("&")]
    return {name: [value] for name, value in pairs}


def test_an_address_comes_back_as_it_was() -> None:
    assert read(params(EVERYTHING)).url == EVERYTHING
    assert read({}).url == "/search"
    assert read({}, "first-light").url == "/studies/first-light/search"
    assert read({"run": ["3"]}, "first-light").url == "/studies/first-light/search?run=3"


def test_a_change_begins_from_the_beginning() -> None:
    look = read(params(EVERYTHING))
    assert look.but(sort="newest").url == EVERYTHING.replace("&sort=best", "").replace("&before=-1.5,7", "")
    assert look.but(before="9").url == EVERYTHING.replace("before=-1.5,7", "before=9")
    assert look.narrowed(role="answer").filter.role == "answer"
    assert look.of_column("gemma-raw", 1000).filter == Filter(
        "moth", "reasoning", "first-light", subjects=("gemma-raw",), temperatures=(1000,)
    )


def test_conditions_are_taken_away_one_by_one_or_all() -> None:
    look = read(params("?q=moth&subject=a,b&theme=x&run=3"), "first-light")
    assert look.without("subject").url == "/studies/first-light/search?q=moth&run=3&theme=x"
    assert look.without("run").without("theme").without("subject") == look.unnarrowed
    assert look.unnarrowed.url == "/studies/first-light/search?q=moth"
    assert look.everywhere.url == "/search?q=moth&subject=a,b"


def test_words_alone_have_a_context() -> None:
    assert read({"as": ["kwic"], "q": ["moth"]}).kwic
    assert not read({"as": ["kwic"]}).kwic
    assert not read({"as": ["kwic"], "q": ["moth"], "role": ["prompt"]}).kwic


def test_a_page_lies_before_or_after_a_place() -> None:
    assert read({"before": ["7"]}).part(3).before == Cursor(7)
    best = read({"after": ["-1.5,7"], "sort": ["best"]}).part()
    assert (best.after, best.best, best.upwards) == (Cursor(7, -1.5), True, True)
    with pytest.raises(BadFilter, match="after: found a second place beside before"):
        Look(before="1", after="2").part()


@pytest.mark.parametrize(
    ("name", "value"), [("as", "x"), ("sort", "x"), ("by", "x"), ("hide", "x"), ("as", "")]
)
def test_a_view_that_there_is_not_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadFilter, match=f"{name}: found {value!r}, expected one of"):
        read({name: [value]})
