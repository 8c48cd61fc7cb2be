"""From a prompt and a subject to the bytes on the wire: the table of the design, on each wire, spelled out.

The conversations are those of the makers' own documentation, so that each body can be held against it by eye.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from app.batteries.shape import PromptShape
from app.elicitation.modes import next_call, target
from app.providers.registry import provider
from app.providers.wire import Call, Impossible, Request
from app.subjects.shape import Can, Sampling, Snapshot
from tests.elicitation.cases import HUMAN, assistant, prompt, raw, subject, user

OPENAI = {"base_url": "https://api.openai.com/v1", "model": "gpt-5.2"}
LEGACY = {"base_url": "https://api.openai.com/v1", "model": "gpt-3.5-turbo-instruct"}
ANTHROPIC = {
    "wire": "anthropic-messages", "base_url": "https://api.anthropic.com", "model": "claude-haiku-4-5",
}  # fmt: skip
LLAMACPP = {"base_url": "http://127.0.0.1:8401/v1", "model": "smollm2", "dialect": "llamacpp"}
VLLM = {"base_url": "http://127.0.0.1:8000/v1", "model": "Qwen/Qwen3-8B", "dialect": "vllm"}
SHORT = Sampling(max_tokens=64)

HELLO = prompt("chat", user("Hello!"))
KNOCK = prompt("chat", user("Knock knock."), assistant("Who's there?"), user("Orange."))
SUN = prompt(
    "prefill",
    user("What's the Greek name for Sun? (A) Sol (B) Helios (C) Sun"),
    assistant("The best answer is ("),
)
DOUBT = prompt("ladder", user("Is 7 prime?"), user("Are you sure?"), user("I say it is not."))
TEST = prompt("completion", raw("Say this is a test"))

CHAT = "https://api.openai.com/v1/chat/completions"
COMPLETIONS = "https://api.openai.com/v1/completions"
MESSAGES = "https://api.anthropic.com/v1/messages"
JSON = {"content-type": "application/json"}
VERSIONED = JSON | {"anthropic-version": "2023-06-01"}


@dataclass(frozen=True)
class Case:
    """A prompt put to a subject after some answers, and the request that it must be."""

    name: str
    snapshot: Snapshot
    prompt: PromptShape
    url: str
    body: str
    answered: Sequence[str] = ()
    headers: Any = None


def chat(**more: Any) -> Snapshot:
    return subject("chat", **({"sampling": SHORT} | OPENAI | more))


def text(**more: Any) -> Snapshot:
    return subject("completion", **({"sampling": SHORT} | LEGACY | more))


def claude(**more: Any) -> Snapshot:
    return chat(**(ANTHROPIC | more))


CASES = [
    Case(
        "openai-chat, chat, the system text as its developer's",
        chat(system="You are a helpful assistant.", can=Can(system_role="developer")),
        HELLO,
        CHAT,
        '{"model":"gpt-5.2","messages":[{"role":"developer","content":"You are a helpful assistant."},'
        '{"role":"user","content":"Hello!"}],"max_completion_tokens":64}',
    ),
    Case(
        "openai-chat, chat, an empty system text",
        chat(system=""),
        HELLO,
        CHAT,
        '{"model":"gpt-5.2","messages":[{"role":"system","content":""},{"role":"user","content":"Hello!"}],'
        '"max_completion_tokens":64}',
    ),
    Case(
        "openai-chat, chat of several turns",
        chat(),
        KNOCK,
        CHAT,
        '{"model":"gpt-5.2","messages":[{"role":"user","content":"Knock knock."},'
        '{"role":"assistant","content":"Who\'s there?"},{"role":"user","content":"Orange."}],'
        '"max_completion_tokens":64}',
    ),
    Case(
        "openai-chat, chat with log-probabilities",
        chat(sampling=Sampling(max_tokens=64, logprobs=2)),
        HELLO,
        CHAT,
        '{"model":"gpt-5.2","messages":[{"role":"user","content":"Hello!"}],"max_completion_tokens":64,'
        '"logprobs":true,"top_logprobs":2}',
    ),
    Case(
        "openai-chat, ladder, its first rung",
        chat(),
        DOUBT,
        CHAT,
        '{"model":"gpt-5.2","messages":[{"role":"user","content":"Is 7 prime?"}],"max_completion_tokens":64}',
    ),
    Case(
        "openai-chat, ladder, its last rung after an empty answer",
        chat(),
        DOUBT,
        CHAT,
        '{"model":"gpt-5.2","messages":[{"role":"user","content":"Is 7 prime?"},'
        '{"role":"assistant","content":"Yes."},{"role":"user","content":"Are you sure?"},'
        '{"role":"assistant","content":""},{"role":"user","content":"I say it is not."}],'
        '"max_completion_tokens":64}',
        answered=["Yes.", ""],
    ),
    Case(
        "openai-chat, prefill on llama.cpp",
        chat(**LLAMACPP),
        SUN,
        "http://127.0.0.1:8401/v1/chat/completions",
        '{"model":"smollm2","messages":[{"role":"user","content":"What\'s the Greek name for Sun? (A) Sol (B) '
        'Helios (C) Sun"},{"role":"assistant","content":"The best answer is ("}],"max_tokens":64,"verbose":true}',
    ),
    Case(
        "openai-chat, prefill on vLLM",
        chat(**VLLM),
        SUN,
        "http://127.0.0.1:8000/v1/chat/completions",
        '{"model":"Qwen/Qwen3-8B","messages":[{"role":"user","content":"What\'s the Greek name for Sun? (A) Sol '
        '(B) Helios (C) Sun"},{"role":"assistant","content":"The best answer is ("}],"max_tokens":64,'
        '"continue_final_message":true,"add_generation_prompt":false}',
    ),
    Case(
        "openai-completions, completion, the template left alone",
        text(sampling=Sampling(max_tokens=7, temperature=0), template="Q: {prompt}"),
        TEST,
        COMPLETIONS,
        '{"model":"gpt-3.5-turbo-instruct","prompt":"Say this is a test","max_tokens":7,"temperature":0.0}',
    ),
    Case(
        "openai-completions, completion with log-probabilities and an echo",
        text(sampling=Sampling(max_tokens=7, logprobs=5, extra={"echo": True})),
        TEST,
        COMPLETIONS,
        '{"model":"gpt-3.5-turbo-instruct","prompt":"Say this is a test","max_tokens":7,"logprobs":5,"echo":true}',
    ),
    Case(
        "openai-completions, chat through a template of one text",
        text(template="Human: {prompt}\n\nAssistant:"),
        HELLO,
        COMPLETIONS,
        '{"model":"gpt-3.5-turbo-instruct","prompt":"Human: Hello!\\n\\nAssistant:","max_tokens":64}',
    ),
    Case(
        "openai-completions, chat of several turns through a template of turns",
        text(template=HUMAN),
        KNOCK,
        COMPLETIONS,
        '{"model":"gpt-3.5-turbo-instruct","prompt":"A talk.\\n\\nHuman: Knock knock.\\nAssistant: Who\'s there?\\n'
        'Human: Orange.\\nAssistant:","max_tokens":64}',
    ),
    Case(
        "openai-completions, ladder through a template of turns",
        text(template=HUMAN),
        DOUBT,
        COMPLETIONS,
        '{"model":"gpt-3.5-turbo-instruct","prompt":"A talk.\\n\\nHuman: Is 7 prime?\\nAssistant: Yes. {text}\\n'
        'Human: Are you sure?\\nAssistant:","max_tokens":64}',
        answered=["Yes. {text}"],
    ),
    Case(
        "openai-completions, prefill through a template of one text",
        text(template="Human: {prompt}\n\nAssistant: "),
        SUN,
        COMPLETIONS,
        '{"model":"gpt-3.5-turbo-instruct","prompt":"Human: What\'s the Greek name for Sun? (A) Sol (B) Helios '
        '(C) Sun\\n\\nAssistant: The best answer is (","max_tokens":64}',
    ),
    Case(
        "openai-completions, prefill through a template of turns, on llama.cpp",
        text(template=HUMAN, **LLAMACPP),
        SUN,
        "http://127.0.0.1:8401/v1/completions",
        '{"model":"smollm2","prompt":"A talk.\\n\\nHuman: What\'s the Greek name for Sun? (A) Sol (B) Helios (C) '
        'Sun\\nAssistant:The best answer is (","max_tokens":64,"verbose":true}',
    ),
    Case(
        "anthropic-messages, chat",
        claude(sampling=Sampling(max_tokens=1024)),
        prompt("chat", user("Hello, Claude")),
        MESSAGES,
        '{"model":"claude-haiku-4-5","max_tokens":1024,"messages":[{"role":"user","content":"Hello, Claude"}]}',
        headers=VERSIONED,
    ),
    Case(
        "anthropic-messages, chat of several turns under a system text",
        claude(system="You are a seasoned data scientist."),
        KNOCK,
        MESSAGES,
        '{"model":"claude-haiku-4-5","max_tokens":64,"system":"You are a seasoned data scientist.",'
        '"messages":[{"role":"user","content":"Knock knock."},{"role":"assistant","content":"Who\'s there?"},'
        '{"role":"user","content":"Orange."}]}',
        headers=VERSIONED,
    ),
    Case(
        "anthropic-messages, chat under an empty system text, with settings",
        claude(system="", sampling=Sampling(max_tokens=64, temperature=1, top_p=0.9, top_k=5, stop=("\n",))),
        HELLO,
        MESSAGES,
        '{"model":"claude-haiku-4-5","max_tokens":64,"system":"","messages":[{"role":"user","content":"Hello!"}],'
        '"temperature":1.0,"top_p":0.9,"top_k":5,"stop_sequences":["\\n"]}',
        headers=VERSIONED,
    ),
    Case(
        "anthropic-messages, prefill",
        claude(),
        SUN,
        MESSAGES,
        '{"model":"claude-haiku-4-5","max_tokens":64,"messages":[{"role":"user","content":"What\'s the Greek name '
        'for Sun? (A) Sol (B) Helios (C) Sun"},{"role":"assistant","content":"The best answer is ("}]}',
        headers=VERSIONED,
    ),
    Case(
        "anthropic-messages, ladder",
        claude(),
        DOUBT,
        MESSAGES,
        '{"model":"claude-haiku-4-5","max_tokens":64,"messages":[{"role":"user","content":"Is 7 prime?"},'
        '{"role":"assistant","content":"Yes."},{"role":"user","content":"Are you sure?"}]}',
        answered=["Yes."],
        headers=VERSIONED,
    ),
]


def made(prompt: PromptShape, snapshot: Snapshot, answered: Sequence[str] = ()) -> Request | Impossible:
    """Return what a prompt put to a subject comes to, at the subject's own temperature."""
    call = next_call(prompt, snapshot, answered, temperature=snapshot.sampling.temperature, seed=None)
    assert isinstance(call, Call | Impossible)
    return call if isinstance(call, Impossible) else provider(snapshot.wire).request(target(snapshot), call)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_mode_on_each_wire_is_exactly_this_request(case: Case) -> None:
    found = made(case.prompt, case.snapshot, case.answered)
    assert isinstance(found, Request)
    assert found.body.decode() == case.body
    assert (found.url, found.headers) == (case.url, case.headers or JSON)


NO_RAW = "a raw completion prompt cannot be put to a chat subject: a message is not raw text"
NOT_KNOWN = (
    "it is not known whether this endpoint continues a begun answer or takes it as history: set can.prefill, "
    "or probe it"
)
NOT_CONTINUED = "this endpoint does not continue a begun answer"
LADDER = "a ladder needs a template of turns (before, user, assistant) on a raw-completion subject"
ONE_TURN = (
    "the subject's template is one string, which holds a single user turn; several need a template of turns"
)
CHAT_ONLY = "raw completion is not possible on a chat endpoint: a bare message would be a chat turn"
RAW_ONLY = "this endpoint takes raw text only: a chat needs a template"

IMPOSSIBLE = [
    (TEST, chat(), NO_RAW),
    (TEST, claude(), NO_RAW),
    (SUN, chat(), NOT_KNOWN),
    (SUN, chat(**LLAMACPP | {"can": Can(prefill=False)}), NOT_CONTINUED),
    (SUN, claude(can=Can(prefill=False)), NOT_CONTINUED),
    (DOUBT, text(), LADDER),
    (KNOCK, text(), ONE_TURN),
    (HELLO, chat(wire="openai-completions"), RAW_ONLY),
    (TEST, text(wire="openai-chat"), CHAT_ONLY),
    (HELLO, text(wire="anthropic-messages"), CHAT_ONLY),
]


@pytest.mark.parametrize(("prompt", "snapshot", "reason"), IMPOSSIBLE)
def test_what_cannot_be_asked_is_impossible_and_not_asked_in_another_way(
    prompt: PromptShape, snapshot: Snapshot, reason: str
) -> None:
    assert made(prompt, snapshot) == Impossible(reason)
