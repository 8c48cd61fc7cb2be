"""The product's own dataset folder: `transcripts.jsonl`, its manifest and its card.

The same state of the database gives the same bytes: rows by id, keys in one order, and no date of the export
itself (`as_of` is the newest moment among the rows).
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app import __version__
from app.exports.card import card
from app.exports.folder import new_folder, write_lines
from app.exports.selection import Filters, chosen_sets, study_named, where
from app.reading.models import WorkingSet
from app.studies.models import Study
from app.transcripts.record import Recorder
from app.transcripts.whole import Reader, steady

FORMAT = "styloscope-dataset"
FORMAT_VERSION = 1
TRANSCRIPTS, MANIFEST, CARD = "transcripts.jsonl", "manifest.json", "README.md"


@dataclass(slots=True)
class Tally:
    """What has been written so far."""

    states: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    as_of: str | None = None

    def add(self, record: dict[str, Any]) -> None:
        """Count a record in."""
        self.states[record["state"]] += 1
        self.messages += len(record["messages"])
        moments = (record["created_at"], record["finished_at"], self.as_of)
        self.as_of = max(moment for moment in moments if moment)

    def shown(self) -> dict[str, Any]:
        """Return the counts as the manifest tells them; a message shared by several counts in each."""
        return {
            "transcripts": sum(self.states.values()),
            "states": dict(sorted(self.states.items())),
            "messages": self.messages,
        }


def export(
    session: Session, slug: str, target: Path, filters: Filters | None = None, *, public_url: str = ""
) -> dict[str, Any]:
    """Write a study's dataset folder to `target` through a fresh session, and return its manifest.

    Raise SelectionError for a study or filter that there is not, PlaceTaken where `target` holds something.
    """
    steady(session)
    filters = filters or Filters()
    study = study_named(session, slug)
    wanted = where(session, study, filters)
    tally = Tally()
    with new_folder(target) as folder:
        rows = write_lines(folder / TRANSCRIPTS, _lines(session, wanted, public_url, tally))
        manifest = _manifest(session, study, filters, tally)
        manifest["files"][TRANSCRIPTS] = rows.described(rows=True)
        told = write_lines(folder / CARD, (row.encode() for row in card(manifest).splitlines()))
        manifest["files"][CARD] = told.described(rows=False)
        write_lines(folder / MANIFEST, [json.dumps(manifest, indent=2, ensure_ascii=False).encode()])
    return manifest


def _manifest(session: Session, study: Study, filters: Filters, tally: Tally) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "styloscope": __version__,
        "instance": Recorder(session).instance,
        "study": {"slug": study.slug, "title": study.title, "question": study.question},
        "as_of": tally.as_of,
        "filters": filters.shown(),
        "sets": [_told(one) for one in chosen_sets(session, study, filters)],
        "blind": False,
        "codebook_revision": None,
        "counts": tally.shown(),
        "agreement": {},
        "files": {},
    }


def _told(one: WorkingSet) -> dict[str, Any]:
    """Return what a manifest tells of a working set: a frozen one is known again by its hash."""
    return {
        "id": one.id, "name": one.name, "reason": one.reason, "kind": one.kind, "filter": one.filter,
        "size": one.size, "sha256": one.sha256,
    }  # fmt: skip


def _lines(
    session: Session, wanted: list[ColumnElement[bool]], public_url: str, tally: Tally
) -> Iterator[bytes]:
    recorder = Recorder(session, public_url)
    for whole in Reader(session).all(*wanted):
        record = recorder.whole(whole)
        tally.add(record)
        yield line(record)


def line(record: dict[str, Any]) -> bytes:
    """Return a record as one line of JSON in UTF-8."""
    try:
        return orjson.dumps(record)
    except TypeError:  # a lone surrogate or a number over 64 bits: JSON can write them, orjson will not
        return json.dumps(record, separators=(",", ":"), allow_nan=False).encode()
