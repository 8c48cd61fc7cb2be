"""What would be asked, before anything is: the exact request of any prompt to any subject.

Nothing is sent and nothing is read from a database: `check`, `run` and the page of a new run call the same
functions that the collector calls. `estimate.py` counts and prices what this shows.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.batteries.shape import PromptShape
from app.elicitation.inserted import inserted
from app.elicitation.modes import Finished, asked, because, next_call, target, turns_to_answer
from app.elicitation.truncation import truncated
from app.providers.cautions import cautions
from app.providers.registry import NotSpoken, provider
from app.providers.sending import CALLED
from app.providers.wire import Call, Impossible, Request
from app.subjects.shape import Snapshot


@dataclass(frozen=True, slots=True)
class Preflight:
    """One request as it would go out: POST `body` to `url`, the key's header added at the moment of sending.

    `text` is the whole raw text that the model would continue; None where the server's own template makes it.
    `asked` and `sent` are sampling settings without the seed. `notes` are what a reader should know, a line each.
    """

    call: Call
    url: str
    headers: Mapping[str, str]
    body: bytes
    text: str | None
    asked: Mapping[str, Any]
    sent: Mapping[str, Any]
    notes: tuple[str, ...]

    @property
    def body_shown(self) -> str:
        """The body as indented JSON, for reading; `body` is what goes over the wire."""
        return json.dumps(json.loads(self.body), indent=2, ensure_ascii=False)


def exact(
    prompt: PromptShape,
    snapshot: Snapshot,
    *,
    temperature: float | None,
    seed: int | None = None,
    answered: Sequence[str] = (),
    rendered: str | None = None,
) -> Preflight | Impossible:
    """Return the request that follows these answers, or why there is none.

    `rendered` is what the endpoint's own template makes of it, where somebody asked it. Raise ValueError when
    the prompt has all its answers already.
    """
    made = call_and_request(prompt, snapshot, answered, temperature=temperature, seed=seed)
    if isinstance(made, Impossible):
        return made
    call, request = made
    text = call.prompt if call.kind == "completion" else rendered
    settings = asked(prompt, snapshot, temperature)
    return Preflight(
        call=call,
        url=request.url,
        headers=request.headers,
        body=request.body,
        text=text,
        asked=settings,
        sent=request.sent,
        notes=tuple(_notes(prompt, snapshot, call, text, settings, request)),
    )


def call_and_request(
    prompt: PromptShape,
    snapshot: Snapshot,
    answered: Sequence[str] = (),
    *,
    temperature: float | None,
    seed: int | None = None,
) -> tuple[Call, Request] | Impossible:
    """Return the call that follows these answers and its request, or why it cannot be made."""
    call = next_call(prompt, snapshot, answered, temperature=temperature, seed=seed)
    if isinstance(call, Finished):
        raise ValueError(f"prompt {prompt.key!r} has all its {turns_to_answer(prompt)} answers")
    if isinstance(call, Impossible):
        return because(call, snapshot)
    try:
        request = provider(snapshot.wire).request(target(snapshot), call)
    except NotSpoken as error:
        return Impossible(str(error))
    return because(request, snapshot) if isinstance(request, Impossible) else (call, request)


def _notes(
    prompt: PromptShape,
    snapshot: Snapshot,
    call: Call,
    text: str | None,
    settings: Mapping[str, Any],
    request: Request,
) -> list[str]:
    notes, sent = [], request.sent
    if text is None:
        notes.append("the endpoint makes the final text by a template of its own, and may add to it")
    elif call.kind == "chat":
        added = inserted(text, call)
        if added:
            what = "text with a date" if added.date else "text"
            notes.append(f"the endpoint's template adds {what} that nobody sent: {added.text}")
    taken = {CALLED.get(name, name) for name in sent}
    dropped = [name for name in settings if name != "extra" and name not in taken]
    if call.seed is not None and request.seed is None:
        dropped.append("seed")
    if dropped:
        told = [snapshot.probed.told(name) if snapshot.probed else "" for name in dropped]
        named = [f"{name} ({why})" if why else name for name, why in zip(dropped, told, strict=True)]
        notes.append(f"asked for but not sent, since the endpoint does not take it: {', '.join(named)}")
    notes += cautions(target(snapshot), call)
    cut = truncated(snapshot)
    if cut and call.temperature != 0:
        notes.append(f"truncated sampling: {', '.join(cut)}")
    if snapshot.probed is not None and snapshot.probed.filled:
        notes.append(snapshot.probed.line)
    turns = turns_to_answer(prompt)
    if turns > 1:
        notes.append(f"a ladder of {turns} calls; each later one carries the answers before it")
    return notes
