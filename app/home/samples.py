"""Samples for the page of patterns, of what a search finds: every state that a line or a place can have."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from app.reading.columns import Column
from app.reading.context import stacked
from app.reading.lines import Line
from app.transcripts.models import NOT_SENT

SAID = "I used to count the steps from the well to the harbour. My mother counted them too."


def found(hostile: str, then: datetime) -> dict[str, Any]:
    """Return lines, a column and places as a search would give them."""
    usual = Line(
        transcript=41, message=90, role="text", turn=0, study="first-light", study_title="First light",
        prompt="mode-collapse/first-line", subject_id=1, subject="gemma-raw", name="Base, raw", stage="base",
        version_id=1, temperature_milli=700, run=3, repeat=2, state="done", stop_class="natural", served="",
        reason="", at=then, text=SAID, text_sha256="a", spans=[(48, 55)], cursor="90",
    )  # fmt: skip
    again = [(start, start + 7) for start in range(48, 700, 60)]
    rung = replace(
        usual, role="reasoning", turn=2, name="Reasoning, medium", stage="reasoning", stop_class="length",
        served="four-think-mini", temperature_milli=NOT_SENT, text=f"{SAID} " * 9, text_sha256="b", spans=again,
    )  # fmt: skip
    wild = replace(
        usual,
        text=f"{hostile} harbour {hostile}",
        text_sha256="c",
        spans=[(len(hostile) + 1, len(hostile) + 8)],
    )
    right = "في المرفأ كانت السفن تنتظر حتى الصباح"
    nothing = replace(usual, state="failed", message=None, stop_class=None, text="", spans=[])
    arabic = replace(usual, text=right, text_sha256="d", spans=[(3, 9)])
    cells: set[tuple[int | None, int | None]] = {(1, 1)}
    return {
        "lines": [usual, rung, wild, arabic, nothing],
        "contexts": stacked([usual, usual, usual, rung, wild, arabic]),
        "one": Column(1, 700, 13, 20, 0, cells, {3}, "gemma-raw", "Base, raw", "base"),
        "several": Column(1, 0, 2, 7, 1, {*cells, (2, 1)}, {3, 4}, "gemma-raw", "Base, raw", "base"),
    }  # fmt: skip
