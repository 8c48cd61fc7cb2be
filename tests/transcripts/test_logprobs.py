"""The numbers made of log-probabilities, against values worked out by hand, and what is kept of them read back."""

from math import log

import pytest

from app.db import Database
from app.providers.wire import Token as Told
from app.transcripts.logprobs import Token, entropy_bound, first, kept, summary, unpack
from app.transcripts.models import Transcript
from app.transcripts.settle import _logprobs
from tests import seed
from tests.cast import PROMPTS, SUBJECTS
from tests.told import tell, token

HALF, EIGHTH = Token("a", None, log(0.5)), Token("b", None, log(0.125))


def test_surprise_and_perplexity_of_known_shares() -> None:
    assert HALF.surprise == pytest.approx(1)
    assert EIGHTH.surprise == pytest.approx(3)
    found = summary([HALF, EIGHTH])
    assert found is not None
    assert (found.n, found.untold) == (2, 0)
    assert found.mean_surprise == pytest.approx(2)
    assert found.perplexity == pytest.approx(4)  # 1 / √(1/2 · 1/8)


def test_a_token_that_is_only_less_likely_than_all_listed_is_left_out_and_counted() -> None:
    rare = Token("c", None, -9999.0, (("a", log(0.5)),))
    assert (rare.told, rare.p) == (False, 0.0)
    found = summary([HALF, rare])
    assert found is not None
    assert (found.n, found.untold, found.perplexity) == (1, 1, pytest.approx(2))
    assert summary([rare]) is None
    assert rare.outcomes == (("a", pytest.approx(0.5)),)


@pytest.mark.parametrize(
    ("shares", "bits"),
    [
        ([0.75, 0.25], 0.8113),  # the check value of the study method, nothing left over
        ([0.5], 1.0),  # one outcome and the rest
        ([1.0], 0.0),
        ([0.25, 0.25], 1.5),
        ([], 0.0),  # all is rest: nothing is known but that the entropy is not below 0
        ([0.6, 0.400000001], 0.971),  # rounding of the provider's leaves no rest
    ],
)
def test_the_entropy_is_bounded_from_below_with_one_bucket_for_the_rest(
    shares: list[float], bits: float
) -> None:
    assert entropy_bound(shares) == pytest.approx(bits, abs=5e-4)


def test_the_bound_never_falls_when_more_is_known() -> None:
    shares = [0.4, 0.2, 0.15, 0.1, 0.05]
    bounds = [entropy_bound(shares[:k]) for k in range(len(shares) + 1)]
    assert bounds == sorted(bounds)


def test_a_token_finds_itself_among_its_alternatives() -> None:
    top = (("the", -0.5), ("\ufffd", -1.25), ("\ufffd", -2.0))
    assert Token("the", None, -0.5, top).place == 0
    assert Token("🏰", None, -1.25, top).place == 1  # a server cut the text of a part of a character
    assert Token("\ufffd", None, -2.0, top).place == 2
    assert Token("the", None, -0.7, top).place == 0  # another rounding
    other = Token("a", None, log(0.1), top)
    assert other.place is None
    assert other.outcomes[-1] == ("a", pytest.approx(0.1))


def test_what_the_collector_keeps_is_read_back_whole_or_its_beginning(database: Database) -> None:
    many = {f"alternative number {n}": 0.001 for n in range(200)}
    tokens = [token("the", 0.5, b"the", **many), *[token(f" word{n}", 0.25) for n in range(4000)]]
    with database.writing() as session:
        made = seed.study(session, subjects=SUBJECTS[:1], prompts=PROMPTS[:1], repeats=2)
        tell(session, made.transcripts["number-plain", "base-raw", 1], tokens, "after")
        tip = session.get_one(Transcript, made.transcripts["number-plain", "base-raw", 1]).tip_id
        other = session.get_one(Transcript, made.transcripts["number-plain", "base-raw", 2]).tip_id
    assert tip is not None
    assert other is not None
    with database.reading() as session:
        whole, begun = kept(session, [tip, other]), kept(session, [tip, other], beginning=True)
    assert set(whole) == set(begun) == {tip}
    side, packed = whole[tip]
    every = unpack(packed)
    assert (side, len(every), every[0].text, every[0].raw, len(every[0].top)) == (
        "after",
        4001,
        "the",
        b"the",
        201,
    )
    assert len(begun[tip][1]) <= 8192 < len(packed)
    assert first(begun[tip][1]) == every[0]


def test_the_first_of_nothing_is_none() -> None:
    assert first(_logprobs(())) is None
    assert first(_logprobs((Told("a", None, -1.0),))[:6]) is None
