"""What of Compare is shown, as the address says it: every state of the page is a link."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

from app.transcripts.told import temperature_milli, temperature_word

SAFE = ",@:."

# How each part of a view is written into an address, in the order of the address.
SAID: dict[str, tuple[str, Callable[[Any], str]]] = {
    "cols": ("cols", ",".join),
    "pin": ("pin", ",".join),
    "runs": ("run", lambda runs: ",".join(map(str, runs))),
    "beside": ("beside", lambda on: "1" if on else ""),
    "wave": ("wave", lambda wave: str(wave) if wave else ""),
    "set": ("set", str),
    "temperatures": ("t", lambda some: ",".join(map(temperature_word, some))),
    "group": ("group", lambda on: "style" if on else ""),
    "all": ("all", lambda on: "1" if on else ""),
    "align": ("align", lambda on: "1" if on else ""),
    "diff": ("diff", str),
    "first": ("first", lambda on: "1" if on else ""),
    "rendered": ("view", lambda on: "rendered" if on else ""),
    "hide": ("hide", str),
    "others": ("others", lambda on: "1" if on else ""),
    "folded": ("notes", lambda on: "off" if on else ""),
    "wide": ("wide", str),
    "open": ("open", ",".join),
    "col": ("col", str),
    "repeat": ("repeat", str),
}
POOLED = ("all",)


@dataclass(frozen=True)
class View:
    """The state of the page. A column is named `subject@temperature`, or `subject@temperature@run` where it holds
    one run for itself; `repeat` is a draw of the focused one.

    `runs` empty = each column's newest run that holds the prompt; ("all",) = all of them pooled. `beside` makes a
    column of each of them. `wave` (0 = all) leaves only what one wave asked.
    """

    cols: tuple[str, ...] = ()
    pin: tuple[str, ...] = ()  # columns that stay at the left
    runs: tuple[int, ...] | tuple[Literal["all"]] = ()
    beside: bool = False
    wave: int = 0
    set: str = ""  # the number of a working set: only its members are shown
    temperatures: tuple[int, ...] = ()
    group: bool = False
    all: bool = False
    align: bool = False
    diff: str = ""
    first: bool = False  # the first token's distribution, told beside drawn
    rendered: bool = False
    hide: str = ""  # "", kept or shuffled
    wide: str = ""
    open: tuple[str, ...] = ()
    col: str = ""
    repeat: str = ""
    folded: bool = False  # the rail at the right gives its room to the columns
    others: bool = False  # draws served by another model than their cell's most common one take part

    @property
    def pooled(self) -> bool:
        return self.runs == POOLED and not self.beside

    @property
    def chosen_runs(self) -> frozenset[int]:
        """The runs chosen by number; empty = all that there are."""
        return frozenset(run for run in self.runs if isinstance(run, int))

    @cached_property
    def named_runs(self) -> frozenset[int]:
        """The runs that columns in the address hold for themselves."""
        found = (name.rpartition("@")[2] for name in self.cols if name.count("@") == 2)
        return frozenset(int(run) for run in found if _is_number(run))

    @cached_property
    def fields(self) -> dict[str, str]:
        """The names and values of the query, '' for what is as it is by default."""
        return {name: word(getattr(self, part)) for part, (name, word) in SAID.items()}

    def query(self, **changes: Any) -> str:
        """Return the view, some of it changed, as the query of an address."""
        said = self.fields
        if changes:
            said = said | {SAID[part][0]: SAID[part][1](value) for part, value in changes.items()}
        return "&".join([f"{name}={quote(value, SAFE)}" for name, value in said.items() if value])

    def around(self, part: str) -> tuple[str, str]:
        """Return what stands before and after one part's value in the query, for links that differ in it alone."""
        name = SAID[part][0]
        names = list(self.fields)
        said = [f"{one}={quote(value, SAFE)}" if value else "" for one, value in self.fields.items()]
        at = names.index(name)
        before, after = ([one for one in some if one] for some in (said[:at], said[at + 1 :]))
        return "&".join([*before, f"{name}="]), "".join([f"&{one}" for one in after])

    def elsewhere(self) -> str:
        """Return as a query what another prompt keeps: all but the place within this prompt's answers."""
        return self.query(repeat="", open=(), diff=self.diff.partition(":")[0])


def read(params: Mapping[str, Sequence[str]]) -> View:
    """Read the query of an address (all values of each name); what cannot be read is as if not there."""

    def words(name: str) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(part for value in params.get(name, ()) for part in value.split(",") if part)
        )

    def one(name: str) -> str:
        found = params.get(name, ())
        return found[-1] if found else ""

    runs = words("run")
    numbers = tuple(int(run) for run in runs if _is_number(run))
    return View(
        cols=words("cols"),
        pin=words("pin"),
        runs=("all",) if "all" in runs else numbers,
        beside=one("beside") == "1",
        wave=int(one("wave")) if _is_number(one("wave")) else 0,
        set=one("set"),
        temperatures=_present(temperature_milli(word) for word in words("t")),
        group=one("group") == "style",
        all=one("all") == "1",
        align=one("align") == "1",
        diff=one("diff"),
        first=one("first") == "1",
        rendered=one("view") == "rendered",
        hide=one("hide") if one("hide") in {"kept", "shuffled"} else "",
        others=one("others") == "1",
        folded=one("notes") == "off",
        wide=one("wide"),
        open=words("open"),
        col=one("col"),
        repeat=one("repeat"),
    )


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 19


def _present(found: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(value for value in found if value is not None)


@dataclass(frozen=True)
class Place:
    """Where a page stands: a study's prompt and the view of it; makes the addresses of everything near.

    Slugs need no quoting. What a page links to by the hundred is made once: `root` + battery/key + `tail` is
    another prompt under the same view, `focus` + a column's token (+ `&repeat=` and a repeat) an answer here.
    """

    study: str
    battery: str
    key: str
    view: View

    def url(self, **changes: Any) -> str:
        """Return the address of this prompt with the view changed."""
        return _joined(self.bare, self.view.query(**changes))

    def battery_url(self, battery: str, last: bool = False) -> str:
        """Return the address of a battery's first or last prompt under the same view."""
        end = f"{'&' if self.tail else '?'}end=last" if last else ""
        return f"{self.root}{battery}{self.tail}{end}"

    @property
    def bare(self) -> str:
        """The address of this prompt without any view."""
        return f"{self.root}{self.battery}/{self.key}"

    @property
    def on_paper(self) -> str:
        """The address of this prompt laid out for paper under the same view."""
        query = self.view.query(col="", repeat="", open=(), wide="", folded=False)
        return f"/studies/{self.study}/print?prompt={self.battery}/{self.key}{'&' if query else ''}{query}"

    @cached_property
    def root(self) -> str:
        return f"/studies/{self.study}/compare/"

    @cached_property
    def tail(self) -> str:
        return _joined("", self.view.elsewhere())

    @cached_property
    def focus(self) -> str:
        url = self.url(col="", repeat="")
        return f"{url}{'&' if '?' in url else '?'}col="

    def around(self, part: str) -> tuple[str, str]:
        """Return what an address of this prompt holds before and after one part's value."""
        before, after = self.view.around(part)
        return f"{self.bare}?{before}", after


def _joined(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
