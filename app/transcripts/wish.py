"""The form of a new run as its fields came, and what is wrong with them."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from app.providers.plain import plain_or_refuse
from app.runs.commands import Budget
from app.studies.shape import MICRO

MOST_REPEATS = 100_000
MOST_TEMPERATURE = 10.0
Words = Annotated[str, AfterValidator(plain_or_refuse)]


class RunForm(BaseModel):
    """The fields of the form as a browser sends them; `b` and `s` are slugs of batteries and subjects.

    `chosen` tells a form without a tick from a page opened fresh. `p` ("battery/key") and `x` name the prompt and
    the subject whose exact request is shown.
    """

    study: Words = ""
    chosen: str = ""
    b: list[Words] = []
    s: list[Words] = []
    repeats: str = ""
    temperatures: str = ""
    max_usd: str = ""
    max_calls: str = ""
    reason: Words = ""
    p: Words = ""
    x: Words = ""


@dataclass(slots=True)
class Wish:
    """What a form asks for. `wrong` holds a message by field; the other values are then not to be used."""

    repeats: int = 0
    temperatures: tuple[float, ...] | None = None
    budget: Budget = Budget()
    wrong: dict[str, str] = field(default_factory=dict)


def read(form: RunForm) -> Wish:
    """Read the fields that hold numbers."""
    wish = Wish()
    repeats = whole(form.repeats or "0")
    if repeats is None or not 1 <= repeats <= MOST_REPEATS:
        wish.wrong["repeats"] = f"found {form.repeats!r}, expected a whole number from 1 to {MOST_REPEATS:,}"
    wish.repeats = repeats or 0
    try:
        wish.temperatures = temperatures_of(form.temperatures)
    except ValueError as error:
        wish.wrong["temperatures"] = str(error)
    try:
        wish.budget = budget_of(form.max_usd, form.max_calls)
    except ValueError as error:
        wish.wrong["max_usd"] = str(error)
    return wish


def temperatures_of(text: str) -> tuple[float, ...] | None:
    """Return the temperatures of "0, 0.7"; None for an empty text. Raise ValueError with what was expected."""
    parts = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    try:
        found = tuple(dict.fromkeys(float(part) for part in parts))
    except ValueError:
        found = (-1.0,)
    if any(not 0 <= one <= MOST_TEMPERATURE for one in found):
        raise ValueError(f"found {text!r}, expected numbers from 0 to 10 such as 0, 0.7")
    return found or None


def budget_of(usd: str, calls: str) -> Budget:
    """Return the caps of two fields, empty = none. Raise ValueError with what was expected."""
    money = _dollars(usd.strip())
    number = whole(calls.strip()) if calls.strip() else None
    if calls.strip() and not number:
        raise ValueError(f"found {calls!r} calls, expected a whole number from 1")
    return Budget(micro=money, calls=number)


def whole(text: str) -> int | None:
    """Return the whole number that a text holds, None where it holds none."""
    cleaned = text.strip().replace(",", "")
    return int(cleaned) if cleaned.isascii() and cleaned.isdigit() and len(cleaned) < 13 else None


def _dollars(text: str) -> int | None:
    if not text:
        return None
    try:
        micro = round(float(text.removeprefix("$").strip()) * MICRO)
    except (ValueError, OverflowError):
        micro = 0
    if not 0 < micro <= 10**12:
        raise ValueError(f"found {text!r} dollars, expected a number above 0")
    return micro
