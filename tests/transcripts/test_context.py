"""What is known of an answer's context: the exact text where a server tells it, what was sent, or that it may have
been added to."""

import json
import zlib

from sqlalchemy import select

from app import db
from app.db import Database
from app.transcripts.models import Message, MessageLogprobs, Rendering, SettingsRecord
from app.transcripts.settle import _context
from tests.faultbox import FaultBox
from tests.scene import chat, collect_runs, endpoint, planned, states, subject, transcripts


def rendering(digest: str | None) -> str:
    with db.reading() as session:
        return session.get_one(Rendering, digest).text


def test_a_raw_completion_is_its_own_rendering_kept_once(database: Database) -> None:
    with FaultBox() as box:
        raw = endpoint(box.url, wire="openai-completions")
        base = subject(mode="completion", template="Q: {prompt}\nA:")
        run = planned(raw, [base], [chat("a", "Why?")], repeats=3)
        collect_runs(run)
        assert {seen.body["prompt"] for seen in box.seen} == {"Q: Why?\nA:"}
    draws = transcripts(run)
    assert {draw.context for draw in draws} == {"rendered"}
    assert {rendering(draw.rendering_sha256) for draw in draws} == {"Q: Why?\nA:"}
    with db.reading() as session:
        assert session.get_one(Message, draws[0].tip_id).role == "text"
        assert len(session.scalars(select(Rendering)).all()) == 1


def test_llama_cpp_is_asked_for_each_conversations_text_once(sqlite: Database) -> None:
    with FaultBox() as box:
        run = planned(endpoint(box.url, dialect="llamacpp"), prompts=[chat("a", "Why?")], repeats=5)
        collect_runs(run)
        rendered = [seen for seen in box.seen if seen.path == "/apply-template"]
        assert len(rendered) == 1
    assert states(run) == {"done": 5}
    assert {rendering(draw.rendering_sha256) for draw in transcripts(run)} == {"<|user|>Why?<|assistant|>"}


def test_a_server_that_does_not_tell_its_rendering_leaves_what_was_sent(sqlite: Database) -> None:
    with FaultBox() as box:
        real = box.reply
        box.reply = lambda seen: {} if seen.path == "/apply-template" else real(seen)  # type: ignore[method-assign]
        run = planned(endpoint(box.url, dialect="llamacpp"))
        collect_runs(run)
    (draw,) = transcripts(run)
    assert (draw.context, draw.rendering_sha256) == ("sent", None)


def test_a_hosted_provider_may_add_to_what_was_sent() -> None:
    assert _context("https://api.openai.com/v1", None) == "may_add"
    assert _context("http://127.0.0.1:8000/v1", None) == "sent"
    assert _context("http://192.168.1.7:8000/v1", "vllm") == "sent"
    assert _context("http://localhost:11434/v1", "ollama") == "sent"


def test_settings_are_kept_three_times_and_once_for_all_draws_alike(database: Database) -> None:
    with FaultBox() as box:
        two = [subject("cool", sampling={"temperature": 0.5, "seed": 3}), subject("warm")]
        run = planned(endpoint(box.url), two, repeats=4)
        collect_runs(run)
    draws = transcripts(run)
    with db.reading() as session:
        settings = {row.id: row for row in session.scalars(select(SettingsRecord))}
        seeds = session.scalars(select(Message.seed).where(Message.origin == "model")).all()
    assert len(settings) == 2
    cool = settings[next(draw.settings_id or 0 for draw in draws if draw.temperature_milli == 500)]
    assert cool.asked == {"max_tokens": 50, "temperature": 0.5}
    assert cool.sent == {"max_tokens": 50, "temperature": 0.5}
    assert cool.effective["model"] == "m-served"
    assert "seed" not in {**cool.asked, **cool.sent, **cool.effective}
    assert len({seed for seed in seeds if seed is not None}) == 4


def test_anthropic_is_spoken_too(sqlite: Database) -> None:
    with FaultBox() as box:
        there = endpoint(box.url.removesuffix("/v1"), wire="anthropic-messages", key_env="BOX_API_KEY")
        run = planned(there, prompts=[chat("a", "Why?")])
        collect_runs(run, keys={"BOX_API_KEY": "sk-very-secret-2"})
        assert box.seen[0].headers["x-api-key"] == "sk-very-secret-2"
    (draw,) = transcripts(run)
    assert (draw.state, draw.stop_class, draw.input_tokens) == ("done", "natural", 11)


def test_log_probabilities_are_kept_beside_the_answer(database: Database) -> None:
    with FaultBox() as box:
        real = box.reply
        top = [{"token": "4", "logprob": -0.5}, {"token": "7", "logprob": -1.0}]
        shown = {"content": [{"token": "4", "logprob": -0.5, "bytes": [52], "top_logprobs": top}]}

        def reply(seen):  # type: ignore[no-untyped-def]
            body = real(seen)
            body["choices"][0]["logprobs"] = shown
            return body

        box.reply = reply  # type: ignore[method-assign]
        run = planned(endpoint(box.url), [subject(sampling={"logprobs": 2})])
        collect_runs(run)
    (draw,) = transcripts(run)
    with db.reading() as session:
        kept = session.get_one(MessageLogprobs, draw.tip_id)
    told = {"text": "4", "bytes": [52], "logprob": -0.5, "top": [["4", -0.5], ["7", -1.0]]}
    assert json.loads(zlib.decompress(kept.tokens)) == [told]
