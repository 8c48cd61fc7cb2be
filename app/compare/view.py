"""What of Compare is shown, as the address says it: every state of the page is a link."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote

from app.transcripts.models import NOT_SENT, UNKNOWN

SAFE = ",@:"
WORDS = {"none": NOT_SENT, "unknown": UNKNOWN}
LEFT_AT_THE_PROMPT = {"repeat": "", "open": ()}  # what another prompt starts without


def temperature_word(milli: int) -> str:
    """Return a temperature as addresses write it: 0.7, none (not sent), unknown."""
    if milli == NOT_SENT:
        return "none"
    return "unknown" if milli == UNKNOWN else f"{milli / 1000:g}"


def temperature_said(milli: int) -> str:
    """Return a temperature as pages say it: `T 0.7`, `T not sent`, `T unknown`."""
    return "T not sent" if milli == NOT_SENT else f"T {temperature_word(milli)}"


def temperature_milli(word: str) -> int | None:
    """Return what `temperature_word` wrote, None where it is no temperature."""
    if word in WORDS:
        return WORDS[word]
    try:
        value = float(word)
    except ValueError:
        return None
    return round(value * 1000) if 0 <= value <= 10 else None


@dataclass(frozen=True, slots=True)
class View:
    """The state of the page. A column is named `subject@temperature`; `repeat` counts draws of the focused one.

    `runs` empty = each column's newest run that holds the prompt; `pooled` = all of them together.
    """

    cols: tuple[str, ...] = ()
    runs: tuple[int, ...] = ()
    pooled: bool = False
    temperatures: tuple[int, ...] = ()
    group: bool = False
    all: bool = False
    align: bool = False
    diff: str = ""
    rendered: bool = False
    hide: str = ""  # "", kept or shuffled
    wide: str = ""
    open: tuple[str, ...] = ()
    col: str = ""
    repeat: str = ""
    others: bool = False  # draws served by another model than their cell's most common one take part

    def with_(self, **changes: Any) -> "View":
        """Return the view with some of it changed."""
        return replace(self, **changes)

    def at_another_prompt(self) -> "View":
        """Return what of the view another prompt keeps: all but the place within this prompt's answers."""
        return replace(self, **LEFT_AT_THE_PROMPT, diff=self.diff.partition(":")[0])  # type: ignore[arg-type]

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return the names and values of the query, without what is as it is by default."""
        said = (
            ("cols", ",".join(self.cols)),
            ("run", "all" if self.pooled else ",".join(map(str, self.runs))),
            ("t", ",".join(map(temperature_word, self.temperatures))),
            ("group", "style" if self.group else ""),
            ("all", "1" if self.all else ""),
            ("align", "1" if self.align else ""),
            ("diff", self.diff),
            ("view", "rendered" if self.rendered else ""),
            ("hide", self.hide),
            ("others", "1" if self.others else ""),
            ("wide", self.wide),
            ("open", ",".join(self.open)),
            ("col", self.col),
            ("repeat", self.repeat),
        )
        return tuple((name, value) for name, value in said if value)

    def query(self) -> str:
        """Return the view as the query of an address."""
        return "&".join(f"{name}={quote(value, safe=SAFE)}" for name, value in self.fields())


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
    return View(
        cols=words("cols"),
        runs=tuple(int(run) for run in runs if run.isascii() and run.isdigit() and len(run) < 19),
        pooled="all" in runs,
        temperatures=_present(temperature_milli(word) for word in words("t")),
        group=one("group") == "style",
        all=one("all") == "1",
        align=one("align") == "1",
        diff=one("diff"),
        rendered=one("view") == "rendered",
        hide=one("hide") if one("hide") in {"kept", "shuffled"} else "",
        others=one("others") == "1",
        wide=one("wide"),
        open=words("open"),
        col=one("col"),
        repeat=one("repeat"),
    )


def _present(found: Iterable[int | None]) -> tuple[int, ...]:
    return tuple(value for value in found if value is not None)


@dataclass(frozen=True)
class Place:
    """Where a page stands: a study's prompt and the view of it; makes the addresses of everything near."""

    study: str
    battery: str
    key: str
    view: View

    def url(self, **changes: Any) -> str:
        """Return the address of this prompt with the view changed."""
        return _joined(self._path(self.battery, self.key), self.view.with_(**changes).query())

    @property
    def bare(self) -> str:
        """The address of this prompt without any view."""
        return self._path(self.battery, self.key)

    def prompt_url(self, battery: str, key: str) -> str:
        """Return the address of another prompt (key '' = the battery's first) under the same view."""
        return _joined(self._path(battery, key), self._elsewhere)

    def battery_url(self, battery: str, last: bool) -> str:
        """Return the address of a battery's first or last prompt under the same view."""
        url = self.prompt_url(battery, "")
        return url + ("&" if "?" in url else "?") + "end=last" if last else url

    def column_url(self, token: str, repeat: str = "") -> str:
        """Return the address that focuses a column, its first answer unless `repeat` says which."""
        return f"{self._unfocused}col={quote(token, safe=SAFE)}" + (
            f"&repeat={quote(repeat)}" if repeat else ""
        )

    @cached_property
    def _elsewhere(self) -> str:
        return self.view.at_another_prompt().query()

    @cached_property
    def _unfocused(self) -> str:
        url = self.url(col="", repeat="")
        return url + ("&" if "?" in url else "?")

    def _path(self, battery: str, key: str) -> str:
        path = f"/studies/{quote(self.study)}/compare/{quote(battery)}"
        return f"{path}/{quote(key)}" if key else path


def _joined(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
