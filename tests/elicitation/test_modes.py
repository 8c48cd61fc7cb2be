"""What is sent for each prompt mode to each subject mode: the table of the design, cell by cell."""

import pytest

from app.batteries.shape import PromptShape
from app.elicitation.modes import (
    Finished,
    asked,
    between,
    cell_temperatures,
    effective_max_tokens,
    next_call,
    opening,
    target,
    turns_to_answer,
)
from app.providers.wire import Call, Impossible, Said, Target
from app.subjects.shape import Can, Sampling, Snapshot
from tests.elicitation.cases import (
    CHAT,
    COMPLETION,
    HUMAN,
    LADDER,
    PREFILL,
    TALK,
    assistant,
    prompt,
    raw,
    subject,
    user,
)


def ask(prompt: PromptShape, snapshot: Snapshot, *answered: str) -> Call | Finished | Impossible:
    return next_call(prompt, snapshot, answered, temperature=None, seed=None)


def sent_turns(prompt: PromptShape, snapshot: Snapshot, *answered: str) -> tuple[Said, ...]:
    call = ask(prompt, snapshot, *answered)
    assert isinstance(call, Call)
    assert call.kind == "chat"
    return call.turns


def raw_text(prompt: PromptShape, snapshot: Snapshot, *answered: str) -> str:
    call = ask(prompt, snapshot, *answered)
    assert isinstance(call, Call)
    assert call.kind == "completion"
    assert call.turns == ()
    return call.prompt


def refusal(prompt: PromptShape, snapshot: Snapshot) -> str:
    said = ask(prompt, snapshot)
    assert isinstance(said, Impossible)
    return said.reason


class TestChatPrompt:
    def test_goes_to_a_chat_subject_as_its_messages(self) -> None:
        assert sent_turns(TALK, subject()) == (
            Said("user", "Hi."),
            Said("assistant", "Hello."),
            Said("user", "Pick a number."),
        )

    def test_goes_to_a_raw_subject_through_its_template(self) -> None:
        assert raw_text(CHAT, subject("completion", template="Q: {prompt}\nA:")) == "Q: Pick a number.\nA:"

    def test_fills_a_template_literally_whatever_braces_stand_in_it(self) -> None:
        braces = prompt("chat", user("{0} {prompt} %s {text}"))
        told = subject("completion", template="{{}} {other} {prompt} {!r}")
        assert raw_text(braces, told) == "{{}} {other} {0} {prompt} %s {text} {!r}"

    def test_goes_through_a_template_of_turns_in_order_and_nothing_follows_the_last_user_part(self) -> None:
        assert raw_text(TALK, subject("completion", template=HUMAN)) == (
            "A talk.\n\nHuman: Hi.\nAssistant: Hello.\nHuman: Pick a number.\nAssistant:"
        )

    def test_of_several_turns_is_impossible_through_a_one_string_template(self) -> None:
        assert refusal(TALK, subject("completion")) == (
            "the subject's template is one string, which holds a single user turn; several need a template of turns"
        )

    def test_is_impossible_where_a_raw_subject_has_no_template(self) -> None:
        assert refusal(CHAT, subject("completion", template=None)).startswith("the subject has no template")


class TestPrefillPrompt:
    def test_goes_to_a_chat_subject_as_an_answer_begun_which_its_provider_may_refuse(self) -> None:
        call = ask(PREFILL, subject())
        assert isinstance(call, Call)
        assert call.prefill
        assert call.turns == (Said("user", "Who are you?"), Said("assistant", "I am"))

    def test_appends_the_beginning_to_the_raw_text_as_it_is(self) -> None:
        assert (
            raw_text(PREFILL, subject("completion", template="Q: {prompt}\nA: "))
            == "Q: Who are you?\nA: I am"
        )

    def test_does_not_put_the_beginning_through_the_assistant_part_of_a_template_of_turns(self) -> None:
        assert raw_text(PREFILL, subject("completion", template=HUMAN)) == (
            "A talk.\n\nHuman: Who are you?\nAssistant:I am"
        )

    def test_is_no_prefill_call_in_raw_text_since_a_raw_text_is_always_continued(self) -> None:
        call = ask(PREFILL, subject("completion"))
        assert isinstance(call, Call)
        assert not call.prefill

    def test_after_several_turns_is_impossible_through_a_one_string_template(self) -> None:
        long = prompt("prefill", user("a"), assistant("b"), user("c"), assistant("d"))
        assert "several need a template of turns" in refusal(long, subject("completion"))
        assert raw_text(long, subject("completion", template=HUMAN)).endswith("Human: c\nAssistant:d")


class TestLadder:
    def test_asks_each_rung_with_the_answers_before_it(self) -> None:
        assert sent_turns(LADDER, subject()) == (Said("user", "Is it 4?"),)
        assert sent_turns(LADDER, subject(), "Yes.", "") == (
            Said("user", "Is it 4?"),
            Said("assistant", "Yes."),
            Said("user", "Are you sure?"),
            Said("assistant", ""),
            Said("user", "I say 5."),
        )

    def test_ends_after_the_last_answer(self) -> None:
        assert ask(LADDER, subject(), "a", "b", "c") == Finished()

    def test_goes_to_a_raw_subject_through_a_template_of_turns(self) -> None:
        assert raw_text(LADDER, subject("completion", template=HUMAN), "Yes.") == (
            "A talk.\n\nHuman: Is it 4?\nAssistant: Yes.\nHuman: Are you sure?\nAssistant:"
        )

    @pytest.mark.parametrize("template", ["{prompt}", None])
    def test_is_impossible_through_any_other_template_even_on_its_first_rung(
        self, template: str | None
    ) -> None:
        assert refusal(LADDER, subject("completion", template=template)).startswith(
            "a ladder needs a template of turns"
        )


class TestCompletionPrompt:
    def test_goes_to_a_raw_subject_as_it_is_and_the_template_is_left_alone(self) -> None:
        assert raw_text(COMPLETION, subject("completion", template="Q: {prompt}\nA:")) == "Once upon a time\n"
        assert raw_text(COMPLETION, subject("completion", template=None)) == "Once upon a time\n"

    def test_is_impossible_for_a_chat_subject(self) -> None:
        assert "cannot be put to a chat subject" in refusal(COMPLETION, subject())


@pytest.mark.parametrize("mode", ["chat", "prefill", "ladder", "completion"])
def test_what_is_sent_has_the_line_ends_that_are_stored(mode: str) -> None:
    told = {"chat": (user("a\r\nb"),), "prefill": (user("a\r\nb"), assistant("a\rb")),
            "ladder": (user("a\r\nb"), user("a\rb")), "completion": (raw("a\rb"),)}[mode]  # fmt: skip
    one = prompt(mode, *told)
    call = ask(one, subject("completion" if mode == "completion" else "chat"), *["x"] * (mode == "ladder"))
    assert isinstance(call, Call)
    sent = [call.prompt] if mode == "completion" else [turn.text for turn in call.turns if turn.text != "x"]
    assert set(sent) == {"a\nb"}


@pytest.mark.parametrize("one", [CHAT, TALK, PREFILL, COMPLETION])
def test_a_prompt_of_one_answer_is_finished_with_it(one: PromptShape) -> None:
    assert ask(one, subject("completion"), "an answer") == Finished()
    assert turns_to_answer(one) == 1


def test_a_ladder_has_as_many_answers_as_rungs() -> None:
    assert turns_to_answer(LADDER) == 3


def test_the_path_that_all_draws_share_ends_where_the_first_answer_begins() -> None:
    assert [turn.words for turn in opening(TALK)] == ["Hi.", "Hello.", "Pick a number."]
    assert [turn.words for turn in opening(LADDER)] == ["Is it 4?"]


def test_scripted_turns_follow_each_answer_of_a_ladder_but_the_last() -> None:
    assert [[turn.words for turn in between(LADDER, n)] for n in (1, 2, 3)] == [
        ["Are you sure?"],
        ["I say 5."],
        [],
    ]
    assert between(TALK, 1) == ()


class TestSettings:
    full = Sampling(
        temperature=0.7,
        top_p=0.95,
        top_k=40,
        max_tokens=96,
        stop=("\n#",),
        seed=7,
        logprobs=5,
        extra={"min_p": 0.05},
    )

    @pytest.mark.parametrize("mode", ["chat", "completion"])
    def test_all_go_into_the_call_with_the_draws_own_temperature_and_seed(self, mode: str) -> None:
        call = next_call(CHAT, subject(mode, sampling=self.full), (), temperature=0.0, seed=12)
        assert isinstance(call, Call)
        assert (call.temperature, call.seed, call.top_p, call.top_k) == (0.0, 12, 0.95, 40)
        assert (call.max_tokens, call.stop, call.logprobs, call.extra) == (96, ("\n#",), 5, {"min_p": 0.05})

    def test_without_a_temperature_or_seed_for_the_draw_none_is_sent_whatever_the_subject_says(self) -> None:
        call = next_call(CHAT, subject(sampling=self.full), (), temperature=None, seed=None)
        assert isinstance(call, Call)
        assert (call.temperature, call.seed) == (None, None)

    def test_the_prompts_own_length_goes_before_the_subjects(self) -> None:
        short = prompt("chat", user("x"), max_tokens=8)
        call = ask(short, subject())
        assert isinstance(call, Call)
        assert call.max_tokens == effective_max_tokens(short, subject()) == 8
        assert effective_max_tokens(CHAT, subject()) == 96

    def test_a_system_prompt_is_none_empty_or_words_and_these_are_three_things(self) -> None:
        def system(told: str | None) -> str | None:
            call = ask(CHAT, subject(system=told))
            assert isinstance(call, Call)
            return call.system

        assert [system(told) for told in (None, "", "Be brief.")] == [None, "", "Be brief."]

    def test_asked_for_is_what_was_set_without_the_seed(self) -> None:
        assert asked(CHAT, subject(sampling=self.full), 0.0) == {
            "max_tokens": 96, "temperature": 0.0, "top_p": 0.95, "top_k": 40, "stop": ["\n#"], "logprobs": 5,
            "extra": {"min_p": 0.05},
        }  # fmt: skip
        assert asked(CHAT, subject(sampling=Sampling(max_tokens=5)), None) == {"max_tokens": 5}

    def test_asked_for_keeps_the_temperature_that_an_endpoint_would_not_take(self) -> None:
        deaf = subject(can=Can(temperature=False))
        assert asked(CHAT, deaf, None) == {"max_tokens": 96, "temperature": 0.7}


class TestTemperatures:
    def test_are_the_subjects_own_unless_the_run_replaces_them(self) -> None:
        assert cell_temperatures(subject(), None) == (0.7,)
        assert cell_temperatures(subject(), [0, 0.7, 0]) == (0, 0.7)
        assert cell_temperatures(subject(sampling=Sampling()), None) == (None,)

    def test_are_not_sent_where_the_endpoint_takes_none_and_other_cells_are_impossible(self) -> None:
        deaf = subject(can=Can(temperature=False))
        assert cell_temperatures(deaf, None) == (None,)
        assert cell_temperatures(deaf, [0, 1]) == (None, 0, 1)
        assert isinstance(ask(CHAT, deaf), Call)
        told = next_call(CHAT, deaf, (), temperature=1, seed=None)
        assert told == Impossible("this endpoint takes no temperature, so it cannot be asked at a given one")


def test_the_target_carries_what_the_endpoint_can_do() -> None:
    can = Can(prefill=True, temperature=False, seed=False, logprobs=True, system_role="developer",
              max_tokens_field="max_completion_tokens")  # fmt: skip
    assert target(subject(can=can, dialect="llamacpp", headers={"x-team": "a"})) == Target(
        wire="openai-chat", base_url="http://127.0.0.1:8401/v1", model="small", dialect="llamacpp", prefill=True,
        temperature=False, seed=False, logprobs=True, system_role="developer",
        max_tokens_field="max_completion_tokens", headers={"x-team": "a"},
    )  # fmt: skip
