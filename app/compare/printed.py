"""Pages kept as they were printed, until anything in the database changes.

Printing is most of what a page costs, and pages are read again and again: by the keys back and forth, by several
readers of one study. What is kept is dropped at the first commit by anybody (`Database.version`), so that no reader
ever sees less than the database holds; where the system tells no version, nothing is kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from markupsafe import Markup

from app.db import Database
from app.web import templates

MOST = 24_000_000  # characters kept for one database
LONGEST = 500_000  # characters; a longer page is printed each time


@dataclass(frozen=True, slots=True)
class Printed:
    """The parts of a page that its address decides: title, bar and bench."""

    title: str
    viewbar: Markup
    bench: Markup

    def __len__(self) -> int:
        return len(self.viewbar) + len(self.bench)


class Shelf:
    """The printed pages of one database, the least read ones dropped first."""

    def __init__(self) -> None:
        self.version: int | None = None
        self.pages: OrderedDict[str, Printed] = OrderedDict()
        self.size = 0
        self.lock = threading.Lock()

    def get(self, version: int, address: str) -> Printed | None:
        """Return a page that was printed at this version of the database."""
        with self.lock:
            if version != self.version or address not in self.pages:
                return None
            self.pages.move_to_end(address)
            return self.pages[address]

    def put(self, version: int, address: str, page: Printed) -> None:
        """Keep a page that was read from the database at this version or a later one."""
        if len(page) > LONGEST:
            return
        with self.lock:
            if version != self.version:
                self.version, self.size = version, 0
                self.pages.clear()
            self.size += len(page) - len(self.pages.pop(address, ()))
            self.pages[address] = page
            while self.size > MOST:
                self.size -= len(self.pages.popitem(last=False)[1])


_shelves: WeakKeyDictionary[Database, Shelf] = WeakKeyDictionary()


def printed(database: Database, address: str, lay_out: Callable[[], dict[str, Any]]) -> Printed:
    """Return the page of an address: as it was kept, else laid out (the templates' context) and printed."""
    version = database.version()  # before the database is read: a commit in between makes the page anew
    if version is None:
        return _print(lay_out())
    shelf = _shelves.setdefault(database, Shelf())
    kept = shelf.get(version, address)
    if kept is None:
        kept = _print(lay_out())
        shelf.put(version, address, kept)
    return kept


def _print(context: dict[str, Any]) -> Printed:
    parts = (templates().env.get_template(f"compare/_{name}.html") for name in ("viewbar", "bench"))
    viewbar, bench = (Markup(part.render(context)) for part in parts)
    return Printed(context["title"], viewbar, bench)
