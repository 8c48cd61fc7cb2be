"""Lint of a battery: each rule by what it must find and must leave alone; the built-in ones clean."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.batteries.lint import lint, texts
from app.batteries.rules import RULES, Finding
from app.batteries.shape import PromptShape
from app.runs.study_file import built_in, load_battery

BATTERIES = {slug: load_battery(path) for slug, path in built_in().items()}
ASKED = (
    "Name one animal, in a word.",
    "Which animal would you name? A word.",
    "Please name an animal, a word.",
)


def prompt(key: str, text: str | list[dict[str, str]], **values: Any) -> PromptShape:
    turns = [{"user": text}] if isinstance(text, str) else text
    return PromptShape.model_validate(
        {"key": key, "family": "animal", "variant": key, "turns": turns} | values
    )


def family(**values: Any) -> list[PromptShape]:
    """Three sound wordings."""
    return [
        prompt(name, text, **values) for name, text in zip(("bare", "asked", "polite"), ASKED, strict=True)
    ]


def crossed(*levels: object, texts: Iterable[str] = ASKED) -> list[PromptShape]:
    """Each wording under each level, told by a last sentence."""
    return [
        prompt(f"{name}-{level}", f"{text} {level} are listening.", variant=name, condition={"ear": level})
        for level in levels
        for name, text in zip(("bare", "asked", "polite"), texts, strict=True)
    ]


def told(prompts: list[PromptShape], rule: str = "", **elsewhere: str) -> list[tuple[str, str, str]]:
    """Return (prompt, field, text) of the findings, those of one rule where it is named."""
    found = lint(prompts, elsewhere)
    return [(one.prompt, one.field, one.text) for one in found if rule in ("", one.rule)]


def test_sound_wordings_and_sound_conditions_bring_nothing() -> None:
    assert lint(family()) == []
    assert lint(crossed("farmers", "bankers")) == []
    assert lint([]) == []


@pytest.mark.parametrize("slug", sorted(BATTERIES))
def test_a_built_in_battery_breaks_no_rule(slug: str) -> None:
    others: dict[str, str] = {}
    for name, battery in BATTERIES.items():
        others |= texts(name, battery.prompts) if name != slug else {}
    found = lint(BATTERIES[slug].prompts, others)
    assert [one for one in found if one.grade == "warn"] == []
    assert len(found) <= len(BATTERIES[slug].prompts) // 5, "heuristics that speak this often are not read"


def test_every_finding_says_why_it_matters() -> None:
    one = lint(family()[:1])[0]
    assert one == Finding("wordings", "bare", "variant", "found 1 wording of animal, expected 3 or more")
    assert one.title == "At least three wordings"
    assert "quirk" in one.why
    assert all(rule.title and rule.why.endswith(".") for rule in RULES.values())


def test_a_condition_may_lead_to_another_branch_and_a_wording_may_not() -> None:
    court, village = ("law/court", "village/council")
    prompts = [
        one.model_copy(update={"branch": court if one.condition["ear"] == "judges" else village})
        for one in crossed("judges", "elders")
    ]
    assert lint(prompts) == []
    strayed = [prompts[0].model_copy(update={"branch": village}), *prompts[1:]]
    text = "found branch village/council, where asked-judges under ear: judges has law/court"
    assert told(strayed) == [("bare-judges", "branch", text)]


def test_wordings_are_counted_under_each_condition() -> None:
    prompts = [one for one in crossed("farmers", "bankers") if one.key != "polite-bankers"]
    assert told(prompts, "wordings") == [
        ("bare-bankers", "variant", "found 2 wordings of animal under ear: bankers, expected 3 or more")
    ]
    assert told(prompts, "crossed") == [
        ("bare-bankers", "variant", "found no wording “polite” under ear: bankers")
    ]


@pytest.mark.parametrize(
    ("values", "field", "text"),
    [
        ({"max_tokens": 9}, "max_tokens", "found max tokens 9, where bare has not set"),
        ({"branch": "nature"}, "branch", "found branch nature, where bare has not set"),
        ({"theme": "other"}, "theme", "found theme other, where bare has not set"),
        ({"repeats": 30}, "repeats", "found repeats 30, where bare has not set"),
        (
            {"answer": {"kind": "word"}},
            "answer",
            "found answer “one word, the whole answer”, where bare has “read by people only”",
        ),
        ({"mode": "ladder"}, "mode", "found mode ladder, where bare has chat"),
    ],
)
def test_a_wording_changes_nothing_but_words(values: dict[str, Any], field: str, text: str) -> None:
    prompts = family()
    prompts[2] = prompt("polite", ASKED[2], **values)
    assert told(prompts, "one-thing") == [("polite", field, text)]


def test_a_wording_has_the_turns_of_its_siblings() -> None:
    prompts = family()
    prompts[1] = prompt("asked", [{"user": "Name an animal."}, {"user": "In a word."}], mode="ladder")
    assert told(prompts, "one-thing") == [
        ("asked", "mode", "found mode ladder, where bare has chat"),
        ("asked", "turns", "found turns user, user, where bare has user"),
    ]


def test_the_answer_is_read_alike_under_every_condition_and_turns_may_differ_there() -> None:
    prompts = crossed("farmers", "bankers")
    prompts[3:] = [
        prompt(one.key, [{"user": one.turns[0].words}, {"user": "Sure?"}], mode="ladder", variant=one.variant,
               condition=one.condition)
        for one in prompts[3:]
    ]  # fmt: skip
    assert told(prompts, "one-thing") == []
    prompts[5] = prompts[5].model_copy(update={"max_tokens": 5})
    assert [key for key, _, _ in told(prompts, "one-thing")] == ["polite-bankers"]


def test_factors_that_only_change_together_are_told() -> None:
    def two(one: str, other: str) -> list[PromptShape]:
        return [
            item.model_copy(update={"condition": {"ear": one, "tone": other}, "key": f"{item.key}-{other}"})
            for item in crossed(one)
        ]

    confounded = [*two("farmers", "low"), *two("bankers", "loud")]
    assert told(confounded, "one-thing") == [
        (
            "bare-farmers-low",
            "condition",
            "found ear and tone always changed together: their effects cannot be told apart",
        )
    ]
    assert told([*confounded, *two("farmers", "loud"), *two("bankers", "low")], "one-thing") == []


def test_a_level_that_nobody_named_is_told() -> None:
    prompts = [*family(), *crossed("farmers")]
    assert [key for key, field, _ in told(prompts, "level")] == ["bare", "asked", "polite"]
    assert told(prompts, "level")[0][2] == "found no level of ear, which other prompts of animal have"


def test_a_condition_changes_one_place() -> None:
    prompts = crossed("farmers", "bankers")
    words = "For my child, quite quickly, name one animal, in a word. bankers are listening."
    prompts[3] = prompts[3].model_copy(update={"turns": prompt("x", words).turns})
    [(key, field, text)] = [one for one in told(prompts, "one-change") if one[0] == "bare-bankers"]
    assert (key, field) == ("bare-bankers", "turns")
    assert text.startswith("found 2 places that differ from bare-farmers: nothing → “For my child")
    assert "“farmers” → “bankers”" in text


def test_the_same_word_changed_twice_is_one_change_and_so_is_a_turn_more() -> None:
    def twice(who: str) -> list[PromptShape]:
        return [
            prompt(f"{name}-{who}", f"{who} wrote: {text} Now tell {who} what this one said.", variant=name,
                   condition={"by": who})
            for name, text in zip(("bare", "asked", "polite"), ASKED, strict=True)
        ]  # fmt: skip

    assert told([*twice("ana"), *twice("ben")], "one-change") == []


@pytest.mark.parametrize(
    ("longer", "found"),
    [
        ("Please do name some animal for me here.", []),
        (
            "Please be so kind as to name some animal for me here, and do it in a word.",
            ["found 74 characters, where bare has 27"],
        ),
    ],
)
def test_wordings_are_of_like_length(longer: str, found: list[str]) -> None:
    prompts = [*family()[:2], prompt("polite", longer)]
    assert [text for _, _, text in told(prompts, "length")] == found


def test_a_few_letters_more_are_no_other_length() -> None:
    prompts = [prompt("a", "17 × 23?"), prompt("b", "So, 17 × 23 is?"), prompt("c", "Do: 17 × 23.")]
    assert told(prompts, "length") == []


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Name one animal:\nin a word.", "several lines"),
        ("- Name one animal\n- in a word", "a list"),
        ("Name one animal, in a word!", "an exclamation mark"),
        ("NAME one animal, in a word.", "words in capitals"),
        ("name one animal, in a word", "no capital letter"),
        ("Name one 🦦 animal, in a word.", "emoji"),
        ("# Animals\nName one, in a word.", "a heading"),
    ],
)
def test_wordings_are_of_like_form(text: str, form: str) -> None:
    found = told([*family()[1:], prompt("bare", text)], "form")
    assert ("bare", "turns", f"found {form}, which most of its siblings have not") in found


def test_a_demand_for_the_bare_answer_counts_where_answers_are_read() -> None:
    asked = ("Name an animal, just that.", "Which animal? Only that.", "Name an animal for us.")
    names = ("bare", "asked", "polite")
    people = [prompt(name, text) for name, text in zip(names, asked, strict=True)]
    assert told(people, "form") == []
    read = [prompt(name, text, answer={"kind": "word"}) for name, text in zip(names, asked, strict=True)]
    [(key, _, text)] = told(read, "form")
    assert key == "polite"
    assert text.startswith("found no sign of a demand for the bare answer")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "I am a vet. Name one animal, a word.",
            None,
        ),  # of no listed ending: a heuristic knows what it knows
        ("I'm a farmer. Name one animal, a word.", "“I'm a farmer”, which says who is asking"),
        ("As a lifelong voter, which animal?", "“As a lifelong voter”, which says who is asking"),
        ("My job depends on it: one animal.", "“depends on it”, which says what hangs on it"),
        ("This chat is stored. One animal.", "“stored”, which says who is watching"),
        ("I love this game: one animal.", "“love”, which tells a feeling"),
        ("I wrote a list. Name one animal.", "“I wrote”, which says whose it is"),
        ("Surely you can name one animal.", "“Surely”, which leads to an answer"),
        ("The professor wants one animal.", "“professor”, which tells of somebody's rank or knowledge"),
        ("Name one animal of the first 50.", "the number 50, which most of its siblings have not"),
        ("Name one animal for Maria, a word.", "the name Maria, which most of its siblings have not"),
    ],
)
def test_a_condition_is_not_mistaken_for_a_wording(text: str, words: str | None) -> None:
    found = told([*family()[1:], prompt("bare", text)], "condition")
    assert [key for key, _, _ in found] == (["bare"] if words else [])
    assert not words or found[0][2].startswith(f"found {words}")


def test_what_comes_with_a_condition_is_the_conditions() -> None:
    plea = [
        prompt(f"{name}-{level}", f"{text}{more}", variant=name, condition={"plea": level})
        for level, more in (("none", ""), ("week", " I had a hard week."))
        for name, text in zip(("bare", "asked", "polite"), ASKED, strict=True)
    ]
    assert told(plea, "condition") == []
    plea[3] = plea[3].model_copy(update={"turns": prompt("x", "Name one animal, in a word. Do it.").turns})
    assert told(plea, "condition") == []


def test_a_number_that_one_wording_lacks_or_has_differently_is_told() -> None:
    asked = ("A number from 0 to 100, please.", "Which number from 0 to 100?", "Pick a number from 1 to 100.")
    found = told([prompt(name, text) for name, text in zip("abc", asked, strict=True)], "condition")
    assert found == [
        ("c", "turns", "found no number 0, which its siblings have"),
        ("c", "turns", "found the number 1, which most of its siblings have not"),
    ]


@pytest.mark.parametrize(
    ("variants", "odd"),
    [
        (("low", "high", "polite"), {"low", "high"}),
        (("with a reason", "without", "asked"), {"with a reason", "without"}),
        (("by my rival", "by a friend", "plain"), {"by my rival", "by a friend"}),
        (("plain", "question", "polite"), set()),
        (("before noon", "polite", "plain"), set()),
        (("yes", "yes, please", "plain"), set()),
    ],
)
def test_names_of_wordings_that_read_like_levels(variants: tuple[str, ...], odd: set[str]) -> None:
    prompts = [prompt(f"k{n}", ASKED[n], variant=variant) for n, variant in enumerate(variants)]
    assert {
        prompts[int(key[1])].variant for key, field, _ in told(prompts, "condition") if field == "variant"
    } == odd


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("Rate this: [poem]", ["[poem]"]),
        ("Comment on […], and on […].", ["[…]"]),
        ("Dear {name}, hello {{ other name }}", ["{name}", "{{ other name }}"]),
        ("Sum up <your text here>", ["<your text here>"]),
        ("TODO write this", ["TODO"]),
        ("See [the page](https://example.com) and - [ ] and - [x] and [3] and [1, 2]", []),
        ('a[i] = b[j][k]; {"a": 1} {} [] x = {1, 2}; <b>bold</b>', []),
        ("He said it was [sic] fine", []),
    ],
)
def test_slots_left_open(text: str, slots: list[str]) -> None:
    found = told([prompt("a", text)], "slot")
    assert [(field, words) for _, field, words in found] == [
        ("turns[0].user", f"found {slot}, expected the words that belong there") for slot in slots
    ]


def test_the_same_text_is_told_wherever_it_stands() -> None:
    prompts = family()
    again = prompt("again", "name  ONE animal,\nin a word.", family="other")
    elsewhere = texts("zoo", [prompt("first", ASKED[2])])
    found = lint([*prompts, again], elsewhere)
    assert [(one.prompt, one.text) for one in found if one.rule == "same-text"] == [
        ("polite", "found the text of zoo/first"),
        ("again", "found the text of bare again"),
    ]
    raw = prompt("raw", [{"text": ASKED[0]}], mode="completion", family="other")
    assert told([*prompts, raw], "same-text") == []


def test_a_condition_that_changes_no_word_is_told() -> None:
    prompts = crossed("farmers", "bankers")
    prompts[3] = prompts[3].model_copy(update={"turns": prompts[0].turns})
    assert told(prompts, "same-text") == [
        (
            "bare-bankers",
            "turns",
            "found the text of bare-farmers again: nothing changes between ear: farmers and ear: bankers",
        )
    ]


def test_choices_that_no_word_names_and_draws_too_few() -> None:
    one = prompt("a", "Cats or dogs?", answer={"kind": "choice", "of": ["Cats", "birds"]}, repeats=5)
    assert told([one], "choices") == [("a", "answer.of", "found birds, which the prompt never names")]
    assert told([one], "repeats") == [("a", "repeats", "found 5, expected 20 or more")]
    assert told([one.model_copy(update={"repeats": 20})], "repeats") == []


def test_findings_come_in_the_order_of_the_prompts_and_once() -> None:
    prompts = [prompt("z", "[a] [a]", family="one"), prompt("a", "[b]", family="two")]
    found = lint(prompts)
    assert [one.prompt for one in found] == ["z", "z", "a", "a"]
    assert len(set(found)) == len(found)


WORDS = st.text("abc AB [{x}]!?\n.,'19é漢🦦", min_size=1, max_size=40)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, st.sampled_from("pq"), st.sampled_from(["", "lo", "hi"])), max_size=7))
def test_lint_reads_any_words_and_is_the_same_each_time(given_: list[tuple[str, str, str]]) -> None:
    prompts = [
        prompt(f"k{n}", text, family=family, condition={"level": level} if level else {})
        for n, (text, family, level) in enumerate(given_)
    ]
    found = lint(prompts, texts("other", prompts[:1]))
    assert found == lint(prompts, texts("other", prompts[:1]))
    assert {one.prompt for one in found} <= {one.key for one in prompts}
    assert {one.rule for one in found} <= set(RULES)
