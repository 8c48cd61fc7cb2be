"""One look at the event log per process, handed to every open stream.

Events of this process wake the hub at once; those of other processes are found by a look twice a second.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)
Item = tuple[int, str, dict[str, Any]]
QUEUE = 256  # a stream that lags further than this is told to reload
MOST_EACH = 128  # streams of one person; a browser has one for all its tabs
MOST = 512  # streams of this process
INTERVAL = 0.5

_hubs: set["Hub"] = set()


def wake() -> None:
    """Make every hub of this process look now. Safe from any thread."""
    for hub in list(_hubs):
        hub.wake()


class Hub:
    """Reads new events once and passes them on; `look(last)` returns them, `newest()` where to begin."""

    def __init__(self, look: Callable[[int], Sequence[Item]], newest: Callable[[], int]) -> None:
        self._look = look
        self._newest = newest
        self._streams: dict[asyncio.Queue[Item | None], int] = {}  # each with whose it is
        self._bell = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.begun = asyncio.Event()  # from here on nothing new is missed
        self.closing = asyncio.Event()
        self.last: int | None = None  # the newest event seen; a page made now shows at least this much

    def wake(self) -> None:
        """Look now; called from the thread that committed."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self, in_thread: Callable[..., Any]) -> None:
        """Look until closed. `in_thread(fn, *args)` awaits a blocking look."""
        self._loop = asyncio.get_running_loop()
        _hubs.add(self)
        try:
            while not self.closing.is_set():
                try:
                    await self._pass_on(in_thread)
                except SQLAlchemyError:  # away for a moment: what came meanwhile is found by a later look
                    log.warning("the event log could not be read, trying again", exc_info=True)
                    await asyncio.sleep(INTERVAL)
        finally:
            _hubs.discard(self)
            self.close()

    async def _pass_on(self, in_thread: Callable[..., Any]) -> None:
        """Look until closed; raise what keeps the log from being read."""
        if self.last is None:
            self.last = await in_thread(self._newest)
            self.begun.set()
        while not self.closing.is_set():
            try:
                await asyncio.wait_for(self._bell.wait(), INTERVAL)
            except TimeoutError:
                if not self._streams:
                    continue
            self._bell.clear()
            for item in await in_thread(self._look, self.last):
                self.last = item[0]
                self._publish(item)

    def _publish(self, item: Item) -> None:
        for queue in self._streams:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait((item[0], "reload", {}))
            else:
                queue.put_nowait(item)

    def full(self, person: int) -> bool:
        """Tell whether this person, or everybody together, has as many streams open as may be."""
        return len(self._streams) >= MOST or list(self._streams.values()).count(person) >= MOST_EACH

    def subscribe(self, person: int) -> asyncio.Queue[Item | None]:
        """Open a stream's queue; None in it means that the server is closing."""
        queue: asyncio.Queue[Item | None] = asyncio.Queue(QUEUE)
        self._streams[queue] = person
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Item | None]) -> None:
        """Close a stream's queue."""
        self._streams.pop(queue, None)

    def close(self) -> None:
        """End every stream."""
        self.closing.set()
        self.begun.set()
        for queue in self._streams:
            while queue.full():
                queue.get_nowait()
            queue.put_nowait(None)
