"""What sets two columns apart."""

from typing import Any

import pytest

from app.compare.differs import Contrast, Profile, contrast, differences
from app.subjects.shape import Can, Sampling, Snapshot, TurnTemplate

CHAT = {
    "wire": "openai-chat", "base_url": "https://one.example/v1", "model": "one", "dialect": None, "can": Can(),
    "headers": {}, "endpoint": "one", "style": "rlhf", "family": "one", "stage": "preference", "mode": "chat",
    "induced_by": "training", "system": None, "template": None, "sampling": Sampling(temperature=0.7),
}  # fmt: skip
RAW = {**CHAT, "wire": "openai-completions", "mode": "completion", "template": "{prompt}", "system": None}


def column(
    taken: dict[str, Any] = CHAT,
    *,
    milli: int = 700,
    max_tokens: int = 96,
    served: str | None = "one",
    days: tuple[int, int] | None = (100, 100),
    waves: frozenset[tuple[int, int]] = frozenset({(1, 1)}),
    **changes: Any,
) -> Profile:
    return Profile(Snapshot(**{**taken, **changes}), milli, max_tokens, served, days, waves)


@pytest.mark.parametrize(
    ("other", "name"),
    [
        (column(model="two", served="two"), "weights"),
        (column(stage="sft"), "stage"),
        (column(base_url="https://elsewhere.example/v1"), "endpoint"),
        (column(upstream="deepinfra"), "endpoint"),
        (column(system="Be kind."), "system"),
        (column(milli=1000), "sampling"),
        (column(sampling=Sampling(temperature=0.7, top_p=0.9)), "sampling"),
        (column(max_tokens=512), "max tokens"),
        (column(served="one-mini"), "served model"),
        (column(days=(200, 201), waves=frozenset({(2, 1)})), "date"),
    ],
)
def test_each_difference_is_named_alone(other: Profile, name: str) -> None:
    assert differences(column(), other) == (name,)


def test_nothing_differs_from_itself() -> None:
    assert differences(column(), column()) == ()


def test_a_template_differs_only_between_two_raw_columns() -> None:
    turns = TurnTemplate(user="Human: {text}", assistant=" {text}")
    assert differences(column(RAW), column(RAW, template=turns)) == ("template",)
    assert differences(column(), column(RAW, wire="openai-chat")) == ("mode",)


def test_no_system_prompt_and_an_empty_one_differ_between_two_chats() -> None:
    # A server may put its own in place of the one that was not sent.
    assert differences(column(), column(system="")) == ("system",)
    assert differences(column(RAW, wire="openai-chat"), column(system="")) == ("mode",)


def test_other_weights_say_nothing_twice_of_host_and_served_name() -> None:
    other = column(model="two", family="two", base_url="https://two.example/v1", served="two")
    assert differences(column(), other) == ("weights",)


def test_a_served_model_that_nobody_told_is_no_difference() -> None:
    assert differences(column(), column(served=None)) == ()


def test_the_seed_and_log_probabilities_shape_no_answer() -> None:
    assert differences(column(), column(sampling=Sampling(temperature=0.7, seed=7, logprobs=5))) == ()


def test_days_that_overlap_or_one_wave_are_no_difference_in_date() -> None:
    later = frozenset({(2, 1)})
    assert differences(column(days=(1, 5)), column(days=(5, 9), waves=later)) == ()
    assert differences(column(days=(1, 1)), column(days=(9, 9))) == ()
    assert differences(column(days=None), column(waves=later)) == ()


def test_a_column_is_held_against_its_left_neighbour() -> None:
    profiles = [column(), column(model="two", stage="base"), column(model="three", stage="sft", milli=1000)]
    assert contrast(profiles, 0) is None
    assert contrast(profiles, 2) == Contrast(1, ("weights", "stage", "sampling"))


def test_a_clean_contrast_with_an_earlier_column_is_told_before_a_mixed_one() -> None:
    profiles = [column(), column(model="two", stage="base"), column(system="Be kind.")]
    found = contrast(profiles, 2)
    assert found == Contrast(0, ("system",))
    assert found is not None
    assert found.clean


def test_a_column_that_was_not_asked_is_compared_with_nothing() -> None:
    assert contrast([column(), None], 1) is None
    assert contrast([None, column()], 1) is None
