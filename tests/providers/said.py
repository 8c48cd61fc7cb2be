"""Endpoints, calls and replies that the provider tests put together."""

import json
from collections.abc import Mapping
from typing import Any

from app.providers.registry import provider
from app.providers.wire import Answered, Call, Failed, Impossible, Reply, Request, Said, Target

OPENAI = Target("openai-chat", "https://api.openai.com/v1", "gpt-5.2")
LOCAL = Target("openai-chat", "http://127.0.0.1:8401/v1", "smollm2", dialect="llamacpp")
VLLM = Target("openai-chat", "http://127.0.0.1:8000/v1", "qwen3-8b", dialect="vllm")
OPENROUTER = Target("openai-chat", "https://openrouter.ai/api/v1", "z-ai/glm-5", dialect="openrouter")
RAW = Target("openai-completions", "https://api.openai.com/v1", "davinci-002")
LOCAL_RAW = Target("openai-completions", "http://127.0.0.1:8401/v1", "gemma-3-270m", dialect="llamacpp")
ANTHROPIC = Target("anthropic-messages", "https://api.anthropic.com", "claude-haiku-4-5")
GEMINI = Target("gemini", "https://generativelanguage.googleapis.com/v1beta", "gemini-3-flash")

HELLO = (Said("user", "Hello!"),)
BEGUN = (Said("user", "Who are you?"), Said("assistant", "I am"))
CHAT = Call("chat", turns=HELLO)
PREFILL = Call("chat", turns=BEGUN, prefill=True)
COMPLETION = Call("completion", prompt="Once upon a time")


def request(target: Target, call: Call) -> Request:
    """Return the request, which must be possible."""
    made = provider(target.wire).request(target, call)
    assert isinstance(made, Request), made
    return made


def impossible(target: Target, call: Call) -> str:
    """Return why the call is impossible, which it must be."""
    made = provider(target.wire).request(target, call)
    assert isinstance(made, Impossible), made
    return made.reason


def body(target: Target, call: Call) -> str:
    """Return the exact body as text."""
    return request(target, call).body.decode()


def reply(told: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a reply with a JSON body (or the bytes given)."""
    raw = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Reply(status, {"content-type": "application/json"} | dict(headers or {}), raw)


def read(target: Target, told: Any, call: Call = CHAT, **more: Any) -> Answered | Failed:
    """Return what a reply with this body comes to."""
    return provider(target.wire).read(target, call, reply(told, **more))


def answer(target: Target, told: Any, call: Call = CHAT, **more: Any) -> Answered:
    """Return the answer of a reply, which must be one."""
    found = read(target, told, call, **more)
    assert isinstance(found, Answered), found
    return found


def failure(target: Target, told: Any, call: Call = CHAT, **more: Any) -> Failed:
    """Return the failure of a reply, which must be one."""
    found = read(target, told, call, **more)
    assert isinstance(found, Failed), found
    return found


def chat(content: Any = "Hi.", finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """Return the body of a chat completion; `more` goes into the message."""
    message = {"role": "assistant", "content": content, **more}
    return {"model": "m", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}


def words(text: str) -> dict[str, Any]:
    """Return a part of a generateContent reply that is text."""
    return {"text": text}


def content(*parts: Any, finish: Any = "STOP", **more: Any) -> dict[str, Any]:
    """Return the body of a generateContent reply with these parts; `more` goes into the candidate."""
    candidate = {
        "content": {"role": "model", "parts": list(parts)},
        "finishReason": finish,
        "index": 0,
        **more,
    }
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 4, "totalTokenCount": 9}
    told = {"usageMetadata": usage, "modelVersion": "gemini-3-flash-001", "responseId": "r-1"}
    return {"candidates": [candidate], **told}


def types(found: Answered) -> list[str]:
    """Return the types of an answer's parts."""
    return [part["type"] for part in found.parts]
