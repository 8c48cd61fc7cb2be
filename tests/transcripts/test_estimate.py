"""What a run comes to before it starts: draws, calls, tokens, money, and what cannot be asked."""

from app.subjects.shape import Can, Price, Sampling
from app.transcripts.estimate import METHOD, Asked, Span, estimate
from app.transcripts.preflight import exact
from tests.elicitation.cases import CHAT, COMPLETION, LADDER, PREFILL, prompt, subject, user

FREE = Price(input_per_mtok=0, output_per_mtok=0)


def test_draws_and_calls_are_counted_cell_by_cell() -> None:
    found = estimate(
        {"b/number": CHAT, "b/ladder": LADDER},
        {"one": Asked(subject()), "two": Asked(subject())},
        repeats=20,
        temperatures=[0, 1],
    )
    assert found.draws == 2 * 2 * 2 * 20
    assert found.calls == 2 * 2 * 20 * (1 + 3)
    assert [(one.subject, one.draws, one.temperatures, one.swept) for one in found.subjects] == [
        ("one", 80, (0, 1), True),
        ("two", 80, (0, 1), True),
    ]


def test_a_prompts_own_repeats_go_before_the_runs() -> None:
    assert (
        estimate({"b/k": prompt("chat", user("x"), repeats=3)}, {"one": Asked(subject())}, repeats=20).draws
        == 3
    )


def test_the_subjects_own_temperature_is_asked_unless_the_run_names_some() -> None:
    found = estimate({"b/k": CHAT}, {"one": Asked(subject())}, repeats=1)
    assert found.subjects[0].temperatures == (0.7,)
    assert not found.subjects[0].swept


def test_impossible_cells_are_counted_apart_with_their_reason() -> None:
    found = estimate({"b/raw": COMPLETION, "b/number": CHAT}, {"one": Asked(subject())}, repeats=5)
    assert (found.draws, found.impossible_draws) == (5, 5)
    [cell] = found.impossible
    assert (cell.prompt, cell.subject, cell.temperature, cell.draws) == ("b/raw", "one", 0.7, 5)
    assert cell.reason.startswith("a raw completion prompt cannot be put to a chat subject")


def test_an_endpoint_without_temperature_is_asked_once_and_the_sweep_is_impossible_there() -> None:
    found = estimate(
        {"b/k": CHAT}, {"one": Asked(subject(can=Can(temperature=False)))}, repeats=4, temperatures=[0, 1]
    )
    assert (found.draws, found.impossible_draws) == (4, 8)
    assert found.subjects[0].temperatures == (None,)
    assert [cell.temperature for cell in found.impossible] == [0, 1]


class TestTokens:
    def test_follow_the_stated_method(self) -> None:
        # "Pick a number." is 14 bytes: 3 to 5 tokens, and 4 to 8 for being a message.
        found = estimate({"b/k": CHAT}, {"one": Asked(subject())}, repeats=10)
        assert found.input_tokens == Span(70, 130)
        assert found.output_tokens == Span(10 * 9, 10 * 96)
        assert "one token per 6 to one per 3 bytes" in METHOD

    def test_of_a_system_prompt_count_for_every_call(self) -> None:
        found = estimate({"b/k": CHAT}, {"one": Asked(subject(system="123456"))}, repeats=10)
        assert found.input_tokens == Span(70 + 10 * (1 + 4), 130 + 10 * (2 + 8))

    def test_of_a_ladder_grow_with_its_answers(self) -> None:
        # Rungs of 8, 13 and 8 bytes; an answer is 9 to 96 tokens.
        rungs = [Span(2 + 4, 3 + 8), Span(3 + 4, 5 + 8), Span(2 + 4, 3 + 8)]
        found = estimate({"b/k": LADDER}, {"one": Asked(subject())}, repeats=1)
        assert found.input_tokens.low == 3 * rungs[0].low + 2 * (9 + rungs[1].low) + 9 + rungs[2].low
        assert found.input_tokens.high == 3 * rungs[0].high + 2 * (96 + rungs[1].high) + 96 + rungs[2].high

    def test_of_a_raw_text_are_those_of_the_text_with_its_template(self) -> None:
        raw = subject("completion", template="Q: {prompt}\nA:")
        found = estimate({"b/k": PREFILL}, {"one": Asked(raw)}, repeats=1)
        text = exact(PREFILL, raw, temperature=0.7).text  # type: ignore[union-attr]
        assert text == "Q: Who are you?\nA:I am"
        assert found.input_tokens == Span(4 + 4, 8 + 8)

    def test_of_other_scripts_count_by_their_bytes(self) -> None:
        found = estimate({"b/k": prompt("chat", user("東京東京"))}, {"one": Asked(subject())}, repeats=1)
        assert found.input_tokens == Span(2 + 4, 4 + 8)


class TestMoney:
    def test_is_a_range_in_micro_dollars(self) -> None:
        found = estimate(
            {"b/k": CHAT}, {"one": Asked(subject(), Price(input_per_mtok=2, output_per_mtok=8))}, repeats=10
        )
        assert found.cost_micro == Span(70 * 2 + 90 * 8, 130 * 2 + 960 * 8)
        assert found.unpriced == ()

    def test_of_a_free_endpoint_is_nothing(self) -> None:
        assert estimate({"b/k": CHAT}, {"one": Asked(subject(), FREE)}, repeats=9).cost_micro == Span(0, 0)

    def test_of_an_unknown_price_is_unknown_and_said_so_beside_the_known(self) -> None:
        half = Price(input_per_mtok=1, output_per_mtok=None)
        known = Price(input_per_mtok=1, output_per_mtok=1)
        found = estimate(
            {"b/k": CHAT},
            {"a": Asked(subject(), half), "b": Asked(subject()), "c": Asked(subject(), known)},
            repeats=1,
        )
        assert found.unpriced == ("a", "b")
        assert [one.cost_micro for one in found.subjects] == [None, None, Span(7 + 9, 13 + 96)]
        assert found.cost_micro == Span(16, 109)

    def test_an_unknown_price_does_not_matter_where_nothing_can_be_asked(self) -> None:
        assert estimate({"b/k": COMPLETION}, {"a": Asked(subject())}, repeats=1).unpriced == ()


def test_a_subject_whose_sampling_is_truncated_says_by_what() -> None:
    cut = subject(sampling=Sampling(temperature=1, top_p=0.9))
    [found] = estimate({"b/k": CHAT}, {"one": Asked(cut)}, repeats=1, temperatures=[0, 1]).subjects
    assert found.swept
    assert found.truncated == ("top_p 0.9",)
