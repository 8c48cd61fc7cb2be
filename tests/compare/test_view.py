"""The address holds the whole state of the page."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compare.view import Place, View, read

tokens = st.sampled_from(
    ["base-raw@0.7", "default@1", "reasoner@none", "old@unknown", "whole-subject", "default@1@7"]
)
views = st.builds(
    View,
    cols=st.lists(tokens, unique=True).map(tuple),
    pin=st.lists(tokens, unique=True).map(tuple),
    beside=st.booleans(),
    wave=st.integers(0, 9),
    folded=st.booleans(),
    runs=st.one_of(st.just(("all",)), st.lists(st.integers(1, 99), unique=True).map(tuple)),
    temperatures=st.lists(st.sampled_from([-2, -1, 0, 700, 1000, 1333]), unique=True).map(tuple),
    group=st.booleans(),
    all=st.booleans(),
    align=st.booleans(),
    diff=st.sampled_from(["", "default@1", "default@1:4", "default@1:7.4"]),
    rendered=st.booleans(),
    hide=st.sampled_from(["", "kept", "shuffled"]),
    wide=st.one_of(st.just(""), tokens),
    open=st.lists(tokens, unique=True).map(tuple),
    col=st.one_of(st.just(""), tokens),
    repeat=st.sampled_from(["", "4", "7.4"]),
    others=st.booleans(),
)


@given(views)
def test_what_is_written_into_an_address_is_read_out_of_it(view: View) -> None:
    assert read(parse_qs(view.query())) == view


def test_a_view_by_default_leaves_the_address_bare() -> None:
    place = Place("first-light", "self-model", "habits-plain", View())
    assert place.url() == "/studies/first-light/compare/self-model/habits-plain"


def test_an_address_reads_like_what_it_shows() -> None:
    view = View(
        cols=("base-raw@0.7", "default@1"), runs=(3,), temperatures=(700, -1), group=True, hide="kept"
    )
    assert view.query() == "cols=base-raw@0.7,default@1&run=3&t=0.7,none&group=style&hide=kept"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("cols=a&cols=b", View(cols=("a", "b"))),
        ("cols=a,a,,b", View(cols=("a", "b"))),
        ("run=all,3", View(runs=("all",))),
        ("run=three&t=hot,99,nan&hide=yes&group=1&view=pdf", View()),
        ("run=٣&t=-1", View()),
        ("t=none,unknown,0", View(temperatures=(-1, -2, 0))),
        ("wave=-1&beside=yes&notes=on&pin=,", View()),
        ("unknown=1", View()),
    ],
)
def test_what_cannot_be_read_is_as_if_not_there(query: str, expected: View) -> None:
    assert read(parse_qs(query)) == expected


def test_another_prompt_keeps_the_view_but_not_the_place_in_the_answers() -> None:
    view = View(cols=("a@1",), diff="a@1:4", wide="a@1", col="a@1", repeat="4", open=("a@1",), rendered=True)
    assert view.elsewhere() == "cols=a@1&diff=a@1&view=rendered&wide=a@1&col=a@1"


def test_a_change_leaves_the_rest_of_the_address_as_it_is() -> None:
    place = Place("s", "b", "k", View(runs=(3,), col="a@1", repeat="4"))
    assert place.url(rendered=True) == "/studies/s/compare/b/k?run=3&view=rendered&col=a@1&repeat=4"
    assert place.focus == "/studies/s/compare/b/k?run=3&col="
    assert place.battery_url("next", last=True) == "/studies/s/compare/next?run=3&col=a@1&end=last"


@given(views, st.sampled_from(["cols", "pin", "wide", "repeat"]), tokens)
def test_a_link_may_be_put_together_around_one_part(view: View, part: str, token: str) -> None:
    before, after = view.around(part)
    changed = (token,) if part in {"cols", "pin"} else token
    assert f"{before}{token}{after}" == view.query(**{part: changed})


def test_runs_are_named_by_columns_that_hold_one_for_themselves() -> None:
    view = View(cols=("a@1@7", "a@1", "b@none@12", "c@1@x", "a@1@7"))
    assert view.named_runs == {7, 12}
    assert not View(runs=("all",), beside=True).pooled
    assert View(runs=("all",)).pooled


def test_markup_in_an_address_is_quoted() -> None:
    place = Place("s", "b", "k", View(col='"><script>'))
    assert "<" not in place.url()
    assert urlsplit(place.url()).query == "col=%22%3E%3Cscript%3E"
