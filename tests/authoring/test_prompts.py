"""The list of prompts of a draft: added, cloned, moved, removed, put back and gathered; nothing is lost."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.authoring import prompts
from app.authoring.acting import LISTS
from app.authoring.turns import acted, turned


def made(*keys: str) -> dict[str, Any]:
    """A draft of prompts `key` or `key:family`, whose ids are their keys."""
    listed = [
        {"id": key, "shape": {"key": key, "family": family or key, "turns": [{"user": f"say {key}"}]}}
        for key, _, family in (one.partition(":") for one in keys)
    ]
    return {"battery": {}, "prompts": listed, "removed": []}


def keys(data: dict[str, Any]) -> list[str]:
    return [one["shape"]["key"] for one in data["prompts"]]


def test_another_one_is_a_further_wording_of_the_family_without_words() -> None:
    data = made("a", "b")
    labels = {"theme": "t", "condition": {"x": 1}, "mode": "prefill", "answer": {"kind": "word"}}
    own = {"turns": [{"user": "u"}, {"assistant": "s"}], "note": "n", "title": "T"}
    data["prompts"][0]["shape"] |= labels | own
    data, [new] = prompts.another(data, "a")
    assert [one["id"] for one in data["prompts"]] == ["a", new, "b"]
    assert data["prompts"][1]["shape"] == {
        "key": "a-2", "family": "a", "theme": "t", "condition": {"x": 1}, "mode": "prefill",
        "answer": {"kind": "word"}, "variant": "", "turns": [{"user": ""}, {"assistant": ""}],
    }  # fmt: skip


def test_the_first_one_begins_a_family() -> None:
    data, [new] = prompts.another(made(), "")
    assert data["prompts"] == [
        {"id": new, "shape": {"key": "prompt", "family": "prompt", "turns": [{"user": ""}]}}
    ]
    data, _ = prompts.another(data, "")
    assert keys(data) == ["prompt", "prompt-2"]


def test_a_clone_says_the_same_under_another_name() -> None:
    data, [new] = prompts.cloned(made("a", "b"), "a")
    shape = data["prompts"][1]["shape"]
    assert (data["prompts"][1]["id"], shape["key"], shape["variant"]) == (new, "a-2", "plain 2")
    assert shape["turns"] == [{"user": "say a"}]
    data, _ = prompts.cloned(data, new)
    assert keys(data) == ["a", "a-2", "a-3", "b"]
    assert prompts.cloned(data, "nothing") == (data, [])


def test_a_prompt_moves_as_far_as_the_list_goes() -> None:
    data = made("a", "b", "c")
    assert keys(prompts.moved(data, "b", -1)) == ["b", "a", "c"]
    assert keys(prompts.moved(data, "a", -1)) == ["a", "b", "c"]
    assert keys(prompts.moved(data, "c", 1)) == ["a", "b", "c"]
    assert keys(prompts.moved_before(data, "c", "a")) == ["c", "a", "b"]
    assert keys(prompts.moved_before(data, "a", "")) == ["b", "c", "a"]
    assert keys(prompts.moved_before(data, "a", "a")) == ["a", "b", "c"]


def test_a_removed_prompt_comes_back_where_it_stood() -> None:
    for key in "abc":
        gone = prompts.removed(made("a", "b", "c"), key)
        assert keys(gone) == [other for other in "abc" if other != key]
        assert prompts.found(gone, key) is not None
        back = prompts.put_back(gone, key)
        assert (keys(back), back["removed"]) == (["a", "b", "c"], [])


@pytest.mark.parametrize("order", list(permutations("abcd", 3)))
def test_whatever_went_after_it_a_prompt_comes_back_where_it_stood(order: tuple[str, ...]) -> None:
    whole = made("a", "b", "c", "d")
    gone: dict[str, Any] = whole
    for key in order:
        gone = prompts.removed(gone, key)
    for back in permutations(order):
        data = gone
        for key in back:
            data = prompts.put_back(data, key)
            assert keys(data) == sorted(keys(data))
        assert data == whole


def test_removing_shows_the_one_that_stands_in_its_place() -> None:
    data = made("a", "b", "c")
    assert [LISTS["remove"](data, key, "")[1] for key in "abc"] == ["b", "c", "b"]
    assert LISTS["remove"](made("a"), "a", "")[1] == ""


def test_families_are_gathered_in_the_order_in_which_they_come() -> None:
    data = made("a1:a", "b1:b", "a2:a", "c1:c", "b2:b")
    assert keys(prompts.gathered(data)) == ["a1", "a2", "b1", "b2", "c1"]


def test_a_family_moves_as_a_block_past_its_neighbour() -> None:
    data = made("a1:a", "a2:a", "b1:b", "c1:c", "c2:c")
    assert keys(prompts.moved_family(data, "a2", 1)) == ["b1", "a1", "a2", "c1", "c2"]
    assert keys(prompts.moved_family(data, "c1", -1)) == ["a1", "a2", "c1", "c2", "b1"]
    assert keys(prompts.moved_family(data, "a1", -1)) == keys(data)
    assert keys(prompts.moved_family(data, "c2", 1)) == keys(data)
    assert keys(prompts.moved_family(data, "nothing", 1)) == keys(data)
    unnamed = made("x:", "y:", "b1:b")
    assert keys(prompts.moved_family(unnamed, "x", 1)) == ["y", "x", "b1"]


def test_a_family_that_stands_scattered_is_brought_together_before_it_moves() -> None:
    data = made("b1:b", "a1:a", "c1:c", "a2:a", "c2:c", "b2:b", "a3:a", "d1:d")
    up, down = prompts.moved_family(data, "a2", -1), prompts.moved_family(data, "a2", 1)
    assert keys(up) == ["b1", "a1", "a2", "a3", "c1", "c2", "b2", "d1"]
    assert keys(down) == ["b1", "c1", "c2", "b2", "a1", "a2", "a3", "d1"]
    assert keys(prompts.moved_family(up, "a2", -1))[:4] == ["a1", "a2", "a3", "b1"]
    assert keys(prompts.moved_family(down, "a1", 1))[-4:] == ["d1", "a1", "a2", "a3"]


def test_a_free_key_is_the_wanted_one_or_the_next_number() -> None:
    data = prompts.removed(made("a", "a-2", "b"), "a-2")
    assert prompts.free_key(data, "c") == "c"
    assert prompts.free_key(data, "a") == "a-3"
    assert prompts.free_key(data, "a-2") == "a-3"
    assert len(prompts.free_key(data, "x" * 100)) <= 64


ACTS = st.tuples(st.sampled_from(sorted(LISTS)), st.integers(0, 9), st.integers(0, 9))


@settings(deadline=None)
@given(st.lists(ACTS, max_size=12))
def test_whatever_is_done_no_prompt_is_lost_and_ids_stay_unique(acts: list[tuple[str, int, int]]) -> None:
    data: dict[str, Any] = made("a", "b:a", "c")
    for act, one, other in acts:
        everyone = [entry["id"] for part in ("prompts", "removed") for entry in data[part]]
        data, shown = LISTS[act](data, everyone[one % len(everyone)], everyone[other % len(everyone)])
        now = [entry["id"] for part in ("prompts", "removed") for entry in data[part]]
        assert len(set(now)) == len(now)
        assert set(everyone) <= set(now)
        assert shown in (None, "", *now)


def test_turns_are_added_removed_and_turned_round() -> None:
    shape: dict[str, Any] = {"turns": [{"user": "a"}]}
    assert acted(shape, "add")["turns"] == [{"user": "a"}, {"assistant": ""}]
    assert acted(shape | {"mode": "ladder"}, "add")["turns"] == [{"user": "a"}, {"user": ""}]
    assert acted(shape, "remove.0")["turns"] == [{"user": ""}]
    assert acted(shape, "remove.7") == shape
    assert acted(shape, "nonsense.²") == shape
    two = {"turns": [{"user": "a"}, {"assistant": "b"}]}
    assert acted(two, "up.1")["turns"] == [{"assistant": "b"}, {"user": "a"}]
    assert acted({}, "add")["turns"] == [{"user": ""}]


def test_a_mode_has_its_roles_and_keeps_every_word() -> None:
    two = [{"user": "a"}, {"user": "b"}]
    assert turned({"mode": "completion", "turns": two})["turns"] == [{"text": "a"}, {"text": "b"}]
    assert turned({"mode": "chat", "turns": [{"text": "a"}]})["turns"] == [{"user": "a"}]
    assert turned({"mode": "prefill", "turns": [{"user": "a"}]})["turns"] == [
        {"user": "a"},
        {"assistant": ""},
    ]
    assert turned({"mode": "ladder", "turns": [{"user": "a"}, {"assistant": "b"}]})["turns"] == two
