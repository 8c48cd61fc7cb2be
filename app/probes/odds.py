"""Questions about log-probabilities: whether they come, how many alternatives, and on which side of the sampler."""

from collections.abc import Generator

from app.probes.asks import Ask, Heard, Notes, Steps, put
from app.probes.sampler import PROMPT, WORDS
from app.providers.wire import Token

WANTED = (5, 20, 200)  # alternatives; a study asks at most 200
FEW = 3  # tokens: the first one tells
HOT, MILD = 1.0, 0.25
SAME = 0.05  # nats that two calls of one prompt may differ by, computed in other batches
MOVED = 0.5


def logprobs(notes: Notes) -> Steps:
    """Ask for more and more alternatives, and at two temperatures."""
    heard: list[Heard] = []
    given = 0
    for k, temperature in zip(WANTED, (HOT, MILD, MILD), strict=True):
        one = yield from _likeliest(notes, k, temperature)
        heard.append(one)
        came = _alternatives(one)
        given = k if came >= k else given
        if came == 0 or (came < k and len(heard) > 1):
            break
    _comes(notes, heard, given)
    if _token(heard[0]) is None:
        return
    if (
        _token(heard[-1]) is None and len(heard) == 2
    ):  # as many are not given: fewer, at the other temperature
        heard[1] = yield from _likeliest(notes, WANTED[0], MILD)
    _side(notes, heard[:2])


def _likeliest(notes: Notes, k: int, temperature: float) -> Generator[Ask, Heard, Heard]:
    sent = temperature if _takes_temperature(notes) else None
    call = notes.call(WORDS, PROMPT, max_tokens=FEW, temperature=sent, logprobs=k)
    at = "" if sent is None else f" at temperature {sent:g}"
    return (yield from put(notes, f"the {k} likeliest of each place{at}", call))


def _takes_temperature(notes: Notes) -> bool:
    found = notes.findings.get("temperature")
    return found is None or found.value is not False


def _comes(notes: Notes, heard: list[Heard], given: int) -> None:
    first, last = heard[0], heard[-1]
    if _token(first) is not None:
        come = max(_alternatives(one) for one in heard)
        short = "" if given else f", though {WANTED[0]} were asked for"
        notes.found("logprobs", f"come with each token, {come} alternatives{short}", first, value=True)
        if given == WANTED[-1]:
            notes.found("logprobs_most", f"at least {given}", last, value=given)
        else:
            more = f"{come}, though {WANTED[len(heard) - 1]} were asked for"
            why = f"{come} at least; for more, {last.why}" if last.answer is None else more
            notes.found("logprobs_most", why, *heard[1:] or heard, value=come)
    elif first.refused:
        notes.impossible("logprobs", first.why, first, value=False)
    elif first.answer is None:
        notes.unknown("logprobs", first.why, first)
    else:
        notes.impossible("logprobs", "taken without an error, and none come", first, value=False)


def _side(notes: Notes, pair: list[Heard]) -> None:
    """Tell whether the probabilities of one place move with the temperature: those of a sampler do."""
    first, second = _token(pair[0]), _token(pair[-1])
    if len(pair) < 2 or first is None or second is None:
        notes.unknown("logprobs_side", "one call gave none", *pair)
        return
    if not _takes_temperature(notes):
        notes.unknown("logprobs_side", "no temperature to tell by", *pair)
        return
    moved = _moved(dict(first.top), dict(second.top))
    if moved is None:
        notes.unknown("logprobs_side", "the two calls name no two tokens in common", *pair)
    elif moved <= SAME:
        says = "before the sampler: the same at temperature 1 and 0.25"
        notes.found("logprobs_side", says, *pair, value="before")
    elif moved >= MOVED:
        says = f"after the sampler: they move with the temperature, by up to {moved:.2f} nats"
        notes.found("logprobs_side", says, *pair, value="after")
    else:
        notes.unknown("logprobs_side", f"they move by up to {moved:.2f} nats, too little to tell", *pair)


def _moved(first: dict[str, float], second: dict[str, float]) -> float | None:
    """Return by how much at most a token's distance to the likeliest differs, in nats; None without two in common.

    Where the sampler has cut a token off, its distance is beyond any number: some servers write -9999.
    """
    both = [name for name in first if name in second]
    if len(both) < 2:
        return None
    top = max(both, key=lambda name: first[name])
    return max(abs((first[name] - first[top]) - (second[name] - second[top])) for name in both)


def _token(heard: Heard) -> Token | None:
    return next(iter(heard.answer.tokens), None) if heard.answer is not None else None


def _alternatives(heard: Heard) -> int:
    token = _token(heard)
    return 0 if token is None else len(token.top)


def echo(notes: Notes) -> Steps:
    """Ask for the prompt back with its probabilities: only so can a given text be scored."""
    if not notes.raw and notes.target.dialect != "vllm":
        notes.impossible("echo", "a chat wire gives no prompt back")
        return
    extra = {"echo": True} if notes.raw else {"prompt_logprobs": 1}
    probable = notes.findings.get("logprobs")
    wanted = 1 if notes.raw and probable is not None and probable.value else None
    call = notes.call(WORDS, PROMPT, max_tokens=1, logprobs=wanted, extra=extra)
    heard = yield from put(notes, "the prompt back, with its probabilities", call)
    if heard.answer is None:
        (notes.impossible if heard.refused else notes.unknown)("echo", heard.why, heard)
        return
    marks = {str(part.get("type")): part for part in heard.answer.parts}
    if marks.get("echo_cut", {}).get("by") == "text_offset" or b'"prompt_logprobs": [' in heard.reply.body:
        notes.found("echo", "the prompt comes back with its probabilities", heard, value=True)
    elif "echo_cut" in marks:
        notes.found("echo", "the prompt comes back, without probabilities", heard, value=True)
    else:
        notes.impossible("echo", "taken without an error, and ignored", heard, value=False)
