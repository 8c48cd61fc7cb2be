"""Reasoning in `<think>` tags: what is the model's thinking and what is its answer."""

import tracemalloc

import pytest

from app.providers.reasoning import in_tags
from app.providers.wire import Reasoning

TAGGED = [
    ("<think>why</think>answer", "why", "answer"),
    ("\n <think>\nwhy\n</think>\n\nanswer\n", "\nwhy\n", "\n\nanswer\n"),
    ("<think></think>answer", "", "answer"),
    ("<think>never closed, cut by length", "never closed, cut by length", ""),
    ("<think>a</think>b <think>c</think>", "a", "b <think>c</think>"),
    ("opened in the prompt\n</think>\n\nanswer", "opened in the prompt", "\n\nanswer"),
    ("opened in the prompt\n</think>", "opened in the prompt", ""),
]


@pytest.mark.parametrize(("content", "reasoning", "answer"), TAGGED)
def test_the_tagged_part_is_reasoning_and_the_rest_stays_as_it_is(
    content: str, reasoning: str, answer: str
) -> None:
    assert in_tags(content) == (answer, (Reasoning(reasoning, "think_tags"),))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "plain",
        "Write <think> and </think> around it.",
        "The closing tag is </think>, on the same line.",
        "First words, <think>then</think> thoughts",
        "a <think> b\n</think>\nc",
    ],
)
def test_an_answer_about_tags_is_an_answer(content: str) -> None:
    assert in_tags(content) == (content, ())


def test_a_huge_answer_is_looked_through_once() -> None:
    thought = "word " * 2_000_000
    tracemalloc.start()
    answer, (found,) = in_tags(f"{thought}\n</think>\n42")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answer, found.text) == ("\n42", thought)
    assert peak < 4 * len(thought)
