"""The checks of `verify`, each a stream of problems over one table."""

import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, case, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db import said
from app.runs.models import SCRATCH, Run
from app.subjects.models import SubjectVersion
from app.transcripts.identity import path_sha256, sha256, text_sha256, transcript_sha256
from app.transcripts.models import (
    Exchange,
    Message,
    MessageLogprobs,
    Rendering,
    RunBudget,
    SettingsRecord,
    Transcript,
)
from app.transcripts.record import is_answer
from app.transcripts.whole import BATCH, BrokenPath, Columns, Reader, Whole

BUDGETS: Table = RunBudget.__table__  # type: ignore[assignment]
SUMS = ("reserved_micro", "spent_micro", "reserved_calls", "calls", "reserved_tokens", "tokens")
OF_TIP = ("stop_class", "served_model")  # kept beside a transcript's tip, and the same there
# A flipped byte can leave no UTF-8 or no JSON.
UNREADABLE = (DBAPIError, ValueError)

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
    except UNREADABLE as error:  # a broken path is one, too
        if len(rows) > 1:  # find out whose it is
            for row in rows:
                yield from _paths(reader, given, [row])
        elif isinstance(error, BrokenPath):
            yield Problem("path", f"transcript {rows[0]['id']}", str(error))
        else:
            yield unreadable(f"transcript {rows[0]['id']}", error)
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
    if path[-1]["stop_class"] is None:
        yield Problem("state", where, "done, and nothing tells how its answer ended")
    for name in OF_TIP:
        if row[name] != path[-1][name]:
            yield Problem("state", where, f"{name} {row[name]}, expected {path[-1][name]} as its answer says")
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
        return self.kinds[run_id] in {"asked", SCRATCH}

    def snapshot(self, number: int | None) -> Mapping[str, Any]:
        if number is None:
            return {}
        if number not in self.snapshots:
            query = select(SubjectVersion.snapshot).where(SubjectVersion.id == number)
            self.snapshots[number] = self.session.scalars(query).one()
        return self.snapshots[number]


def messages(session: Session, count: Count) -> Iterator[Problem]:
    """Check the hash of every message's text and of every shared turn's path, and that log-probabilities unpack."""
    query = select(Message.id, Message.parent_id, Message.role, Message.text, Message.parts, Message.made_by,
                   Message.text_sha256, Message.path_sha256)  # fmt: skip
    paths: dict[int, str | None] = {}  # of shared turns only: as many as prompts have turns
    for row in _rows(session, query, Message.id, "message", count):
        if isinstance(row, Problem):
            yield row
            continue
        where, digest = f"message {row.id}", text_sha256(row.text)
        if digest != row.text_sha256:
            yield Problem("hash", where, f"text of sha256 {digest}, expected {row.text_sha256}")
        if row.made_by is None:
            paths[row.id] = row.path_sha256
            found = path_sha256(paths.get(row.parent_id), row.role, row.text, row.parts)
            if row.path_sha256 and found != row.path_sha256:
                yield Problem("hash", where, f"path of sha256 {found}, expected {row.path_sha256}")
    packed = select(MessageLogprobs.message_id, MessageLogprobs.tokens)
    for row in _rows(
        session, packed, MessageLogprobs.message_id, "log-probabilities of message", lambda _n: None
    ):
        try:
            json.loads(zlib.decompress(row.tokens))
        except (ValueError, zlib.error) as error:
            yield Problem(
                "hash", f"message {row.message_id}", f"log-probabilities that do not unpack: {error}"
            )


def exchanges(session: Session, count: Count) -> Iterator[Problem]:
    """Check that every call's bodies unpack to what their hash says, and that no call hangs in the air."""
    query = select(Exchange.id, Exchange.transcript_id, Exchange.turn, Exchange.n, Exchange.outcome,
                   Exchange.request, Exchange.reply, Exchange.reply_sha256, Transcript.state)  # fmt: skip
    for row in _rows(session, query.join(Transcript), Exchange.id, "exchange", count):
        if isinstance(row, Problem):
            yield row
            continue
        where = f"transcript {row.transcript_id}, turn {row.turn}, call {row.n}"
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
    three = select(SettingsRecord.id, SettingsRecord.sha256, SettingsRecord.asked, SettingsRecord.sent,
                   SettingsRecord.effective)  # fmt: skip
    for row in _rows(session, three, SettingsRecord.id, "settings", count):
        if isinstance(row, Problem):
            yield row
            continue
        found = sha256({"asked": row.asked, "sent": row.sent, "effective": row.effective})
        if found != row.sha256:
            yield Problem("hash", f"settings {row.id}", f"sha256 {found}, expected {row.sha256}")
    texts = select(Rendering.sha256, Rendering.text)
    for row in _rows(session, texts, Rendering.sha256, "rendering", count):
        if isinstance(row, Problem):
            yield row
        elif text_sha256(row.text) != row.sha256:
            yield Problem("hash", f"rendering {row.sha256}", f"text of sha256 {text_sha256(row.text)}")


def _rows(
    session: Session,
    query: Select[*tuple[Any, ...]],
    key: InstrumentedAttribute[Any],
    name: str,
    count: Count,
) -> Iterator[Any]:
    """Yield a query's rows in batches by their key, and in the place of one that cannot be read a problem."""
    last: Any = None
    while keys := session.scalars(
        (select(key) if last is None else select(key).where(key > last)).order_by(key).limit(BATCH * 2)
    ).all():
        count(len(keys))
        last = keys[-1]
        try:
            found = session.execute(query.where(key.between(keys[0], last)).order_by(key)).all()
        except UNREADABLE:
            for one in keys:
                try:
                    yield session.execute(query.where(key == one)).one()
                except UNREADABLE as error:
                    yield unreadable(f"{name} {one}", error)
            continue
        yield from found


def unreadable(where: str, error: Exception) -> Problem:
    """Return the problem of what the database holds and cannot be read back."""
    return Problem("unreadable", where, said(error))
