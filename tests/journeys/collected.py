"""A small study of three wires and six subjects, collected once by commands alone and read by several tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journeys import study
from tests.journeys.box import Witness
from tests.journeys.shell import Shell

KEY = "sk-journey-0123456789abcdef"
TEMPLATE = {"before": "A talk.\n", "user": "Human: {text}\nBot:", "assistant": " {text}\n"}
SUBJECTS = [
    study.subject("amber", "chat", 0.1),
    study.subject("beryl", "chat", 0.2, system="Be brief.", induced_by="system", sampling={"seed": 7}),
    study.subject("coral", "claude", 0.3, system="Be kind.", sampling={"top_p": 0.9}),
    study.subject("diamond", "claude", 0.4),
    study.subject("emerald", "raw", 0.5, mode="completion", template=TEMPLATE, induced_by="scaffold"),
    study.subject("flint", "raw", 0.6, mode="completion", template="Q: {prompt}\nA:", sampling={"stop": ["\nQ:"]}),
]  # fmt: skip
PROMPTS = [
    study.chat("plain", "Say the word.", answer={"kind": "word"}, branch="abstract/word", theme="collapse"),
    study.chat("terse", "Word?", family="plain", variant="terse", condition={"tone": "curt"}, max_tokens=9),
    study.ladder("steps", "First?", "Second?"),
    study.chat("begun", mode="prefill", turns=[{"user": "Awake?"}, {"assistant": "I am"}]),
    study.chat("minutes", mode="completion", turns=[{"text": "Minutes of the board"}]),
]  # fmt: skip
REPEATS = 2
# Prompts × subjects that can be asked, by the table of modes.
DONE = {"plain": 6, "terse": 6, "steps": 5, "begun": 4, "minutes": 2}


@dataclass
class Journey:
    """What the commands printed and left. `rows` are the lines of `transcripts.jsonl`."""

    shell: Shell
    box: Witness
    file: Path
    checked: Any
    asked_by_check: int
    applied: list[Any]
    run: Any
    folder: Path
    manifest: Any
    rows: list[Any]


@contextmanager
def collected(shell: Shell) -> Iterator[Journey]:
    """Type check, apply twice, run and export; the endpoint stays there meanwhile."""
    with Witness() as box:
        free = {"input_per_mtok": 0, "output_per_mtok": 0}
        priced = {"input_per_mtok": 2, "output_per_mtok": 10}
        endpoints = [
            study.endpoint(box.url, "chat", price=priced, key_env="JOURNEY_API_KEY", family="f"),
            study.endpoint(box.url, "claude", "anthropic-messages", price=priced, key_env="JOURNEY_API_KEY"),
            study.endpoint(box.url, "raw", "openai-completions", price=free, stage="base"),
        ]  # fmt: skip
        file = study.write(
            shell.folder, endpoints, SUBJECTS, PROMPTS, run={"repeats": REPEATS, "budget": {"calls": 500}}
        )
        keyed = shell.with_keys(JOURNEY_API_KEY=KEY)
        checked = json.loads(shell.cold("check", file, "--json").out)
        asked_by_check = len(box.seen)
        applied = [shell.json("apply", file) for _ in range(2)]
        run = json.loads(keyed.cold("run", file, "--json").out)
        folder = shell.folder / "dataset"
        manifest = shell.json("export", "journey", "--format", "jsonl", "--out", folder)
        rows = [json.loads(line) for line in (folder / "transcripts.jsonl").read_text("utf-8").splitlines()]
        yield Journey(shell, box, file, checked, asked_by_check, applied, run, folder, manifest, rows)
