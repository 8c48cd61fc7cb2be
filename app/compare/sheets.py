"""What goes on paper: the prompts asked for, one after the other, each laid out when its turn comes.

Nothing is held but the sheet in hand, and no session between two sheets: a battery of hundreds of prompts takes no
more memory than its longest one, and who is slow to take it keeps nobody waiting.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup
from sqlalchemy.orm import Session

from app import db
from app.compare import queries
from app.compare.of_set import Members
from app.compare.page import Page, build
from app.compare.paper import Laid, laid
from app.compare.scope import Asked, Part, alone
from app.compare.signs import SIGNS
from app.compare.view import Place, View
from app.web import NotFound, templates

AT_ONCE = 200  # prompts whose names are read together
NAMED = 60  # characters of a name that was not found, as an error tells it


@dataclass(frozen=True, slots=True)
class Chosen:
    """A battery whose prompts go on paper; `keys` those of them that were asked for, None = all that it asks."""

    part: Part
    keys: tuple[str, ...] | None

    @property
    def size(self) -> int:
        return self.part.size if self.keys is None else len(self.keys)


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that is asked for: a study's prompts under one view. `home` is where permalinks begin."""

    study: Any
    view: View
    chosen: tuple[Chosen, ...]
    found: Asked
    only: Members | None
    home: str

    @property
    def total(self) -> int:
        return sum(one.size for one in self.chosen)

    @property
    def title(self) -> str:
        if len(self.chosen) == 1:
            return str(self.chosen[0].part.title)
        return f"{len(self.chosen)} batteries"

    def sheets(self) -> Iterator[Markup]:
        """Print each prompt, when it is asked for."""
        sheet = templates().env.get_template("compare/_print_sheet.html")
        n = 0
        for one in self.chosen:
            for key in _keys(one):
                n += 1
                with db.reading() as session:
                    found = self._laid(session, one.part, key)
                yield Markup(sheet.render(paper=self, n=n, part=one.part, key=key, one=found, **SIGNS))

    def _laid(self, session: Session, part: Part, key: str) -> Laid | None:
        place = Place(self.study.slug, part.slug, key, self.view)
        here = alone(session, part, key)
        if here is None:
            return None
        page = build(session, self.study.id, place, here, self.found, self.only)
        return laid(page, f"{self.home}{link(page)}")


def link(page: Page) -> str:
    """Return the address to cite a sheet by: of the runs that it shows, whatever is run later.

    With hidden names it names no column.
    """
    view = page.place.view
    shown = {run for panel in page.panels for run in panel.cell.column.runs}
    runs = view.runs or tuple(sorted(shown))
    if view.hide:
        return page.place.url(cols=(), pin=(), diff="", runs=runs, folded=False)
    return page.place.url(runs=runs, folded=False)


def on_paper(view: View) -> View:
    """Return a view as paper shows it: nothing is in focus, folded or side by side in rows."""
    return replace(view, folded=True, wide="", open=(), col="", repeat="", align=False)


def choose(
    session: Session, parts: Sequence[Part], batteries: Sequence[str], prompts: Sequence[str]
) -> tuple[Chosen, ...]:
    """Return what is asked for of the batteries that the chosen runs ask; nothing named = all. Raise NotFound."""
    by_slug = {part.slug: part for part in parts}
    wanted: dict[str, list[str]] = {slug: [] for slug in batteries}
    for name in prompts:
        slug, _, key = name.partition("/")
        wanted.setdefault(slug, []).append(key)
    missing = next((slug for slug in wanted if slug not in by_slug), None)
    if missing is not None:
        raise NotFound(f"battery: no chosen run of this study asks {missing[:NAMED]!r}.")
    return tuple(
        Chosen(part, _known(session, part, wanted[part.slug]) if wanted.get(part.slug) else None)
        for part in parts
        if part.slug in wanted or not wanted
    )


def _known(session: Session, part: Part, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the keys in the battery's order, each once."""
    rows = queries.prompts_by_key(session, part.battery_id, keys, [part.version_id, *part.older])
    found = tuple(dict.fromkeys(row.key for row in rows))
    missing = next((key for key in keys if key not in found), None)
    if missing is not None:
        raise NotFound(f"prompt: no chosen run of this study asks {f'{part.slug}/{missing}'[:NAMED]!r}.")
    return found


def _keys(one: Chosen) -> Iterator[str]:
    part, keys = one.part, one.keys
    if keys is None and part.keys is not None:
        with db.reading() as session:
            keys = _known(session, part, sorted(part.keys))
    if keys is not None:
        yield from keys
        return
    for first in range(part.first, part.last + 1, AT_ONCE):
        with db.reading() as session:
            last = min(first + AT_ONCE - 1, part.last)
            rows = queries.prompts_between(session, part.version_id, first, last)
        yield from (row.key for row in rows)
