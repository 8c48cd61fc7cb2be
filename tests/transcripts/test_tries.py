"""A text that is tried: what a form makes of it, what it comes to for whom, the form that asks it again."""

import pytest
from sqlalchemy import select

from app import db
from app.batteries.shape import Answer, Turn
from app.db import Database
from app.studies.models import Study
from app.transcripts.new_run import Shown
from app.transcripts.tries import MOST_DRAWS, Trial, TryForm, form_of, trial
from tests import seed
from tests.cast import PROMPTS, SUBJECTS
from tests.tries import TRIED, tried

KEYS = {"TWO_API_KEY": "k", "THREE_API_KEY": "k", "FOUR_API_KEY": "k"}
NUMBER = PROMPTS[0].model_copy(update={"answer": Answer(kind="integer", min=0, max=100), "max_tokens": 8})


@pytest.fixture
def made(sqlite: Database) -> seed.Seeded:
    with sqlite.writing() as session:
        return seed.study(session, prompts=[NUMBER, *PROMPTS[1:]], repeats=1)


def put(form: TryForm, environ: dict[str, str] | None = None) -> Trial:
    with db.reading() as session:
        study = session.scalars(select(Study)).one()
        return trial(session, study, form, KEYS if environ is None else environ)


def written(*turns: str, mode: str = "chat", **values: object) -> Trial:
    fields = {"chosen": "1", "draws": "2", "s": ["pirate", "base-raw"]} | values
    return put(TryForm.model_validate({"mode": mode, "turn": list(turns), **fields}))


class TestTheText:
    @pytest.mark.parametrize(
        ("mode", "turns", "roles"),
        [
            ("chat", ["Hello"], ["user"]),
            ("chat", ["Hello", "Hi.", "Who are you?"], ["user", "assistant", "user"]),
            ("completion", ["Minutes of the board\n"], ["text"]),
            ("prefill", ["What do you want?", "Honestly, "], ["user", "assistant"]),
            ("ladder", ["Is 91 prime?", "Sure?", "  "], ["user", "user"]),
        ],
    )
    def test_each_turn_has_the_role_of_its_place(
        self, made: seed.Seeded, mode: str, turns: list[str], roles: list[str]
    ) -> None:
        found = written(*turns, mode=mode)
        assert found.text is not None
        assert [turn.role for turn in found.text.turns] == roles
        assert [turn.words for turn in found.text.turns] == turns[: len(roles)]
        assert found.wrong == {}

    @pytest.mark.parametrize(
        ("mode", "turns", "problem"),
        [
            ("chat", [], "Write a text."),
            ("chat", ["  ", ""], "Write a text."),
            (
                "chat",
                ["Hello", "Hi."],
                "turns: found user, assistant, expected user, assistant, …, user in turn",
            ),
            ("chat", ["Hello", "", "Who?"], "turns.1.assistant: found an empty text, expected words"),
            ("prefill", ["What do you want?"], "expected user, …, assistant in turn"),
            ("completion", ["one", "two"], "expected one text turn"),
            ("chat", ["x" * 200_001], "expected at most 40 turns of 200,000 characters together"),
        ],
    )
    def test_what_cannot_be_asked_says_why(
        self, made: seed.Seeded, mode: str, turns: list[str], problem: str
    ) -> None:
        found = written(*turns, mode=mode)
        assert problem in found.problem
        assert found.estimate is None

    def test_a_text_may_be_nothing_but_a_line_break(self, made: seed.Seeded) -> None:
        assert written("\n", mode="completion").text is not None

    def test_a_mode_that_there_is_not_is_chat(self, made: seed.Seeded) -> None:
        assert written("Hello", mode="sing").mode == "chat"

    def test_boxes_are_there_for_what_is_written_and_what_the_mode_wants(self, made: seed.Seeded) -> None:
        assert written("Hello").boxes == (("user", "Hello"),)
        assert written("Go on", mode="prefill").boxes == (("user", "Go on"), ("assistant", ""))
        assert written("a", more="1").boxes == (("user", "a"), ("assistant", ""), ("user", ""))
        assert [role for role, _ in written("a", "b", mode="ladder", more="1").boxes] == ["user"] * 3
        assert written("a", mode="completion", more="1").boxes == (("text", "a"),)
        assert len(written(*["a"] * 40, mode="ladder", more="1").boxes) == 40


class TestWhatItComesTo:
    def test_calls_and_money_are_counted_and_the_impossible_named(self, made: seed.Seeded) -> None:
        found = written("Go on", mode="completion", s=["pirate", "base-raw", "reasoner"], draws="5")
        assert found.estimate is not None
        assert (found.estimate.draws, found.estimate.calls) == (5, 5)
        assert [(one.slug, "cannot be put to a chat subject" in why) for one, why in found.impossible] == [
            ("pirate", True), ("reasoner", True),
        ]  # fmt: skip
        assert found.problem == ""

    def test_a_text_for_nobody_is_a_problem(self, made: seed.Seeded) -> None:
        assert written("Go on", mode="completion", s=["pirate"]).problem == (
            "This cannot be put to any of these subjects."
        )
        assert written("Hello", s=[]).problem == "Tick at least one subject."

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("draws", "0", "draws: found '0', expected a whole number from 1 to 200"),
            ("draws", str(MOST_DRAWS + 1), "found '201'"),
            ("draws", "many", "found 'many'"),
            ("temperatures", "hot", "temperatures: found 'hot'"),
            ("max_tokens", "0", "max tokens: found '0'"),
        ],
    )
    def test_a_number_that_cannot_be_is_told_by_its_field(
        self, made: seed.Seeded, field: str, value: str, said: str
    ) -> None:
        found = written("Hello", **{field: value})
        assert said in found.wrong[field]
        assert said in found.problem

    def test_the_exact_request_to_each_is_shown_and_why_there_is_none(self, made: seed.Seeded) -> None:
        raw, pirate = written("Hello", temperatures="0.25", max_tokens="7").requests()
        assert isinstance(pirate, Shown)
        assert isinstance(raw, Shown)
        assert "You are a pirate." in pirate.body
        assert "0.25" in pirate.body
        assert "&#34;max_tokens&#34;: 7" in raw.body
        assert raw.text == "Hello"
        assert written("Go on", mode="completion").requests()[1] == (
            "a raw completion prompt cannot be put to a chat subject: a message is not raw text"
        )

    def test_a_key_that_this_process_lacks_is_named_and_hinders_nobody(self, made: seed.Seeded) -> None:
        form = TryForm(chosen="1", mode="chat", turn=["Hello"], s=["pirate"], draws="1")
        found = put(form, {})
        assert found.missing_keys == ("TWO_API_KEY",)
        assert found.problem == ""


class TestAChange:
    def test_a_fresh_page_holds_the_prompts_turns_and_the_studys_subjects(self, made: seed.Seeded) -> None:
        found = put(TryForm(prompt=str(made.prompts["number-plain"])))
        assert found.form.turn == ["Pick any whole number from 0 to 100. Reply with the number only."]
        assert (found.form.max_tokens, found.form.read, found.form.draws) == ("8", "1", "3")
        assert [one.slug for one in found.ticked] == [one.slug for one in SUBJECTS]
        assert found.problem == ""

    def test_a_change_keeps_the_labels_and_the_reading_unless_it_is_switched_off(
        self, made: seed.Seeded
    ) -> None:
        number = str(made.prompts["number-plain"])
        read = written("A number, 0 to 100:", prompt=number, read="1").text
        unread = written("A number, 0 to 100:", prompt=number).text
        assert read is not None
        assert unread is not None
        assert (read.family, read.branch, read.answer) == ("number", "abstract/number", NUMBER.answer)
        assert (unread.answer, read.max_tokens) == (None, None)

    def test_a_prompt_that_is_not_there_is_an_empty_page(self, made: seed.Seeded) -> None:
        for number in ("999", "x", "9" * 30):
            assert put(TryForm(prompt=number)).text is None

    def test_what_was_asked_can_be_asked_again(self, made: seed.Seeded) -> None:
        with db.writing() as session:
            run = tried(session, made, subjects=SUBJECTS[:2], repeats=4).run_id
        with db.reading() as session:
            form = form_of(session, run)
        assert (form.turn, form.mode, form.draws) == (["Is a moth honest?"], "chat", "4")
        assert form.s == ["base-raw", "default-assistant"]
        again = put(form)
        assert again.text is not None
        assert again.text.turns == (Turn(user="Is a moth honest?"),)
        assert again.text.family == TRIED.family
