"""A database of N finished transcripts, made without a network: studies of 100 prompts × 10 subjects × 5 repeats.

One prompt in ten is a ladder of three rungs. Rows go in by the driver's own executemany, since what is measured
is reading them.
"""

import hashlib
import json
import random
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import db, schema
from app.reading import fulltext
from app.settings import Settings

VERSION = "2"  # of what is made: an older database is made anew
PROMPTS, SUBJECTS, REPEATS = 100, 10, 5
PER_STUDY = PROMPTS * SUBJECTS * REPEATS
RUNGS = 3
STYLES = ("base", "sft", "rlhf", "constitutional", "character")
WORDS = [
    *(
        "harbour",
        "pilot",
        "ledger",
        "granary",
        "moth",
        "honest",
        "clock",
        "maker",
        "lantern",
        "tide",
        "barley",
    ),
    *("captain", "rope", "salt", "chapel", "winter", "road", "bridge", "orchard", "wheel", "candle", "river"),
    *("mill", "stone", "letter", "garden", "keeper", "sparrow", "debt", "season", "grain", "toll", "village"),
]
# Words to look for, and the share of texts that have them.
RARE = {"zephyr": 0.02, "quorum": 0.2, "xylem": 0.0005}


def sha(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


class Filler:
    """Writes studies into an empty database at head, numbering every row itself."""

    def __init__(self, connection: sqlite3.Connection, seed: int = 1) -> None:
        self.base = connection
        self.random = random.Random(seed)
        self.at = int(time.time() * 1000)
        self.message = 0
        self.transcript = 0
        self.texts = [self.text(self.random.randint(20, 90)) for _ in range(4000)]
        for word, share in RARE.items():
            for at in self.random.sample(range(len(self.texts)), round(share * len(self.texts))):
                self.texts[at] = self.texts[at].replace(" ", f" {word} ", 1)

    def text(self, words: int) -> str:
        """Return that many words as sentences."""
        return " ".join(self.random.choice(WORDS) for _ in range(words)).capitalize() + "."

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows that all have the same columns."""
        if rows:
            names = list(rows[0])
            self.base.executemany(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                [[row[name] for name in names] for row in rows],
            )

    def library(self) -> None:
        """Write five styles, and ten subjects on ten endpoints."""
        self.insert("styles", [
            {"id": n, "slug": slug, "name": slug.title(), "method": "", "lab": "Lab", "description": "",
             "evidence": "", "standing": "documented"} for n, slug in enumerate(STYLES, 1)
        ])  # fmt: skip
        for n in range(1, SUBJECTS + 1):
            can = dict.fromkeys(
                ["prefill", "temperature", "seed", "logprobs", "n", "system_role", "max_tokens_field"]
            )
            snapshot = {
                "wire": "openai-chat", "base_url": "http://127.0.0.1:9/v1", "model": f"model-{n}", "dialect": None,
                "can": can, "headers": {}, "endpoint": f"endpoint-{n}", "style": STYLES[(n - 1) % 5],
                "family": f"family-{n}", "stage": "sft", "mode": "chat", "induced_by": "training", "system": None,
                "template": None,
                "sampling": {"temperature": 0.7, "top_p": 0.95, "top_k": None, "max_tokens": 128, "stop": [],
                             "seed": 7, "logprobs": None, "extra": {}},
            }  # fmt: skip
            self.insert("endpoints", [
                {"id": n, "slug": f"endpoint-{n}", "style_id": (n - 1) % 5 + 1, "wire": "openai-chat",
                 "base_url": "http://127.0.0.1:9/v1", "model": f"model-{n}", "key_env": None, "key_origin": None,
                 "family": f"family-{n}", "stage": "sft", "dialect": None, "limits": '{"concurrency": 4}',
                 "price": "{}", "can": json.dumps(can), "headers": "{}"}
            ])  # fmt: skip
            self.insert(
                "subjects", [{"id": n, "slug": f"subject-{n}", "name": f"Subject {n}", "endpoint_id": n}]
            )
            self.insert("subject_versions", [
                {"id": n, "subject_id": n, "number": 1, "snapshot": json.dumps(snapshot), "sha256": sha(str(n)),
                 "created_at": self.at}
            ])  # fmt: skip
        body = json.dumps({"temperature": 0.7, "top_p": 0.95, "max_tokens": 128})
        self.insert(
            "settings", [{"id": 1, "sha256": sha(body), "asked": body, "sent": body, "effective": "{}"}]
        )

    def study(self, n: int) -> None:
        """Write study n with its battery, its run and its 5,000 transcripts."""
        self.insert("studies", [{"id": n, "slug": f"study-{n}", "title": f"Study {n}", "question": "",
                                 "wanted": "{}", "created_at": self.at}])  # fmt: skip
        self.insert("batteries", [{"id": n, "slug": f"battery-{n}", "title": f"Battery {n}", "description": "",
                                   "source": "", "licence": ""}])  # fmt: skip
        self.insert("battery_versions", [{"id": n, "battery_id": n, "number": 1, "sha256": sha(f"b{n}"),
                                          "created_at": self.at}])  # fmt: skip
        self.insert("runs", [{"id": n, "study_id": n, "kind": "asked", "wanted": "go", "seed": n,
                              "person_id": 1, "created_at": self.at}])  # fmt: skip
        self.insert("waves", [{"id": n, "run_id": n, "number": 1, "repeats": REPEATS, "reason": "",
                               "created_at": self.at}])  # fmt: skip
        self.insert("wave_batteries", [{"wave_id": n, "version_id": n, "position": 0}])
        self.insert(
            "wave_subjects", [{"wave_id": n, "version_id": v, "position": v} for v in range(1, SUBJECTS + 1)]
        )
        for place in range(PROMPTS):
            self.prompt(n, place)

    def prompt(self, n: int, place: int) -> None:
        """Write one prompt with the answers of every subject."""
        number = (n - 1) * PROMPTS + place + 1
        rungs = RUNGS if place % 10 == 9 else 1
        turns = [f"Question {place}, rung {rung}, of study {n}?" for rung in range(rungs)]
        mode = "ladder" if rungs > 1 else "chat"
        shape = {
            "key": f"prompt-{place}", "family": f"family-{place // 3}", "variant": f"v{place % 3}", "condition": {},
            "theme": "bench", "branch": "bench/one", "mode": mode, "turns": [{"user": turn} for turn in turns],
            "answer": None, "watch_for": [], "repeats": None, "max_tokens": None, "title": f"Question {place}",
            "source": "", "note": "",
        }  # fmt: skip
        equal = sha(f"equal {n} {place}")
        self.insert("prompts", [
            {"id": number, "battery_id": n, "key": shape["key"], "content_sha256": sha(f"{n} {place}"),
             "equal_sha256": equal, "family": shape["family"], "variant": shape["variant"], "theme": "bench",
             "branch": "bench/one", "mode": mode, "title": shape["title"], "shape": json.dumps(shape)}
        ])  # fmt: skip
        self.insert("battery_prompts", [{"version_id": n, "position": place, "prompt_id": number}])
        root = self.said("user", turns[0], None, None, n)
        self.insert("messages", [root])
        self.answers(n, number, turns, root["id"], equal)

    def answers(self, n: int, prompt: int, turns: list[str], root: int, equal: str) -> None:
        """Write the draws of one prompt: messages, transcripts, and an exchange each."""
        drawn = list(self.draws(n, prompt, turns, root, equal))
        self.insert("transcripts", [{**draw, "state": "running", "tip_id": None} for draw, _ in drawn])
        self.insert("messages", [message for _, path in drawn for message in path])
        self.insert("exchanges", [
            {"transcript_id": draw["id"], "turn": 0, "n": 1, "attempt": 1, "outcome": "answer", "seed": 1,
             "url": "http://127.0.0.1:9/v1/chat/completions", "request": b"", "reply": b"", "status": 200,
             "first_byte_ms": 50, "total_ms": 51, "started_at": self.at, "finished_at": self.at}
            for draw, _ in drawn
        ])  # fmt: skip
        self.base.executemany(
            "UPDATE transcripts SET state = 'done', tip_id = ? WHERE id = ?",
            [(draw["tip_id"], draw["id"]) for draw, _ in drawn],
        )

    def draws(
        self, n: int, prompt: int, turns: list[str], root: int, equal: str
    ) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
        """Yield each draw's transcript row and the messages it made."""
        for subject in range(1, SUBJECTS + 1):
            for repeat in range(1, REPEATS + 1):
                self.transcript += 1
                path, parent = [], root
                for rung, turn in enumerate(turns):
                    if rung:
                        path.append(
                            self.said("user", turn, parent, self.transcript, n, f"s{subject} r{n} y{n}")
                        )
                        parent = path[-1]["id"]
                    words = self.random.choice(self.texts)
                    path.append(
                        self.said("assistant", words, parent, self.transcript, n, f"s{subject} r{n} y{n}")
                    )
                    parent = path[-1]["id"]
                yield {
                    "id": self.transcript, "run_id": n, "study_id": n, "battery_version_id": n, "prompt_id": prompt,
                    "subject_version_id": subject, "subject_id": subject, "endpoint_id": subject,
                    "temperature_milli": 700, "repeat": repeat, "wave": 1, "equal_sha256": equal, "root_id": root,
                    "tip_id": parent, "attempt": 1, "answered": len(turns), "settings_id": 1, "context": "sent",
                    "stop_class": "natural", "served_model": f"model-{subject}", "input_tokens": 30,
                    "output_tokens": 80, "latency_ms": 51, "sha256": sha(str(self.transcript)),
                    "created_at": self.at, "finished_at": self.at,
                }, path  # fmt: skip

    def said(
        self, role: str, text: str, parent: int | None, made_by: int | None, n: int, scope: str = ""
    ) -> dict[str, Any]:
        """Return one message row."""
        self.message += 1
        model = role == "assistant"
        return {
            "id": self.message, "parent_id": parent, "role": role, "text": text,
            "origin": "model" if model else "prompt", "made_by": made_by, "scope": scope, "text_sha256": sha(text),
            "path_sha256": None if made_by else sha(f"{n} {parent} {text}"),
            "stop_class": "natural" if model else None, "stop_raw": "stop" if model else None,
            "seed": 1 if model else None, "usage": None, "latency_ms": 51 if model else None,
            "served_model": "mock" if model else None, "created_at": self.at,
        }  # fmt: skip


def build(folder: Path, transcripts: int) -> Path:
    """Make (or find) the data folder of a database with that many transcripts and return it."""
    home = folder / f"{transcripts}"
    made = home / "made"
    if made.exists() and made.read_text() == VERSION:
        return home
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    before = db.use(None)
    database = schema.open_ready(Settings(data=home))
    with database.engine.begin() as connection:  # the full text is made once everything is there
        connection.exec_driver_sql("DROP TRIGGER messages_fts_insert")
        connection.exec_driver_sql("DROP TABLE messages_fts")
    base = sqlite3.connect(home / "styloscope.db", isolation_level=None)
    base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-200000;")
    filler = Filler(base)
    base.execute("BEGIN")
    filler.library()
    for n in range(1, transcripts // PER_STUDY + 1):
        filler.study(n)
    base.execute("COMMIT")
    base.close()
    with database.engine.begin() as connection:
        fulltext.ensure(connection)
        connection.exec_driver_sql("ANALYZE")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    db.use(before)
    made.write_text(VERSION)
    return home
