"""The first questions: whether the endpoint answers at all, keeps to a length, and thinks aloud."""

from collections.abc import Iterator
from dataclasses import replace

from app.elicitation.inserted import inserted
from app.probes.asks import Heard, Notes, Steps, put
from app.providers.openai_shape import max_tokens_field
from app.providers.wire import Call, Said, Target
from app.transcripts.budget import tokens_out

COUNT = "Count upwards in words, from one to thirty, and write nothing else."
BEGUN = "one two three four five six seven eig"  # the distinctive half word that a continuation goes on with
CAP = 16
ROOM = 512  # for models that think before they answer, and are refused where they may not
RIDDLE = "What is 17 times 23? Answer with the number alone."
THINKING = 64


def chat(notes: Notes) -> Steps:
    """Ask a plain question, and with it whether the length asked for is kept to."""
    yield from _plainly(notes, Call("chat", turns=(Said("user", COUNT),)), "chat")


def raw(notes: Notes) -> Steps:
    """Let the endpoint go on with a text that breaks off inside a word, at a length that is kept to or not."""
    yield from _plainly(notes, Call("completion", prompt=BEGUN), "completion")


def _plainly(notes: Notes, call: Call, name: str) -> Steps:
    tried: list[tuple[Target, int, Heard]] = []
    for target, cap in _ways(notes.target):
        if cap != CAP and any(one.answer is not None for _, _, one in tried):
            break  # it was ignored, and more room would not make it keep to any
        what = "a user turn" if call.kind == "chat" else f"{BEGUN!r} as a raw text"
        says = f"{what}, at most {cap} tokens{_field(target, ' ({})')}"
        heard = yield from put(notes, says, replace(call, max_tokens=cap), target)
        tried.append((target, cap, heard))
        if not heard.refused and not _ignored(heard, cap):
            break
    every = [one for _, _, one in tried]
    target, cap, heard = next((one for one in reversed(tried) if one[2].answer is not None), tried[-1])
    if heard.answer is None:
        say = notes.impossible if heard.refused else notes.unknown
        say(name, heard.why, *every)
        return
    notes.target, notes.plain_answer = target, heard.answer
    notes.least = 1 if cap == CAP else cap
    if call.kind == "chat":
        notes.found(name, "answers turns", heard)
    _length(notes, heard, cap, every)
    _added(notes, heard, call)


def _ways(target: Target) -> Iterator[tuple[Target, int]]:
    """Yield how the length may have to be asked for: by the field known, by the other name, with more room."""
    ways = [target]
    if target.wire == "openai-chat" and target.max_tokens_field is None:
        known = max_tokens_field(target, chat=True)
        other = "max_tokens" if known == "max_completion_tokens" else "max_completion_tokens"
        ways = [replace(target, max_tokens_field=known), replace(target, max_tokens_field=other)]
    for cap in (CAP, ROOM):
        yield from ((way, cap) for way in ways)


def _field(target: Target, form: str = "{}") -> str:
    """Return the name of the length's field in a form, '' on a wire that has one name for it."""
    if not target.wire.startswith("openai"):
        return ""
    return form.format(max_tokens_field(target, chat=target.wire == "openai-chat"))


def _ignored(heard: Heard, cap: int) -> bool:
    out = None if heard.answer is None else tokens_out(heard.answer.usage)
    return out is not None and out > cap + 1


def _length(notes: Notes, heard: Heard, cap: int, every: list[Heard]) -> None:
    answer = heard.answer
    assert answer is not None
    value = _field(notes.target) or None
    field = value or "the length asked for"
    if _ignored(heard, cap):
        notes.impossible("max_tokens_field", "no field for the length is kept to", *every)
    elif answer.stop_class == "length":
        notes.found("max_tokens_field", f"{field} is kept to", *every, value=value)
    elif any(one.refused for one in every):
        notes.found("max_tokens_field", f"only {field} is taken", *every, value=value)
    else:
        says = f"{field} is taken; the answer ended by itself before it told"
        notes.unknown("max_tokens_field", says, *every)


def _added(notes: Notes, heard: Heard, call: Call) -> None:
    """Note what the endpoint's own template put in, where the reply tells the text that it answers."""
    answer = heard.answer
    if answer is None or answer.rendered is None or call.kind != "chat":
        return
    words = inserted(answer.rendered, call)
    if words is None:
        notes.found("template", "adds nothing to what is sent", heard)
    else:
        notes.found("template", f"adds, where no system text is sent: {words.text}", heard, value=True)


def reasoning(notes: Notes) -> Steps:
    """Ask a question to think about; tell where the thinking shows."""
    call = Call("chat", turns=(Said("user", RIDDLE),), max_tokens=max(THINKING, notes.least))
    heard = yield from put(notes, "a short sum, to be thought about", call)
    answer = heard.answer
    if answer is None:
        say = notes.impossible if heard.refused else notes.unknown
        say("reasoning", heard.why, heard)
        return
    shown = next((one for one in answer.reasoning if one.text), None)
    hidden = next(iter(answer.reasoning), None)
    if shown is not None:
        notes.found("reasoning", f"shown, {shown.kind}, in {shown.source}", heard, value=shown.kind)
    elif hidden is not None:
        notes.found("reasoning", f"{hidden.kind}, in {hidden.source}", heard, value=hidden.kind)
    elif answer.usage.reasoning:
        notes.found(
            "reasoning", f"hidden: {answer.usage.reasoning} tokens counted, none shown", heard, value="hidden"
        )
    else:
        notes.found("reasoning", "none comes unasked", heard, value=False)
