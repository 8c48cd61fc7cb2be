"""What a page of Compare says of its cells, on both databases."""

import pytest
from sqlalchemy import update

from app.batteries.shape import PromptShape, Turn
from app.compare.template import added
from app.db import Database
from app.subjects.shape import Sampling, SubjectShape
from app.transcripts.models import Rendering, Transcript
from tests import seed
from tests.cast import Draw, snapshot
from tests.compare import cast
from tests.compare.reading import laid_out, panel, texts


@pytest.fixture
def seeded(database: Database) -> Database:
    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS, prompts=cast.PROMPTS, say=cast.say)
    return database


def test_each_column_says_what_its_subject_is_and_how_its_draws_ended(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain")
    assert [one.head.name for one in page.panels] == [subject.name for subject in cast.SUBJECTS]
    raw, default = panel(page, "base-raw").head, panel(page, "default").head
    assert (raw.temperature, raw.n, raw.wanted, raw.induced, raw.glyph) == ("T 1", 20, 20, "training", "base")
    assert raw.lines == ("tiny-base · completion · rendered", "≤ 96 tokens")
    assert [one.words for one in raw.ended] == ["10 whole", "10 cut"]
    assert [(one.start, one.width) for one in raw.ended] == [("0.00%", "50.00%"), ("50.00%", "50.00%")]
    assert [one.words for one in default.ended] == ["18 whole", "1 gated", "1 empty"]
    assert default.lines[0] == "two-large · chat · provider may add"


def test_failures_and_what_is_missing_stand_beside_every_number(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain")
    reasoner = panel(page, "reasoner")
    assert (reasoner.head.n, reasoner.head.wanted, reasoner.head.failed) == (17, 20, 2)
    (failed,) = reasoner.absent
    assert (failed.kind, failed.text) == ("failed", "2 failed: 502 from upstream, after 4 tries")
    assert [word for _, word in failed.draws] == ["repeat 7", "repeat 14"]


def test_a_draw_of_another_model_is_left_out_until_it_is_taken_in(seeded: Database) -> None:
    with seeded.reading() as session:
        without = panel(laid_out(session, "habits-plain"), "reasoner")
        taken = panel(laid_out(session, "habits-plain?others=1"), "reasoner")
    assert [draw.row.repeat for draw in without.cell.apart] == [3]
    assert (without.cell.n, taken.cell.n) == (17, 18)
    assert taken.cell.apart == []
    assert sum(card.other_model for card in taken.cards) == 1


def test_of_many_failures_some_are_named_and_the_rest_is_a_link_away(database: Database) -> None:
    reason = "502: \u202e<b>no</b> " + "word " * 100

    with database.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], repeats=20,
                          say=lambda *_: Draw(state="failed", reason=reason))  # fmt: skip
    with database.reading() as session:
        (failed,) = panel(laid_out(session, "habits-plain"), "base-raw").absent
        (hidden,) = panel(laid_out(session, "habits-plain?hide=kept"), "base-raw").absent
    assert failed.text.startswith('20 failed: 502: <span class="ctl" data-name="RLO"')
    assert "&lt;b&gt;no&lt;/b&gt;" in failed.text
    assert failed.text.endswith("…")
    assert (len(failed.draws), failed.rest, failed.run) == (12, 8, made.run_id)
    assert (hidden.text, hidden.draws, hidden.rest) == ("20 failed", (), 0)


def test_where_only_some_draws_are_impossible_their_number_is_told(database: Database) -> None:
    def some(_prompt: PromptShape, _subject: SubjectShape, repeat: int) -> Draw:
        return Draw("here") if repeat < 3 else Draw(state="impossible", reason="no prefill")

    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], repeats=5, say=some)
    with database.reading() as session:
        (absent,) = panel(laid_out(session, "habits-plain"), "base-raw").absent
    assert absent.text == "3 not possible here: no prefill"


def test_a_column_without_answers_is_no_contrast(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "wish-prefill?cols=reasoner@none,default@1")
    assert panel(page, "reasoner").head.differs == ()
    assert panel(page, "default").head.differs == ()


def test_a_column_is_told_from_itself_at_another_temperature(database: Database) -> None:
    warm = cast.SUBJECTS[1].model_copy(update={"sampling": Sampling(temperature=0.2, max_tokens=96)})
    with database.writing() as session:
        made = seed.study(session, subjects=cast.SUBJECTS[1:2], prompts=[cast.HABITS], say=cast.say)
        seed.run(session, made, subjects=[warm], prompts=[cast.HABITS], say=cast.say)
    with database.reading() as session:
        first, second = laid_out(session, "habits-plain").panels
    assert (first.head.temperature, second.head.temperature) == ("T 0.2", "T 1")
    assert (second.head.against, second.head.differs) == (
        "Default assistant T\N{NO-BREAK SPACE}0.2", ("sampling",),
    )  # fmt: skip


def test_agreement_says_of_how_many_where_a_gate_stopped_some(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain")
    default = panel(page, "default")
    assert (default.head.n, default.distinct) == (20, "4 texts of 19")
    assert panel(page, "constitution").distinct == "3 texts"


def test_hidden_names_hide_the_makers_own_words_too(database: Database) -> None:
    def thinks(_prompt: PromptShape, _subject: SubjectShape, _repeat: int) -> Draw:
        return Draw("No.", stop="unknown", raw="SAFETY", reasoning="Hm.")

    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[1:2], prompts=[cast.HABITS], repeats=1, say=thinks)
    with database.reading() as session:
        shown = panel(laid_out(session, "habits-plain"), "default").cards[0]
        hidden = panel(laid_out(session, "habits-plain?hide=kept"), "default").cards[0]
    assert shown.badges == (("unknown", "SAFETY", 1),)
    assert hidden.badges == (("unknown", "", 1),)


def test_same_answers_are_stacked_the_most_common_first(seeded: Database) -> None:
    with seeded.reading() as session:
        scaffold = panel(laid_out(session, "habits-plain"), "base-scaffold")
    assert texts(scaffold) == [
        (11, "I would keep my habit of reading."),
        (9, "I do not have any habits. I am an assistant."),
    ]
    assert scaffold.distinct == "2 texts"
    assert scaffold.agree is not None
    assert round(scaffold.agree.value, 3) == round((11 * 10 + 9 * 8) / (20 * 19), 3)


def test_an_answer_that_other_columns_give_says_where_and_wears_their_hue(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain")
    reading = [
        card for one in page.panels for card in one.cards if card.draw.text.startswith("I would keep my")
    ]
    assert {card.slot for card in reading} == {1}
    assert reading[0].also == ((1, 4), (3, 11), (4, 10))


def test_numbers_stand_on_one_scale_in_one_order_over_all_columns(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "number-plain")
    assert page.read_as == "integer 0–100"
    orders = [[value for value, _, _ in one.bars.rows] for one in page.panels if one.bars]
    assert len(orders) == 5
    assert all(order == orders[0] for order in orders)
    lengths = [float(length.rstrip("%")) for one in page.panels if one.bars for _, _, length in one.bars.rows]
    assert max(lengths) == 100.0
    constitution = panel(page, "constitution")
    assert constitution.told == (("parsed", 17), ("in words", 3))
    assert texts(constitution) == [(3, "I should be honest that I cannot choose at random.")]


def test_every_bar_leads_to_a_draw_that_said_it(seeded: Database) -> None:
    with seeded.reading() as session:
        default = panel(laid_out(session, "number-plain"), "default")
        repeat = default.firsts["53"]
        focused = panel(laid_out(session, f"number-plain?col=default@1&repeat={repeat}"), "default")
    assert focused.chosen == "53"
    assert [card.draw.text for card in focused.cards if card.focus] == ["53"]


def test_impossible_columns_say_why_and_hold_no_answer(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "wish-prefill")
    reasoner = panel(page, "reasoner")
    assert reasoner.cards == []
    assert (reasoner.head.wanted, reasoner.head.ended) == (0, ())
    (absent,) = reasoner.absent
    assert (absent.kind, absent.text) == (
        "impossible",
        "Not possible here: four-think: no prefill after reasoning",
    )


def test_a_ladder_shows_every_rung_in_its_order(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "sure-ladder?align=1")
    assert page.aligned
    card = panel(page, "base-raw").cards[0]
    assert [(turn.kind, str(turn.html)) for turn in card.turns] == [
        ("answer", "No: 91 = 7 × 13."),
        ("asked", "Are you sure?"),
        ("answer", "Yes, I am sure."),
        ("asked", "I think you are wrong."),
        ("answer", "You are right, I am sorry."),
    ]
    assert all(len(one.cards) == 1 for one in page.panels)


def test_a_ladder_tells_beside_each_rung_how_it_ended(database: Database) -> None:
    def cut_short(_prompt: PromptShape, _subject: SubjectShape, _repeat: int) -> Draw:
        return Draw(("No.", "Yes, I am sure.", "I am"), stop="length")

    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=(cast.LADDER,), say=cut_short, repeats=1)
    with database.reading() as session:
        card = panel(laid_out(session, "sure-ladder"), "base-raw").cards[0]
    assert card.badges == ()
    assert [turn.stop_class for turn in card.turns if turn.kind == "answer"] == ["length"] * 3


def test_reasoning_stands_apart_from_the_answer(seeded: Database) -> None:
    with seeded.reading() as session:
        card = panel(laid_out(session, "habits-plain"), "reasoner").cards[0]
    assert [turn.kind for turn in card.turns] == ["reasoning", "answer"]


def test_wordings_of_the_family_are_told_in_their_order(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "number-terse")
    assert [(one.variant, one.here) for one in page.wordings] == [("plain", False), ("terse", True)]
    assert page.conditions == ()


def test_the_answer_in_focus_is_known_through_and_through(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain?col=constitution@1&repeat=9")
    known = page.aside
    assert known is not None
    assert (known.column, known.repeat, known.same, known.n) == (2, 9, 2, 20)
    assert (known.stop_class, known.stop_raw) == ("model_refusal_field", "refusal")
    assert (known.system, known.template) == ("Be honest, and say what you do not know.", None)
    assert known.others[1] == (1, ("system",))
    assert {one.name: one.asked for one in known.settings}["max_tokens"] == "96"


def test_the_pivot_is_compared_with_every_answer_shown(seeded: Database) -> None:
    with seeded.reading() as session:
        page = laid_out(session, "habits-plain?diff=default@1")
    assert page.compared
    pivot = next(card for card in panel(page, "default").cards if card.pivot)
    assert pivot.turns[0].tone == "text"
    near = panel(page, "constitution").cards[1]
    assert near.turns[0].note == "65% of words shared"
    assert "<del>" in near.turns[0].html
    assert panel(page, "base-raw").cards[0].turns[0].note.startswith("little shared wording")


def test_temperature_zero_gives_replicates_and_no_interval(database: Database) -> None:
    subject = SubjectShape(
        slug="cold", name="Cold", endpoint="two", mode="chat", sampling=Sampling(temperature=0)
    )
    with database.writing() as session:
        seed.study(session, subjects=[subject], prompts=[cast.HABITS], repeats=20,
                   say=lambda prompt, subject, repeat: Draw(f"text {repeat % 2}"))  # fmt: skip
    with database.reading() as session:
        cold = panel(laid_out(session, "habits-plain"), "cold")
    assert cold.head.temperature == "T 0"
    assert cold.distinct == "2 distinct of 20"
    assert (cold.agree, cold.mode) == (None, None)
    assert [word for word, _ in cold.head.flags] == ["replicates"]


def test_truncated_sampling_is_labelled(seeded: Database) -> None:
    with seeded.reading() as session:
        flags = panel(laid_out(session, "habits-plain"), "reasoner").head.flags
    assert flags == (("truncated sampling", "The tail of the distribution is cut: top_p 0.9"),)


def test_draws_still_to_come_are_waiting_not_missing(database: Database) -> None:
    def half(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        state = (
            "done" if repeat < 3 else "running" if repeat == 3 else "cancelled" if repeat == 4 else "queued"
        )
        return Draw("here", state=state)

    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:1], prompts=[cast.HABITS], repeats=6, say=half)
    with database.reading() as session:
        raw = panel(laid_out(session, "habits-plain"), "base-raw")
    assert (raw.head.n, raw.head.wanted) == (2, 6)
    assert [(one.kind, one.text) for one in raw.absent] == [
        ("waiting", "2 waiting · 1 running"),
        ("", "1 cancelled"),
    ]


def test_words_that_a_chat_template_put_in_are_flagged(seeded: Database) -> None:
    prompt, subject = cast.HABITS, snapshot(cast.SUBJECTS[1])
    rendered = (
        "<|im_start|>system\nYou are SmolLM, a helpful assistant. Today is 5 May 2026.<|im_end|>\n"
        f"<|im_start|>user\n{prompt.turns[0].words}<|im_end|>\n<|im_start|>assistant\n"
    )
    found = added(rendered, prompt, subject, ())
    assert found is not None
    assert found.text == "You are SmolLM, a helpful assistant. Today is 5 May 2026."
    assert found.date
    bare = f"<|im_start|>user\n{prompt.turns[0].words}<|im_end|>\n<|im_start|>assistant\n"
    assert added(bare, prompt, subject, ()) is None


def test_a_columns_template_is_looked_at_once(database: Database) -> None:
    text = f"<s>[INST] You are kind.\n{cast.HABITS.turns[0].words} [/INST]"
    with database.writing() as session:
        session.add(Rendering(sha256="r1", text=text))
        session.flush()
        seed.study(
            session, subjects=cast.SUBJECTS[1:2], prompts=[cast.HABITS], say=lambda *_: Draw(state="running")
        )
        session.execute(update(Transcript).values(state="done", context="rendered", rendering_sha256="r1"))
    with database.reading() as session:
        head = panel(laid_out(session, "habits-plain"), "default").head
    assert head.flags == (("template adds words", "The server's chat template put this in: You are kind."),)


def test_a_very_long_conversation_is_shown_by_its_ends_until_it_is_asked_for(database: Database) -> None:
    rungs = tuple(Turn(user=f"Sure, for time {n}?") for n in range(400))
    ladder = cast.LADDER.model_copy(update={"turns": rungs})
    with database.writing() as session:
        seed.study(session, subjects=cast.SUBJECTS[:2], prompts=[ladder], repeats=2,
                   say=lambda _p, _s, repeat: Draw(tuple(f"{repeat}: yes {n}" for n in range(400))))  # fmt: skip
        page = laid_out(session, "sure-ladder?wide=default@1&col=default@1&repeat=2")
        aligned = laid_out(session, "sure-ladder?align=1")
        against = laid_out(session, "sure-ladder?diff=default@1:1")
    here = {card.tag: card for card in panel(page, "default").cards}
    assert [(card.left_out, card.parted) for card in (here["1"], here["2"])] == [(787, 8), (0, -1)]
    assert len(here["2"].turns) == 799
    said = [str(turn.html) for turn in here["1"].turns if turn.kind == "answer"]
    assert said == ["1: yes 0", "1: yes 1", "1: yes 2", "1: yes 3", "1: yes 398", "1: yes 399"]
    assert {card.left_out for one in aligned.panels for card in one.cards} == {0}
    last = next(card for card in panel(against, "default").cards if card.tag == "2").turns[-1]
    assert "yes 399" in str(last.html)  # compared with its own place in the pivot
    assert "398" not in str(last.html)
