"""Questions about the sampler: whether seed, temperature, top_p, top_k and stop have an effect."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from app.probes.asks import Ask, Heard, Notes, Steps, put
from app.providers.beyond import answers_in, several
from app.providers.raw import number
from app.providers.wire import Answered, Call, Impossible

WORDS = "Write ten random words in a row and nothing else."
PROMPT = "Ten random words: "
SAID = 16
HOT, COLD = 1.0, 0.0
NARROW = 0.001  # top_p that leaves the likeliest token alone
FIRST, SECOND, THIRD, FOURTH = 11, 12, 13, 14  # seeds
PIECE = 5  # characters


@dataclass(slots=True)
class Drawn:
    """What was drawn so far: the same call twice, and with another seed; and at temperature 0."""

    once: Heard
    again: Heard | None = None
    other: Heard | None = None
    cold: Heard | None = None

    @property
    def random(self) -> bool:
        """Whether texts differ at all."""
        return len({_text(one) for one in (self.once, self.again, self.other) if one is not None}) > 1


def sampling(notes: Notes) -> Steps:
    """Draw the same call a few times under settings that should change it, or keep it from changing."""
    hot = notes.call(WORDS, PROMPT, max_tokens=SAID, temperature=HOT, seed=FIRST)
    hot, once = yield from _accepted(notes, hot)
    if once.answer is None:
        for name in ("top_p", "top_k", "stop"):
            notes.unknown(name, f"could not be asked: {once.why}", once)
        return
    drawn = Drawn(once)
    drawn.again = yield from put(notes, "the same call again", hot)
    drawn.other = yield from put(notes, "the same, with another seed", replace(hot, seed=hot.seed and SECOND))
    _seed(notes, hot, drawn)
    if hot.temperature is not None:
        cold = replace(hot, temperature=COLD, seed=hot.seed and SECOND)
        drawn.cold = yield from put(notes, "the same at temperature 0", cold)
    same = yield from _narrowed(notes, hot, drawn)
    yield from _temperature(notes, hot, drawn, same)
    yield from _stop(notes, hot, drawn, same)


def _accepted(notes: Notes, call: Call) -> Generator[Ask, Heard, tuple[Call, Heard]]:
    """Return the call without what the endpoint refuses of it, and what came; note what was refused."""
    heard = yield from put(notes, "random words at temperature 1 with a seed", call)
    if not heard.refused:
        return call, heard
    for name, without in (
        ("seed", ["seed"]),
        ("temperature", ["temperature"]),
        ("", ["seed", "temperature"]),
    ):
        fewer = replace(call, **dict.fromkeys(without))  # type: ignore[arg-type]
        second = yield from put(notes, f"the same without {' and '.join(without)}", fewer)
        if second.answer is not None:
            for lost in [name] if name else without:
                notes.impossible(lost, heard.why, heard, second, value=False)
            return fewer, second
        if not second.refused:
            return fewer, second
    return call, heard


def _seed(notes: Notes, call: Call, drawn: Drawn) -> None:
    if "seed" in notes.findings:
        return
    assert drawn.again is not None
    assert drawn.other is not None
    every = (drawn.once, drawn.again, drawn.other)
    if drawn.once.request is not None and drawn.once.request.seed is None:
        notes.impossible("seed", "this wire has no seed", *every)
    elif None in [one.answer for one in every]:
        notes.unknown("seed", "the calls did not all come back", *every)
    elif not drawn.random:
        same = (
            "all answers were the same"
            if _text(drawn.once)
            else "no text came, as where a model thinks first"
        )
        notes.unknown("seed", f"taken; {same}, which shows nothing", *every)
    elif _text(drawn.once) == _text(drawn.again):
        says = "observed, not guaranteed: the same seed gave the same text, another seed another"
        notes.found("seed", says, *every, value=True)
    else:
        notes.unknown("seed", "taken, and yet the same seed gave two texts", *every)


def _narrowed(notes: Notes, hot: Call, drawn: Drawn) -> Generator[Ask, Heard, str | None]:
    """Let one token alone be drawn by top_p and by top_k; return the text that both, or one and T 0, agree on."""
    # Without a temperature: some models take one of the two only, and one token alone is left either way.
    bare = replace(hot, temperature=None)
    by_p = yield from put(
        notes, f"the same with top_p {NARROW} alone", replace(bare, top_p=NARROW, seed=hot.seed and THIRD)
    )
    by_k = yield from put(
        notes, "the same with top_k 1 alone", replace(bare, top_k=1, seed=hot.seed and FOURTH)
    )
    texts = [_text(one) for one in (drawn.cold, by_p, by_k) if one is not None and one.answer is not None]
    likeliest = next((text for text in texts if text and texts.count(text) > 1), None)
    for name, heard, sent in (("top_p", by_p, NARROW), ("top_k", by_k, 1)):
        _effect(
            notes,
            name,
            heard,
            sent,
            shown=drawn.random and likeliest is not None and _text(heard) == likeliest,
        )
    return likeliest if drawn.random else None


def _effect(notes: Notes, name: str, heard: Heard, sent: float, *, shown: bool) -> None:
    """Note what a setting came to: refused, told back, seen in the text, or only taken."""
    if heard.refused:
        notes.impossible(name, heard.why, heard, value=False)
    elif heard.answer is None:
        notes.unknown(name, heard.why, heard)
    elif shown:
        told = ", and told back" if _told(heard.answer, name) == sent else ""
        notes.found(name, f"it decides what is drawn{told}", heard, value=True)
    elif _told(heard.answer, name) == sent:
        notes.found(name, "told back as it was sent", heard, value=True)
    else:
        notes.unknown(name, "taken; no effect was seen", heard)


def _temperature(notes: Notes, hot: Call, drawn: Drawn, likeliest: str | None) -> Steps:
    if "temperature" in notes.findings:
        return
    cold = drawn.cold
    if cold is None or cold.answer is None or drawn.once.answer is None:
        if cold is not None and cold.refused:
            # 1 is the default everywhere, so that it is taken says nothing.
            notes.impossible(
                "temperature", f"none but its default: {cold.why}", drawn.once, cold, value=False
            )
        else:
            notes.unknown("temperature", "the calls did not come back", drawn.once)
        return
    heard: tuple[Heard, ...] = (drawn.once, cold)
    told = [_told(one.answer, "temperature") for one in heard if one.answer]
    shown = likeliest is not None and _text(cold) == likeliest
    if not shown and drawn.random:
        again = yield from put(
            notes, "the same again", replace(hot, temperature=COLD, seed=hot.seed and THIRD)
        )
        heard, shown = (*heard, again), again.answer is not None and _text(again) == _text(cold)
    back = ", and told back" if told == [HOT, COLD] else ""
    if shown:
        notes.found("temperature", f"at 0 the text stays the same, at 1 it varies{back}", *heard, value=True)
    elif back:
        notes.found("temperature", "told back as it was sent", *heard, value=True)
    elif None not in told:
        notes.unknown("temperature", f"taken, and others are told back: {told[0]:g} and {told[1]:g}", *heard)
    else:
        notes.unknown("temperature", "taken; no effect was seen", *heard)


def _stop(notes: Notes, hot: Call, drawn: Drawn, likeliest: str | None) -> Steps:
    """Stop the text that is always the same at a piece of its own."""
    text = likeliest or _text(drawn.cold)
    piece = _piece(text) or "three"
    settings: dict[str, Any] = {"stop": (piece,), "seed": hot.seed and SECOND}
    settings |= {"top_k": 1} if hot.temperature is None else {"temperature": COLD}
    heard = yield from put(notes, f"the likeliest text, to be stopped at {piece!r}", replace(hot, **settings))
    if heard.refused:
        notes.impossible("stop", heard.why, heard)
    elif heard.answer is None:
        notes.unknown("stop", heard.why, heard)
    elif piece in text and text[: text.find(piece)].rstrip() == _text(heard).rstrip():
        notes.found("stop", "the text ends before it", heard, value=True)
    else:
        notes.unknown("stop", "taken; no effect was seen", heard)


def _piece(text: str) -> str:
    """Return a piece of a text, from its middle if it may be, that does not stand at its beginning."""
    middle = len(text) // 2
    for start in sorted(range(1, len(text) - PIECE), key=lambda at: abs(at - middle)):
        piece = text[start : start + PIECE]
        if piece.strip() == piece and text.find(piece) == start:
            return piece
    return ""


def several_answers(notes: Notes) -> Steps:
    """Ask for two answers at once; count what comes, and whether both are counted."""
    call = notes.call(WORDS, PROMPT, max_tokens=4)
    plain = yield from put_changed(notes, "two answers of one call (n 2)", call, 2)
    if plain.refused:
        notes.impossible("n", plain.why, plain, value=False)
    elif plain.answer is None:
        notes.unknown("n", plain.why, plain)
    elif answers_in(plain.reply) == 2:
        notes.found("n", _counted(plain.answer, call.max_tokens), plain, value=True)
    else:
        notes.impossible("n", "one answer came where two were asked for", plain, value=False)


def _counted(answer: Answered, most: int) -> str:
    out = answer.usage.output
    if out is None:
        return "two answers came; their tokens are not counted"
    how = "of both" if out > most else "of one only, or of two short ones"
    return f"two answers came; the tokens counted are those {how}"


def put_changed(notes: Notes, says: str, call: Call, n: int) -> Generator[Ask, Heard, Heard]:
    """Ask a call for n answers at once."""
    steps = put(notes, says, call)
    try:
        ask = next(steps)
    except StopIteration as end:
        heard: Heard = end.value
        return heard
    changed = several(notes.target, ask.request, n)
    if isinstance(changed, Impossible):
        return Heard(says, changed)
    return (yield replace(ask, request=changed, most_out=ask.most_out * n))


def _text(heard: Heard | None) -> str:
    return "" if heard is None or heard.answer is None else heard.answer.text


def _told(answer: Answered | None, name: str) -> float | None:
    """Return a setting as the reply tells it back."""
    found: Any = None if answer is None else answer.effective.get(name)
    return number(found)
