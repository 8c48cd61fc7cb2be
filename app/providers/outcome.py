"""What follows from a reply that holds no answer: a no (data), another try, a stop, or "not possible here"."""

import re
from collections.abc import Mapping
from typing import Any

from app.providers.raw import Malformed, decoded, mapping, storable
from app.providers.trouble import Trouble, one_line, trouble_in, trouble_of
from app.providers.waits import retry_after, wait_asked
from app.providers.wire import Answered, Failed, Reply, StopClass

BLOCKED = {
    "invalid_prompt", "content_policy_violation", "content_filter", "cyber_policy", "ResponsibleAIPolicyViolation",
}  # fmt: skip
OVERFLOWN = {
    "context_length_exceeded",
    "exceed_context_size_error",
    "model_context_window_exceeded",
}
NO_MONEY = {
    "insufficient_quota", "credit_balance_exhausted", "project_spend_limit_exceeded",
    "organization_spend_limit_exceeded", "organization_usage_limit_exceeded", "billing_hard_limit_reached",
    "billing_not_active", "enforced_spend_limit_reached", "contract_spend_limit_reached",
    "linked_organization_spend_limit_reached", "linked_organization_billing_unavailable", "billing_error",
}  # fmt: skip
AGAIN = {408, 409, 425, 429, 498}  # 498: Groq's flex tier has no room; and every 5xx but these:
NEVER_5XX = {501, 505}
SLOWER = {429, 498, 529}
SLOWER_NAMES = {"slow_down", "RESOURCE_EXHAUSTED"}  # whatever the status: Gemini has both 429 and 503

OVERFLOW_WORDS = re.compile(
    r"maximum context length|prompt is too long|context (length|size|window)[^.]{0,40} exceed"
    r"|exceeds? the (available |maximum |model's )?context|exceed context limit"
    r"|max_tokens must be at least 1, got -|input token count [^.]{0,40}exceeds the maximum",
    re.IGNORECASE,
)
MODERATION_WORDS = re.compile(
    r"moderation|guardrail|(input|prompt|content|request) (was|is|has been) flagged", re.IGNORECASE
)
POOR_WORDS = re.compile(
    r"credit balance is too low|insufficient (balance|credits)|credits are depleted"
    r"|reached your specified (workspace )?api usage limit",
    re.IGNORECASE,
)
NO_ACCESS = re.compile(
    r"\blimit: 0(?![\d.])"
)  # Gemini's word, under a 429, for a model that the plan does not hold
LACKING_WORDS = re.compile(
    r"unsupported (parameter|value)|(not|isn't) supported|n[o']t support|unrecognized request argument"
    r"|unknown (parameter|field|argument)|unexpected (keyword|message role)|extra inputs are not permitted"
    r"|deprecated for this model|cannot both be specified|must end with a user message|prefill"
    r"|final assistant content cannot end with|not allowed to request logprobs|not (a )?chat model"
    r"|invalid (role|value: 'developer')|roles must alternate|stop sequence must contain"
    r"|temperature: (range|input should)|is not enabled for|supports at most|cannot find field"
    r"|maximum allowed number of output tokens|greater than max allowed"
    r"|no endpoints found that (can handle|support)",
    re.IGNORECASE,
)
# Gemini says so with a 400: no call of this key, or from this place, will be let in.
SHUT_OUT_NAMES = {"API_KEY_INVALID"}
SHUT_OUT_WORDS = re.compile(r"user location is not supported|not available in your country", re.IGNORECASE)
LACKING_NAMES = {
    "unsupported_parameter", "unsupported_value", "unknown_parameter", "integer_above_max_value",
    "integer_below_min_value", "decimal_above_max_value", "decimal_below_min_value",
}  # fmt: skip
LACKING_STATUS = {400, 404, 422}
# A chat template that gives up on a conversation ends the call with a 500 at some servers, each time anew.
TEMPLATE_WORDS = re.compile(r"system role not supported|roles must alternate", re.IGNORECASE)

FAULTS = {
    "connect": "no connection",
    "timeout": "no answer in time",
    "reset": "the connection was closed before the answer",
    "cut": "the answer was cut off",
    "malformed": "the answer is no valid HTTP",
    "too_large": "the answer is too large to be kept",
    "redirect": "the endpoint sends us to another address, which is never followed: put that one into base_url",
    "unsendable": "the request cannot be sent",
}


def opened(reply: Reply, *, limit_names_wait: bool = False) -> Mapping[str, Any] | Answered | Failed:
    """Return the decoded body of a reply that may hold an answer, else what follows from it.

    `limit_names_wait` says that a true rate limit on this wire always names when to come back, so that a 429
    without it is about money (Anthropic).
    """
    error_was_cut = reply.fault == "cut" and reply.status >= 400
    if reply.fault and not error_was_cut:
        return _failed_transport(reply)
    try:
        data = decoded(reply.body)
    except Malformed as error:
        if reply.status < 400:
            return _not_json(reply, error)
        words = reply.body[:2000].decode("utf-8", "replace")
        return from_trouble(trouble_of(reply.status, _without_tags(words), reply.headers), limit_names_wait)
    trouble = trouble_in(data, reply.status, reply.headers)
    if trouble:
        return from_trouble(trouble, limit_names_wait)
    if not isinstance(data, dict):
        return Failed("expected a JSON object, got another JSON value", "retry")
    return data


def from_trouble(trouble: Trouble, limit_names_wait: bool = False) -> Answered | Failed:
    """Return what follows from an error body: the rules in the order in which they override each other."""
    no = _no(trouble) or (trouble.upstream and _no(trouble.upstream))
    if no:
        return Answered("", no[0], no[1], parts=({"type": "error", "raw": storable(trouble.raw)},))
    status, asked = trouble.status, wait_asked(trouble.headers)
    order = trouble.headers.get("x-should-retry")
    slow_down = status in SLOWER or bool(SLOWER_NAMES & trouble.names)
    later = status == 402 and retry_after(trouble.headers) is not None
    if _about_money(trouble, asked, limit_names_wait) and not later:
        return Failed(trouble.line, "stop")
    if trouble.names & SHUT_OUT_NAMES or SHUT_OUT_WORDS.search(trouble.message):
        return Failed(trouble.line, "stop")
    if order == "true":
        return Failed(trouble.line, "retry", asked, slow_down)
    if _lacking(trouble) or (trouble.upstream and _lacking(trouble.upstream)):
        return Failed(trouble.line, "impossible")
    if _shut_out(trouble) and not later:
        return Failed(trouble.line, "stop")
    again = status in AGAIN or later or (status >= 500 and status not in NEVER_5XX)
    if again and order != "false":
        return Failed(trouble.line, "retry", asked, slow_down)
    return Failed(trouble.line, "fail", slow_down=slow_down)


def _no(trouble: Trouble) -> tuple[StopClass, str] | None:
    """Return the stop class and raw value of an error that is a no, which is an answer and never asked again."""
    blocked = sorted(trouble.names & BLOCKED)
    if blocked:
        return "prompt_blocked", blocked[0]
    if trouble.status == 403 and _moderated(trouble):
        return "prompt_blocked", "403 moderation"
    if trouble.status == 400 and "content filtering" in trouble.message.lower():
        return "output_filtered", trouble.message
    overflown = sorted(trouble.names & OVERFLOWN)
    if overflown or (trouble.status in (400, 413, 422, 500) and OVERFLOW_WORDS.search(trouble.message)):
        return "context_overflow", overflown[0] if overflown else trouble.message
    return None


def _moderated(trouble: Trouble) -> bool:
    metadata = mapping(trouble.raw.get("metadata"))
    return "flagged_input" in metadata or bool(MODERATION_WORDS.search(trouble.message))


def _about_money(trouble: Trouble, asked: float | None, limit_names_wait: bool) -> bool:
    if trouble.names & NO_MONEY or POOR_WORDS.search(trouble.message):
        return True
    if trouble.status != 429:
        return False
    if any("PerDay" in name for name in trouble.names):
        return True  # Gemini's plan for today is spent: it would be for every draw that is left
    unnamed = limit_names_wait and asked is None and trouble.headers.get("x-should-retry") != "true"
    return unnamed or NO_ACCESS.search(trouble.message) is not None


def _lacking(trouble: Trouble) -> bool:
    """Tell whether an error names something that the endpoint cannot do, so that it would say so each time."""
    if trouble.status == 403:
        return "logprobs" in trouble.message
    if "NOT_FOUND" in trouble.names:
        return False  # Gemini's words for a model that is not there speak of what is not supported
    if trouble.status == 500:
        return TEMPLATE_WORDS.search(trouble.message) is not None
    named = trouble.names & LACKING_NAMES or LACKING_WORDS.search(trouble.message)
    return trouble.status in LACKING_STATUS and bool(named)


def _shut_out(trouble: Trouble) -> bool:
    """Tell whether nobody is let in with this key: not so where a 403 is no word of the API's own but a page.

    That is a gate before it, which may have disliked this one prompt.
    """
    return trouble.status in (401, 402, 407) or (trouble.status == 403 and bool(trouble.raw))


def _failed_transport(reply: Reply) -> Failed:
    fault = reply.fault or ""
    words = FAULTS.get(fault, fault) + (f": {reply.detail}" if reply.detail else "")
    if fault in ("redirect", "unsendable"):
        return Failed(one_line(words), "stop")
    return Failed(one_line(words), "fail" if fault == "too_large" else "retry")


def _not_json(reply: Reply, error: Malformed) -> Failed:
    kind = reply.headers.get("content-type", "no content type")
    if kind.startswith("text/event-stream"):
        return Failed("the endpoint streams although no stream was asked for", "fail")
    return Failed(one_line(f"expected JSON, got {kind} that is not JSON ({error})"), "retry")


def _without_tags(page: str) -> str:
    """Return the words of an error page."""
    return re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL | re.IGNORECASE)
