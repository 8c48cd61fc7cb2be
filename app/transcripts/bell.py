"""The bell of this process's supervisors: rung when there may be draws to ask, so that nobody waits for a look."""

import asyncio

from sqlalchemy import event
from sqlalchemy.orm import Session

_bells: set["Bell"] = set()


class Bell:
    """An event that any thread may set."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        _bells.add(self)

    def ring(self) -> None:
        """Set it. Safe from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.rung.set)

    def close(self) -> None:
        """Be rung no more."""
        _bells.discard(self)


def ring() -> None:
    """Make every supervisor of this process look now. Safe from any thread."""
    for bell in list(_bells):
        bell.ring()


def ring_after(session: Session) -> None:
    """Ring once this session's transaction is committed."""
    event.listen(session, "after_commit", lambda _session: ring(), once=True)
