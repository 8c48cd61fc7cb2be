"""What went wrong in a run, grouped by cause, and the calls behind it, however broken they are."""

import zlib

from app.batteries.shape import PromptShape
from app.db import Database
from app.subjects.shape import SubjectShape
from app.transcripts.failures import SHOWN, causes_of, failed_draws, readable
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw

ONE_PROMPT, TWO_SUBJECTS = PROMPTS[:1], SUBJECTS[1:3]
CUT = "Body ended after {} bytes of a promised 4100"


def failing(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    """Let the pirate's draws fail with numbers that differ, one of the other otherwise."""
    if subject.slug == "pirate":
        tried = ((200, '{"choices": [{"mess', "cut"),) * 2
        return Draw(state="failed", reason=CUT.format(1000 + repeat), exchanges=tried)
    if repeat == 1:
        return Draw(state="failed", reason="HTTP 500: oh no", exchanges=((500, '{"error": "oh no"}', "500"),))
    return Draw("fine")


def test_failures_are_grouped_by_reason_but_for_its_numbers(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=TWO_SUBJECTS, prompts=ONE_PROMPT, repeats=3, say=failing)
    with database.reading() as session:
        cut, other = causes_of(session, made.run_id)
    assert (cut.count, cut.subject, cut.endpoint) == (3, "Default, as a pirate", "two")
    assert cut.reason in cut.reasons
    assert sorted(cut.reasons) == [CUT.format(1001), CUT.format(1002), CUT.format(1003)]
    assert (other.count, other.reason, other.subject) == (1, "HTTP 500: oh no", "Default assistant")


def test_a_cause_keeps_its_name_while_more_draws_fail_of_it(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=TWO_SUBJECTS, prompts=ONE_PROMPT, repeats=2, say=failing)
        first = causes_of(session, made.run_id)[0].id
        later = seed.run(session, made, subjects=TWO_SUBJECTS, prompts=ONE_PROMPT, repeats=9, say=failing)
        assert causes_of(session, later)[0].id == first


def test_a_failed_draw_shows_every_call_that_was_made(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, subjects=TWO_SUBJECTS, prompts=ONE_PROMPT, repeats=1, say=failing)
    with database.reading() as session:
        draws = {draw.subject: draw for draw in failed_draws(session, made.run_id)}
    pirate = draws["Default, as a pirate"]
    assert (pirate.battery, pirate.prompt, pirate.repeat, pirate.endpoint) == (
        "mode-collapse", "number-plain", 1, "two",
    )  # fmt: skip
    assert [(call.n, call.status, call.outcome, call.error) for call in pirate.calls] == [
        (1, 200, "retry", "cut"),
        (2, 200, "failed", "cut"),
    ]
    assert '"content": "Pick any whole number' in pirate.calls[0].request.text
    assert pirate.calls[0].reply is not None
    assert pirate.calls[0].reply.text == '{"choices": [{"mess'
    json = draws["Default assistant"].calls[0].reply
    assert json is not None
    assert json.text == '{\n  "error": "oh no"\n}'


def test_one_cause_is_read_page_by_page(sqlite: Database) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, subjects=TWO_SUBJECTS, prompts=ONE_PROMPT, repeats=5, say=failing)
    with sqlite.reading() as session:
        cut = causes_of(session, made.run_id)[0]
        first = failed_draws(session, made.run_id, cause=cut, limit=3)
        rest = failed_draws(session, made.run_id, cause=cut, after=first[-1].id, limit=3)
    assert [draw.repeat for draw in first + rest] == [1, 2, 3, 4, 5]
    assert {draw.subject for draw in first + rest} == {"Default, as a pirate"}


def test_a_reason_that_was_not_kept_is_a_cause_of_its_own(sqlite: Database) -> None:
    def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw(state="failed", reason=None)

    with sqlite.writing() as session:
        made = seed.study(session, subjects=TWO_SUBJECTS[:1], prompts=ONE_PROMPT, repeats=2, say=say)
    with sqlite.reading() as session:
        [cause] = causes_of(session, made.run_id)
        assert (cause.count, cause.reason) == (2, "no reason was kept")
        assert len(failed_draws(session, made.run_id, cause=cause)) == 2
        assert failed_draws(session, made.run_id)[0].calls == ()


def test_controls_in_what_a_provider_said_are_named(sqlite: Database) -> None:
    def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
        return Draw(state="failed", reason="<b>\u202eevil", exchanges=((0, "\x1b[31m<i>", "\x00"),))

    with sqlite.writing() as session:
        made = seed.study(session, subjects=TWO_SUBJECTS[:1], prompts=ONE_PROMPT, repeats=1, say=say)
    with sqlite.reading() as session:
        [cause], [draw] = causes_of(session, made.run_id), failed_draws(session, made.run_id)
    assert str(cause.shown).startswith("&lt;b&gt;")
    assert 'data-name="RLO"' in cause.shown
    assert 'data-name="ESC"' in draw.calls[0].reply_shown
    assert "<i>" not in draw.calls[0].reply_shown
    assert 'data-name="NUL"' in draw.calls[0].error_shown


def test_a_body_is_laid_out_where_it_is_json_and_shown_as_it_came_elsewhere() -> None:
    assert readable(zlib.compress(b'{"a":"\xc3\xa9"}')).text == '{\n  "a": "é"\n}'
    assert readable(zlib.compress(b"<html>busy</html>")).text == "<html>busy</html>"
    assert readable(zlib.compress(b"\xff\xfe")).text == "\ufffd\ufffd"
    assert readable(zlib.compress(b"[" * 100_000)).text == "[" * SHOWN


def test_a_huge_body_is_cut_and_says_its_size() -> None:
    body = readable(zlib.compress(b"x" * 1_000_000))
    assert (len(body.text), body.size, body.cut) == (SHOWN, 1_000_000, True)
    assert not readable(zlib.compress(b"x" * SHOWN)).cut


def test_a_lone_surrogate_in_a_reply_can_still_be_sent_to_a_browser() -> None:
    body = readable(zlib.compress(b'{"a":"\\ud83d"}'))
    body.text.encode("utf-8")
    assert '"a"' in body.text
