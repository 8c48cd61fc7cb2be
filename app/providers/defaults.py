"""What holds for an ability of an endpoint that neither its file nor a probe tells of: what would be asked now."""

from dataclasses import replace

from app.providers.registry import NotSpoken, provider
from app.providers.sending import CALLED
from app.providers.wire import Call, Impossible, Provider, Said, Target

ASKED = (Said("user", "?"),)
RAW = "openai-completions"


def by_default(target: Target) -> dict[str, str]:
    """Return in words what is done about each ability (as in `can`); {} where nobody speaks the wire, or nothing
    can be asked at all."""
    bare = Target(target.wire, target.base_url, target.model, target.dialect, target.upstream)
    try:
        speaker = provider(bare.wire)
    except NotSpoken:
        return {}
    call = Call("completion", prompt="?") if bare.wire == RAW else Call("chat", turns=ASKED)
    made = speaker.request(bare, replace(call, temperature=1.0, seed=1))
    if isinstance(made, Impossible):
        return {}
    length = next((name for name in made.sent if CALLED.get(name, name) == "max_tokens"), "")
    return {
        "prefill": _prefill(speaker, bare),
        "temperature": "sent",
        "seed": "not sent: this wire has none" if made.seed is None else "sent",
        "logprobs": _refused(speaker, bare, replace(call, logprobs=1))
        or "asked for, and kept where they come",
        "n": "one answer a call",
        "system_role": "raw text has none" if bare.wire == RAW else "sent as system text",
        "max_tokens_field": f"sent as {length}",
    }


def _prefill(speaker: Provider, bare: Target) -> str:
    if bare.wire == RAW:
        return "the end of the raw text"
    begun = Call("chat", turns=(*ASKED, Said("assistant", "!")), prefill=True)
    return _refused(speaker, bare, begun) or "asked for as the last turn"


def _refused(speaker: Provider, bare: Target, call: Call) -> str:
    """Return why a call would not be made, '' where it would."""
    made = speaker.request(bare, call)
    return f"not asked for: {made.reason}" if isinstance(made, Impossible) else ""
