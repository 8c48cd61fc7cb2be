"""The smaller ones, which speak the OpenAI format without a dialect of their own: what each does otherwise."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Target
from tests.providers.dialects.shapes import Shape, answered, check, failed, named
from tests.providers.said import CHAT

OTHER = Target("openai-chat", "https://api.example.com/v1", "m")


def chat(message: dict[str, Any], finish: Any = "stop", choice: Any = None, **more: Any) -> dict[str, Any]:
    said = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return {
        "id": "x",
        "object": "chat.completion",
        "model": "m-1",
        "choices": [said | (choice or {})],
        **more,
    }


TIMES = {
    "queue_time": 0.001,
    "prompt_time": 0.002,
    "completion_time": 0.01,
    "total_time": 0.02,
    "created": 1790000000,
}
SHAPES = [
    answered("Cerebras tells its times", chat({"content": "42", "reasoning": "Pick."}, time_info=TIMES), text="42",
             stop_class="natural", reasoning=[("Pick.", "reasoning", "full")]),
    answered("Z.ai filters", chat({"content": ""}, "sensitive"), text="", stop_class="output_filtered",
             stop_raw="sensitive"),
    answered("Z.ai filters half way", chat({"content": "Well, "}, "sensitive"), text="Well, ",
             stop_class="output_filtered"),
    answered("Z.ai reasons", chat({"content": "42", "reasoning_content": "Pick."}), text="42",
             reasoning=[("Pick.", "reasoning_content", "full")]),
    answered("Z.ai ran out of context", chat({"content": "On"}, "model_context_window_exceeded"), text="On",
             stop_class="context_overflow"),
    failed("Z.ai broke off", chat({"content": "On"}, "network_error"), then="retry"),
    answered("Snowflake gives an empty reason", chat({"content": "Hi."}, ""), text="Hi.", stop_class="unknown",
             stop_raw=""),
    answered("Snowflake says nothing at all", chat({"content": ""}, ""), text="", stop_class="empty"),
    answered("Together tells the seed that it took", chat({"content": "42"}, "eos", {"seed": 13907}), text="42",
             stop_class="natural", stop_raw="eos", parts=["seed"]),
    answered("Together took the seed that was sent", chat({"content": "42"}, "eos", {"seed": 7}), text="42",
             call=replace(CHAT, seed=7), stop_class="natural"),
    answered("LM Studio gives no log-probabilities", chat({"content": "42"}), text="42",
             call=replace(CHAT, logprobs=5), parts=["no_logprobs"]),
    failed("Voyage tells its error as a detail", {"detail": "Provided API key is invalid."}, status=401,
           then="stop", error="HTTP 401: Provided API key is invalid."),
    failed("Bedrock tells its error as a message", {"message": "The security token is invalid."}, status=403,
           then="stop", error="HTTP 403: The security token is invalid."),
    failed("Cohere tells its error as a message", {"id": "1", "message": "invalid request: no"}, status=400,
           then="fail", error="HTTP 400: invalid request: no"),
    failed("Hugging Face is waking a model", {"error": "Model m is currently loading", "estimated_time": 20.0},
           status=503, then="retry", error="HTTP 503: Model m is currently loading"),
    answered("Hugging Face hands on what vLLM tells", chat({"content": "Hi.", "reasoning_content": None}, "stop",
             {"stop_reason": None}, prompt_logprobs=None), text="Hi.", stop_class="natural"),
    failed("nested deeper than any error is", {"message": {"message": {"message": {"message": {"message": "x"}}}}},
           status=400, then="fail"),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=named)
def test_chat(shape: Shape) -> None:
    check(OTHER, shape)
