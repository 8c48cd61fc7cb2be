"""One study through several wires: what was said, how it ended and what it used agree, and stand on one tree."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from app import db
from app.batteries.shape import PromptShape, Turn
from app.db import Database
from app.demo.models import SMOLLM2
from app.subjects.shape import EndpointShape, SubjectShape
from app.transcripts.commands import retry
from app.transcripts.models import Message, SettingsRecord, Transcript
from app.transcripts.tallies import count
from tests.faultbox import FaultBox, Seen
from tests.local_model import smollm2
from tests.scene import chat, collect_runs, endpoint, ladder, planned, subject, transcripts

TALK = {"before": "", "user": "<u>{text}<a>", "assistant": "{text}"}
PATHS = {
    "openai-chat": "/v1",
    "openai-completions": "/v1",
    "anthropic-messages": "",
    "gemini": "/v1beta",
}


def through(root: str, wires: list[str]) -> tuple[list[EndpointShape], list[SubjectShape]]:
    """Return an endpoint of one server for each wire, and a subject on each."""
    endpoints = [endpoint(root + PATHS[wire], wire, wire=wire) for wire in wires]
    raw = {"mode": "completion", "template": TALK}
    subjects = [
        subject(
            wire,
            wire,
            sampling={"temperature": 0, "seed": 5},
            **(raw if wire.endswith("completions") else {}),
        )
        for wire in wires
    ]
    return endpoints, subjects


def last_words(seen: Seen) -> str:
    """Answer with the last thing that was asked, whichever wire asked it."""
    asked = seen.prompt.removesuffix("<a>").rpartition("<u>")[2]
    return f"You said: {asked.rpartition(chr(10))[2]}"


def said(tip: int | None) -> list[tuple[int | None, str]]:
    """Return a path from its root: who made each message (None = it is shared) and its text."""
    found: list[tuple[int | None, str]] = []
    with db.reading() as session:
        while tip is not None:
            row = session.get_one(Message, tip)
            found.append((row.made_by, row.text))
            tip = row.parent_id
    return found[::-1]


def agreed(draw: Transcript) -> dict[str, Any]:
    """Return what must not depend on the wire."""
    columns = ("state", "stop_class", "served_model", "input_tokens", "output_tokens", "answered", "root_id",
               "temperature_milli", "equal_sha256", "reason")  # fmt: skip
    return {name: getattr(draw, name) for name in columns} | {"said": [text for _, text in said(draw.tip_id)]}


def by_prompt(run: int) -> list[list[Transcript]]:
    """Return a run's transcripts, those of one prompt together, in the order of the prompts."""
    found: dict[int, list[Transcript]] = {}
    for draw in transcripts(run):
        found.setdefault(draw.prompt_id or 0, []).append(draw)
    return [found[number] for number in sorted(found)]


def test_the_same_study_through_four_wires_gives_transcripts_that_agree(database: Database) -> None:
    with FaultBox() as box:
        box.answer = last_words
        endpoints, subjects = through(f"http://127.0.0.1:{box.port}", list(PATHS))
        run = planned(endpoints, subjects, [chat("a", "Why?"), ladder("l", "Who?", "Sure?")])
        collect_runs(run)
        assert {seen.path for seen in box.seen} == {
            "/v1/chat/completions",
            "/v1/completions",
            "/v1/messages",
            "/v1beta/models/m:generateContent",
        }
    for same in by_prompt(run):
        assert len(same) == 4
        first = agreed(same[0])
        assert (first["state"], first["stop_class"], first["served_model"]) == ("done", "natural", "m-served")
        assert all(agreed(other) == first for other in same)
        # The turns above the first answer are one path for all four; each answer is its draw's own.
        assert {made_by for draw in same for made_by, _ in said(draw.tip_id)} == {
            None,
            *(draw.id for draw in same),
        }
    chats, ladders = (agreed(same[0])["said"] for same in by_prompt(run))
    assert chats == ["Why?", "You said: Why?"]
    assert ladders == ["Who?", "You said: Who?", "Sure?", "You said: Sure?"]
    with db.reading() as session:
        assert len(session.scalars(select(Message).where(Message.made_by.is_(None))).all()) == 2


def signed(box: FaultBox) -> None:
    """Let each answer come with a signature of its thoughts that must be given back."""
    real = box.reply

    def reply(seen: Seen) -> dict[str, Any]:
        told = real(seen)
        rung = len(seen.body["contents"])
        told["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = f"signature {rung}"
        return told

    box.reply = reply  # type: ignore[method-assign]


def test_the_signature_of_its_thoughts_goes_back_with_each_answer_also_after_a_failure(
    database: Database,
) -> None:
    with FaultBox() as box:
        signed(box)
        broken = {"C?": "404"}
        box.fault = lambda seen: broken.get(seen.body["contents"][-1]["parts"][0]["text"])
        box.answer = lambda seen: f"answer {len(seen.body['contents'])}"
        there = endpoint(f"http://127.0.0.1:{box.port}/v1beta", wire="gemini", key_env="BOX_API_KEY")
        run = planned(there, prompts=[ladder("l", "A?", "B?", "C?")])
        keys = {"BOX_API_KEY": "AIza-very-secret"}
        collect_runs(run, keys=keys)
        broken.clear()
        with db.writing() as session:
            assert retry(session, run) == 1
        collect_runs(run, keys=keys)
        assert {seen.headers["x-goog-api-key"] for seen in box.seen} == {"AIza-very-secret"}
        assert [len(seen.body["contents"]) for seen in box.seen] == [1, 3, 5, 5]
        assert box.seen[-1].body["contents"] == [
            {"role": "user", "parts": [{"text": "A?"}]},
            {"role": "model", "parts": [{"text": "answer 1", "thoughtSignature": "signature 1"}]},
            {"role": "user", "parts": [{"text": "B?"}]},
            {"role": "model", "parts": [{"text": "answer 3", "thoughtSignature": "signature 3"}]},
            {"role": "user", "parts": [{"text": "C?"}]},
        ]
        assert box.seen[-1].body["contents"] == box.seen[-2].body["contents"]
    (draw,) = transcripts(run)
    assert (draw.state, draw.answered) == ("done", 3)


def test_a_draw_that_another_upstream_served_is_told_apart_like_one_of_another_model(
    database: Database,
) -> None:
    with FaultBox() as box:
        real, served = box.reply, iter(["DeepInfra", "Novita", "DeepInfra"])
        box.reply = lambda seen: real(seen) | {"provider": next(served)}  # type: ignore[method-assign]
        there = endpoint(box.url, dialect="openrouter", upstream="deepinfra/fp8", limits={"concurrency": 1})
        run = planned(there, repeats=3)
        collect_runs(run)
        assert {json.dumps(seen.body["provider"]) for seen in box.seen} == {
            '{"order": ["deepinfra/fp8"], "allow_fallbacks": false, "require_parameters": true}'
        }
    draws = transcripts(run)
    assert [draw.served_model for draw in draws] == ["m-served", "m-served by Novita", "m-served"]
    with db.reading() as session:
        assert count(session, run).endings.other_model == 1
        told = {
            draw.id: session.get_one(SettingsRecord, draw.settings_id).effective["provider"] for draw in draws
        }
        marked = session.get_one(Message, draws[1].tip_id).parts
    assert list(told.values()) == ["DeepInfra", "Novita", "DeepInfra"]
    assert marked == [{"type": "other_upstream", "asked": "deepinfra/fp8", "served": "Novita"}]


TERSE = "You are terse."
# What SmolLM2's own template makes of a conversation, as a subject's template.
WRITTEN = {
    "before": f"<|im_start|>system\n{TERSE}<|im_end|>\n",
    "user": "<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n",
    "assistant": "{text}<|im_end|>\n",
}
LOCAL = ("openai-chat", "anthropic-messages", "openai-completions")
ASKED = [
    chat("number", "Pick a whole number from 0 to 100.", max_tokens=10),
    chat("said", "Say OK.", max_tokens=8),
    chat("cut", "Tell me a story.", max_tokens=8),
    ladder("steps", "What is the capital of France?", "Are you sure?", max_tokens=10),
    PromptShape(key="begun", family="begun", mode="prefill", max_tokens=8,
                turns=(Turn(user="Who are you?"), Turn(assistant="I am a gardener, and"))),
]  # fmt: skip


@pytest.mark.local_llm
def test_the_same_study_through_three_wires_of_one_real_server_gives_the_same_transcripts(
    sqlite: Database,
) -> None:
    with smollm2() as root:
        endpoints = [
            endpoint(root + ("" if wire == "anthropic-messages" else "/v1"), wire, wire=wire, dialect="llamacpp",
                     model=SMOLLM2.name, limits={"concurrency": 1})
            for wire in LOCAL
        ]  # fmt: skip
        sampling = {"temperature": 0, "seed": 5}
        subjects = [subject(wire, wire, system=TERSE, sampling=sampling) for wire in LOCAL[:2]]
        raw = subject(LOCAL[2], LOCAL[2], mode="completion", template=WRITTEN, sampling=sampling)
        run = planned(endpoints, [*subjects, raw], ASKED)
        collect_runs(run, seconds=120)
    prompts = by_prompt(run)
    assert [len(same) for same in prompts] == [3] * len(ASKED)
    for same in prompts:
        first = agreed(same[0])
        assert (first["state"], first["served_model"]) == ("done", SMOLLM2.name)
        for other in same[1:]:
            assert agreed(other) == first
    assert {draw.stop_class for same in prompts for draw in same} == {"natural", "length"}
    wires = {draw.endpoint_id: draw for draw in prompts[0]}
    assert {draw.context for draw in wires.values()} == {"rendered", "sent"}
    # The chat's own rendering is, to the last character, the raw text that the template of ours makes.
    for same in prompts:
        renderings = {draw.rendering_sha256 for draw in same if draw.rendering_sha256}
        assert (len(renderings), sum(draw.rendering_sha256 is not None for draw in same)) == (1, 2)
