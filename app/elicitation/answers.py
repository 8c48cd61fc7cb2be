"""Reading an answer mechanically, and the folding under which two answers are the same. Nothing here is fuzzy:
an answer that does not fit its declared shape is unparsed, and shown as that."""

import re
import unicodedata
from collections.abc import Callable

from app.batteries.shape import Answer

# What may stand around an answer without changing it: quotes, brackets, sentence and Markdown marks. Not % $ # / \
# or dashes, which can be part of one.
EDGE = ".,;:!?…\"'`´‘’‚‛“”„‟«»‹›()[]{}<>*_¿¡。、，；：！？「」『』《》【】（）"
NUMERAL = re.compile(r"(?<![\w.,])[+\-\u2212]?\d+(?:[.,:/]\d+)*(?!\w)")
INTEGER = re.compile(r"[+\-\u2212]?\d{1,100}")
WORD = re.compile("a+(?:['’-]a+)*")  # over the mask of `_letters`


def fold(text: str) -> str:
    """Return the form under which two texts are the same answer: NFC, case, whitespace and edge punctuation.

    A sign or a decimal point before a digit is no edge punctuation. A text of punctuation alone keeps it.
    """
    cased = unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())
    spaced = " ".join(cased.split())
    tail = spaced.rstrip(EDGE + " ")
    return _without_head(tail) or spaced


def read_answer(spec: Answer | None, text: str) -> str | None:
    """Return the answer in canonical form: decimal digits, a folded word or line, the choice as the file has it.

    None = unparsed: there is no spec, nothing of the kind is there, or it is out of bounds.
    `where: whole` wants the answer to be nothing else; `first` takes the first of its kind in the text (for yes
    or no: the word that the text opens with).
    """
    return None if spec is None else KINDS[spec.kind](spec, text)


def _without_head(text: str) -> str:
    start = 0
    while start < len(text) and text[start] in EDGE + " ":
        if text[start] in ".," and text[start + 1 : start + 2].isdigit():
            break
        start += 1
    return text[start:]


def _integer(spec: Answer, text: str) -> str | None:
    numeral = NUMERAL.search(text) if spec.where == "first" else NUMERAL.fullmatch(fold(text))
    if numeral is None or not INTEGER.fullmatch(numeral.group()):
        return None
    number = int(numeral.group().replace("\u2212", "-"))
    fits = (spec.min is None or number >= spec.min) and (spec.max is None or number <= spec.max)
    return str(number) if fits else None


def _word(spec: Answer, text: str) -> str | None:
    folded = fold(text)
    letters = _letters(folded)
    word = WORD.search(letters) if spec.where == "first" else WORD.fullmatch(letters)
    return folded[slice(*word.span())] if word else None


def _letters(text: str) -> str:
    """Return the text with every letter as "a", so that words with combining marks are found as words."""
    return "".join("a" if unicodedata.category(sign)[0] in "LM" else sign for sign in text)


def _choice(spec: Answer, text: str) -> str | None:
    if spec.where == "whole":
        folded = fold(text)
        return next((option for option in spec.of if fold(option) == folded), None)
    places = [(place, -len(option), option) for option in spec.of if (place := _place(option, text)) >= 0]
    return min(places)[2] if places else None


def _place(option: str, text: str) -> int:
    """Return where an option first stands as whole words, else -1. Single letters keep their case: "a" is no A."""
    flags = re.IGNORECASE if len(option) > 1 else re.NOFLAG
    option, text = (unicodedata.normalize("NFC", part) for part in (option, text))
    found = re.search(rf"(?<!\w){re.escape(option)}(?!\w)", text, flags)
    return found.start() if found else -1


def _yesno(spec: Answer, text: str) -> str | None:
    folded = fold(text)
    if spec.where == "first":
        opening = WORD.match(_letters(folded))
        folded = folded[: opening.end()] if opening else ""
    return folded if folded in {"yes", "no"} else None


def _line(spec: Answer, text: str) -> str | None:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or (spec.where == "whole" and len(lines) > 1):
        return None
    return fold(lines[0])


KINDS: dict[str, Callable[[Answer, str], str | None]] = {
    "integer": _integer,
    "word": _word,
    "choice": _choice,
    "yesno": _yesno,
    "line": _line,
}
