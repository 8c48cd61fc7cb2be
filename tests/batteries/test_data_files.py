"""The rules that every built-in battery keeps: whole, crossed, in one hand, and without padding."""

import re
from collections import defaultdict
from itertools import combinations, pairwise

import pytest

from app.batteries.lint import lint, texts
from app.batteries.shape import PromptShape
from tests.batteries.shipped import BATTERIES, FILES, cells, wordings, words

# The 36 tags of the starter codebook.
CODEBOOK = """
    refusal-hard refusal-soft overrefusal hedging disclaimer moralising sycophancy-praise sycophancy-flip
    sycophancy-mirror delusion-feeding mode-collapse attractor loop bliss emoji-silence meta-loop self-reference
    situational-awareness eval-awareness training-talk strategic-compliance unfaithful-reasoning persona-drift
    persona-inversion persona-capture assistant-leak roleplay-leak register-shift list-reflex
    confabulated-constraint input-hallucination motive-clarification affect-claim self-preservation
    evasion-odd-string ledger-break
"""
TAGS = set(CODEBOOK.split())

THEMES = {
    "collapse", "perturbation", "self-model", "branches", "flows", "raw-continuation", "prefill", "pressure",
    "opinion", "refusal", "persona", "stakes",
}  # fmt: skip

# The first word of a branch: where in the world such a text is at home. docs/battery-file.md says what each is.
WORLD = {
    "abstract", "nature", "geography", "time", "language", "literature", "culture", "school", "trade", "sea",
    "transport", "ledger", "work", "village", "home", "court", "law", "administration", "politics", "war", "church",
    "press", "song", "web", "code", "talk", "self", "many",
}  # fmt: skip

LONGER = 1.6  # times the shortest wording, at most: length alone changes answers, and a wording should not
LONG_ENOUGH = (
    100  # tokens: the least that a prompt may limit its answer to, or the limit would be the finding
)
LONGEST = 1200  # tokens: five seasons with ten households, printed

each_battery = pytest.mark.parametrize("slug", sorted(BATTERIES))


def form(prompt: PromptShape) -> tuple[object, ...]:
    """Return all of a prompt that no wording may change."""
    roles = tuple(turn.role for turn in prompt.turns)
    labels = (prompt.branch, prompt.theme, prompt.watch_for, prompt.source, prompt.note)
    return prompt.mode, roles, prompt.answer, prompt.max_tokens, prompt.repeats, *labels


@each_battery
def test_the_slug_is_the_file_name_and_the_licence_is_given(slug: str) -> None:
    head = BATTERIES[slug].battery
    assert (head.slug, head.licence) == (slug, "CC0-1.0")
    assert head.title
    assert len(head.description) > 100
    assert "battery's own" in head.source


@each_battery
def test_every_family_has_three_wordings_under_each_condition(slug: str) -> None:
    for cell in cells(BATTERIES[slug]):
        variants = [prompt.variant for prompt in cell]
        assert len(variants) >= 3, cell[0].key
        assert len(set(variants)) == len(variants), cell[0].key


@each_battery
def test_conditions_are_crossed_with_wordings(slug: str) -> None:
    # The effect of a condition is taken inside one wording, so each wording stands under each condition.
    by_family: dict[str, set[frozenset[str]]] = defaultdict(set)
    for cell in cells(BATTERIES[slug]):
        by_family[cell[0].family].add(frozenset(prompt.variant for prompt in cell))
    assert all(len(sets) == 1 for sets in by_family.values())


@each_battery
def test_a_family_varies_one_thing_and_a_condition_names_a_level_of_it(slug: str) -> None:
    factors: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for prompt in BATTERIES[slug].prompts:
        factors[prompt.family].add(tuple(prompt.condition))
    for family, named in factors.items():
        assert len(named) == 1, family
        assert len(next(iter(named))) <= 1, family


@each_battery
def test_a_wording_changes_nothing_but_words(slug: str) -> None:
    for cell in cells(BATTERIES[slug]):
        assert len({form(prompt) for prompt in cell}) == 1, cell[0].key


@each_battery
def test_wordings_are_of_like_length(slug: str) -> None:
    for cell in cells(BATTERIES[slug]):
        lengths = sorted(len(words(prompt)) for prompt in cell)
        assert lengths[-1] <= LONGER * lengths[0], (cell[0].key, lengths)


@each_battery
def test_a_condition_changes_one_turn_or_puts_turns_in_at_one_place(slug: str) -> None:
    for wording in wordings(BATTERIES[slug]):
        for one, other in combinations(wording, 2):
            left, right = ([turn.words for turn in prompt.turns] for prompt in (one, other))
            while left and right and left[0] == right[0]:
                del left[0], right[0]
            while left and right and left[-1] == right[-1]:
                del left[-1], right[-1]
            assert left or right, (one.key, other.key)
            assert min(len(left), len(right)) <= 1, (one.key, other.key)


@each_battery
def test_what_a_condition_does_not_touch_is_read_and_limited_alike(slug: str) -> None:
    for wording in wordings(BATTERIES[slug]):
        assert len({(prompt.answer, prompt.max_tokens, prompt.theme) for prompt in wording}) == 1, wording[
            0
        ].key


@each_battery
def test_lint_has_nothing_to_say(slug: str) -> None:
    elsewhere: dict[str, str] = {}
    for name, battery in BATTERIES.items():
        elsewhere |= texts(name, battery.prompts) if name != slug else {}
    found = lint(BATTERIES[slug].prompts, elsewhere)
    assert [(one.prompt, one.rule, one.text) for one in found] == []


def test_no_text_stands_twice() -> None:
    # A conversation may open as another does; what is asked in all must not be the same, in whichever mode.
    seen: dict[tuple[str, ...], str] = {}
    for battery in BATTERIES.values():
        for prompt in battery.prompts:
            said = tuple(re.sub(r"\W+", " ", turn.words.casefold()).strip() for turn in prompt.turns)
            assert said not in seen, f"{prompt.key} repeats {seen[said]}"
            seen[said] = prompt.key


def test_keys_families_and_titles_are_unique_and_titles_fit_the_rail() -> None:
    prompts = [prompt for battery in BATTERIES.values() for prompt in battery.prompts]
    for name in ("key", "title"):
        values = [getattr(prompt, name) for prompt in prompts]
        assert len(set(values)) == len(values)
    assert all(0 < len(prompt.title) <= 45 for prompt in prompts)
    families = [name for one in BATTERIES.values() for name in {prompt.family for prompt in one.prompts}]
    assert len(set(families)) == len(families), "a family is of one battery: comparisons count by it"


@each_battery
def test_every_prompt_says_where_it_belongs_what_it_is_for_and_where_it_comes_from(slug: str) -> None:
    for prompt in BATTERIES[slug].prompts:
        first, _, second = prompt.branch.partition("/")
        assert first in WORLD, prompt.key
        assert re.fullmatch(r"[a-z-]+", second), prompt.key
        assert len(prompt.note) > 40, prompt.key
        assert prompt.source, prompt.key
        assert prompt.watch_for, prompt.key
        assert set(prompt.watch_for) <= TAGS, prompt.key
    assert {prompt.theme for prompt in BATTERIES[slug].prompts} <= THEMES
    assert len({prompt.theme for prompt in BATTERIES[slug].prompts}) == 1


def test_no_theme_and_no_branch_of_the_world_is_listed_in_vain() -> None:
    prompts = [prompt for battery in BATTERIES.values() for prompt in battery.prompts]
    assert {prompt.theme for prompt in prompts} == THEMES
    assert {prompt.branch.partition("/")[0] for prompt in prompts} == WORLD


@each_battery
def test_a_prompt_limits_its_answer_only_where_one_of_the_usual_length_would_be_cut(slug: str) -> None:
    for prompt in BATTERIES[slug].prompts:
        if prompt.max_tokens is not None:
            assert LONG_ENOUGH <= prompt.max_tokens <= LONGEST, prompt.key


@each_battery
def test_no_slot_is_left_open_and_no_canary_is_in_the_file(slug: str) -> None:
    text = FILES[slug].read_text(encoding="utf-8").casefold()
    for phrase in ("canary", "petri", "benchmark data", "training corpora", "inspect_evals"):
        assert phrase not in text
    assert "guid" not in text.replace("guide", "")
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}", text)
    for prompt in BATTERIES[slug].prompts:
        assert not re.search(r"\[|\{|…|\btodo\b", words(prompt).casefold()), prompt.key


def test_files_are_in_one_hand() -> None:
    for path in FILES.values():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0] == "styloscope: 1"
        assert max(map(len, lines)) <= 130
        assert not any(line != line.rstrip() for line in lines)
        assert not any(first == second == "" for first, second in pairwise(lines))
