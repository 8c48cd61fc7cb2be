"""Giving a file's plain data its shape, and telling what does not fit in the words of the file."""

import json
import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.batteries.shape import PromptShape, Turn
from app.runs.mistakes import LONGEST, Loc, Mistake, figure, nearest, shown
from app.runs.yaml_source import Source, node_of

Model = TypeVar("Model", bound=BaseModel)

KEY_HINT = "key_env (a key is never written here: name its environment variable)"
NO_KEY = "no key here: the endpoint's key_env names the environment variable that holds it"
# A name that ends so, such as openai_api_key, is one under which people keep a key.
KEY_WORDS = {"key", "apikey", "secret", "password", "auth", "authorization", "bearer", "credentials"}
KEY_TOKENS = {"token", "api_token", "access_token", "auth_token", "bearer_token"}
NO_SYSTEM = "(a prompt has no system turn: the system prompt is the subject's)"
_NAMES: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "a list",
    list: "a list",
    dict: "a mapping",
}
_BY_ERROR = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "finite_number": "a finite number",
}


def shaped(source: Source, model: type[Model]) -> Model:
    """Return the file's data in this shape; raise FileError with all that does not fit.

    The data goes through JSON, whose strict rules are those of the file: no text becomes a number, no number
    a text, `true` is not 1.
    """
    try:
        return model.model_validate_json(json.dumps(source.root.plain()), strict=True)
    except ValidationError as error:
        raise source.error(_mistakes(source, model, error.errors(include_url=False))) from None


def fitted(value: Any, model: type[Model]) -> tuple[Model | None, list[Mistake]]:
    """Return plain data in this shape, or what does not fit, by the rules and in the words of `shaped`."""
    try:
        return model.model_validate_json(json.dumps(value), strict=True), []
    except ValidationError as error:
        source = Source("", node_of(value))
        return None, list(_mistakes(source, model, error.errors(include_url=False)))


def _mistakes(source: Source, model: type[BaseModel], errors: list[ErrorDetails]) -> Iterator[Mistake]:
    """Yield one mistake per place: the members of a union each complain, and are told as one."""
    by_place: dict[Loc, list[ErrorDetails]] = {}
    for error in errors:
        by_place.setdefault(_real(source, error), []).append(error)
    for loc in (*_misspelt(by_place), *_emptied(by_place)):
        by_place.pop(loc, None)
    for loc, found in by_place.items():
        expected = dict.fromkeys(_expected(model, loc, error) for error in found)
        yield Mistake(loc, f"found {_found(source, loc, found[0])}, expected {' or '.join(expected)}")


def _misspelt(by_place: dict[Loc, list[ErrorDetails]]) -> list[Loc]:
    """Return the places that are missing because their key is there under a wrong spelling, which is told."""
    missing = [loc for loc, found in by_place.items() if found[0]["type"] == "missing"]
    wrong = [loc for loc, found in by_place.items() if found[0]["type"] == "extra_forbidden"]
    return [
        loc
        for loc in missing
        if any(near[:-1] == loc[:-1] and _near_key(str(near[-1]), [str(loc[-1])]) for near in wrong)
    ]


def _emptied(by_place: dict[Loc, list[ErrorDetails]]) -> list[Loc]:
    """Return the lists that count as too short because what is in them is wrong, which is told."""
    short = [loc for loc, found in by_place.items() if found[0]["type"] == "too_short"]
    return [loc for loc in short if any(len(at) > len(loc) and at[: len(loc)] == loc for at in by_place)]


def _real(source: Source, error: ErrorDetails) -> Loc:
    """Return the error's place in the file: names of union members are no part of it."""
    node, real = source.root, []
    for index, part in enumerate(error["loc"]):
        last = index == len(error["loc"]) - 1
        if part in node.children:
            node = node.children[part]
            real.append(part)
        elif last and error["type"] == "missing":
            real.append(part)
    return tuple(real)


def _found(source: Source, loc: Loc, error: ErrorDetails) -> str:
    match error["type"]:
        case "missing":
            return "nothing"
        case "extra_forbidden":
            return "an unknown key"
        case "value_error" if error["ctx"]["error"].args[1:]:
            return str(error["ctx"]["error"].args[1])
    node = source.trodden(loc)[0][-1]
    return node.written[:LONGEST] or shown(node.plain())


def _expected(model: type[BaseModel], loc: Loc, error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return _name(_annotation(model, loc))
        case "extra_forbidden":
            return _known(model, loc)
        case "model_type" | "model_attributes_type" if _annotation(model, loc) is Turn:
            return "a turn such as {user: …}"
        case "int_type" if isinstance(error["input"], str) and re.fullmatch(r"[0-9]+", error["input"]):
            return "a whole number, without quotes"
        case "value_error":
            return str(context["error"].args[0]).removeprefix("expected ")
        case "literal_error":
            return _name(_annotation(model, loc))
        case "greater_than_equal":
            return f"at least {figure(context['ge'])}"
        case "greater_than":
            return f"more than {figure(context['gt'])}"
        case "less_than_equal":
            return f"at most {figure(context['le'])}"
        case "less_than":
            return f"less than {context['lt']:,}"
        case "too_short" | "string_too_short":
            return f"at least {context.get('min_length')}"
        case kind if kind in _BY_ERROR:
            return _BY_ERROR[kind]
    return error["msg"]


def _known(model: type[BaseModel], loc: Loc) -> str:
    """Return the nearest known key, or all of them, and a hint where the wrong key tells what was meant."""
    unknown = str(loc[-1])
    parent = _annotation(model, loc[:-1])
    names = list(parent.model_fields) if _is_model(parent) else []
    if _names_a_key(unknown):
        return KEY_HINT if "key_env" in names else NO_KEY
    if unknown == "system" and parent in (Turn, PromptShape):
        return f"one of {', '.join(names)} {NO_SYSTEM}"
    return _near_key(unknown, names) or f"one of {', '.join(names)}"


def _names_a_key(unknown: str) -> bool:
    name = unknown.lower().replace("-", "_")
    return name.rpartition("_")[2] in KEY_WORDS or name in KEY_TOKENS


def _near_key(unknown: str, names: list[str]) -> str | None:
    return nearest(unknown.replace("-", "_"), names)


def _annotation(annotation: Any, loc: Loc) -> Any:
    """Return the type that a place of the shape has."""
    annotation = _bare(annotation)
    for part in loc:
        if _is_model(annotation):
            annotation = _bare(annotation.model_fields[str(part)].annotation)
        elif get_args(annotation):
            inner = [kind for kind in get_args(annotation) if kind is not Ellipsis]
            annotation = _bare(inner[-1])
    return annotation


def _bare(annotation: Any) -> Any:
    """Return a type without its annotations, `None` and, of a union, the simple members beside a model."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        members = [_bare(kind) for kind in get_args(annotation) if kind is not type(None)]
        annotation = next((kind for kind in members if _is_model(kind)), members[0])
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _name(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(str(value) for value in get_args(annotation))
    return _NAMES.get(get_origin(annotation) or annotation, "a mapping")
