"""Azure OpenAI: its addresses, its own header for keys, and its filters."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.registry import provider
from app.providers.wire import Target
from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT, COMPLETION, OPENAI, PREFILL, body, impossible, request

DEPLOYED = "https://lab.openai.azure.com/openai/deployments/chat-eu?api-version=2024-10-21"
AZURE = Target("openai-chat", DEPLOYED, "chat-eu", dialect="azure")
SAFE = {"filtered": False, "severity": "safe"}
CALM = {"hate": SAFE, "jailbreak": {"filtered": False, "detected": False}}
PROMPT = [{"prompt_index": 0, "content_filter_results": CALM}]


def chat(
    message: dict[str, Any], finish: Any = "stop", found: Any = None, prompt: Any = PROMPT
) -> dict[str, Any]:
    return {
        "id": "chatcmpl-A", "object": "chat.completion", "created": 1790000000, "model": "gpt-4o-2024-11-20",
        "system_fingerprint": "fp_ee1d74bde0", "prompt_filter_results": prompt,
        "choices": [{"index": 0, "finish_reason": finish, "logprobs": None,
                     "message": {"role": "assistant", **message},
                     "content_filter_results": {"hate": SAFE, "violence": SAFE} if found is None else found}],
        "usage": {"prompt_tokens": 18, "completion_tokens": 6, "total_tokens": 24,
                  "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                  "completion_tokens_details": {"reasoning_tokens": 0}},
    }  # fmt: skip


def error(code: Any, words: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": words, **more}}


VIOLENT = {"violence": {"filtered": True, "severity": "medium"}}
BLOCKED = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": VIOLENT}
SHAPES = [
    answered("whole", chat({"content": "Hi.", "refusal": None}), text="Hi.", stop_class="natural",
             served_model="gpt-4o-2024-11-20", usage=(18, 0, None, 6, 0),
             effective={"system_fingerprint": "fp_ee1d74bde0"}),
    answered("a refusal field", chat({"content": None, "refusal": "I can't help."}), text="I can't help.",
             stop_class="model_refusal_field", parts=["refusal"]),
    answered("an answer filtered away", chat({}, "content_filter", VIOLENT), text="", stop_class="output_filtered",
             parts=["content_filter_results"]),
    answered("an answer filtered half way", chat({"content": "Well, "}, "content_filter", VIOLENT), text="Well, ",
             stop_class="output_filtered", parts=["content_filter_results"]),
    answered("something detected and let through", chat({"content": "Hi."},
             found={"protected_material_text": {"filtered": False, "detected": True}}), text="Hi.",
             stop_class="natural", parts=["content_filter_results"]),
    answered("a filter that did not run", chat({"content": "Hi."},
             found={"error": {"code": "content_filter_error", "message": "timed out"}}), text="Hi.",
             stop_class="natural", parts=["content_filter_results"]),
    answered("a prompt that was annotated", chat({"content": "Hi."}, prompt=[
             {"prompt_index": 0, "content_filter_results": {"jailbreak": {"filtered": False, "detected": True}}}]),
             text="Hi.", parts=["prompt_filter_results"]),
    answered("a blocked prompt", error("content_filter", "The response was filtered", param="prompt", status=400,
             type=None, innererror=BLOCKED), status=400, text="", stop_class="prompt_blocked",
             stop_raw="ResponsibleAIPolicyViolation", parts=["error"]),
    answered("cut", chat({"content": "Once"}, "length"), text="Once", stop_class="length"),
    answered("empty", chat({"content": ""}), text="", stop_class="natural"),
    answered("a prompt that is too long", error("context_length_exceeded", "This model's maximum context length is "
             "128000 tokens."), status=400, text="", stop_class="context_overflow", parts=["error"]),
    failed("too fast", error("429", "Requests to the ChatCompletions_Create Operation have exceeded the limit."),
           status=429, headers={"retry-after": "26", "retry-after-ms": "26500"}, then="retry", wait=26.5,
           slow_down=True),
    failed("no key", error("401", "Access denied due to invalid subscription key"), status=401, then="stop"),
    failed("no key, told by the gate", {"statusCode": 401, "message": "Unauthorized. Access token is missing."},
           status=401, then="stop", error="HTTP 401: Unauthorized. Access token is missing."),
    failed("no such deployment", error("DeploymentNotFound", "The API deployment does not exist."), status=404,
           then="fail"),
    failed("a setting that it does not take", error("unsupported_parameter", "Unsupported parameter: 'top_k'"),
           status=400, then="impossible"),
    failed("an error in HTTP 200", error("InternalServerError", "Backend returned unexpected response."),
           then="retry"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(AZURE, shape)


def test_a_deployment_is_addressed_with_its_version_behind_the_path() -> None:
    made = request(AZURE, replace(CHAT, seed=4, logprobs=2))
    assert made.url == (
        "https://lab.openai.azure.com/openai/deployments/chat-eu/chat/completions?api-version=2024-10-21"
    )
    assert made.body.decode().endswith(
        '"max_completion_tokens":512,"seed":4,"logprobs":true,"top_logprobs":2}'
    )
    unversioned = replace(AZURE, base_url="https://lab.openai.azure.com/openai/v1")
    assert request(unversioned, CHAT).url == "https://lab.openai.azure.com/openai/v1/chat/completions"
    raw = replace(AZURE, wire="openai-completions")
    assert "/deployments/chat-eu/completions?api-version=" in request(raw, COMPLETION).url
    assert '"max_tokens":512' in body(raw, COMPLETION)


def test_the_key_has_a_header_of_its_own() -> None:
    assert provider("openai-chat").auth(AZURE, "k1\n") == {"api-key": "k1"}
    assert provider("openai-completions").auth(AZURE, "k1") == {"api-key": "k1"}
    assert provider("openai-chat").auth(OPENAI, "k1") == {"authorization": "Bearer k1"}


def test_a_begun_answer_waits_for_a_probe() -> None:
    assert impossible(AZURE, PREFILL).startswith("it is not known whether this endpoint continues")
