"""When a temperature sweep is labelled as truncated sampling."""

import pytest

from app.elicitation.truncation import truncated
from app.subjects.shape import Sampling
from tests.elicitation.cases import subject


def test_names_each_setting_that_cuts_the_tail_off() -> None:
    cut = subject(sampling=Sampling(top_p=0.95, top_k=40, extra={"min_p": 0.05}))
    assert truncated(cut) == ("top_p 0.95", "top_k 40", "min_p 0.05")


def test_names_none_where_every_setting_is_neutral_or_left_to_a_server_that_does_not_truncate() -> None:
    assert truncated(subject()) == ()
    assert truncated(subject(sampling=Sampling(top_p=1, top_k=0, extra={"min_p": 0}))) == ()
    assert truncated(subject(sampling=Sampling(extra={"top_k": -1}))) == ()


def test_a_local_server_truncates_by_default_unless_each_setting_is_sent_as_neutral() -> None:
    left = subject(dialect="llamacpp")
    assert truncated(left) == (
        "top_p 0.95 (the server's default)",
        "top_k 40 (the server's default)",
        "min_p 0.05 (the server's default)",
    )
    honest = Sampling(temperature=1, top_p=1, top_k=0, extra={"min_p": 0})
    assert truncated(subject(dialect="llamacpp", sampling=honest)) == ()
    assert truncated(subject(dialect="ollama")) == ("top_k 40 (the server's default)",)


@pytest.mark.parametrize("odd", ["0.5", True, None, [1]])
def test_a_setting_of_another_type_is_not_guessed_at(odd: object) -> None:
    assert truncated(subject(sampling=Sampling(extra={"min_p": odd}))) == ()
