"""The boxes of a run: which prompt, how full, what went wrong, and where a click leads."""

from datetime import UTC, datetime

from app.transcripts.matrix import SHOWN, AskedPrompt, matrix
from app.transcripts.progress import Pace, SubjectProgress
from app.transcripts.queries import Counts, RunStatus

STATUS = RunStatus(
    id=12, study_slug="first-light", study_title="First light", kind="asked", wanted="go", state="running",
    counts=Counts(), calls=0, tokens=0, spent_micro=0, cost_micro=0, budget_micro=None, budget_calls=None,
    budget_tokens=None, person_id=1, created_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip


def subject(version: int, name: str) -> SubjectProgress:
    return SubjectProgress(
        version_id=version, number=1, slug=name.lower(), name=name, style="s", slot=2, endpoint_id=1, endpoint="e",
        concurrency=4, tokens_limit=None, counts=Counts(), pace=Pace(), spent_micro=0,
        impossible=None, stopped=None,
    )  # fmt: skip


def prompt(number: int, key: str = "", family: str = "f", battery: str = "b") -> AskedPrompt:
    return AskedPrompt(number, battery, key or f"p{number}", family)


def test_a_row_a_subject_a_box_a_prompt() -> None:
    counts = {
        (1, 1000): {1: Counts(done=20), 2: Counts(done=10, queued=10)},
        (2, 1000): {1: Counts(queued=20), 2: Counts(impossible=20)},
    }
    shown = matrix(STATUS, [subject(1, "Base"), subject(2, "Chat")], [prompt(1), prompt(2)], counts)
    assert shown.box == "prompt"
    assert [(row.name, row.slot, row.temperature) for row in shown.rows] == [("Base", 2, ""), ("Chat", 2, "")]
    base, chat = (row.cells for row in shown.rows)
    assert [(cell.share, cell.kind) for cell in base] == [(1.0, ""), (0.5, "")]
    assert base[0].title == "p1 × Base: 20 of 20 done"
    assert base[0].href == "/studies/first-light/compare/b/p1?run=12"
    assert [(cell.kind, cell.title, cell.href) for cell in chat] == [
        ("", "p1 × Chat: 0 of 20 done", ""),
        ("impossible", "p2 × Chat: not possible here", ""),
    ]


def test_failures_are_marked_and_keep_what_is_there() -> None:
    counts = {(1, -1): {1: Counts(done=18, failed=2), 2: Counts(failed=20), 3: Counts(done=1, cancelled=3)}}
    [row] = matrix(STATUS, [subject(1, "Base")], [prompt(1), prompt(2), prompt(3)], counts).rows
    assert [cell.kind for cell in row.cells] == ["q-5 flawed", "failed", ""]
    assert row.cells[0].title == "p1 × Base: 18 of 20 done, 2 failed"
    assert row.cells[1].href == ""
    assert row.cells[2].title == "p3 × Base: 1 of 4 done, 3 cancelled"


def test_a_subject_at_several_temperatures_has_a_row_for_each() -> None:
    counts = {(1, 700): {1: Counts(done=1)}, (1, 0): {1: Counts(done=1)}, (1, -1): {1: Counts(impossible=1)}}
    rows = matrix(STATUS, [subject(1, "Base")], [prompt(1)], counts).rows
    assert [row.temperature for row in rows] == ["T not sent", "T 0", "T 0.7"]


def test_a_prompt_that_a_later_wave_asked_of_others_alone_is_blank() -> None:
    [row] = matrix(STATUS, [subject(1, "Base")], [prompt(1)], {(1, 0): {}}).rows
    assert (row.cells[0].title, row.cells[0].kind) == ("p1 × Base: not asked", "")


def test_many_prompts_are_drawn_family_by_family() -> None:
    prompts = [prompt(n, family=f"f{n // 3}") for n in range(SHOWN + 3)]
    filled = {(1, 0): {n: Counts(done=1, queued=1) for n in range(SHOWN + 3)}}
    shown = matrix(STATUS, [subject(1, "Base")], prompts, filled)
    assert shown.box == "family"
    first = shown.rows[0].cells[0]
    assert (first.title, first.share) == ("b: f0 × Base: 3 of 6 done", 0.5)
    assert first.href.endswith("/compare/b/p0?run=12")


def test_more_families_than_can_be_drawn_are_drawn_several_prompts_to_a_box() -> None:
    prompts = [prompt(n, family=f"f{n}", battery=f"b{n % 2}") for n in range(SHOWN + 1)]
    shown = matrix(STATUS, [subject(1, "Base")], prompts, {(1, 0): {0: Counts(done=1)}})
    assert (shown.box, len(shown.rows[0].cells)) == ("2 prompts", 376 + 375)
    assert shown.rows[0].cells[0].title.startswith("b0: p0 to p2 × ")
