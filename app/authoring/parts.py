"""The units that have several fields: turns, the reading of an answer, a system prompt, a template."""

from typing import Any

from app.authoring.units import Texts, Unit, plain_lines, written
from app.runs.yaml_source import plain_value

ROLES = ("user", "assistant", "text")


def turns(name: str = "turns") -> Unit:
    """The turns of a prompt: fields `turns.0.role`, `turns.0.words`, …"""
    return Unit(name, _turns_shown, _turns_read)


def listed(value: Any) -> list[tuple[str, str]]:
    """Return turns of a draft as (role, words); what is no turn is shown as text of a user."""
    found = []
    for turn in value if isinstance(value, list) else []:
        role = next((role for role in ROLES if isinstance(turn, dict) and turn.get(role) is not None), "user")
        found.append((role, written(turn.get(role)) if isinstance(turn, dict) else written(turn)))
    return found


def _turns_shown(value: Any) -> Texts:
    shown: Texts = {}
    for place, (role, words) in enumerate(listed(value)):
        shown |= {f"{place}.role": role, f"{place}.words": words}
    return shown


def _turns_read(texts: Texts) -> Any:
    places = sorted({int(part) for part in (key.partition(".")[0] for key in texts) if part.isdecimal()})
    found = []
    for place in places:
        role = texts.get(f"{place}.role", "user")
        found.append({role if role in ROLES else "user": plain_lines(texts.get(f"{place}.words", ""))})
    return found or None


def answer(name: str = "answer") -> Unit:
    """How an answer is read; fields that its kind has no use for are not read."""
    return Unit(name, _answer_shown, _answer_read)


def _answer_shown(value: Any) -> Texts:
    found = value if isinstance(value, dict) else {}
    of = found.get("of")
    return {
        "kind": written(found.get("kind")),
        "where": written(found.get("where") or "whole"),
        "min": written(found.get("min")),
        "max": written(found.get("max")),
        "of": "\n".join(map(written, of)) if isinstance(of, list) else written(of),
    }


def _answer_read(texts: Texts) -> Any:
    kind = texts.get("kind", "")
    if not kind:
        return None
    found: dict[str, Any] = {"kind": kind}
    if kind == "integer":
        bounds = {name: plain_value(texts.get(name, "").strip()) for name in ("min", "max")}
        found |= {name: value for name, value in bounds.items() if value is not None}
    if kind == "choice":
        found["of"] = [one.strip() for one in plain_lines(texts.get("of", "")).split("\n") if one.strip()]
    if texts.get("where", "whole") != "whole":
        found["where"] = texts["where"]
    return found


def system(name: str = "system") -> Unit:
    """A system prompt: none sent, an empty one, or these words."""

    def show(value: Any) -> Texts:
        kind = "none" if value is None else "empty" if value == "" else "words"
        return {"kind": kind, "words": written(value)}

    def read(texts: Texts) -> Any:
        said = plain_lines(texts.get("words", ""))
        return {"none": None, "empty": ""}.get(texts.get("kind", "none"), said)

    return Unit(name, show, read)


def template(name: str = "template") -> Unit:
    """A template: none, one text around {prompt}, or one for each turn around {text}."""
    return Unit(name, _template_shown, _template_read)


def _template_shown(value: Any) -> Texts:
    kind = "none" if value is None else "turns" if isinstance(value, dict) else "prompt"
    of_turns = value if isinstance(value, dict) else {}
    shown = {part: written(of_turns.get(part)) for part in ("before", "user", "assistant")}
    return {"kind": kind, "prompt": value if isinstance(value, str) else "", **shown}


def _template_read(texts: Texts) -> Any:
    if texts.get("kind") == "turns":
        found = {part: plain_lines(texts.get(part, "")) for part in ("before", "user", "assistant")}
        return {part: text for part, text in found.items() if text or part != "before"}
    return plain_lines(texts.get("prompt", "")) if texts.get("kind") == "prompt" else None
