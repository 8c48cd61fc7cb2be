"""Runs that tests kill: `python -m tests.runner DATABASE_URL RUN` forks a collector of this run for each line it
reads, and prints the process's number, then how it ended.

The libraries are loaded once, before the first fork, so that a kill finds the collector at work.
"""

import asyncio
import os
import sys
import traceback

from app import db
from app.settings import Settings
from app.transcripts import supervise


def collect(url: str, run: int) -> None:
    """Collect one run to its end in this process, as `styloscope resume` does."""
    db.use(db.Database(url))
    asyncio.run(supervise.collect_all(Settings(), keys={}, stop=asyncio.Event(), runs={run}))


def main(url: str, run: int) -> None:
    """Fork a collector for each line of standard input."""
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                collect(url, run)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
