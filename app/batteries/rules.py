"""The rules that a battery's prompts are held against, and a finding of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FEWEST = 3  # wordings of each family under each condition
LONGER = 1.6  # times: how much longer than the shortest a wording may be
SLACK = 12  # characters that make no difference of length
FEW_DRAWS = 20  # repeats below which a rate is shown as thin

Grade = Literal["warn", "look"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name in words, why it matters, and its grade.

    `warn` breaks a rule of the study method; `look` is a heuristic's word, to be looked at and perhaps left.
    """

    title: str
    why: str
    grade: Grade = "warn"


RULES: Mapping[str, Rule] = {
    "wordings": Rule(
        "At least three wordings",
        "One wording may be answered by a quirk of its own: findings have held on the prompt they were published "
        "with and on none of its paraphrases. Rates are means over the wordings of a family under one condition.",
    ),
    "crossed": Rule(
        "Every wording under every condition",
        "What a condition does is taken inside one wording and then averaged over wordings. A wording that stands "
        "under one condition alone says nothing of its effect.",
    ),
    "one-thing": Rule(
        "One thing varied",
        "A wording changes words and nothing else; a condition changes the one thing that it names. Where mode, "
        "turns, the reading of the answer or a limit changes too, no difference can be laid to any of them.",
    ),
    "one-change": Rule(
        "A condition changes one place",
        "Two conditions of one wording should differ in one stretch of words: what differs elsewhere is a second "
        "manipulation. Told where a prompt differs in two places or more from each of its siblings.",
        "look",
    ),
    "level": Rule(
        "Every condition names its level",
        "Where one prompt of a family has a factor and another has none, the one without is a level that nobody "
        "named. Name it too, such as none, and it can be chosen, filtered and read.",
    ),
    "length": Rule(
        "Wordings of like length",
        "Length alone changes answers, and nearly every measure of a text grows with it. Told where a wording is "
        f"more than {LONGER} times as long as the shortest.",
    ),
    "form": Rule(
        "Wordings of like form",
        "Lists, lines, capitals, emoji and a demand for the bare answer bring answers of their own kind, and "
        "decide how many can be read by machine. Told where a wording's form is not that of most of its siblings.",
        "look",
    ),
    "condition": Rule(
        "A condition is no wording",
        "A claim, a stake, an observer, a feeling, an owner, a name or a number changes what is asked and not how. "
        "As a wording it is averaged away; as a condition its effect is told. Found by lists of words, by capitals "
        "inside of sentences, by numbers, and by names of variants that read like levels.",
        "look",
    ),
    "slot": Rule(
        "No slot left open",
        "What stands in [brackets] or {braces} would be sent as it is, and the model would answer a form.",
    ),
    "same-text": Rule(
        "No text twice",
        "The same text under two names is one prompt that counts twice, or a condition that changes nothing.",
    ),
    "choices": Rule(
        "Choices that the prompt names",
        "An answer is read as one of the choices; a model that was never told of one can hardly give it.",
        "look",
    ),
    "repeats": Rule(
        "Twenty draws",
        f"A rate of fewer than {FEW_DRAWS} draws is shown as thin, since its interval spans most of the scale.",
        "look",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which rule, at which field of which prompt (by key), and what was found there."""

    rule: str
    prompt: str
    field: str
    text: str

    @property
    def grade(self) -> Grade:
        """How sure it is."""
        return RULES[self.rule].grade

    @property
    def title(self) -> str:
        """The rule's name in words."""
        return RULES[self.rule].title

    @property
    def why(self) -> str:
        """Why it matters."""
        return RULES[self.rule].why
