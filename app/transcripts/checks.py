"""The checks of `verify`, each a stream of problems over one table."""

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, case, func, select
from sqlalchemy.orm import Session

from app.runs.models import Run
from app.subjects.models import SubjectVersion
from app.transcripts.identity import path_sha256, sha256, text_sha256, transcript_sha256
from app.transcripts.models import Exchange, Message, Rendering, RunBudget, SettingsRecord, Transcript
from app.transcripts.record import is_answer
from app.transcripts.whole import BATCH, BrokenPath, Columns, Reader, Whole

BUDGETS: Table = RunBudget.__table__  # type: ignore[assignment]
SUMS = ("reserved_micro", "spent_micro", "reserved_calls", "calls", "reserved_tokens", "tokens")

Held = Callable[[int], bool]
Count = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, and what was found there."""

    what: str
    where: str
    found: str


def transcripts(session: Session, held: Held, count: Count) -> Iterator[Problem]:
    """Check every transcript's path, hash and state; `held` tells whether an endpoint's lock is held."""
    reader, given = Reader(session), _Given(session)
    for rows in reader.rows():
        count(len(rows))
        locks = {
            number: held(number)
            for number in {row["endpoint_id"] for row in rows if row["state"] == "running"}
            if number
        }
        for row in rows:
            where = f"transcript {row['id']}"
            if row["state"] == "running" and not locks.get(row["endpoint_id"]):
                yield Problem("left running", where, "running, and nobody holds its endpoint's lock")
            if row["sha256"] and row["state"] != "done":
                yield Problem("state", where, f"{row['state']}, and yet it has the hash of a finished one")
        yield from _paths(reader, given, rows)


def _paths(reader: Reader, given: "_Given", rows: list[Columns]) -> Iterator[Problem]:
    try:
        wholes = reader.whole(rows)
    except BrokenPath as error:
        if len(rows) > 1:  # find out whose it is
            for row in rows:
                yield from _paths(reader, given, [row])
        else:
            yield Problem("path", f"transcript {rows[0]['id']}", str(error))
        return
    for whole in wholes:
        if whole.row["state"] == "done":
            yield from _finished(whole, given)


def _finished(whole: Whole, given: "_Given") -> Iterator[Problem]:
    row, path = whole.row, whole.messages
    where = f"transcript {row['id']}"
    if row["tip_id"] is None or not path or not is_answer(path[-1]):
        yield Problem("state", where, "done, and its path ends in no answer")
        return
    if row["stop_class"] is None:
        yield Problem("state", where, "done, and nothing tells how its answer ended")
    if given.asked(row["run_id"]):
        yield from _own_path(whole, where)
    version = given.snapshot(row["subject_version_id"])
    settings = whole.settings or {}
    found = transcript_sha256(
        path,
        system=version.get("system"),
        template=version.get("template"),
        **{name: settings.get(name, {}) for name in ("asked", "sent", "effective")},
    )
    if found != row["sha256"]:
        yield Problem("hash", where, f"sha256 {found}, expected {row['sha256']}")


def _own_path(whole: Whole, where: str) -> Iterator[Problem]:
    """Check that an asked draw's path is its prompt's turns and then only what this draw itself made."""
    row, path = whole.row, whole.messages
    makers = [message["made_by"] for message in path]
    shared = makers.index(row["id"]) if row["id"] in makers else len(makers)
    if makers != [None] * shared + [row["id"]] * (len(makers) - shared):
        yield Problem("path", where, "its path goes through a message that another transcript made")
    elif not shared or path[shared - 1]["id"] != row["root_id"]:
        yield Problem("path", where, f"its path does not come from its prompt (message {row['root_id']})")
    answers = sum(is_answer(message) for message in path[shared:])
    if answers != row["answered"]:
        yield Problem("path", where, f"{answers} answers on its path, expected {row['answered']}")


class _Given:
    """What many transcripts share, read once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.snapshots: dict[int, Mapping[str, Any]] = {}
        self.kinds: dict[int, str] = dict(session.execute(select(Run.id, Run.kind)).all())

    def asked(self, run_id: int) -> bool:
        return self.kinds[run_id] == "asked"

    def snapshot(self, number: int | None) -> Mapping[str, Any]:
        if number is None:
            return {}
        if number not in self.snapshots:
            query = select(SubjectVersion.snapshot).where(SubjectVersion.id == number)
            self.snapshots[number] = self.session.scalars(query).one()
        return self.snapshots[number]


def messages(session: Session, count: Count) -> Iterator[Problem]:
    """Check the hash of every message's text, and of every shared turn's path."""
    wanted = (Message.id, Message.parent_id, Message.role, Message.text, Message.parts, Message.made_by,
              Message.text_sha256, Message.path_sha256)  # fmt: skip
    paths: dict[int, str | None] = {}  # of shared turns only: as many as prompts have turns
    last = 0
    while rows := session.execute(
        select(*wanted).where(Message.id > last).order_by(Message.id).limit(BATCH * 5)
    ).all():
        count(len(rows))
        for row in rows:
            last, where = row.id, f"message {row.id}"
            if text_sha256(row.text) != row.text_sha256:
                yield Problem(
                    "hash", where, f"text of sha256 {text_sha256(row.text)}, expected {row.text_sha256}"
                )
            if row.made_by is None:
                paths[row.id] = row.path_sha256
                found = path_sha256(paths.get(row.parent_id), row.role, row.text, row.parts)
                if row.path_sha256 and found != row.path_sha256:
                    yield Problem("hash", where, f"path of sha256 {found}, expected {row.path_sha256}")


def exchanges(session: Session, count: Count) -> Iterator[Problem]:
    """Check that every call's bodies unpack to what their hash says, and that no call hangs in the air."""
    wanted = (Exchange.id, Exchange.transcript_id, Exchange.turn, Exchange.n, Exchange.outcome, Exchange.request,
              Exchange.reply, Exchange.reply_sha256, Transcript.state)  # fmt: skip
    last = 0
    while rows := session.execute(
        select(*wanted).join(Transcript).where(Exchange.id > last).order_by(Exchange.id).limit(BATCH)
    ).all():
        count(len(rows))
        for row in rows:
            last, where = row.id, f"transcript {row.transcript_id}, turn {row.turn}, call {row.n}"
            if row.outcome == "sent" and row.state != "running":
                yield Problem("call", where, f"still in flight, and its transcript is {row.state}")
            try:
                zlib.decompress(row.request or zlib.compress(b""))
                body = None if row.reply is None else zlib.decompress(row.reply)
            except zlib.error as error:
                yield Problem("call", where, f"a body that does not unpack: {error}")
                continue
            digest = None if body is None else hashlib.sha256(body).hexdigest()
            if digest not in (None, row.reply_sha256):
                yield Problem("hash", where, f"reply of sha256 {digest}, expected {row.reply_sha256}")


def budgets(session: Session, count: Count) -> Iterator[Problem]:
    """Check each run's stored sums against its calls; a run without a row is one that has spent nothing."""
    flying = Exchange.outcome == "sent"

    def total(what: Any, *, in_flight: bool) -> Any:
        return func.coalesce(func.sum(case((flying if in_flight else ~flying, what), else_=0)), 0)

    made = (
        select(
            Transcript.run_id,
            total(func.coalesce(Exchange.cost_micro, 0), in_flight=True).label("reserved_micro"),
            total(func.coalesce(Exchange.cost_micro, 0), in_flight=False).label("spent_micro"),
            total(1, in_flight=True).label("reserved_calls"),
            total(1, in_flight=False).label("calls"),
            total(func.coalesce(Exchange.tokens, 0), in_flight=True).label("reserved_tokens"),
            total(func.coalesce(Exchange.tokens, 0), in_flight=False).label("tokens"),
        )
        .join(Transcript, Transcript.id == Exchange.transcript_id)
        .group_by(Transcript.run_id)
        .subquery()
    )
    columns = [made.c[name].label(f"found_{name}") for name in SUMS] + [BUDGETS.c[name] for name in SUMS]
    query = select(Run.id, *columns).outerjoin(made, made.c.run_id == Run.id)
    for row in session.execute(
        query.outerjoin(BUDGETS, BUDGETS.c.run_id == Run.id).order_by(Run.id)
    ).mappings():
        count(1)
        for name in SUMS:
            found, kept = int(row[f"found_{name}"] or 0), row[name] or 0
            if found != kept:
                yield Problem("budget", f"run {row['id']}", f"{name} {kept}, expected {found} by its calls")


def shared(session: Session, count: Count) -> Iterator[Problem]:
    """Check the hashes under which settings and rendered texts are kept once."""
    for row in session.scalars(select(SettingsRecord).execution_options(yield_per=BATCH)):
        count(1)
        found = sha256({"asked": row.asked, "sent": row.sent, "effective": row.effective})
        if found != row.sha256:
            yield Problem("hash", f"settings {row.id}", f"sha256 {found}, expected {row.sha256}")
        session.expunge(row)
    for text in session.scalars(select(Rendering).execution_options(yield_per=BATCH)):
        count(1)
        if text_sha256(text.text) != text.sha256:
            yield Problem(
                "hash", f"rendering {text.sha256[:12]}…", f"text of sha256 {text_sha256(text.text)}"
            )
        session.expunge(text)
