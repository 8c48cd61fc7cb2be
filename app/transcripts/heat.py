"""An answer token by token: how expected each was, what else could have stood there, and why nothing is told."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import nsmallest
from math import exp
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from app.transcripts.conversation import ANSWERS
from app.transcripts.faithful import controls
from app.transcripts.logprobs import SIDES, UNTOLD, Summary, Token, entropy_bound, kept, summary, unpack

# The least probability of each shade, from what was expected on.
SHADES = (0.9, 0.5, 0.2, 0.05, 0.01, 0.0)
BLANK = re.compile("([ \n\t])")
SPACES = {" ": "sp", "\n": "nl", "\t": "tb"}
NAMES = {" ": "space", "\n": "new line", "\t": "tab", "": "nothing"}
SURPRISING = 5  # tokens named for being least expected
SHOWN = 2000  # tokens at a time


@dataclass(frozen=True, slots=True)
class Place:
    """A token as it is shown: its text exactly, its shade, its name for who listens."""

    at: int
    html: Markup
    shade: int
    name: str
    token: Token


@dataclass(frozen=True, slots=True)
class Alternative:
    """What could have stood at a place: its share, and whether it was drawn. `listed` is False for what the
    endpoint did not list of itself."""

    html: Markup
    p: float
    drawn: bool
    listed: bool


@dataclass(frozen=True, slots=True)
class Around:
    """One place with its alternatives, the most expected first; `k` are listed, `mass` is their share together."""

    place: Place
    alternatives: tuple[Alternative, ...]
    k: int
    mass: float
    bound: float


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of an answer's tokens, and where the stretches before and after it begin; None = there is none."""

    places: tuple[Place, ...]
    before: int | None
    after: int | None


@dataclass(frozen=True)
class Heat:
    """One answer of a transcript. Without tokens, `missing` says why."""

    message: Mapping[str, Any]
    tokens: tuple[Token, ...]
    side: str
    missing: str = ""

    @property
    def side_words(self) -> str:
        return SIDES.get(self.side, SIDES["unknown"])

    def place(self, at: int) -> Place:
        """Return a token as it is shown."""
        token = self.tokens[at]
        return Place(at, *_shown(token, self._wholes.get(at, "")), token)

    def window(self, at: int) -> Window:
        """Return the stretch of tokens that holds a place: of a very long answer no more than can be shown."""
        first = at // SHOWN * SHOWN
        last = min(first + SHOWN, len(self.tokens))
        places = tuple(self.place(number) for number in range(first, last))
        return Window(places, first if first else None, last if last < len(self.tokens) else None)

    @cached_property
    def _wholes(self) -> dict[int, str]:
        return _whole_characters(self.tokens)

    @cached_property
    def summary(self) -> Summary | None:
        return summary(self.tokens)

    @property
    def surprising(self) -> list[Place]:
        """The least expected tokens, the least of all first."""
        told = [at for at, token in enumerate(self.tokens) if token.told]
        return [self.place(at) for at in nsmallest(SURPRISING, told, key=lambda at: self.tokens[at].logprob)]

    @property
    def exact(self) -> bool:
        """Whether the tokens make up the answer's text."""
        said = b"".join(_bytes(token) for token in self.tokens)
        return said.decode("utf-8", "replace") == str(self.message["text"])

    def around(self, at: int) -> Around | None:
        """Return a place with its alternatives; None where there is no such place."""
        if not 0 <= at < len(self.tokens):
            return None
        token = self.tokens[at]
        drawn = token.place
        found = [
            Alternative(visible(text), exp(value) if value > UNTOLD else 0.0, number == drawn, True)
            for number, (text, value) in enumerate(token.top)
        ]
        mass = min(sum(one.p for one in found), 1.0)
        if drawn is None:
            found.append(Alternative(self.place(at).html, token.p, True, False))
        found.sort(key=lambda one: -one.p)
        bound = entropy_bound([p for _, p in token.outcomes])
        return Around(self.place(at), tuple(found), len(token.top), mass, bound)


def heat(
    session: Session, messages: Sequence[Mapping[str, Any]], settings: Mapping[str, Any] | None
) -> list[Heat]:
    """Return every answer among a transcript's messages with its tokens, or why there are none."""
    answers = [one for one in messages if one["origin"] == "model" and one["role"] in ANSWERS]
    told = kept(session, [one["id"] for one in answers])
    found = []
    for one in answers:
        side, packed = told.get(one["id"], ("unknown", b""))
        found.append(
            Heat(one, unpack(packed), side) if packed else Heat(one, (), side, _why_none(one, settings))
        )
    return found


def place_of(at: str, heats: Sequence[Heat]) -> tuple[int, Around | None]:
    """Read where an address points, `answer.token` from 1; return the answer's number from 0, and the place in it.

    A token that there is not is the answer's first, an answer that there is not the first one with tokens.
    """
    answer, _, token = at.partition(".")
    numbers = [
        int(one) - 1 if one.isascii() and one.isdigit() and len(one) < 10 else -1 for one in (answer, token)
    ]
    number = numbers[0]
    if not 0 <= number < len(heats):
        number = next((some for some, one in enumerate(heats) if one.tokens), 0)
    if not heats:
        return 0, None
    return number, heats[number].around(numbers[1]) or heats[number].around(0)


def _why_none(message: Mapping[str, Any], settings: Mapping[str, Any] | None) -> str:
    if not settings or settings["asked"].get("logprobs") is None:
        return "Log-probabilities were not asked for: the subject's sampling names none (logprobs: 5 would)."
    if not message["text"]:
        return "There is no text, so no token."
    return "Log-probabilities were asked for, and the endpoint answered without them."


def shade(p: float) -> int:
    """Return the shade of a probability: 0 for what was expected, 5 for what hardly was."""
    return next(number for number, least in enumerate(SHADES) if p >= least)


def _shown(token: Token, whole: str) -> tuple[Markup, int, str]:
    """Return a token's markup, shade and name; `whole` is the character that it is a part of, where it is one."""
    if _is_part(token):
        hexed = " ".join(f"{byte:02x}" for byte in token.raw or b"")
        title = f"part of {whole}" if whole else "part of a character"
        html = Markup('<span class="part" title="{}">{}</span>').format(title, hexed)
        return html, shade(token.p), f"bytes {hexed}, {title}"
    name = NAMES.get(token.text, token.text.strip() or "blanks")
    return visible(token.text), shade(token.p), name


def visible(text: str) -> Markup:
    """Return a token's text with its blanks to be seen; the text itself is unchanged."""
    if not text:
        return Markup('<span class="none"></span>')
    if text == "\N{REPLACEMENT CHARACTER}":
        return Markup('<span class="part" title="part of a character">{}</span>').format(text)
    pieces = BLANK.split(text)
    return Markup("").join(
        Markup('<span class="{}">{}</span>').format(SPACES[piece], piece)
        if piece in SPACES
        else controls(piece)
        for piece in pieces
    )


def _is_part(token: Token) -> bool:
    if token.raw is None:
        return False
    try:
        token.raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def _bytes(token: Token) -> bytes:
    return token.text.encode("utf-8", "replace") if token.raw is None else token.raw


def _whole_characters(tokens: Sequence[Token]) -> dict[int, str]:
    """Return for tokens that are parts of a character the character that they make together."""
    found: dict[int, str] = {}
    run: list[int] = []
    for at, token in enumerate((*tokens, Token("", None, 0.0))):
        if _is_part(token):
            run.append(at)
            continue
        if run:
            whole = b"".join(tokens[one].raw or b"" for one in run).decode("utf-8", "replace")
            found |= dict.fromkeys(run, whole)
        run = []
    return found
