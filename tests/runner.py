"""Runs that tests kill: `python -m tests.runner DATABASE_URL RUN` forks a collector of this run for each line it
reads, and prints the process's number, then how it ended.

A line "saved 3" makes the collector kill itself at the third moment of this name. The libraries are loaded once,
before the first fork, so that a kill finds the collector at work.
"""

import asyncio
import os
import signal
import sys
import traceback
from itertools import count
from typing import Any

from app import db
from app.providers.transport import Transport
from app.settings import Settings
from app.transcripts import collect as collecting
from app.transcripts import supervise, writer

# Where a moment is, and whether it comes before or after what happens there.
MOMENTS: dict[str, tuple[Any, str, bool]] = {
    "taken over": (supervise, "take_over", True),  # not yet committed
    "claiming": (writer, "claim", True),
    "claimed": (Transport, "send", False),  # written down, not yet sent
    "answered": (collecting, "settle", False),
    "saving": (writer, "save", True),
    "saved": (writer.Writer, "_after", False),
}


def die_at(moment: str, nth: int) -> None:
    """Make this process kill itself at the nth such moment."""
    place, name, after = MOMENTS[moment]
    does, numbers = getattr(place, name), count(1)

    def work(*given: Any, **named: Any) -> Any:
        last = next(numbers) == nth
        if last and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        done = does(*given, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(place, name, work)


def collect(url: str, run: int) -> None:
    """Collect one run to its end in this process, as `styloscope resume` does."""
    db.use(db.Database(url))
    asyncio.run(supervise.collect_all(Settings(), keys={}, stop=asyncio.Event(), runs={run}))


def main(url: str, run: int) -> None:
    """Fork a collector for each line of standard input."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                moment, _, nth = line.strip().rpartition(" ")
                if moment:
                    die_at(moment, int(nth))
                collect(url, run)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
