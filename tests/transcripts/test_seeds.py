"""Seeds: independent from draw to draw, the same again on purpose."""

from app.db import Database
from app.transcripts.seeds import seed_of
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, exchanges, ladder, planned, subject


def test_the_seed_is_the_documented_hash() -> None:
    # SHA-256 of [7,1,"mode-collapse/number-plain","gemma-raw",700,1,1]: first four bytes & 0x7fffffff
    assert seed_of(7, 1, "mode-collapse/number-plain", "gemma-raw", 700, 1, 1) == 1312777087


def test_no_base_sends_no_seed() -> None:
    assert seed_of(None, 1, "b/k", "s", 0, 1, 1) is None


def test_every_part_of_a_draw_changes_its_seed() -> None:
    first = (7, 1, "b/k", "s", 700, 1, 1)
    others = [(8, 1, "b/k", "s", 700, 1, 1), (7, 2, "b/k", "s", 700, 1, 1), (7, 1, "b/l", "s", 700, 1, 1),
              (7, 1, "b/k", "t", 700, 1, 1), (7, 1, "b/k", "s", -1, 1, 1), (7, 1, "b/k", "s", 700, 2, 1),
              (7, 1, "b/k", "s", 700, 1, 2)]  # fmt: skip
    assert len({seed_of(*draw) for draw in [first, *others]}) == 8


def test_each_draw_and_turn_is_sent_its_own_seed_and_a_run_can_send_them_again(sqlite: Database) -> None:
    seeded = [subject(sampling={"seed": 7})]
    with FaultBox() as box:
        there = endpoint(box.url)
        prompts = [chat("c", "Say it."), ladder("l", "One?", "Two?")]
        first = planned(there, seeded, prompts, repeats=2)
        other = planned(there, seeded, prompts, repeats=2)
        again = planned(there, seeded, prompts, repeats=2, same_seeds=first)
        collect_runs(first, other, again)
        assert {seen.body["seed"] for seen in box.seen} == {
            seed for run in (first, other) for call in exchanges(run) if (seed := call.seed) is not None
        }
    sent = [sorted(call.seed or 0 for call in exchanges(run)) for run in (first, other, again)]
    assert len(set(sent[0])) == 6
    assert sent[0] == sent[2]
    assert not set(sent[0]) & set(sent[1])
