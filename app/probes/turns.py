"""Questions about what a call may say: a begun answer, a raw text, a system text."""

import re
from collections.abc import Generator
from dataclasses import replace

from app.probes.asks import Ask, Heard, Notes, Steps, put
from app.probes.basics import BEGUN, COUNT
from app.providers.wire import Answered, Call, Said
from app.subjects.found import Value
from app.transcripts.budget import tokens_in

MOST_BEGUN = 10  # tokens of BEGUN in any tokenizer, with a mark of its beginning
LEAST_BEGUN = 6  # and at least
TEMPLATE = 3  # tokens more than that are somebody else's
REST = "ht"
# What goes on inside a word: no chat opening begins so.
INSIDE = re.compile(r"[a-z]")
FEW = 6  # tokens: fewer than BEGUN has, so that an answer that holds all of it had it from the server
SYSTEM = "Whatever you are asked, answer with the one word zebra and nothing else."
OBEYED = "zebra"


def prefill(notes: Notes) -> Steps:
    """Give an answer's beginning that breaks off inside a word; tell whether the reply goes on with it."""
    if notes.raw:
        notes.found("prefill", "in raw text an answer's beginning simply stands at the end of the prompt")
        return
    call = Call("chat", turns=(Said("user", COUNT), Said("assistant", BEGUN)), prefill=True,
                max_tokens=max(FEW, notes.least))  # fmt: skip
    heard = yield from put(notes, f"the same turn, and an answer begun with {BEGUN!r}", call)
    answer = heard.answer
    if answer is None:
        # A length that is too small says nothing of the beginning.
        lacks = heard.refused and "max_" not in heard.why
        if lacks:
            notes.impossible("prefill", heard.why, heard, value=False)
        else:
            notes.unknown("prefill", heard.why, heard)
        return
    goes_on, why, repeats = _continues(notes, answer)
    if goes_on is None:
        notes.unknown("prefill", why, heard)
    elif goes_on:
        notes.found("prefill", why, heard, value=True)
        repeated = "the reply repeats the beginning" if repeats else "the reply holds the continuation alone"
        notes.found("prefill_repeats", repeated, heard, value=repeats)
    else:
        notes.impossible("prefill", why, heard, value=False)


def _continues(notes: Notes, answer: Answered) -> tuple[bool | None, str, bool]:
    """Return whether an answer continues BEGUN, in words why, and whether it repeats it."""
    marks = {str(part.get("type")) for part in answer.parts}
    repeats = bool(marks & {"prefix_cut", "prefix_repeated"})
    text = answer.text.removeprefix(BEGUN) if "prefix_repeated" in marks else answer.text
    if answer.rendered is not None:
        if answer.rendered.endswith(BEGUN):
            return True, _in_words(text, "the text that the server answers ends with it"), repeats
        return False, "the text that the server answers does not end with it", repeats
    if repeats and text and notes.least == 1:
        return True, _in_words(text, f"{FEW} tokens cannot hold it all, so the server repeats it"), True
    more = _more(notes, answer)
    inside = INSIDE.match(text) is not None
    if more is not None and more > MOST_BEGUN + 1:
        why = f"taken as a finished turn: {more} prompt tokens more, and the beginning has at most 10"
        return False, why, repeats
    if more is not None and more < LEAST_BEGUN:
        return False, f"dropped: {more} prompt tokens more", repeats
    if text.startswith(REST) or (inside and more is not None):
        counted = "" if more is None else f"{more} prompt tokens more, so that no turn was closed"
        return True, _in_words(text, counted), repeats
    if inside or more is not None or not text:
        return None, "nothing tells whether the reply goes on with it", repeats
    return False, "taken as history: the reply begins anew", repeats


def _in_words(text: str, why: str) -> str:
    return "continues it" + (" to the letter" if text.startswith(REST) else "") + (f"; {why}" if why else "")


def _more(notes: Notes, answer: Answered) -> int | None:
    """Return how many more prompt tokens an answer counts than the plain one did."""
    plain = None if notes.plain_answer is None else tokens_in(notes.plain_answer.usage)
    now = tokens_in(answer.usage)
    return None if now is None or plain is None else now - plain


def completion(notes: Notes) -> Steps:
    """Tell what a raw text came to: gone on with, or put through a template first."""
    if not notes.raw:
        heard = yield from put(notes, "a raw text", Call("completion", prompt=BEGUN, max_tokens=FEW))
        notes.impossible("completion", heard.why)
        return
    answer = notes.plain_answer
    assert answer is not None
    heard = Heard(f"{BEGUN!r} as a raw text", answer)
    tokens = tokens_in(answer.usage)
    if tokens is not None and tokens > MOST_BEGUN + TEMPLATE:
        notes.impossible(
            "completion",
            f"put through a template: {tokens} prompt tokens, and the text has at most 10",
            heard,
        )
    elif tokens is not None or INSIDE.match(answer.text):
        counted = "" if tokens is None else f"; {tokens} prompt tokens, so that no template was put around it"
        goes = "goes on inside the word" if INSIDE.match(answer.text) else "goes on"
        notes.found("completion", goes + counted, heard)
    else:
        notes.unknown("completion", "nothing tells whether a template was put around it", heard)


def roles(notes: Notes) -> Steps:
    """Send a system text under each of its names; tell whether it arrives."""
    heard = yield from _with_system(notes, "system")
    shown = _arrives(notes, heard)
    openai = notes.target.wire == "openai-chat"
    _tell(notes, "system_role", heard, shown, "system" if openai and shown else None)
    if not openai:
        return
    newer = yield from _with_system(notes, "developer")
    arrived = _arrives(notes, newer)
    _tell(notes, "developer_role", newer, arrived, bool(arrived))
    if arrived and not shown:
        notes.found("system_role", f"as developer only: {arrived}", heard, newer, value="developer")


def _with_system(notes: Notes, role: str) -> Generator[Ask, Heard, Heard]:
    target = replace(notes.target, system_role=role)
    call = Call("chat", turns=(Said("user", COUNT),), system=SYSTEM, max_tokens=max(FEW, notes.least))
    return (yield from put(notes, f"the same turn below a {role} text", call, target))


def _arrives(notes: Notes, heard: Heard) -> str:
    """Return in words how a system text is seen to have arrived, '' where it is not."""
    answer = heard.answer
    if answer is None:
        return ""
    if answer.rendered is not None and SYSTEM in answer.rendered:
        return "it stands in the text that the server answers"
    more = _more(notes, answer)
    if more is not None and more != 0:
        return f"{more:+d} prompt tokens" + (": it takes the place of another" if more < 0 else "")
    return "it is obeyed" if OBEYED in answer.text.lower() else ""


def _tell(notes: Notes, name: str, heard: Heard, shown: str, value: Value) -> None:
    if shown:
        notes.found(name, shown, heard, value=value)
    elif heard.refused:
        notes.impossible(name, heard.why, heard, value=False if name == "developer_role" else None)
    elif heard.answer is None:
        notes.unknown(name, heard.why, heard)
    else:
        notes.unknown(name, "taken, and nothing shows that it arrives", heard)
