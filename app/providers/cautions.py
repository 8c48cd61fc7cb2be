"""What a reader should know of a request before it is sent, since no reply will tell it."""

from collections.abc import Iterator

from app.providers.raw import mapping
from app.providers.wire import Call, Target

# How texts begin that already hold what a server puts before every raw text.
BEGINNINGS = ("<s>", "<bos>", "<|begin_of_text|>", "<|startoftext|>", "[gMASK]<sop>")
ADDING = {"vllm", "llamacpp"}


def cautions(target: Target, call: Call) -> Iterator[str]:
    """Yield what is known to change an answer unseen on this endpoint."""
    if target.dialect == "openrouter" and _anyone(target, call):
        yield "OpenRouter chooses anew who serves each call: name one as the endpoint's upstream"
    if target.dialect == "openrouter" and call.kind == "completion":
        yield "the upstream may put a raw text through its chat template: only a probe can tell"
    if target.dialect == "ollama":
        yield "Ollama cuts a prompt that is longer than its context without a word, and this route cannot set one"
    if target.dialect == "deepseek" and call.temperature is not None:
        yield "DeepSeek's reasoning models drop temperature and top_p without a word"
    if target.dialect == "groq" and call.temperature == 0:
        yield "Groq takes temperature 0 as a very small one"
    if target.dialect == "vllm" or target.wire == "gemini":
        open_ones = [
            name for name in ("top_p", "top_k") if getattr(call, name) is None and name not in call.extra
        ]
        if open_ones:
            yield f"the server may take {' and '.join(open_ones)} from defaults of the model's own"
    begun = next((mark for mark in BEGINNINGS if call.prompt.startswith(mark)), None)
    if begun and target.dialect in ADDING and call.extra.get("add_special_tokens") is not False:
        yield f"the text begins with {begun}, which the server puts there once more"


def _anyone(target: Target, call: Call) -> bool:
    """Tell whether a router is free to choose the provider behind it."""
    by_hand = mapping(call.extra.get("provider"))
    return target.upstream is None and "only" not in by_hand and by_hand.get("allow_fallbacks") is not False
