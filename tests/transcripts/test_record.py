"""The parts of a record that follow a rule of their own: sums that may be unknown, seeds, moments, ids."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event

from app.db import Database
from app.transcripts.record import Recorder, is_answer, moment, sampling, usage
from app.transcripts.whole import Reader
from tests import seed
from tests.cast import SUBJECTS


def told(**counts: int | None) -> dict[str, Any]:
    return dict.fromkeys(("input", "cache_read", "cache_write", "output", "reasoning")) | counts


class TestUsage:
    def test_of_several_answers_is_their_sum(self) -> None:
        found = usage(
            [
                told(input=10, output=3, reasoning=7, cache_read=2),
                told(input=20, output=4, reasoning=0, cache_read=0),
            ]
        )
        assert found == {"input": 30, "output": 7, "reasoning": 7, "cached": 2}

    def test_that_one_answer_does_not_tell_is_null_and_never_a_smaller_sum(self) -> None:
        assert usage([told(input=10, output=3), told(input=20)])["output"] is None

    def test_counts_what_was_written_to_a_cache_as_read_by_the_model(self) -> None:
        assert usage([told(input=10, cache_write=90, cache_read=5)])["input"] == 100

    def test_of_no_answer_is_unknown_and_zero_stays_zero(self) -> None:
        assert set(usage([]).values()) == {None}
        assert usage([told(output=0)])["output"] == 0


class TestSampling:
    three = {"asked": {"temperature": 1}, "sent": {"temperature": 1}, "effective": {}}

    def test_gets_the_seed_back_among_what_was_sent(self) -> None:
        assert sampling(self.three, [5])["sent"] == {"temperature": 1, "seed": 5}
        assert self.three["sent"] == {"temperature": 1}  # what is kept is not touched

    def test_gets_the_seeds_of_a_ladder_as_a_list(self) -> None:
        assert sampling(self.three, [5, 6, None])["sent"] == {"temperature": 1, "seeds": [5, 6, None]}

    @pytest.mark.parametrize("seeds", [[], [None], [None, None]])
    def test_gets_none_where_none_was_sent(self, seeds: list[int | None]) -> None:
        assert sampling(self.three, seeds)["sent"] == {"temperature": 1}


def test_a_moment_is_written_in_utc_to_the_millisecond() -> None:
    assert moment(datetime(2026, 1, 2, 3, 4, 5, 6789, tzinfo=UTC)) == "2026-01-02T03:04:05.006Z"
    assert moment(None) is None


@pytest.mark.parametrize(
    ("role", "origin", "answer"),
    [
        ("assistant", "model", True),
        ("text", "model", True),
        ("reasoning", "model", False),
        ("assistant", "prompt", False),  # a beginning given to it
        ("user", "prompt", False),
    ],
)
def test_an_answer_is_what_the_model_said_its_reasoning_apart(role: str, origin: str, answer: bool) -> None:
    assert is_answer({"role": role, "origin": origin}) is answer


def test_what_many_share_is_read_once_and_forgotten_in_time(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=SUBJECTS[:2], repeats=2)
    monkeypatch.setattr("app.transcripts.record.KEPT", 1)
    with sqlite.reading() as session:
        recorder = Recorder(session)
        records = [recorder.whole(one) for one in Reader(session).all()]
        assert len(records) == 12
        assert len(recorder.kept) <= 2
        assert {record["subject"] for record in records} == {"base-raw", "default-assistant"}


def test_a_page_of_a_list_asks_one_query_for_each_kind_that_it_shares(sqlite: Database) -> None:
    with sqlite.writing() as session:
        seed.study(session, subjects=SUBJECTS, repeats=2)
    with sqlite.reading() as session:
        recorder = Recorder(session)
        rows = [one.row for one in Reader(session).all()]
        asked: list[str] = []
        event.listen(sqlite.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        recorder.learn(rows)
        briefs = [recorder.brief(row) for row in rows]
        recorder.learn(rows)
    assert len(asked) == 4, asked
    assert {brief["subject"] for brief in briefs} == {subject.slug for subject in SUBJECTS}
