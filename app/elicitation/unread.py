"""Why an answer was not read as its prompt wants it read: what a writer of prompts has to know, in words."""

from app.batteries.shape import Answer
from app.elicitation.answers import INTEGER, NUMERAL, fold, read_answer


def why_unread(spec: Answer | None, text: str) -> str:
    """Return why `read_answer` reads nothing from a text, '' where it reads something."""
    if spec is None:
        return "answers are read by people only"
    if read_answer(spec, text) is not None:
        return ""
    if not text.strip():
        return "there is nothing"
    if spec.kind == "integer":
        return _number(spec, text)
    if spec.where == "whole" and _first(spec, text) is not None:
        return f"more stands there than {_what(spec)}"
    return {
        "word": "there is no word" if spec.where == "first" else "it is not one word alone",
        "choice": "none of the choices is there" if spec.where == "first" else "it is none of the choices",
        "yesno": "it does not open with yes or no" if spec.where == "first" else "it is not yes or no",
        "line": "there are several lines",
    }[spec.kind]


def _number(spec: Answer, text: str) -> str:
    found = NUMERAL.search(text) if spec.where == "first" else NUMERAL.fullmatch(fold(text))
    if found is None:
        return "more stands there than the number" if NUMERAL.search(text) else "there is no number"
    if not INTEGER.fullmatch(found[0]):
        return f"{found[0][:24]} is no whole number"
    number = int(found[0].replace("\u2212", "-"))
    if spec.min is not None and number < spec.min:
        return f"{number} is less than {spec.min}"
    return f"{number} is more than {spec.max}"


def _first(spec: Answer, text: str) -> str | None:
    return read_answer(spec.model_copy(update={"where": "first"}), text)


def _what(spec: Answer) -> str:
    return {"word": "one word", "choice": "the choice", "yesno": "yes or no", "line": "one line"}[spec.kind]
