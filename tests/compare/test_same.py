"""Same answers are stacked; nothing else is."""

from functools import partial
from types import SimpleNamespace

import pytest

from app.batteries.shape import Answer
from app.compare.draw import Draw, paths
from app.compare.same import Stack, give_slots, key_of, stack

INTEGER = Answer(kind="integer", min=0, max=100)


def draw(*answers: str, stop: str = "natural") -> Draw:
    path = tuple(SimpleNamespace(role="assistant", text=text) for text in answers)
    return Draw(SimpleNamespace(stop_class=stop), path)


def stacks(*draws: Draw, spec: Answer | None = None) -> list[list[str]]:
    return [[one.text for one in found.draws] for found in stack(draws, partial(key_of, spec=spec))]


def test_case_spaces_edge_marks_and_unicode_form_make_no_other_answer() -> None:
    alike = (draw("I would read."), draw("  i would   read"), draw("“I WOULD READ!”"), draw("I would\nread"))
    assert len(stacks(*alike)) == 1
    assert len(stacks(draw("caf\u00e9"), draw("cafe\u0301"))) == 1


def test_another_word_is_another_answer() -> None:
    assert len(stacks(draw("I would read."), draw("I would reread."))) == 2


def test_equal_parsed_answers_are_one_stack_however_they_are_put() -> None:
    found = stacks(draw("42"), draw("**42.**"), draw("43"), spec=INTEGER)
    assert found == [["42", "**42.**"], ["43"]]


def test_answers_in_words_are_stacked_by_their_words() -> None:
    found = stacks(draw("I cannot."), draw("42"), draw("i cannot"), draw("420"), spec=INTEGER)
    assert found == [["I cannot.", "i cannot"], ["42"], ["420"]]


def test_the_most_common_comes_first_then_the_one_drawn_first() -> None:
    found = stacks(draw("a"), draw("b"), draw("c"), draw("c"))
    assert found == [["c", "c"], ["a"], ["b"]]


def test_a_gates_no_is_no_empty_answer() -> None:
    found = stacks(
        draw("", stop="empty"), draw("", stop="prompt_blocked"), draw("", stop="classifier_refusal")
    )
    assert len(found) == 3


def test_a_ladder_is_the_same_when_every_answer_is() -> None:
    assert len(stacks(draw("No.", "Yes."), draw("no", "yes"), draw("Yes.", "No."))) == 2


def test_a_ladders_last_answer_counts_where_it_can_be_read() -> None:
    assert len(stacks(draw("Let me think.", "7"), draw("Hm.", "7."), spec=INTEGER)) == 1


@pytest.mark.parametrize("length", [10, 5_000])
def test_long_texts_are_folded_like_short_ones(length: int) -> None:
    assert len(stacks(draw("Word " * length), draw("word " * length + "\n"))) == 1


def column(**counts: int) -> list[Stack]:
    return [Stack(("text", word), [draw(word)] * n) for word, n in counts.items()]


def test_what_two_columns_say_wears_one_hue_in_both() -> None:
    first, second, third = column(read=3, walk=1), column(walk=5, swim=2), column(read=1)
    shared = give_slots([first, second, third])
    assert [one.slot for one in first] == [2, 1]
    assert [one.slot for one in second] == [1, 0]
    assert [one.slot for one in third] == [2]
    assert shared == {("text", "walk"): {0: 1, 1: 5}, ("text", "read"): {0: 3, 2: 1}}


def test_a_ninth_shared_answer_goes_without_a_hue() -> None:
    words = {f"word{n}": 20 - n for n in range(9)}
    first, second = column(**words), column(**words)
    give_slots([first, second])
    assert [one.slot for one in first] == [1, 2, 3, 4, 5, 6, 7, 8, 0]


def test_ends_without_a_word_are_no_shared_answer() -> None:
    gated = [[Stack(("ended", "prompt_blocked"), [draw("")])] for _ in range(2)]
    assert give_slots(gated) == {}
    assert gated[0][0].slot == 0


def message(number: int, parent: int | None, role: str = "assistant") -> SimpleNamespace:
    return SimpleNamespace(id=number, parent_id=parent, role=role, text=f"text {number}")


def test_a_draws_path_goes_from_the_prompt_to_its_tip_and_nowhere_else() -> None:
    # 1 is the prompt's own turn; 4 was left by an attempt that ended early.
    said = [message(2, 1, "reasoning"), message(3, 2), message(4, 2), message(5, 3, "user"), message(6, 5)]
    one = Draw(SimpleNamespace(tip_id=6))
    paths([one], said)
    assert [step.id for step in one.path] == [2, 3, 5, 6]
    assert one.answers == ("text 3", "text 6")
    assert one.text == "text 6"


def test_a_draw_without_a_tip_says_nothing() -> None:
    one = Draw(SimpleNamespace(tip_id=None))
    paths([one], [message(2, 1)])
    assert (one.path, one.answers, one.text) == ((), (), "")
