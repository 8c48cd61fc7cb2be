"""What follows from a reply without an answer: the error shapes of every family and the retry table."""

import json
from typing import Any

import pytest

from app.providers import openai_chat
from app.providers.outcome import opened
from app.providers.wire import Answered, Failed, Reply
from tests.providers.said import CHAT, OPENAI, OPENROUTER, answer, failure, read, reply


def openai(
    code: str | None, words: str = "No.", kind: str = "invalid_request_error", **more: Any
) -> dict[str, Any]:
    """Return an OpenAI error body."""
    return {"error": {"message": words, "type": kind, "param": None, "code": code} | more}


def openrouter(code: int, words: str, **metadata: Any) -> dict[str, Any]:
    """Return an OpenRouter error body."""
    return {"error": {"code": code, "message": words, "metadata": metadata}}


SHAPES = [
    (openai("model_not_found"), "HTTP 404: No. (invalid_request_error · model_not_found)"),
    ({"type": "error", "error": {"type": "not_found_error", "message": "No."}}, "HTTP 404: No. (not_found_error)"),
    ([{"error": {"code": 404, "message": "No.", "status": "NOT_FOUND"}}], "HTTP 404: No. (NOT_FOUND)"),
    (openrouter(404, "No."), "HTTP 404: No."),
    ({"error": "model 'x' not found"}, "HTTP 404: model 'x' not found"),  # Ollama
    ({"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}},
     "HTTP 404: File Not Found (not_found_error)"),  # llama.cpp
    ({"object": "error", "message": "No.", "type": "NotFoundError", "param": None, "code": 404},
     "HTTP 404: No. (NotFoundError)"),  # old vLLM
    ({"detail": "No."}, "HTTP 404: No."),  # Voyage
    ({"detail": [{"loc": ["body"], "msg": "Field required"}]}, "HTTP 404: Field required"),  # FastAPI
    ({"message": "No."}, "HTTP 404: No."),  # Bedrock, Cohere
    ({}, "HTTP 404: no message"),
    ("plain words", "HTTP 404: plain words"),
    (b"<html><style>p{}</style><h1>404</h1>\n<p>nginx</p></html>", "HTTP 404: 404 nginx"),
    (b"", "HTTP 404: no message"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "line"), SHAPES)
def test_every_family_s_error_body_becomes_one_line(told: Any, line: str) -> None:
    assert failure(OPENAI, told, status=404) == Failed(line, "fail")


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504, 520, 529])
def test_what_may_pass_is_asked_again(status: int) -> None:
    found = failure(OPENAI, openai("rate_limit_exceeded"), status=status)
    assert (found.then, found.wait, found.slow_down) == ("retry", None, status in (429, 529))


@pytest.mark.parametrize("status", [400, 404, 405, 413, 422, 501, 505])
def test_what_will_not_pass_fails_the_draw(status: int) -> None:
    assert failure(OPENAI, openai(None), status=status).then == "fail"


@pytest.mark.parametrize("status", [401, 402, 403, 407])
def test_no_key_or_no_money_stops_the_endpoint(status: int) -> None:
    assert failure(OPENAI, openai("invalid_api_key"), status=status).then == "stop"


def test_a_403_that_is_a_page_is_a_gate_s_and_fails_the_one_draw_that_met_it() -> None:
    page = b"<html><title>Attention Required!</title>Sorry, you have been blocked</html>"
    found = failure(OPENAI, page, status=403, headers={"content-type": "text/html"})
    assert found == Failed("HTTP 403: Attention Required! Sorry, you have been blocked", "fail")
    assert failure(OPENAI, {"error": "forbidden"}, status=403).then == "stop"


def test_a_country_that_is_not_served_is_no_lacking_capability() -> None:
    words = "Country, region, or territory not supported"
    told = openai("unsupported_country_region_territory", words, "request_forbidden")
    assert failure(OPENAI, told, status=403).then == "stop"


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, 30.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after": "1", "retry-after-ms": "2500"}, 2.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30s"}, 90.0),
        ({"x-ratelimit-remaining-tokens": "100", "x-ratelimit-reset-tokens": "1m30s"}, None),
    ],
)
def test_a_limit_is_waited_out_as_long_as_it_asks(headers: dict[str, str], wait: float | None) -> None:
    assert failure(OPENAI, openai("rate_limit_exceeded"), status=429, headers=headers) == Failed(
        "HTTP 429: No. (invalid_request_error · rate_limit_exceeded)", "retry", wait, slow_down=True
    )


def test_openrouter_puts_its_limits_into_the_body() -> None:
    told = openrouter(429, "Rate limit", headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "12"})
    assert failure(OPENROUTER, told, status=429).wait == 12.0


@pytest.mark.parametrize("code", ["slow_down", "server_is_overloaded"])
def test_an_overloaded_server_is_asked_again_later(code: str) -> None:
    found = failure(OPENAI, openai(code, kind="server_error"), status=503)
    assert (found.then, found.slow_down) == ("retry", code == "slow_down")


def test_a_model_that_is_loading_is_waited_for() -> None:
    told = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    assert failure(OPENAI, told, status=503) == Failed("HTTP 503: Loading model (unavailable_error)", "retry")


@pytest.mark.parametrize(
    "code",
    [
        "insufficient_quota",
        "credit_balance_exhausted",
        "project_spend_limit_exceeded",
        "organization_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_not_active",
    ],
)
def test_a_429_about_money_stops_the_endpoint_whatever_its_headers_say(code: str) -> None:
    told = openai(code, "You exceeded your current quota", "insufficient_quota")
    found = failure(OPENAI, told, status=429, headers={"retry-after": "5", "x-should-retry": "true"})
    assert (found.then, found.wait) == ("stop", None)


def test_openrouter_s_402_is_asked_again_only_where_it_says_when() -> None:
    told = openrouter(402, "Insufficient credits")
    assert failure(OPENROUTER, told, status=402).then == "stop"
    later = failure(OPENROUTER, told, status=402, headers={"retry-after": "9"})
    assert (later.then, later.wait) == ("retry", 9.0)
    limited = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s"}
    assert failure(OPENROUTER, told, status=402, headers=limited).then == "stop"


def test_a_plan_that_holds_none_of_a_model_is_about_money_and_a_spent_minute_is_not() -> None:
    words = "You exceeded your current quota. * Quota exceeded for metric: requests, limit: {}, model: m"
    told = [{"error": {"code": 429, "message": words.format(0), "status": "RESOURCE_EXHAUSTED"}}]
    assert failure(OPENAI, told, status=429).then == "stop"
    told[0]["error"]["message"] = words.format(10)
    assert failure(OPENAI, told, status=429).then == "retry"


def test_x_should_retry_wins_over_the_table() -> None:
    assert failure(OPENAI, openai(None), status=400, headers={"x-should-retry": "true"}).then == "retry"
    assert failure(OPENAI, openai(None), status=500, headers={"x-should-retry": "false"}).then == "fail"
    limited = failure(OPENAI, openai(None), status=429, headers={"x-should-retry": "false"})
    assert (limited.then, limited.slow_down) == ("fail", True)


@pytest.mark.parametrize(
    "code", ["invalid_prompt", "content_policy_violation", "content_filter", "cyber_policy"]
)
def test_a_policy_code_is_a_no_to_the_prompt_and_never_asked_again(code: str) -> None:
    told = openai(code, "Your request was blocked")
    found = answer(OPENAI, told, status=400, headers={"x-should-retry": "true"})
    assert found == Answered("", "prompt_blocked", code, parts=({"type": "error", "raw": told["error"]},))


def test_azure_names_the_policy_inside() -> None:
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": {"hate": {"filtered": True}}}
    found = answer(OPENAI, openai(None, "The response was filtered", innererror=inner), status=400)
    assert (found.stop_class, found.stop_raw) == ("prompt_blocked", "ResponsibleAIPolicyViolation")


def test_openrouter_s_moderation_is_a_no_and_its_other_403_is_not() -> None:
    flagged = openrouter(
        403, "z-ai/glm-5 requires moderation", reasons=["violence"], flagged_input="How do I"
    )
    found = answer(OPENROUTER, flagged, status=403)
    assert (found.stop_class, found.stop_raw) == ("prompt_blocked", "403 moderation")
    assert failure(OPENROUTER, openrouter(403, "Key limit exceeded"), status=403).then == "stop"


def test_an_error_inside_http_200_is_the_error_it_names() -> None:
    assert failure(OPENROUTER, openrouter(502, "Provider returned error")).then == "retry"
    assert failure(OPENROUTER, openrouter(401, "No auth credentials found")).then == "stop"
    assert answer(OPENROUTER, openrouter(403, "guardrail")).stop_class == "prompt_blocked"
    assert failure(OPENROUTER, {"error": {"message": "oops"}}) == Failed("HTTP 502: oops", "retry")
    assert failure(OPENROUTER, {"object": "error", "message": "oops", "code": 400}).then == "fail"
    assert failure(OPENROUTER, {"error": {"message": "oops", "code": "401"}}).then == "stop"


def handed_on(raw: Any, code: int = 400) -> dict[str, Any]:
    """Return what OpenRouter makes of an error that the provider behind it gave."""
    return openrouter(code, "Provider returned error", raw=raw, provider_name="Azure")


@pytest.mark.parametrize("as_text", [True, False])
def test_a_no_of_the_provider_behind_a_router_is_that_provider_s_no(as_text: bool) -> None:
    def asked(inner: dict[str, Any]) -> Any:
        return read(OPENROUTER, handed_on(json.dumps(inner) if as_text else inner), status=400)

    assert asked(openai("content_filter")).stop_class == "prompt_blocked"
    blocked = {"type": "error", "error": {"message": "Output blocked by content filtering policy"}}
    assert asked(blocked).stop_class == "output_filtered"
    long = {"error": {"type": "invalid_request_error", "message": "prompt is too long: 9 tokens > 8 maximum"}}
    assert asked(long).stop_class == "context_overflow"
    lacking = asked(openai("unsupported_parameter", "Unsupported parameter: 'top_k'"))
    assert (lacking.then, "Unsupported parameter: 'top_k'" in lacking.error) == ("impossible", True)


def test_other_trouble_behind_a_router_is_told_in_its_words_and_judged_by_the_router_s_status() -> None:
    found = failure(OPENROUTER, handed_on(json.dumps(openai("insufficient_quota", "No quota")), 429))
    assert found.error == (
        "HTTP 429: Provider returned error: No quota (insufficient_quota · invalid_request_error)"
    )
    assert (found.then, found.slow_down) == ("retry", True)  # the quota that is used up is not ours
    assert failure(OPENROUTER, handed_on("upstream \ud800 down", 502)).error.endswith("upstream \ufffd down")
    busy = handed_on(json.dumps(openai(None, "Tools are not supported right now")), 503)
    assert failure(OPENROUTER, busy).then == "retry"
    deep: Any = "end"
    for _ in range(300):
        deep = {"error": {"message": "m", "metadata": {"raw": deep}}}
    assert failure(OPENROUTER, deep).error == "HTTP 502: m: m"


OVERFLOWS = [
    (openai("context_length_exceeded", "This model's maximum context length is 4097 tokens."), 400),
    ({"error": {"code": 400, "message": "request (3031 tokens) exceeds the available context size (1024 tokens)",
                "type": "exceed_context_size_error", "n_prompt_tokens": 3031, "n_ctx": 1024}}, 400),
    ({"object": "error", "message": "This model's maximum context length is 4096 tokens. However, you requested "
      "4200 tokens", "type": "BadRequestError", "param": None, "code": 400}, 400),
    ({"object": "error", "message": "max_tokens must be at least 1, got -186.", "code": 400}, 400),
    ({"detail": "prompt is too long: 210000 tokens > 200000 maximum"}, 422),
]  # fmt: skip


@pytest.mark.parametrize(("told", "status"), OVERFLOWS)
def test_a_prompt_longer_than_the_context_is_an_answer(told: Any, status: int) -> None:
    found = answer(OPENAI, told, status=status)
    assert (found.text, found.stop_class) == ("", "context_overflow")
    assert found.stop_raw


LACKING = [
    (400, openai("unsupported_parameter", "Unsupported parameter: 'temperature' is not supported with this model.",
                 param="temperature")),
    (400, openai("unsupported_value", "Unsupported value: 'temperature' does not support 0 with this model.")),
    (400, openai(None, "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
                       "'max_completion_tokens' instead.")),
    (400, openai(None, "Unrecognized request argument supplied: top_k")),
    (403, openai(None, "You are not allowed to request logprobs from this model")),
    (404, openai(None, "This is not a chat model and thus not supported in the v1/chat/completions endpoint.")),
    (404, openai(None, "This is a chat model and not supported in the v1/completions endpoint.")),
    (400, openai("integer_above_max_value", "Expected a value <= 20, but got 50", param="top_logprobs")),
    (400, openai(None, "Invalid value: 'developer'. Supported values are: 'system', 'user'.")),
    (400, openai(None, "System role not supported")),
    (400, openai(None, "Conversation roles must alternate user/assistant/user/assistant/...")),
    (422, {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}),
    (404, openrouter(404, "No endpoints found that can handle the requested parameters.")),
    (500, {"error": {"code": 500, "message": "Jinja Exception: System role not supported"}}),  # llama.cpp
]  # fmt: skip


@pytest.mark.parametrize(("status", "told"), LACKING)
def test_an_error_that_names_what_is_lacking_makes_the_cell_impossible(status: int, told: Any) -> None:
    assert failure(OPENAI, told, status=status).then == "impossible"


def test_words_of_lack_under_another_status_are_something_else() -> None:
    assert failure(OPENAI, openai(None, "Parameter not supported right now"), status=503).then == "retry"
    assert failure(OPENAI, openai(None, "Streaming is not supported"), status=500).then == "retry"


@pytest.mark.parametrize(
    ("fault", "then"),
    [
        ("connect", "retry"),
        ("timeout", "retry"),
        ("reset", "retry"),
        ("cut", "retry"),
        ("malformed", "retry"),
        ("too_large", "fail"),
        ("redirect", "stop"),
        ("unsendable", "stop"),
    ],
)
def test_each_fault_of_the_transport_has_its_consequence(fault: str, then: str) -> None:
    found = openai_chat.read(OPENAI, CHAT, Reply(fault=fault, detail="why\nso"))
    assert isinstance(found, Failed)
    assert found.then == then
    assert found.error.endswith(": why so")


def test_a_cut_error_is_judged_by_its_status() -> None:
    cut = Reply(401, {}, b'{"error":{"mess', fault="cut")
    assert opened(cut) == Failed('HTTP 401: {"error":{"mess', "stop")


BROKEN = [
    (b'{"choices":[{"mess', "application/json", "retry"),
    (b"", "application/json", "retry"),
    (b"\xff\xfe\x00", "application/octet-stream", "retry"),
    (b"<html>Bad gateway</html>", "text/html", "retry"),
    (b"[1,2]", "application/json", "retry"),
    (b'"words"', "application/json", "retry"),
    (b'data: {"choices":[]}\n\n', "text/event-stream", "fail"),
]


@pytest.mark.parametrize(("raw", "kind", "then"), BROKEN)
def test_a_body_that_is_no_json_object_is_no_answer(raw: bytes, kind: str, then: str) -> None:
    found = failure(OPENAI, raw, headers={"content-type": kind})
    assert found.then == then


def test_json_under_a_wrong_content_type_is_read() -> None:
    raw = b'{"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}]}'
    assert answer(OPENAI, raw, headers={"content-type": "text/plain"}).text == "Hi."


def test_openrouter_s_waiting_comments_and_white_space_are_passed_over() -> None:
    raw = b'\n   \n: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n {"choices":[{"message":{"content":"Hi."}}]}'
    assert answer(OPENROUTER, raw).text == "Hi."


def test_a_page_of_error_words_is_cut_to_one_line() -> None:
    told = openai(None, "word " * 500)
    error = failure(OPENAI, told, status=400).error
    assert len(error) < 450
    assert "\n" not in error


def test_what_a_provider_says_of_an_error_is_stored_whole_beside_the_no() -> None:
    told = openai("content_filter", "No\x00.", innererror={"code": "x", "detail": {"deep": ["\ud800"]}})
    raw = answer(OPENAI, told, status=400).parts[0]["raw"]
    assert raw["message"] == "No\ufffd."
    assert raw["innererror"]["detail"] == {"deep": ["\ufffd"]}
    assert reply(told).body.count(b"ud800") == 1
