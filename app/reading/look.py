"""What of a search is shown, as its address says it: every state of the page is a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.reading import filters
from app.reading.filters import BadFilter, Filter
from app.reading.hits import Cursor, Part

PAGE = 50  # lines
# What may follow each name of a view; the first is what holds without it.
CHOICES: dict[str, tuple[str, ...]] = {
    "sort": ("newest", "best"), "as": ("list", "kwic"), "by": ("newest", "left", "right"),
    "hide": ("", "kept", "shuffled"),
}  # fmt: skip
NAMES = frozenset((*CHOICES, "before", "after", "limit"))


@dataclass(frozen=True, slots=True)
class Look:
    """A filter and the view of what it finds. `path_study`: the study is named by the path of the page."""

    filter: Filter = Filter()
    sort: str = "newest"
    shape: str = "list"  # `as` in addresses
    by: str = "newest"
    hide: str = ""
    before: str = ""
    after: str = ""
    path_study: bool = False

    @property
    def kwic(self) -> bool:
        """Whether words are shown in their context; without words there is none."""
        return self.shape == "kwic" and bool(self.filter.words) and self.filter.role != "prompt"

    @property
    def path(self) -> str:
        return f"/studies/{self.filter.study}/search" if self.path_study else "/search"

    @property
    def url(self) -> str:
        """The address of this page."""
        view = {"sort": self.sort, "as": self.shape, "by": self.by, "hide": self.hide}
        said = [f"{name}={value}" for name, value in view.items() if value != CHOICES[name][0]]
        said += [
            f"{name}={value}" for name, value in (("before", self.before), ("after", self.after)) if value
        ]
        query = "&".join([*filter(None, [self.filter.query(without_study=self.path_study)]), *said])
        return f"{self.path}?{query}" if query else self.path

    def but(self, **changes: Any) -> "Look":
        """Return the same with the view changed, from its beginning."""
        return replace(self, **({"before": "", "after": ""} | changes))

    def narrowed(self, **changes: Any) -> "Look":
        """Return the same with the filter changed, from its beginning."""
        return self.but(filter=replace(self.filter, **changes))

    @property
    def unnarrowed(self) -> "Look":
        """The same line with no filter but the study of the page."""
        kept = Filter(words=self.filter.words, role=self.filter.role)
        return self.but(filter=replace(kept, study=self.filter.study if self.path_study else ""))

    @property
    def everywhere(self) -> "Look":
        """The same line in all studies: runs and batteries of one study say nothing there."""
        kept = Filter(words=self.filter.words, role=self.filter.role, subjects=self.filter.subjects)
        return self.but(filter=kept, path_study=False)

    def of_column(self, subject: str, milli: int) -> "Look":
        """Return the same of one subject at one temperature."""
        return self.narrowed(subjects=(subject,), temperatures=(milli,))

    def without(self, name: str) -> "Look":
        """Return the same without the conditions of one name."""
        kept: dict[str, list[str]] = {}
        for one, value in self.filter.written():
            if one != name:
                kept.setdefault(one, []).append(value)
        study = self.filter.study if self.path_study else ""
        return self.but(filter=filters.read(kept, study=study))

    def part(self, limit: int = PAGE) -> Part:
        """Return which part of the order is asked for; raise BadFilter."""
        before, after = Cursor.read("before", self.before), Cursor.read("after", self.after)
        if before and after:
            raise BadFilter("after: found a second place beside before")
        return Part(limit, before, after, best=self.sort == "best")


def read(params: Mapping[str, Sequence[str]], study: str = "") -> Look:
    """Read the query of an address; raise BadFilter naming what cannot be read."""
    chosen = {}
    for name, known in CHOICES.items():
        given = params.get(name, ())
        chosen[name] = given[-1] if given else known[0]
        if chosen[name] not in known:
            raise BadFilter(
                f"{name}: found {chosen[name]!r}, expected one of {', '.join(filter(None, known))}"
            )
    places = {name: params[name][-1] if params.get(name) else "" for name in ("before", "after")}
    found = filters.read(params, study=study)
    return Look(
        found, chosen["sort"], chosen["as"], chosen["by"], chosen["hide"], **places, path_study=bool(study)
    )
