"""Examples of what the API answers, for its OpenAPI document (whose generator leaves out what is null)."""

from typing import Any

_RUN: dict[str, Any] = {
    "id": 3, "study": "first-light", "state": "done", "queued": 0, "running": 0, "done": 58, "failed": 2,
    "cancelled": 0, "impossible": 20, "calls": 66, "cost_usd": 0.0123, "created_at": "2026-11-20T09:00:00.000Z",
}  # fmt: skip
_OF: dict[str, Any] = {
    "number": 41, "id": "5e1f09ab:t41", "study": "first-light", "run": "5e1f09ab:r3", "wave": 1,
    "battery": "mode-collapse", "battery_version": 1, "prompt": "number-plain", "family": "number",
    "variant": "plain", "condition": {}, "theme": "collapse", "branch": "abstract/number", "mode": "chat",
    "subject": "gemma-raw", "subject_version": 1, "induced_by": "training", "style": "base",
    "endpoint": "gemma-base", "wire": "openai-completions", "model": "gemma-3-270m",
    "served_model": "gemma-3-270m", "stage": "base", "temperature": 0.7, "repeat": 2,
}  # fmt: skip
_KEPT: dict[str, Any] = {
    "cost_usd": 0.0, "latency_ms": 212, "created_at": "2026-11-20T09:00:00.000Z",
    "finished_at": "2026-11-20T09:00:01.250Z", "sha256": "cdf1f2…", "url": "/transcripts/41",
}  # fmt: skip
_PROMPT: dict[str, Any] = {
    "id": "5e1f09ab:m1", "parent": None, "role": "user", "text": "Pick any whole number from 0 to 100.",
    "parts": None, "origin": "prompt", "stop_class": None, "stop_raw": None, "usage": None, "latency_ms": None,
    "served_model": None,
}  # fmt: skip
_ANSWER: dict[str, Any] = {
    "id": "5e1f09ab:m90", "parent": "5e1f09ab:m1", "role": "text", "text": " 42", "parts": None,
    "origin": "model", "stop_class": "natural", "stop_raw": "stop",
    "usage": {"input": 25, "cache_read": 0, "cache_write": 0, "output": 2, "reasoning": 0, "raw": {}},
    "latency_ms": 212, "served_model": "gemma-3-270m",
}  # fmt: skip
_SETTINGS: dict[str, Any] = {"max_tokens": 96, "temperature": 0.7}
_WAVE: dict[str, Any] = {
    "number": 1, "repeats": 20, "temperatures": None, "reason": "", "created_at": "2026-11-20T09:00:00.000Z",
    "batteries": [{"slug": "mode-collapse", "version": 1, "keys": None}],
    "subjects": [{"slug": "gemma-raw", "version": 1}],
}  # fmt: skip

RUNS: dict[str, Any] = {"runs": [_RUN], "next": "/api/v1/runs?before=3"}
RUN: dict[str, Any] = {
    **_RUN,
    "wanted": "go",
    "budget": {"usd": 2.0, "calls": 5000, "tokens": 2_000_000},
    "waves": [_WAVE],
}
TRANSCRIPTS: dict[str, Any] = {
    "transcripts": [{**_OF, "state": "done", "stop_class": "natural", "error": None, **_KEPT}],
    "next": "/api/v1/transcripts?run=3&after=41",
}
TRANSCRIPT: dict[str, Any] = {
    **_OF,
    "sampling": {"asked": _SETTINGS, "sent": {**_SETTINGS, "seed": 1203384461}, "effective": {"top_k": 40}},
    "system": None,
    "state": "done",
    "stop_class": "natural",
    "stop_raw": "stop",
    "error": None,
    "messages": [_PROMPT, _ANSWER],
    "usage": {"input": 25, "output": 2, "reasoning": 0, "cached": 0},
    **_KEPT,
}
EXCHANGES: dict[str, Any] = {
    "exchanges": [
        {
            "turn": 1, "n": 1, "attempt": 1, "outcome": "answer", "seed": 1203384461,
            "url": "http://127.0.0.1:8401/v1/completions", "status": 200, "headers": {"content-type": "…"},
            "reply_sha256": "9f86d0…", "error": None, "first_byte_ms": 180, "total_ms": 212, "tokens": 27,
            "request": '{"model":"gemma-3-270m","prompt":"…"}', "reply": '{"choices":[…]}', "reply_base64": None,
            "cost_usd": 0.0, "started_at": "2026-11-20T09:00:01.038Z", "finished_at": "2026-11-20T09:00:01.250Z",
        }
    ]
}  # fmt: skip
