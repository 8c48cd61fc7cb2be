"""A pretended endpoint with one peculiarity or another: it counts, draws words, and says no in many ways.

It is a pure function of the request; `Pretender.at` puts it behind a real server.
"""

import json
import math
import random
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from app.probes.asks import Heard, Notes
from app.probes.script import following, script
from app.providers.wire import Reply, Target
from tests.faultbox import Body, Fault, FaultBox

NUMBERS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
]
WORDS = [
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "flint",
    "grove",
    "heron",
    "ivory",
    "jade",
    "kelp",
    "lotus",
    "maple",
    "night",
    "olive",
    "pearl",
]
REFUSED = {
    "message": "Unsupported parameter: {}",
    "type": "invalid_request_error",
    "code": "unsupported_parameter",
}


@dataclass
class Pretender:
    """What is peculiar about it. `refuses` names body fields (or roles, or `prefill`) that get a 400."""

    refuses: frozenset[str] = frozenset()
    prefill: str = "history"  # continues, repeats, history, dropped
    template: int = 4  # tokens around each turn
    raw_template: int = 0
    seed: bool = True
    temperature: str = "heeded"  # ignored, default
    narrows: bool = True  # top_p and top_k
    stops: bool = True
    logprobs: str = "before"  # after, none, null
    most: int = 20
    refuses_more: int = 200  # alternatives than these
    answers: bool = True  # n
    echoes: bool = False
    reasoning: str = ""  # reasoning_content, hidden
    counts: bool = True  # tokens
    limits: bool = True  # keeps to max_tokens
    record: Body | None = None
    served: str = "m-2026-11-01"
    calls: list[Body] = field(default_factory=list)
    tokens_in: int = 0  # of all calls

    def __call__(self, path: str, body: Body) -> Body | Fault:
        """Answer a request."""
        if path.endswith(":generateContent"):
            return _as_gemini(self("/chat/completions", _from_gemini(body)))
        if re.search("/models(/[^:]*)?$", path):
            return Fault(404, {"error": {"message": "no such route"}}) if self.record is None else self.record
        self.calls.append(body)
        for name in sorted(self.refuses & (body.keys() | self._roles(body))):
            return Fault(
                400, {"error": REFUSED | {"message": REFUSED["message"].format(name), "param": name}}
            )
        if self.temperature == "default" and body.get("temperature", 1) != 1:
            return Fault(400, {"error": REFUSED | {"message": "Only the default (1) value is supported."}})
        if (_alternatives(body) or 0) > self.refuses_more:
            return Fault(
                400,
                {"error": {"message": "logprobs: integer above maximum", "type": "invalid_request_error"}},
            )
        return self._answer(path, body)

    @classmethod
    def at(cls, box: FaultBox, **peculiar: Any) -> "Pretender":
        """Put one behind a server."""
        made = cls(**peculiar)
        box.reply = lambda seen: made(urlsplit(seen.path).path, seen.body)  # type: ignore[method-assign]
        return made

    def _roles(self, body: Body) -> set[str]:
        said = body.get("messages", [])
        begun = {"prefill"} if said and said[-1]["role"] == "assistant" else set()
        return {one["role"] for one in said} | begun | ({"n"} if body.get("n", 1) > 1 else set())

    def _answer(self, path: str, body: Body) -> Body:
        self.tokens_in += self._tokens_in(body)
        raw = path.endswith("/completions") and "prompt" in body
        most = body.get("max_tokens", body.get("max_completion_tokens", 1000)) if self.limits else 30
        words, ended = self._words(body)[:most], len(self._words(body)) <= most
        text = self._begun(body, "".join(words))
        if self.stops:
            for one in body.get("stop") or body.get("stop_sequences") or ():
                text, ended = (text.partition(one)[0], True) if one in text else (text, ended)
        if path.endswith("/messages"):
            usage = {"input_tokens": self._tokens_in(body), "output_tokens": len(words)}
            content = [{"type": "text", "text": text}]
            return {"type": "message", "model": self.served, "content": content, "usage": usage,
                    "stop_reason": "end_turn" if ended else "max_tokens"}  # fmt: skip
        message: Body = {"role": "assistant", "content": text}
        if self.reasoning == "reasoning_content" and not raw:
            message["reasoning_content"] = "17 times 23"
        said = (
            {"text": body["prompt"] + text if self.echoes and body.get("echo") else text}
            if raw
            else {"message": message}
        )
        choice = {
            **said,
            "finish_reason": "stop" if ended else "length",
            "logprobs": self._logprobs(body, words),
        }
        n = body.get("n", 1) if self.answers else 1
        usage = {"prompt_tokens": self._tokens_in(body), "completion_tokens": len(words) * n}
        if self.reasoning == "hidden":
            usage |= {
                "completion_tokens": max(len(words), 9),
                "completion_tokens_details": {"reasoning_tokens": 9},
            }
        return {"model": self.served, "system_fingerprint": "fp-7", "usage": usage if self.counts else None,
                "choices": [choice] * n}  # fmt: skip

    def _words(self, body: Body) -> list[str]:
        text = (
            body.get("prompt")
            or body["messages"][0 if body["messages"][0]["role"] == "user" else 1]["content"]
        )
        if "random" not in text:
            return [f"{one} " for one in NUMBERS * 3]
        hot = body.get("temperature", 1) if self.temperature == "heeded" else 1
        likeliest = hot == 0 or (self.narrows and (body.get("top_p", 1) < 0.01 or body.get("top_k") == 1))
        seed = body.get("seed") if self.seed else None
        dice = random.Random(0 if likeliest else seed if seed is not None else len(self.calls) + 1000)
        return [f"{dice.choice(WORDS)} " for _ in range(12)]

    def _begun(self, body: Body, text: str) -> str:
        turns = body.get("messages") or [{"role": "text", "content": body.get("prompt", "")}]
        last = turns[-1]
        if last["role"] == "user" or not last["content"].endswith(" eig"):
            return text
        if last["role"] == "assistant" and self.prefill in ("history", "dropped"):
            return text.capitalize()
        goes_on = "ht nine ten eleven "
        return (
            last["content"] + goes_on
            if self.prefill == "repeats" and last["role"] == "assistant"
            else goes_on
        )

    def _tokens_in(self, body: Body) -> int:
        if "prompt" in body:
            return len(body["prompt"].split()) + 1 + self.raw_template
        turns = list(body["messages"])
        if turns[-1]["role"] == "assistant" and self.prefill == "dropped":
            turns.pop()
        around = len(turns) - (turns[-1]["role"] == "assistant" and self.prefill in ("continues", "repeats"))
        more = body.get("system", "").split()
        return sum(len(one["content"].split()) for one in turns) + len(more) + self.template * around

    def _logprobs(self, body: Body, words: list[str]) -> Any:
        asked = _alternatives(body)
        if self.logprobs in ("none", "null") or asked is None:
            return None
        cold = body.get("temperature", 1) or 0.01
        scale = 1 / cold if self.logprobs == "after" else 1
        weights = [-0.7 * place * scale for place in range(self.most)]
        norm = math.log(sum(map(math.exp, weights)))
        top = [{"token": f"t{place}", "logprob": one - norm} for place, one in enumerate(weights)][:asked]
        return {
            "content": [
                {"token": word, "logprob": top[0]["logprob"] if top else -1.0, "top_logprobs": top}
                for word in words
            ]
        }


def _alternatives(body: Body) -> int | None:
    """How many alternatives a request asks for."""
    return body.get("top_logprobs") if "messages" in body else body.get("logprobs")


def _from_gemini(body: Body) -> Body:
    """A Gemini request as the chat request that it stands for."""
    roles = {"user": "user", "model": "assistant"}
    said = [{"role": roles[one["role"]], "content": one["parts"][0]["text"]} for one in body["contents"]]
    system = body.get("systemInstruction")
    turns = [*([{"role": "system", "content": system["parts"][0]["text"]}] if system else []), *said]
    names = {"maxOutputTokens": "max_tokens", "topP": "top_p", "topK": "top_k", "stopSequences": "stop",
             "candidateCount": "n", "responseLogprobs": "logprobs", "logprobs": "top_logprobs"}  # fmt: skip
    return {"messages": turns} | {
        names.get(name, name): value for name, value in body["generationConfig"].items()
    }


def _as_gemini(made: Body | Fault) -> Body | Fault:
    """A chat reply as Gemini says it."""
    if isinstance(made, Fault):
        return made
    usage = made["usage"] or {}
    found = []
    for one in made["choices"]:
        places = (one["logprobs"] or {"content": []})["content"]
        tops = [
            [{"token": top["token"], "logProbability": top["logprob"]} for top in place["top_logprobs"]]
            for place in places
        ]
        chosen = [{"token": place["token"], "logProbability": place["logprob"]} for place in places]
        result = {"chosenCandidates": chosen, "topCandidates": [{"candidates": top} for top in tops]}
        ended = {"stop": "STOP", "length": "MAX_TOKENS"}[one["finish_reason"]]
        content = {"role": "model", "parts": [{"text": one["message"]["content"]}]}
        told = {"logprobsResult": result} if places else {}
        found.append({"content": content, "finishReason": ended, **told})
    counts = {
        "promptTokenCount": usage.get("prompt_tokens"),
        "candidatesTokenCount": usage.get("completion_tokens"),
    }
    return {"candidates": found, "modelVersion": made["model"], "usageMetadata": counts if usage else {}}


def probed(target: Target, endpoint: Pretender, *, calls: int = 60) -> Notes:
    """Carry a probe through against a pretended endpoint, without a network."""
    notes, heard = Notes(target), None
    steps = script(notes)
    while (ask := following(steps, heard)) is not None:
        made = endpoint(urlsplit(ask.request.url).path, json.loads(ask.request.body or b"{}"))
        status, body = (made.status, made.body) if isinstance(made, Fault) else (200, made)
        reply = Reply(status, {"content-type": "application/json"}, json.dumps(body).encode())
        outcome = ask.read(reply)
        notes.learn(outcome)
        heard = Heard(ask.says, outcome, reply, ask.request)
        calls -= 1
        assert calls, "a probe has no end"
    return notes
