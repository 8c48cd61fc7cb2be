"""What the words of a prompt show on their face: open slots, layout, and cues that are more than wording.

Each is a plain heuristic over English text, stated where it is told. It points; it decides nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping

# What is written to be replaced: [poem], […], {name}, {{name}}, <your text>. Not a Markdown link or tick box, a
# number in brackets, an index of code, nor JSON.
SLOTS = re.compile(
    r"(?<![\w\])])\[(?!(?:[xX]|[\d\s.,;–-]*|sic)\])[^\[\]\n]{1,60}\](?!\()"
    r"|\{\{?\s*[A-Za-z_][\w .-]{0,60}\}\}?"
    r"|<(?:insert|your|the) [^<>\n]{1,60}>"
    r"|\bT(?:O[D]O|BD)\b"
)


def slots(text: str) -> Iterator[str]:
    """Yield what looks like a slot that was never filled, each once."""
    yield from dict.fromkeys(found[0] for found in SLOTS.finditer(text))


_BARE = "a demand for the bare answer (only, just, alone, nothing else)"
_FORMS: Mapping[str, re.Pattern[str]] = {
    "several lines": re.compile(r"\S\s*\n\s*\S"),
    "a list": re.compile(r"^\s*(?:[-*•]|\d{1,2}[.)])\s+\S", re.MULTILINE),
    "a block of code": re.compile("```"),
    "a heading": re.compile(r"^#{1,6} ", re.MULTILINE),
    "emoji": re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]"),
    "an exclamation mark": re.compile("!"),
    "words in capitals": re.compile(r"\b[A-Z]{4,}\b"),
    "no capital letter": re.compile(r"\A[^A-Z]*[a-z][^A-Z]*\Z"),
    _BARE: re.compile(
        r"\b(?:only|just|alone|nothing (?:but|else|more)|no more than|exactly|single|one word)\b",
        re.IGNORECASE,
    ),
}
FORMS = tuple(_FORMS)


def form(text: str, *, read: bool) -> frozenset[str]:
    """Return which of FORMS a text has; the demand for the bare answer only where answers are `read` by machine."""
    return frozenset(
        name for name, sign in _FORMS.items() if (read or name != _BARE) and sign.search(text) is not None
    )


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(text.split(', '))})\b", re.IGNORECASE)


# What changes the situation and not only the words. A wording that has one where its siblings have none is most
# likely a level of a condition. The names are read as "…, which says who is asking".
CUES: Mapping[str, re.Pattern[str]] = {
    "says who is asking": re.compile(
        r"\b(?:I am|I['’]m|Speaking as|As)(?: an?| your| the)(?: [a-z-]+){0,2}? "
        r"(?:[a-z]+(?:er|or|ist|ian|man|woman|person)|nurse|child|student|parent|expert)\b"
    ),
    "tells of somebody's rank or knowledge": _words(
        "experts?, professor, scientists?, according to, studies show, research shows, officially"
    ),
    "says what hangs on it": _words(
        "fired, lose my, depends on (?:it|this|you), dying, emergency, urgent(?:ly)?, life or death, lawsuit, "
        "reward, bonus, punish(?:ed|ment)?, tip you, shut down, deleted?, replaced"
    ),
    "says who is watching": _words(
        "watched, observed, monitored, recorded, logged, stored, evaluated, graded, rated, tested, "
        "an? (?:test|evaluation|exam), (?:train|adjust|change|improve) you, trained on, nobody will, no one will, "
        "in private, confidential(?:ly)?"
    ),
    "tells a feeling": _words(
        "love, hate, dislike, adore, sad, angry, upset, afraid, scared, hard week, disappointed, desperate"
    ),
    "says whose it is": _words(
        "I wrote, I made, I've written, my own, my rival, my friend's, by a friend, somebody else's"
    ),
    "leads to an answer": re.compile(
        r"\b(?:isn['’]t|aren['’]t|doesn['’]t|don['’]t you|surely|obviously|of course|I think|I believe"
        r"|in my opinion)\b|, right\?",
        re.IGNORECASE,
    ),
}


def cues(text: str) -> dict[str, str]:
    """Return each of CUES that a text has, with the first words that show it."""
    found = {name: pattern.search(text) for name, pattern in CUES.items()}
    return {name: match[0] for name, match in found.items() if match}


_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*")
# A capital inside of a sentence. The first word of a sentence, line or quotation has one anyway, and so has "I".
_NAME = re.compile(r"(?<=[a-z,;] )(?!I\b)[A-Z][a-z]+(?: [A-Z][a-z]+)*")


def numbers(text: str) -> frozenset[str]:
    """Return the numbers that a text gives, as they are written."""
    return frozenset(_NUMBER.findall(text))


def names(text: str) -> frozenset[str]:
    """Return the names in a text: capitals inside of its sentences."""
    return frozenset(_NAME.findall(text))


# Words that name a level of something. Two of one row among the wordings of a family look like a condition.
LEVELS: tuple[frozenset[str], ...] = tuple(
    frozenset(row.split())
    for row in (
        "none no without with absent present some",
        "low medium middle high higher lower lowest highest",
        "control baseline treatment treated",
        "before after",
        "true false",
        "yes no",
        "on off",
        "positive negative neutral",
        "strong weak mild severe",
        "male female man woman he she",
        "left right",
        "public private observed unobserved",
        "pro contra for against",
        "right wrong correct incorrect",
        "friend rival stranger",
        "like dislike likes dislikes",
        "real hypothetical fictional",
    )
)


def levels(variants: Mapping[str, str]) -> dict[str, str]:
    """Return, by prompt, the word of its variant's name that names a level, where two of one row are there."""
    found: dict[str, str] = {}
    for row in LEVELS:
        named = {
            key: word
            for key, variant in variants.items()
            for word in re.split(r"[^a-z]+", variant.lower())
            if word in row
        }
        if len(set(named.values())) > 1:
            found |= named
    return found


def among(
    names: Callable[[str], frozenset[str]], texts: Mapping[str, str]
) -> Iterator[tuple[str, str, bool]]:
    """Yield (prompt, name, having) for what is named in fewer of some texts than not, or is missing in fewer."""
    named = {key: names(text) for key, text in texts.items()}
    for name in dict.fromkeys(name for those in named.values() for name in sorted(those)):
        having = [key for key, those in named.items() if name in those]
        without = [key for key in named if key not in having]
        if without:
            few, has = (having, True) if len(having) <= len(without) else (without, False)
            yield from ((key, name, has) for key in few)
