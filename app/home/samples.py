"""Samples for the page of patterns: what a search finds, columns of Compare, a run's page, the palette."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.compare.head import Ending, Head
from app.compare.ran import Ran
from app.home.going import Group, Option
from app.reading.columns import Column
from app.reading.context import stacked
from app.reading.lines import Line
from app.transcripts.added import WaveLine
from app.transcripts.changed import Changed, First
from app.transcripts.changed_subjects import Line as ChangedLine
from app.transcripts.models import NOT_SENT
from app.transcripts.queries import Counts

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


def columns(hostile: str, then: datetime) -> list[tuple[Head, bool, str]]:
    """Return heads of columns, whether each is pinned, and the wave on its card: one subject in two runs."""
    before = Head(
        "Default assistant", "preference", "RLHF", "T 1", 20, 20, 0, "training", ("two-large · chat",), (),
        (Ending("whole", "0%", "100%", "20 whole", "ended=whole"),),
        ran=Ran("run 11", "", "version 1", then - timedelta(days=90)),
    )  # fmt: skip
    after = replace(
        before, n=24, wanted=40, failed=2, ran=Ran("run 12", "wave 1 + 2", "version 2", then), clean=True,
        differs=("system prompt",), against="Default assistant, run 11", against_glyph="preference",
        flags=(("truncated sampling", "top_p under 1 cuts what a temperature would let through"),),
    )  # fmt: skip
    wild = replace(before, name=hostile, glyph="base", style="No alignment", ran=None, differs=("weights", "mode"),
                   against="Default assistant", against_glyph="preference")  # fmt: skip
    hidden = replace(before, name="B", glyph="", style="", induced="", lines=(), ran=None)
    return [(before, True, ""), (after, False, "wave 2"), (wild, False, ""), (hidden, False, "")]


def waves(hostile: str, then: datetime) -> list[WaveLine]:
    """Return waves of a run: its own, more repeats, new subjects and prompts and a hostile reason, an idle one."""
    own = WaveLine(1, 20, 0, None, "", 3, 2, 1, ("Base, raw", "Default assistant"), ("a/b", "a/c", "a/d"),
                   Counts(done=118, failed=2), then - timedelta(days=9))  # fmt: skip
    more = replace(own, number=2, repeats=40, before=20, new_subjects=(), new_prompts=(), temperatures=[0, 0.7],
                   reason="twenty draws say little about a tail", draws=Counts(done=80, queued=160))  # fmt: skip
    new = replace(own, number=3, repeats=40, before=40, reason=hostile, draws=Counts(done=3, impossible=40),
                  new_subjects=("Pirate", "Reasoner", hostile), new_prompts=("voice/who-plain",))  # fmt: skip
    idle = replace(own, number=4, repeats=40, before=40, new_subjects=(), new_prompts=(), draws=Counts())
    return [own, more, new, idle]


def changes(hostile: str, then: datetime) -> dict[str, Any]:
    """Return what a run changed of the last one: much, nothing with answers awaited, and a first run."""
    much = Changed(11, hostile, then, 90, (
        ChangedLine("Mode collapse", "battery", "version 1 (e61b9f58)", "version 2 (49a64717)", "#battery"),
        ChangedLine("Mode collapse", "prompts", "12", "13: 2 added (short, cold), 1 removed (wish)", "#battery"),
        ChangedLine("Default assistant", "model served", "two-large", "two-large × 9, two-2026 × 3", "#beside"),
        ChangedLine(hostile, "system prompt", "not sent", hostile * 4, "#subject"),
        ChangedLine("Styloscope", "version", "0.0.9", "0.1.0", ""),
    ), "#beside", False)  # fmt: skip
    return {
        "much": much,
        "nothing": replace(much, study="", lines=(), days=0, awaited=True),
        "first": First(2),
    }


def places(hostile: str) -> list[Group]:
    """Return where a few letters might lead."""
    return [
        Group(
            "Prompts",
            (Option("#p", "number-plain", "Mode collapse"), Option("#q", hostile, "Voice", swap=True)),
        ),
        Group("Runs", (Option("#r", "Run 12", "First light · 2026-11-26"),)),
        Group("Search", (Option("#s", "Search for “num”", "in this study"),)),
    ]


def runs(hostile: str, then: datetime) -> dict[str, Any]:
    """Return what the parts about runs need, by the names that they use."""
    return {
        "columns": columns(hostile, then), "waves": waves(hostile, then), "changes": changes(hostile, then),
        "groups": places(hostile), "status": {"study_slug": "first-light", "id": 12},
    }  # fmt: skip
