"""What a reply to generateContent comes to: answers, the three silent shapes of a no, thoughts, usage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.providers.openai_shape import SERVER_DEFAULT, without
from app.providers.outcome import opened
from app.providers.plain import plain
from app.providers.prefix import continuation, repeating
from app.providers.raw import count, mapping, number, sequence, storable, string
from app.providers.sending import prefix
from app.providers.stops import GEMINI, concluded, stop_class
from app.providers.wire import Answered, Call, Failed, Reasoning, Reply, StopClass, Target, Token, Usage

Marks = tuple[Mapping[str, Any], ...]

SAMPLERS = {
    "temperature": "temperature", "topP": "top_p", "topK": "top_k", "presencePenalty": "presence_penalty",
    "frequencyPenalty": "frequency_penalty",
}  # fmt: skip
READ_OF_PART = {"text", "thought", "thoughtSignature"}
READ_OF_CANDIDATE = {
    "content", "finishReason", "finishMessage", "index", "safetyRatings", "tokenCount", "avgLogprobs",
    "logprobsResult", "citationMetadata",
}  # fmt: skip


def read(target: Target, call: Call, reply: Reply) -> Answered | Failed:
    """Return what a reply comes to. Never raises, whatever the reply holds."""
    data = opened(reply)
    if isinstance(data, Answered | Failed):
        return data
    feedback = mapping(data.get("promptFeedback"))
    candidate = next(iter(sequence(data.get("candidates"))), None)
    blocked = string(feedback.get("blockReason"))
    if isinstance(candidate, dict):
        return _answered(target, call, data, candidate)
    if blocked:
        mark = {"type": "prompt_feedback", "raw": storable(feedback)}
        return _told(call, data, Answered("", "prompt_blocked", str(storable(blocked)), parts=(mark,)))
    if data.get("usageMetadata") or data.get("modelVersion"):
        return _answered(target, call, data, {})  # it was answered, with nothing at all
    return Failed("the reply holds no candidate", "retry")


def _answered(
    target: Target, call: Call, data: Mapping[str, Any], candidate: Mapping[str, Any]
) -> Answered | Failed:
    said = _said(sequence(mapping(candidate.get("content")).get("parts")))
    text, replaced = plain("".join(said.words))
    begun = prefix(call)
    text, cut = continuation(text, None if begun is None else plain(begun)[0], repeating(target))
    raw = string(candidate.get("finishReason"))
    found = _stop(raw, said)
    if found == "provider_error":
        words = ": ".join(filter(None, (str(raw), string(candidate.get("finishMessage")))))
        return Failed(f"the provider failed on the way: {plain(words)[0]}", "fail", usage=_usage(data))
    answer = Answered(
        text=text,
        stop_class=found,
        stop_raw=None if raw is None else str(storable(raw)),
        reasoning=tuple(said.thoughts),
        parts=(*replaced, *cut, *said.parts),
        tokens=_tokens(mapping(candidate.get("logprobsResult"))),
    )
    settled = concluded(call, _told(call, data, answer))
    if isinstance(settled, Failed):
        return settled
    return replace(settled, parts=(*settled.parts, *_beside(candidate, filtered=found == "output_filtered")))


def _told(call: Call, data: Mapping[str, Any], answer: Answered) -> Answered:
    """Return an answer with what the reply tells of tokens, of what served it and of the settings in force."""
    version = string(data.get("modelVersion"))
    model = str(storable(version)) if version else None
    sent = mapping(call.extra.get("generationConfig")).keys() | {
        name for name in ("temperature", "top_p", "top_k") if getattr(call, name) is not None
    }
    effective: dict[str, Any] = {
        ours: SERVER_DEFAULT for name, ours in SAMPLERS.items() if not {name, ours} & sent
    }
    metadata = mapping(data.get("usageMetadata"))
    tier = string(metadata.get("serviceTier")) or string(metadata.get("trafficType"))
    effective |= {"model": model} if model else {}
    effective |= {"service_tier": storable(tier)} if tier else {}
    return replace(answer, usage=_usage(data), served_model=model, effective=effective)


@dataclass(slots=True)
class _Said:
    """A candidate's parts, sorted."""

    words: list[str] = field(default_factory=list)
    thoughts: list[Reasoning] = field(default_factory=list)
    parts: list[Mapping[str, Any]] = field(default_factory=list)
    calls: bool = False


def _said(parts: list[Any]) -> _Said:
    said = _Said()
    for part in parts:
        shape = mapping(part)
        text, signature = string(shape.get("text")), string(shape.get("thoughtSignature"))
        if shape.get("thought") is True:
            said.thoughts.append(_thought(text or ""))
        elif text is not None:
            said.words.append(text)
        if signature:
            said.parts.append(_signature(said, signature, thought=shape.get("thought") is True))
        rest = {name: value for name, value in shape.items() if name not in READ_OF_PART}
        said.calls = said.calls or "functionCall" in rest
        if rest or not shape:
            kind = "tool_call" if "functionCall" in rest else "block"
            said.parts.append({"type": kind, "raw": storable(rest or part)})
    return said


def _thought(text: str) -> Reasoning:
    words = plain(text)[0]
    return Reasoning(words, "thought", "summary" if words else "encrypted")


def _signature(said: _Said, value: str, *, thought: bool) -> Mapping[str, Any]:
    """Return the mark of a signature: its part's end in the answer, which it goes back with, or a thought's own."""
    if thought:
        return {"type": "signature_of_thought", "value": storable(value)}
    place = len(plain("".join(said.words))[0])
    return {"type": "thought_signature", "at": place, "value": storable(value)}


def _stop(raw: str | None, said: _Said) -> StopClass:
    found = stop_class(GEMINI, raw)
    if found == "natural" and said.calls:
        return "tool"
    return "output_filtered" if found == "unknown" and (raw or "").startswith("IMAGE_") else found


def _beside(candidate: Mapping[str, Any], *, filtered: bool) -> Marks:
    """Return what stands beside the text: why it was filtered, citations, and fields that are not known here."""
    marks: list[Mapping[str, Any]] = []
    ratings = candidate.get("safetyRatings")
    if ratings and (filtered or any(mapping(one).get("blocked") for one in sequence(ratings))):
        marks.append({"type": "safety_ratings", "raw": storable(ratings)})
    message = string(candidate.get("finishMessage"))
    if message:
        marks.append({"type": "finish_message", "text": plain(message)[0]})
    if candidate.get("citationMetadata"):
        marks.append({"type": "citations", "raw": storable(candidate["citationMetadata"])})
    for name, value in candidate.items():
        if value and name not in READ_OF_CANDIDATE:
            marks.append({"type": "field", "name": storable(name), "raw": storable(value)})
    return tuple(marks)


def _tokens(result: Mapping[str, Any]) -> tuple[Token, ...]:
    """Return the chosen tokens with the alternatives at their places; this wire tells no bytes."""
    tops = sequence(result.get("topCandidates"))
    found = []
    for place, chosen in enumerate(map(mapping, sequence(result.get("chosenCandidates")))):
        logprob = number(chosen.get("logProbability"))
        if logprob is None:
            continue
        others = sequence(mapping(tops[place]).get("candidates")) if place < len(tops) else []
        top = tuple(
            (_token(other), value)
            for other in map(mapping, others)
            if (value := number(other.get("logProbability"))) is not None
        )
        found.append(Token(_token(chosen), None, logprob, top))
    return tuple(found)


def _token(entry: Mapping[str, Any]) -> str:
    return str(storable(string(entry.get("token")) or ""))


def _usage(data: Mapping[str, Any]) -> Usage:
    """Return token counts in normal form; this wire counts cache inside the prompt, thoughts beside the output.

    A count of nothing is left out by the provider. What was written is then what the total leaves.
    """
    raw = mapping(data.get("usageMetadata"))
    if not raw:
        return Usage()
    names = ("promptTokenCount", "cachedContentTokenCount", "toolUsePromptTokenCount", "candidatesTokenCount",
             "thoughtsTokenCount", "totalTokenCount")  # fmt: skip
    prompt, cached, tools, output, thoughts, total = (count(raw.get(name)) for name in names)
    if output is None and prompt is not None:
        output = without(total, prompt + (tools or 0), thoughts)
    own = without(prompt, cached)
    return Usage(
        input=own if own is None or tools is None else own + tools,
        cache_read=cached,
        output=output,
        reasoning=thoughts,
        raw=storable(raw),
    )
