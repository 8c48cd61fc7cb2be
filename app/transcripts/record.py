"""A transcript as others read it: the fields of the dataset folder and of the API, in this order and no others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryVersion, Prompt
from app.batteries.shape import PromptShape
from app.elicitation.modes import asked
from app.studies.models import Study
from app.subjects.models import Subject, SubjectVersion
from app.subjects.shape import Snapshot
from app.transcripts.models import Instance
from app.transcripts.whole import BATCH, KEPT, Columns, Whole

NOTHING: Mapping[str, Any] = {}
SHARED: Mapping[str, tuple[str, Select[*tuple[Any, ...]]]] = {
    "study": ("study_id", select(Study.id, Study.slug)),
    "battery": (
        "battery_version_id",
        select(BatteryVersion.id, Battery.slug, BatteryVersion.number).join(Battery),
    ),
    "prompt": ("prompt_id", select(Prompt.id, Prompt.shape)),
    "subject": (
        "subject_version_id",
        select(SubjectVersion.id, Subject.slug, SubjectVersion.number, SubjectVersion.snapshot).join(Subject),
    ),
}  # what many transcripts share: the column that names it, and where it is read
OF_PROMPT = ("family", "variant", "condition", "theme", "branch", "mode")


@dataclass(slots=True)
class Recorder:
    """Composes records over one session, remembering what many transcripts share.

    `public_url` stands before each record's own address; '' makes it a path.
    """

    session: Session
    public_url: str = ""
    instance: str = ""
    kept: dict[tuple[str, int], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.instance = self.session.scalars(select(Instance.name)).one()

    def whole(self, one: Whole) -> dict[str, Any]:
        """Return every field of a transcript, its messages and settings among them."""
        row = one.row
        answers = [message for message in one.messages if is_answer(message)]
        last = answers[-1] if answers and row["state"] == "done" else NOTHING
        end = self._end(row)
        return {
            **self.head(row),
            "sampling": sampling(
                one.settings or self._only_asked(row), [message["seed"] for message in answers]
            ),
            "system": self._snapshot(row).get("system"),
            "state": end["state"],
            "stop_class": end["stop_class"],
            "stop_raw": last.get("stop_raw"),
            "error": end["error"],
            "messages": [self._message(message) for message in one.messages],
            "usage": usage([message["usage"] or {} for message in answers]),
            **self._kept(row),
        }

    def brief(self, row: Columns) -> dict[str, Any]:
        """Return the fields of a transcript that its row alone tells."""
        return self.head(row) | self._end(row) | self._kept(row)

    def head(self, row: Columns) -> dict[str, Any]:
        """Return what a transcript is a draw of: the fields from `id` to `repeat`."""
        battery = self._once("battery", row)
        prompt = self._once("prompt", row)
        subject = self._once("subject", row)
        snapshot = subject.get("snapshot", NOTHING)
        milli = row["temperature_milli"]
        return {
            "id": row["source_id"] or self.named("t", row["id"]),
            "study": self._once("study", row)["slug"],
            "run": self.named("r", row["run_id"]),
            "wave": row["wave"],
            "battery": battery.get("slug"),
            "battery_version": battery.get("number"),
            "prompt": prompt.get("key"),
            **{name: prompt.get(name) for name in OF_PROMPT},
            "subject": subject.get("slug"),
            "subject_version": subject.get("number"),
            **{name: snapshot.get(name) for name in ("induced_by", "style", "endpoint", "wire", "model")},
            "served_model": row["served_model"],
            "stage": snapshot.get("stage"),
            "temperature": milli / 1000 if milli >= 0 else None,
            "repeat": row["repeat"],
        }

    def _end(self, row: Columns) -> dict[str, Any]:
        # The rungs of a ladder that failed are no answer, so what they ended in is not told; a ladder that is done
        # may have a remark as its reason, which is no error.
        done = row["state"] == "done"
        stop, error = (row["stop_class"], None) if done else (None, row["reason"])
        return {"state": row["state"], "stop_class": stop, "error": error}

    def _kept(self, row: Columns) -> dict[str, Any]:
        return {
            "cost_usd": None if row["cost_micro"] is None else row["cost_micro"] / 1_000_000,
            "latency_ms": row["latency_ms"],
            "created_at": moment(row["created_at"]),
            "finished_at": moment(row["finished_at"]),
            "sha256": row["sha256"],
            "url": f"{self.public_url.rstrip('/')}/transcripts/{row['id']}",
        }

    def named(self, letter: str, number: int) -> str:
        """Return the id by which the world outside knows a row of this database."""
        return f"{self.instance}:{letter}{number}"

    def _message(self, message: Columns) -> dict[str, Any]:
        parent = message["parent_id"]
        same = (
            "role",
            "text",
            "parts",
            "origin",
            "stop_class",
            "stop_raw",
            "usage",
            "latency_ms",
            "served_model",
        )
        return {
            "id": self.named("m", message["id"]),
            "parent": None if parent is None else self.named("m", parent),
            **{name: message[name] for name in same},
        }

    def _only_asked(self, row: Columns) -> Columns:
        """Return the settings of a draw that has no answer: what it asks for, which its prompt and subject tell."""
        prompt = self._once("prompt", row)
        snapshot, milli = self._snapshot(row), row["temperature_milli"]
        wanted = None
        if prompt and snapshot:
            shape, subject = PromptShape.model_validate(prompt), Snapshot.model_validate(snapshot)
            wanted = asked(shape, subject, milli / 1000 if milli >= 0 else None)
        return {"asked": wanted, "sent": None, "effective": None}

    def _snapshot(self, row: Columns) -> Mapping[str, Any]:
        subject = self._once("subject", row)
        snapshot: Mapping[str, Any] = subject.get("snapshot", NOTHING)
        return snapshot

    def learn(self, rows: Sequence[Columns]) -> None:
        """Read at once what these rows share and is not known yet: a query a kind instead of one a thing."""
        for kind, (column, _) in SHARED.items():
            wanted = {row[column] for row in rows} - {None}
            self._read(kind, sorted(number for number in wanted if (kind, number) not in self.kept))

    def _once(self, kind: str, row: Columns) -> Mapping[str, Any]:
        number = row[SHARED[kind][0]]
        if number is None:
            return NOTHING
        if len(self.kept) > KEPT:
            self.kept.clear()
        if (kind, number) not in self.kept:
            self._read(kind, [number])
        found: Mapping[str, Any] = self.kept[kind, number]
        return found

    def _read(self, kind: str, numbers: Sequence[int]) -> None:
        query = SHARED[kind][1]
        for start in range(0, len(numbers), BATCH):
            wanted = query.where(query.selected_columns["id"].in_(numbers[start : start + BATCH]))
            for row in self.session.execute(wanted).mappings():
                self.kept[kind, row["id"]] = row["shape"] if kind == "prompt" else dict(row)


def is_answer(message: Columns) -> bool:
    """Tell whether a message is what a model answered, its reasoning apart."""
    return message["origin"] == "model" and message["role"] in {"assistant", "text"}


def sampling(settings: Columns, seeds: Sequence[int | None]) -> dict[str, Any]:
    """Return the settings asked, sent and effective, with the seed back among those sent.

    A ladder sends a seed with each call: `seeds`, one per answer, in place of `seed`.
    """
    found = {name: settings[name] for name in ("asked", "sent", "effective")}
    if any(seed is not None for seed in seeds):
        seed = {"seed": seeds[0]} if len(seeds) == 1 else {"seeds": list(seeds)}
        found["sent"] = {**found["sent"], **seed}
    return found


def usage(told: Sequence[Mapping[str, Any]]) -> dict[str, int | None]:
    """Return the tokens of all answers: prompt tokens not read from a cache, visible output, reasoning, cached.

    Null = not told by some answer; it is never 0.
    """

    def total(name: str) -> int | None:
        counts = [one.get(name) for one in told]
        return sum(filter(None, counts)) if counts and None not in counts else None

    into = total("input")
    written = sum(one.get("cache_write") or 0 for one in told)  # asked and paid for, though also kept
    return {
        "input": None if into is None else into + written,
        "output": total("output"),
        "reasoning": total("reasoning"),
        "cached": total("cache_read"),
    }


def moment(at: datetime | None) -> str | None:
    """Return a moment as files write it: UTC, with milliseconds and Z."""
    return None if at is None else at.isoformat(timespec="milliseconds")[:-6] + "Z"  # in place of +00:00
