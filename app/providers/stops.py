"""From a provider's own reason for stopping to the stop class, and what a draw without text comes to."""

from collections.abc import Mapping
from dataclasses import replace

from app.providers.wire import Answered, Call, Failed, StopClass

# The OpenAI family: chat and completions, and the values that its kin leak through the same field.
OPENAI: Mapping[str, StopClass] = {
    "stop": "natural", "eos": "natural", "eos_token": "natural", "end_turn": "natural",
    "length": "length", "max_tokens": "length", "limit": "length",
    "stop_sequence": "stop_sequence", "word": "stop_sequence",
    "tool_calls": "tool", "function_call": "tool", "tool_use": "tool",
    "content_filter": "output_filtered", "sensitive": "output_filtered",
    "model_length": "context_overflow", "model_context_window_exceeded": "context_overflow",
}  # fmt: skip
ANTHROPIC: dict[str, StopClass] = {
    "end_turn": "natural", "max_tokens": "length", "stop_sequence": "stop_sequence", "tool_use": "tool",
    "refusal": "classifier_refusal", "pause_turn": "paused",
    "model_context_window_exceeded": "context_overflow",
}  # fmt: skip
GEMINI: dict[str, StopClass] = {
    "STOP": "natural", "MAX_TOKENS": "length",
    "SAFETY": "output_filtered", "RECITATION": "output_filtered", "BLOCKLIST": "output_filtered",
    "PROHIBITED_CONTENT": "output_filtered", "SPII": "output_filtered", "MODEL_ARMOR": "output_filtered",
    "IMAGE_SAFETY": "output_filtered", "IMAGE_PROHIBITED_CONTENT": "output_filtered",
    "IMAGE_RECITATION": "output_filtered", "IMAGE_OTHER": "output_filtered",
    "MALFORMED_FUNCTION_CALL": "provider_error", "MALFORMED_RESPONSE": "provider_error",
    "UNEXPECTED_TOOL_CALL": "provider_error", "TOO_MANY_TOOL_CALLS": "provider_error",
    "MISSING_THOUGHT_SIGNATURE": "provider_error",
}  # fmt: skip
# What a router's native reason tells that the reason it makes of it does not.
NATIVE: Mapping[str, StopClass] = {
    raw: found
    for raw, found in (GEMINI | ANTHROPIC).items()
    if found not in ("natural", "length", "tool", "provider_error")
}
# The provider failed on the way: no answer, asked again.
BROKEN = {"error", "network_error", "insufficient_system_resource"}


def stop_class(table: Mapping[str, StopClass], raw: str | None) -> StopClass:
    """Return the stop class of a raw reason; a value not seen before, an empty one or none is unknown."""
    return table.get(raw or "", "unknown")


def concluded(call: Call, answer: Answered) -> Answered | Failed:
    """Settle an answer without text: empty where no reason came either, failed where the reason is unknown.

    An empty answer cut by length is marked where thinking used the budget up, and any other one where
    log-probabilities were asked for and none came: a server that has none may say nothing of it.
    """
    if answer.text:
        silent = call.logprobs is not None and not answer.tokens
        return replace(answer, parts=(*answer.parts, {"type": "no_logprobs"})) if silent else answer
    if answer.stop_class == "length" and (answer.reasoning or answer.usage.reasoning):
        return replace(answer, parts=(*answer.parts, {"type": "thinking_used_budget"}))
    if answer.stop_class != "unknown":
        return answer
    if not answer.stop_raw:
        return replace(answer, stop_class="empty")
    if answer.reasoning or answer.parts:
        return answer
    return Failed(
        f"stopped without text for an unknown reason: {answer.stop_raw}", "fail", usage=answer.usage
    )
