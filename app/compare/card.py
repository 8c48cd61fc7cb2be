"""An answer as it is shown: one card for a stack of same answers, its turns as markup."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app.compare.diff import diff
from app.compare.draw import ANSWERS, Draw
from app.compare.same import Stack
from app.compare.view import View
from app.transcripts.faithful import controls, faithful
from app.transcripts.rendered import rendered

CLAMPED = 900  # characters; a longer answer, or one of more lines than LINES, is clamped until asked for
LINES = 17
FOLDED = 24  # messages below the prompt; of a longer conversation a card shows the first and the last
FIRST, LAST = 8, 4
SAID = {"ins": Markup("<ins>{}</ins>"), "del": Markup("<del>{}</del>"), "same": Markup("{}")}


@dataclass(slots=True)
class Turn:
    """One message of a card. `kind` is answer, reasoning or asked; `tone` the class of its body."""

    kind: str
    html: Markup
    tone: str = "text"
    id: int = 0
    words: int = 0  # told where the text is clamped
    note: str = ""
    stop_class: str | None = None
    stop_raw: str | None = None
    phrases: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Card:
    """A stack's face: the draw shown, how many say the same, where else it is said."""

    draw: Draw
    tag: str  # which repeat, as the address says it
    n: int
    slot: int
    in_words: bool
    turns: tuple[Turn, ...]
    badges: tuple[tuple[str, str, int], ...]  # stop class, raw value, draws
    also: tuple[tuple[int, int], ...] = ()  # column, draws
    focus: bool = False
    other_model: int = 0
    pivot: bool = False
    same: str = ""  # which draws of its column say this very text, by their places there
    rest: str = ""  # those of its stack that say the same otherwise
    wave: str = ""  # which wave asked the draw shown, where its column pools several
    waves: str = ""  # which of them asked its draws, where not all did
    left_out: int = 0  # messages of a long conversation that are not shown here, after the first turns

    @property
    def parted(self) -> int:
        """How many messages stand before those that are left out, -1 where none are."""
        return FIRST if self.left_out else -1


def tag_of(draw: Draw, pooled: bool) -> str:
    """Return the name of a repeat in its column: 4, or 7.4 (run and repeat) where runs are pooled."""
    return tag(draw.row, pooled)


def tag(row: Any, pooled: bool) -> str:
    """Return the name of a repeat by its transcript's row."""
    return f"{row.run_id}.{row.repeat}" if pooled else str(row.repeat)


def card(stack: Stack, shown: Draw, view: View, pivot: Draw | None, whole: bool = True) -> Card:
    """Make the card of a stack with one of its draws as its face; compared with `pivot` where there is one.

    A long conversation is shown by its first and last turns unless it is to be `whole`.
    """
    size = len(shown.path)
    skip = range(FIRST, size - LAST) if not whole and size > FOLDED else range(0)
    compared = pivot.answers if pivot is not None and pivot is not shown else None
    # A ladder alone on its card tells its endings beside its turns.
    by_turn = len(stack.draws) == 1 and len(shown.answers) > 1
    return Card(
        shown,
        tag_of(shown, view.pooled),
        stack.n,
        stack.slot,
        False,
        turns(shown, view, compared, by_turn, skip),
        () if by_turn else _badges(stack.draws, view),
        other_model=sum([draw.other_model for draw in stack.draws]),
        pivot=pivot in stack.draws,
        left_out=len(skip),
    )


def waves_of(draws: Sequence[Draw], pooled: bool, of: int = 0) -> str:
    """Return in words which waves asked some draws, of pooled runs each with its run; '' where they are `of`."""
    found = sorted({(draw.row.run_id, draw.row.wave) for draw in draws})
    if len(found) == of:
        return ""
    named = [f"{run}.{wave}" if pooled else str(wave) for run, wave in found]
    return f"wave {' + '.join(named)}"


def _badges(draws: Sequence[Draw], view: View) -> tuple[tuple[str, str, int], ...]:
    """Count how those of some draws ended that did not end by themselves."""
    odd = [draw for draw in draws if draw.ending != "whole"]
    if not odd:
        return ()
    counted = Counter([(one.row.stop_class, _raw(one.path[-1], view) if one.path else "") for one in odd])
    return tuple([(stop or "unknown", raw, n) for (stop, raw), n in counted.items()])


def _raw(message: Any, view: View) -> str:
    """Return the wire's own word for how a message ended; '' where names are hidden, for it tells the maker."""
    return "" if view.hide else message.stop_raw or ""


def turns(
    draw: Draw,
    view: View,
    compared: Sequence[str] | None,
    by_turn: bool = False,
    skip: Collection[int] = (),
) -> tuple[Turn, ...]:
    """Return what a draw said, turn by turn, in the view asked for, without the messages at the places `skip`.

    The last answer's ending is that of the whole draw, told on its card, else (`by_turn`) here as the others are.
    """
    made = []
    answer = 0
    last = len(draw.path) - 1
    for at, message in enumerate(draw.path):
        if at in skip:
            answer += message.role in ANSWERS
        elif message.role in ANSWERS:
            against = compared[answer] if compared is not None and answer < len(compared) else None
            made.append(_answer(message, view, against, told=by_turn or at < last))
            answer += 1
        else:
            made.append(_other(message, view))
    return tuple(made)


def _answer(message: Any, view: View, against: str | None, told: bool) -> Turn:
    text = message.text
    turn = Turn("answer", Markup(""), id=message.id, note=_marks(message.parts, view))
    if told:
        turn.stop_class, turn.stop_raw = message.stop_class, _raw(message, view)
    if len(text) > CLAMPED or text.count("\n") > LINES:
        turn.words = len(text.split())
    if against is not None:
        _compare(turn, against, text)
        return turn
    made = rendered(text, message.text_sha256) if view.rendered else None
    if made is not None:
        turn.html, turn.tone = made, "rendered"
    else:
        turn.html = faithful(text)
        turn.note = turn.note or ("too long to render; shown as it is" if view.rendered else "")
    return turn


def _compare(turn: Turn, pivot: str, text: str) -> None:
    found = diff(pivot, text)
    if found.little:
        turn.html, turn.phrases = faithful(text), found.phrases
        turn.note = f"little shared wording ({found.shared:.0%} of words)"
        return
    turn.tone = "text diffed"
    turn.html = Markup("").join(SAID[kind].format(controls(piece)) for kind, piece in found.pieces)
    turn.note = "the same text" if pivot == text else f"{found.shared:.0%} of words shared"


def _other(message: Any, view: View) -> Turn:
    if message.role == "reasoning":
        words, source = len(message.text.split()), "" if view.hide else _source(message.parts)
        return Turn("reasoning", controls(message.text), id=message.id, words=words, note=source)
    return Turn("asked", faithful(message.text), id=message.id, note=message.role)


def _source(parts: Any) -> str:
    """Return whether a reasoning is whole and which field it came from, as its message carries them."""
    found: dict[str, Any] = next((part for part in parts or () if part.get("type") == "source"), {})
    return " · ".join(str(found[name]) for name in ("kind", "field") if found.get(name))


MARKS = {
    "refusal": "from the reply's refusal field",
    "prefix_cut": "the server repeated the prefix; it is cut",
    "echo_cut": "the server repeated the prompt; it is cut",
    "replaced_surrogates": "broken characters were replaced by \N{REPLACEMENT CHARACTER}",
    "replaced_nul": "NUL was replaced by \N{REPLACEMENT CHARACTER}",
    "thinking_used_budget": "thinking used up the tokens",
    "no_logprobs": "log-probabilities were asked for and did not come",
    "other_upstream": "served by another upstream than asked for",
    "tool_call": "calls a tool",
    "tool_use": "calls a tool",
    "server_tool_use": "calls a tool",
    "block": "holds a part that is no text",
}


OF_THE_SERVER = {"refusal", "prefix_cut", "echo_cut", "thinking_used_budget", "no_logprobs", "other_upstream"}


def _marks(parts: Any, view: View) -> str:
    """Return in words what an answer's parts say beside its text; with hidden names, nothing of its server."""
    if not parts:
        return ""
    kinds = [str(part.get("type")) for part in parts]
    known = dict.fromkeys(MARKS.get(kind, "") for kind in kinds if not (view.hide and kind in OF_THE_SERVER))
    return "; ".join(filter(None, known))
