"""The shared beginnings of the tree: each prompt's turns above its first answer, written once and found again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.batteries.shape import PromptShape, Turn
from app.db import now
from app.elicitation.modes import opening
from app.providers.plain import plain
from app.transcripts.bulk import at, insert_new
from app.transcripts.identity import path_sha256, text_sha256
from app.transcripts.models import Message

MESSAGES: Table = Message.__table__  # type: ignore[assignment]
SHARED = MESSAGES.c.made_by.is_(None)
AT_ONCE = 400  # rows and look-ups a statement, well under SQLite's limit of variables


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of a prompt path: its role, its text as stored, and the hash of the path that ends in it."""

    role: str
    text: str
    path_sha256: str


def path_of(prompt: PromptShape) -> tuple[Step, ...]:
    """Return the turns that all draws of a prompt share, root first."""
    steps: list[Step] = []
    for turn in opening(prompt):
        role, text = turn.role, turn_text(turn)
        above = steps[-1].path_sha256 if steps else None
        steps.append(Step(role, text, path_sha256(above, role, text, None)))
    return tuple(steps)


def turn_text(turn: Turn) -> str:
    """Return a scripted turn's words as they are stored."""
    return plain(turn.words)[0]


def write_paths(session: Session, prompts: Mapping[int, PromptShape]) -> dict[int, int]:
    """Write the paths of these prompts that are not there yet; return the id of each prompt's last shared turn."""
    paths = {key: path_of(prompt) for key, prompt in prompts.items()}
    known: dict[str, int] = {}
    for depth in range(max((len(path) for path in paths.values()), default=0)):
        level = {path[depth].path_sha256: path for path in paths.values() if depth < len(path)}
        known |= _write_level(session, level, depth, known)
    return {key: known[path[-1].path_sha256] for key, path in paths.items()}


def _write_level(
    session: Session, level: Mapping[str, Sequence[Step]], depth: int, known: Mapping[str, int]
) -> dict[str, int]:
    found = _find(session, level)
    missing: list[dict[str, Any]] = [
        {
            "parent_id": known[path[depth - 1].path_sha256] if depth else None,
            "role": path[depth].role,
            "text": path[depth].text,
            "text_sha256": text_sha256(path[depth].text),
            "path_sha256": digest,
            "origin": "prompt",
            "scope": "",
            "created_at": at(now()),
        }
        for digest, path in level.items()
        if digest not in found
    ]
    if missing:
        # Another process may write the same path at this moment: then its row is the one that counts.
        insert_new(session.connection(), MESSAGES, missing)
        found |= _find(session, [row["path_sha256"] for row in missing])
    return found


def _find(session: Session, digests: Iterable[str]) -> dict[str, int]:
    wanted = list(digests)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = session.execute(
            select(MESSAGES.c.path_sha256, MESSAGES.c.id).where(
                SHARED, MESSAGES.c.path_sha256.in_(wanted[start : start + AT_ONCE])
            )
        )
        found.update((digest, number) for digest, number in rows)
    return found
