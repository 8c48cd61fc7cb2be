"""The wire `openai-chat`: POST /chat/completions, of OpenAI and of everything that speaks its format."""

from collections.abc import Mapping
from typing import Any

from app.providers import dialects, openai_shape
from app.providers.outcome import opened
from app.providers.plain import plain
from app.providers.prefix import continuation, repeating
from app.providers.raw import mapping, sequence, storable, string
from app.providers.reasoning import in_tags, thinking_part, told_apart
from app.providers.sending import lacking, messages, prefix
from app.providers.sending import request as written
from app.providers.stops import concluded
from app.providers.tokens import tokens
from app.providers.upstream import elsewhere, served_by
from app.providers.wire import Answered, Call, Failed, Impossible, Reasoning, Reply, Request, Target

auth = openai_shape.auth

KNOWN_FIELDS = {
    "role", "content", "refusal", "tool_calls", "function_call", "reasoning", "reasoning_content",
    "reasoning_details", "prefix",
}  # fmt: skip


def request(target: Target, call: Call) -> Request | Impossible:
    """Return the exact request of a chat call, or why it cannot be made here."""
    if call.kind != "chat":
        return Impossible(
            "raw completion is not possible on a chat endpoint: a bare message would be a chat turn"
        )
    begun = prefix(call) is not None
    refused = lacking(target, call) or (begun and dialects.cannot_continue(target)) or _unheard(target, call)
    if refused:
        return refused
    said = messages(call, target.system_role or "system")
    body = {"model": target.model, "messages": said} | openai_shape.sampling(target, call, chat=True)
    if call.logprobs is not None:
        # llama.cpp answers top_logprobs 0 with no log-probabilities at all.
        least = 1 if target.dialect == "llamacpp" else 0
        body |= {"logprobs": True, "top_logprobs": max(call.logprobs, least)}
    if target.dialect == "llamacpp":
        body["verbose"] = True
    if begun and target.dialect == "vllm":
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    if begun and dialects.facts(target).flags:
        said[-1]["prefix"] = True
    return written(target, "/chat/completions", body, call)


def _unheard(target: Target, call: Call) -> Impossible | None:
    """Return which setting a server would drop without a word."""
    asked = {*call.extra, *(("top_k",) if call.top_k is not None else ())}
    dropped = sorted(asked & dialects.facts(target).unheard)
    return (
        Impossible(f"this server's OpenAI route takes no {dropped[0]}, and drops it unsaid")
        if dropped
        else None
    )


def read(target: Target, call: Call, reply: Reply) -> Answered | Failed:
    """Return what a reply comes to. Never raises, whatever the reply holds."""
    data = opened(reply)
    if isinstance(data, Answered | Failed):
        return data
    usage = openai_shape.usage_of(data)
    choice = openai_shape.only_choice(data, usage)
    if isinstance(choice, Answered | Failed):
        return choice
    message = mapping(choice.get("message")) or {"content": choice.get("text")}
    text, reasoning, marks = _said(target, call, message)
    stop, raw, more = openai_shape.stopped(call, data, choice)
    upstream = elsewhere(target, data)
    refusal = string(message.get("refusal"))
    if refusal:
        stop = "model_refusal_field"
        words, replaced = plain(refusal)
        # The refusal's words are the answer's; where text came beside them, both are kept.
        marks += ({"type": "refusal", "text": words} if text else {"type": "refusal"}, *replaced)
        text = text or words
    return concluded(
        call,
        Answered(
            text=text,
            stop_class=stop,
            stop_raw=raw,
            reasoning=reasoning,
            parts=(*marks, *more, *_beside(message), *openai_shape.filters(data, choice), *upstream),
            usage=usage,
            served_model=served_by(data.get("model"), upstream),
            effective=openai_shape.effective(target, data, _sent(target, call)),
            tokens=tokens(choice.get("logprobs")),
            rendered=openai_shape.rendered(data, choice),
        ),
    )


def _said(
    target: Target, call: Call, message: Mapping[str, Any]
) -> tuple[str, tuple[Reasoning, ...], tuple[Mapping[str, Any], ...]]:
    """Return a message's text, its reasoning and the marks of what was cut, replaced or left unread."""
    content, reasoning, unread = _content(message.get("content"))
    text, replaced = plain(content)
    begun = prefix(call)
    repeats = repeating(target) or bool(call.extra.get("echo"))
    text, cut = continuation(text, None if begun is None else plain(begun)[0], repeats)
    reasoning = told_apart(message) or reasoning
    if not reasoning:
        text, reasoning = in_tags(text)
    return text, reasoning, (*replaced, *cut, *unread)


def _content(content: Any) -> tuple[str, tuple[Reasoning, ...], tuple[Mapping[str, Any], ...]]:
    """Return the text of a content string, or of a content list with its thinking and unknown parts."""
    if content is None or isinstance(content, str):
        return content or "", (), ()
    words: list[str] = []
    reasoning: list[Reasoning] = []
    unread: list[Mapping[str, Any]] = []
    for part in content if isinstance(content, list) else [content]:
        shape = mapping(part)
        if shape.get("type") == "thinking":
            reasoning.append(thinking_part(shape))
        elif shape.get("type") in ("text", "output_text") and isinstance(shape.get("text"), str):
            words.append(shape["text"])
        else:
            unread.append({"type": "block", "raw": storable(part)})
    return "".join(words), tuple(reasoning), tuple(unread)


def _beside(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what stands beside the text: tool calls, and fields that are not known here, raw."""
    calls = [*sequence(message.get("tool_calls")), message.get("function_call")]
    parts: list[Mapping[str, Any]] = [{"type": "tool_call", "raw": storable(one)} for one in calls if one]
    for name, value in message.items():
        if value and name not in KNOWN_FIELDS:
            parts.append({"type": "field", "name": storable(name), "raw": storable(value)})
    return parts


def _sent(target: Target, call: Call) -> Mapping[str, Any]:
    return openai_shape.sampling(target, call, chat=True) | dict(call.extra)
