"""k and n by column, out of counted groups: who is left out, and where an interval stands."""

import pytest

from app.reading.columns import Column, Group, columns


def group(
    subject: int = 1,
    milli: int = 700,
    run: int = 1,
    prompt: int = 1,
    version: int = 1,
    served: str | None = "m",
) -> Group:
    return Group(subject, milli, run, prompt, version, served)


def test_draws_of_another_model_are_left_out_of_both_and_counted_apart() -> None:
    drawn = {group(): 17, group(served="other"): 2, group(served=None): 1}
    (one,) = columns(drawn, {group(): 5, group(served="other"): 2, group(served=None): 1})
    assert (one.k, one.n, one.apart) == (6, 18, 2)


def test_the_usual_model_is_that_of_each_cell() -> None:
    drawn = {group(run=1): 3, group(run=2, served="newer"): 4, group(run=2): 1}
    (one,) = columns(drawn, {})
    assert (one.k, one.n, one.apart, one.runs, one.cells) == (0, 7, 1, {1, 2}, {(1, 1)})


def test_columns_stand_by_subject_and_temperature() -> None:
    drawn = {group(2): 1, group(1, 1000): 1, group(1, 0): 1, group(1, 0, prompt=2): 1}
    assert [one.key for one in columns(drawn, {})] == [(1, 0), (1, 1000), (2, 700)]


@pytest.mark.parametrize(("one", "interval"), [
    (Column(1, 700, 13, 20, cells={(1, 1)}), (0.4329, 0.8188)),
    (Column(1, 700, 0, 20, cells={(1, 1)}), (0.0, 0.1611)),
    (Column(1, 700, 13, 20, cells={(1, 1), (2, 1)}), None),
    (Column(1, 700, 13, 20, cells={(1, 1), (1, 2)}), None),
    (Column(1, 0, 13, 20, cells={(1, 1)}), None),
    (Column(1, 700, 0, 0, cells={(1, 1)}), None),
])  # fmt: skip
def test_an_interval_stands_inside_one_cell_alone(one: Column, interval: tuple[float, float] | None) -> None:
    share = one.share
    found = None if share is None else (share.low, share.high)
    assert found == (None if interval is None else pytest.approx(interval, abs=1e-4))
