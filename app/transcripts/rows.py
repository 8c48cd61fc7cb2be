"""The rows that many draws share, and the numbers of new ones: settings, renderings, ids taken ahead."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.transcripts.bulk import insert_new
from app.transcripts.cards import Kept
from app.transcripts.models import Rendering, SettingsRecord

SETTINGS: Table = SettingsRecord.__table__  # type: ignore[assignment]
RENDERINGS: Table = Rendering.__table__  # type: ignore[assignment]
KEPT = 4096


def new_ids(session: Session, table: Table, count: int) -> Sequence[int]:
    """Take ids for rows that this transaction will insert.

    On SQLite the transaction holds the one write lock, so the highest id cannot move under it.
    """
    if not count:
        return ()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {table.name}").scalar_one()
        return range(found + 1, found + 1 + count)
    taken = f"SELECT nextval(pg_get_serial_sequence('{table.name}', 'id')) FROM generate_series(1, %s)"
    return connection.exec_driver_sql(taken, (count,)).scalars().all()


class Shared:
    """Settings and renderings already in the database, remembered within bounds once they are committed."""

    def __init__(self) -> None:
        self._settings: Kept[str, int] = Kept(KEPT)
        self._renderings: Kept[str, bool] = Kept(KEPT)
        self._fresh: list[tuple[Kept[str, Any], str, Any]] = []

    def settings(self, session: Session, wanted: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, int]:
        """Return the ids of settings by their hash, writing those that are new."""
        found: dict[str, int] = {}
        missing: dict[str, Mapping[str, Any]] = {}
        for digest, three in wanted:
            known = self._settings.get(digest)
            if known is None:
                missing[digest] = three
            else:
                found[digest] = known
        if missing:
            rows = [
                {"sha256": digest, **{name: json.dumps(value) for name, value in three.items()}}
                for digest, three in missing.items()
            ]
            insert_new(session.connection(), SETTINGS, rows)
            query = select(SETTINGS.c.sha256, SETTINGS.c.id).where(SETTINGS.c.sha256.in_(missing))
            for digest, number in session.execute(query):
                found[digest] = number
                self._fresh.append((self._settings, digest, number))
        return found

    def renderings(self, session: Session, texts: Iterable[str]) -> dict[str, str]:
        """Return the hashes of rendered texts by text, writing those that are new."""
        found = {words: hashlib.sha256(words.encode()).hexdigest() for words in set(texts)}
        new = {digest: words for words, digest in found.items() if not self._renderings.get(digest)}
        if new:
            rows = [{"sha256": digest, "text": words} for digest, words in new.items()]
            insert_new(session.connection(), RENDERINGS, rows)
            self._fresh += [(self._renderings, digest, True) for digest in new]
        return found

    def committed(self) -> None:
        """Remember what the last transaction wrote."""
        for kept, digest, value in self._fresh:
            kept.put(digest, value)
        self._fresh.clear()

    def rolled_back(self) -> None:
        """Forget what the last transaction would have written."""
        self._fresh.clear()
