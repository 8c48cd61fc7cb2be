"""Claiming: which queued draws an endpoint is asked next, fairly between runs, and the calls they begin with."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Table, bindparam, func, literal_column, select, text, update
from sqlalchemy.orm import Session

from app.elicitation.modes import Finished
from app.providers.wire import Impossible
from app.transcripts.budget import Purse, most
from app.transcripts.calls import EXCHANGES, Opening, write_down
from app.transcripts.cards import Cards
from app.transcripts.draws import Asked, Draw, elicit, gone_past
from app.transcripts.limits import Counted
from app.transcripts.models import Message, Transcript
from app.transcripts.save import CELL_IMPOSSIBLE, DRAW_COLUMNS, cell_of

log = logging.getLogger(__name__)
TRANSCRIPTS: Table = Transcript.__table__  # type: ignore[assignment]
MESSAGES: Table = Message.__table__  # type: ignore[assignment]
QUEUED = TRANSCRIPTS.c.state == literal_column("'queued'")  # a parameter would not find the partial index

# One look in the index per run, however many draws are queued.
RUNS = text(
    """
    WITH RECURSIVE found(run_id) AS (
        SELECT min(run_id) FROM transcripts WHERE endpoint_id = :endpoint AND state = 'queued'
        UNION ALL
        SELECT (SELECT min(t.run_id) FROM transcripts t
                WHERE t.endpoint_id = :endpoint AND t.state = 'queued' AND t.run_id > found.run_id)
        FROM found WHERE found.run_id IS NOT NULL
    )
    SELECT found.run_id FROM found JOIN runs ON runs.id = found.run_id AND runs.wanted = 'go'
    WHERE NOT EXISTS (SELECT 1 FROM endpoint_stops s
                      WHERE s.run_id = found.run_id AND s.endpoint_id = :endpoint)
    ORDER BY found.run_id
    """
)
# The first fields of a draw, in its order.
GIVEN = ("id", "run_id", "study_id", "prompt_id", "subject_version_id", "subject_id", "endpoint_id",
         "temperature_milli", "repeat", "attempt", "root_id")  # fmt: skip
NEXT = (
    select(
        *(TRANSCRIPTS.c[name] for name in (*GIVEN, *DRAW_COLUMNS)),
    )
    .where(TRANSCRIPTS.c.endpoint_id == bindparam("endpoint"), TRANSCRIPTS.c.run_id == bindparam("run"), QUEUED)
    .order_by(TRANSCRIPTS.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)  # fmt: skip
TAKE = (
    update(TRANSCRIPTS)
    .where(TRANSCRIPTS.c.id.in_(bindparam("ids", expanding=True)))
    .values(state="running", attempt=TRANSCRIPTS.c.attempt + 1, reason=None)
)

CANNOT = (
    update(TRANSCRIPTS)
    .where(TRANSCRIPTS.c.id == bindparam("of_id"))
    .values(state="failed", reason=bindparam("to_reason"))
)


@dataclass(slots=True)
class Want:
    """What an endpoint can take now: free slots, its live price, its rate limits' word on a call's tokens.

    `after` is the run that was served last: the next claim begins behind it. Once claimed, `dry` tells that no
    draw is left that may be asked (`short`: because of a cap), `held` that only the rate limits stand before the
    next.
    """

    endpoint_id: int
    slots: int
    price: Mapping[str, Any]
    admit: Callable[[int], Counted | None]
    after: int = 0
    dry: bool = False
    short: bool = False
    held: bool = False


def runs_waiting(session: Session, endpoint_id: int) -> Sequence[int]:
    """Return the runs that want to go and have queued draws at an endpoint that is not stopped for them."""
    return session.connection().execute(RUNS, {"endpoint": endpoint_id}).scalars().all()


def claim(
    session: Session, want: Want, runs: Sequence[int], purses: Mapping[int, Purse], cards: Cards
) -> list[Opening]:
    """Claim at most `want.slots` draws, an equal share from each run, and write their first calls down.

    A claimed row is a call about to be sent. A draw that turns out impossible takes its cell's queued draws with
    it; one that does not fit under its run's cap stays queued, and so does the rest of its run.
    """
    openings: list[Opening] = []
    turn = [run for run in runs if run > want.after] + [run for run in runs if run <= want.after]
    open_runs = [run for run in turn if run in purses and purses[run].wanted == "go"]
    left_over = False
    while open_runs and len(openings) < want.slots and not want.held:
        share = max(1, (want.slots - len(openings)) // len(open_runs))
        still_open = []
        for run in open_runs:
            wanted = min(share, want.slots - len(openings))
            if not wanted or want.held:
                left_over = True
                break
            want.after = run
            if _claim_of_run(session, want, purses[run], wanted, cards, openings):
                still_open.append(run)
        open_runs = still_open
    want.dry = not want.held and not left_over and len(openings) < want.slots
    write_down(session, openings)
    return openings


def _claim_of_run(
    session: Session, want: Want, purse: Purse, most_draws: int, cards: Cards, openings: list[Opening]
) -> bool:
    """Claim draws of one run; tell whether it may have more."""
    query = {"endpoint": want.endpoint_id, "run": purse.run_id, "most": most_draws}
    rows = session.connection().execute(NEXT, query).all()
    taken: list[int] = []
    ruled_out: set[tuple[int, int, int]] = set()
    more = len(rows) == most_draws
    for draw in _draws(session, want, rows, cards):
        cell = (draw.prompt_id, draw.subject_version_id, draw.temperature_milli)
        if cell in ruled_out:
            continue
        asked = _first_call(draw)
        if isinstance(asked, str):
            session.connection().execute(CANNOT, {"of_id": draw.id, "to_reason": asked})
            continue
        if isinstance(asked, Impossible):
            session.connection().execute(CELL_IMPOSSIBLE, [cell_of(draw, asked.reason)])
            ruled_out.add(cell)
            continue
        micro = most(want.price, asked)
        if not purse.reserve(micro, asked.most_tokens):
            want.short, more = True, False
            break
        draw.counted = want.admit(asked.most_tokens)
        if draw.counted is None:
            purse.give_back(micro, asked.most_tokens)
            want.held, more = True, False
            break
        taken.append(draw.id)
        openings.append(Opening(draw, asked, draw.attempt + 1, micro))
    if taken:
        session.connection().execute(TAKE, {"ids": taken})
    return more


def _first_call(draw: Draw) -> Asked | Impossible | str:
    """Return the call that a claimed draw begins with, or in words why this one draw fails."""
    try:
        asked = elicit(draw)
    except Exception as error:  # one prompt that nobody foresaw must not keep all others from being asked
        log.exception("transcript %s: its call could not be made", draw.id)
        return f"its call could not be made: {type(error).__name__}: {error}"
    if isinstance(asked, Finished):
        return "it was queued, and yet every turn is answered"
    return asked


def _draws(session: Session, want: Want, rows: Sequence[Row[*tuple[Any, ...]]], cards: Cards) -> list[Draw]:
    prompts = cards.prompts(session, [row[3] for row in rows])
    subjects = cards.subjects(session, [(row[1], row[4]) for row in rows])
    runs = cards.runs(session, [row[1] for row in rows])
    draws = []
    for row in rows:
        given: dict[str, Any] = dict(zip(GIVEN, row, strict=False))
        draw = Draw(
            **given,
            prompt=prompts[given["prompt_id"]],
            subject=subjects[given["run_id"], given["subject_version_id"]],
            run=runs[given["run_id"]],
            price=want.price,
        )
        if draw.attempt:
            for name, value in zip(DRAW_COLUMNS, row[len(GIVEN) :], strict=True):
                setattr(draw, name, value)
        draws.append(draw)
    again = {draw.id: draw for draw in draws if draw.attempt}
    if again:
        _remember(session, again)
    return draws


def _remember(session: Session, again: Mapping[int, Draw]) -> None:
    """Give draws that are asked again their earlier calls' numbers, and ladders what was said so far."""
    numbers = session.execute(
        select(EXCHANGES.c.transcript_id, EXCHANGES.c.turn, func.max(EXCHANGES.c.n))
        .where(EXCHANGES.c.transcript_id.in_(again))
        .group_by(EXCHANGES.c.transcript_id, EXCHANGES.c.turn)
    )
    for transcript_id, turn, n in numbers:
        again[transcript_id].calls_of_turn[turn] = n
    begun = [number for number, draw in again.items() if draw.answered]
    if not begun:
        return
    fields = ("role", "text", "parts", "origin", "stop_class", "stop_raw", "seed")
    said = session.execute(
        select(MESSAGES.c.made_by, *(MESSAGES.c[name] for name in fields))
        .where(MESSAGES.c.made_by.in_(begun))
        .order_by(MESSAGES.c.id)
    )
    for made_by, *values in said:
        message = dict(zip(fields, values, strict=True))
        again[made_by].said.append(message)
        if message["role"] in ("assistant", "text"):
            draw = again[made_by]
            draw.keep(message)
            draw.reason = gone_past(draw.reason, len(draw.answers), message["stop_class"])
