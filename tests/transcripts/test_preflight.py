"""Before Start: the exact request of any prompt to any subject, and what a reader should know of it."""

import json
from typing import Any

import pytest

from app.batteries.shape import PromptShape
from app.providers.wire import Impossible
from app.subjects.shape import Can, Sampling, Snapshot
from app.transcripts.preflight import Preflight, exact
from tests.elicitation.cases import CHAT, COMPLETION, LADDER, PREFILL, subject


def shown(prompt: PromptShape, snapshot: Snapshot, temperature: float | None = 0.7, **more: Any) -> Preflight:
    found = exact(prompt, snapshot, temperature=temperature, **more)
    assert isinstance(found, Preflight)
    return found


def test_a_chat_request_is_shown_as_it_would_go_out() -> None:
    found = shown(CHAT, subject(system="Be brief."), seed=5)
    assert found.url == "http://127.0.0.1:8401/v1/chat/completions"
    assert json.loads(found.body) == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Pick a number."},
        ],
        "max_tokens": 96,
        "temperature": 0.7,
        "seed": 5,
    }
    assert found.asked == found.sent == {"max_tokens": 96, "temperature": 0.7}


def test_a_raw_request_shows_the_whole_text_that_will_be_continued() -> None:
    found = shown(PREFILL, subject("completion", template="Q: {prompt}\nA: "))
    assert found.text == "Q: Who are you?\nA: I am"
    assert found.url == "http://127.0.0.1:8401/v1/completions"
    assert json.loads(found.body)["prompt"] == found.text


def test_no_header_holds_a_key() -> None:
    found = shown(CHAT, subject(headers={"X-Team": "a"}))
    assert {name.lower() for name in found.headers} == {"content-type", "x-team"}


def test_the_body_can_be_read_indented_with_its_letters_as_they_are() -> None:
    told = shown(CHAT, subject(system="Sei kürzer 🙂")).body_shown
    assert '    {\n      "role": "system",\n      "content": "Sei kürzer 🙂"\n    },' in told


def test_a_later_rung_carries_the_answers_before_it() -> None:
    found = shown(LADDER, subject(), answered=["Yes."])
    assert [turn["content"] for turn in json.loads(found.body)["messages"]] == [
        "Is it 4?",
        "Yes.",
        "Are you sure?",
    ]


def test_a_rung_after_the_last_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="has all its 3 answers"):
        exact(LADDER, subject(), temperature=None, answered=["a", "b", "c"])


@pytest.mark.parametrize(
    ("prompt", "snapshot", "reason"),
    [
        (COMPLETION, subject(), "a raw completion prompt cannot be put to a chat subject"),
        (LADDER, subject("completion"), "a ladder needs a template of turns"),
        (
            CHAT,
            subject("completion", wire="openai-chat"),
            "raw completion is not possible on a chat endpoint",
        ),
        (CHAT, subject(wire="openai-completions"), "this endpoint takes raw text only"),
        (PREFILL, subject(can=Can(prefill=False)), "this endpoint does not continue a begun answer"),
        (PREFILL, subject(), "it is not known whether this endpoint continues a begun answer"),
        (
            CHAT,
            subject("completion", wire="gemini"),
            "raw completion is not possible on this wire: every text becomes a turn of a chat",
        ),
        (CHAT, subject(can=Can(temperature=False)), "this endpoint takes no temperature"),
    ],
)
def test_what_cannot_be_asked_says_why(prompt: PromptShape, snapshot: Snapshot, reason: str) -> None:
    found = exact(prompt, snapshot, temperature=0.7)
    assert isinstance(found, Impossible)
    assert found.reason.startswith(reason)


class TestNotes:
    def test_a_plain_raw_text_needs_none(self) -> None:
        assert shown(COMPLETION, subject("completion")).notes == ()

    def test_an_endpoint_with_a_template_of_its_own_may_add(self) -> None:
        assert shown(CHAT, subject()).notes == (
            "the endpoint makes the final text by a template of its own, and may add to it",
        )

    def test_what_the_endpoint_was_seen_to_add_is_quoted(self) -> None:
        rendered = "<|im_start|>system\nYou are Small<|im_end|>\n<|im_start|>user\nPick a number.<|im_end|>\n"
        found = shown(CHAT, subject(), rendered=rendered)
        assert found.text == rendered
        assert found.notes == ("the endpoint's template adds text that nobody sent: You are Small",)

    def test_a_setting_that_will_not_be_sent_is_named(self) -> None:
        deaf = subject("completion", can=Can(temperature=False, seed=False))
        assert shown(COMPLETION, deaf, temperature=None, seed=3).notes == (
            "asked for but not sent, since the endpoint does not take it: temperature, seed",
        )

    def test_a_setting_that_the_wire_calls_otherwise_is_sent(self) -> None:
        told = subject(can=Can(max_tokens_field="max_completion_tokens"))
        assert not any("not sent" in note for note in shown(CHAT, told).notes)
        claude = subject(
            wire="anthropic-messages",
            base_url="https://api.anthropic.com",
            sampling=Sampling(max_tokens=9, stop=("#",)),
        )
        assert not any("not sent" in note for note in shown(CHAT, claude, None).notes)
        everything = Sampling(top_p=0.9, top_k=4, max_tokens=9, stop=("#",), logprobs=0)
        google = subject(wire="gemini", sampling=everything)
        assert not any("not sent" in note for note in shown(CHAT, google).notes)

    def test_truncated_sampling_is_said_unless_nothing_is_sampled(self) -> None:
        cut = subject("completion", sampling=Sampling(temperature=1, top_p=0.9))
        assert shown(COMPLETION, cut, 1.0).notes == ("truncated sampling: top_p 0.9",)
        assert shown(COMPLETION, cut, 0.0).notes == ()

    def test_what_a_dialect_does_unseen_is_said(self) -> None:
        assert any(
            note.startswith("OpenRouter chooses") for note in shown(CHAT, subject(dialect="openrouter")).notes
        )

    def test_a_ladder_says_how_many_calls_it_is(self) -> None:
        assert shown(LADDER, subject()).notes[-1] == (
            "a ladder of 3 calls; each later one carries the answers before it"
        )
