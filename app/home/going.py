"""Where one can go by a few letters: prompts, batteries, studies, runs, subjects, working sets and pages."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote

from sqlalchemy.orm import Session

from app.batteries.queries import batteries
from app.compare.view import Place, View, read
from app.home import goals
from app.reading.sets import of_study
from app.studies.models import Study
from app.studies.queries import studies
from app.studies.queries import study as study_of
from app.subjects.queries import subjects

LONGEST = 4000  # characters of an address that are read
OF_GROUP = 6  # options of a group, and of prompts
OF_PROMPTS = 12
COMPARE = re.compile(r"/studies/([a-z0-9-]+)(?:/compare/([^/]+)/([^/]+))?(?:/|$)")
PAGES = (
    ("Home", "/", "where I was, runs under way"),
    ("Compare", "/compare", "the newest study's answers"),
    ("Runs", "/runs", "every run"),
    ("New run", "/runs/new", "ask a study again"),
    ("Library", "/library", "styles, endpoints, subjects, batteries"),
    ("Search", "/search", "words in prompts and answers"),
    ("Bookmarks", "/bookmarks", "what I kept"),
)


@dataclass(frozen=True, slots=True)
class Option:
    """A place to go to; `swap` = Compare can turn to it without loading a page anew."""

    url: str
    label: str
    about: str = ""
    also: str = ""  # further words it is found by
    swap: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Options of one kind, the best first."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Here:
    """Where somebody stands, as their address tells: the study, the prompt on Compare, whether names are hidden."""

    study: Study | None = None
    place: Place | None = None
    hide: str = ""
    view: View = field(default_factory=View)

    @property
    def tail(self) -> str:
        """What follows the address of another prompt."""
        if self.place:
            return self.place.tail
        return f"?hide={self.hide}" if self.hide else ""


def here(session: Session, address: str) -> Here:
    """Return where an address stands; what it names that is not there is left out."""
    path, _, query = address[:LONGEST].partition("?")
    view = read(parse_qs(query))
    found = COMPARE.match(path)
    study = study_of(session, found[1]) if found else None
    if study is None or found is None:
        return Here(hide=view.hide)
    place = Place(study.slug, found[2], found[3], view) if found[2] else None
    return Here(study, place, view.hide, view if place else View())


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: folded, split at all but letters and digits."""
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]


def rank(asked: list[str], option: Option) -> int | None:
    """Return how well an option fits, 0 best, None where some word begins none of its words."""
    label = words_of(option.label)
    every = label + words_of(option.about) + words_of(option.also)
    if not all(any(word.startswith(one) for word in every) for one in asked):
        return None
    if asked == label:
        return 0
    if [word[: len(one)] for word, one in zip(label, asked, strict=False)] == asked:
        return 1
    return 2 if all(any(word.startswith(one) for word in label) for one in asked) else 3


def going(session: Session, typed: str, where: Here) -> list[Group]:
    """Return where a few letters lead, what fits best first; without letters, what is near."""
    asked = words_of(typed)
    made: tuple[tuple[str, Callable[[], Iterable[Option]], int], ...] = (
        ("Prompts", lambda: _prompts(session, asked, where), OF_PROMPTS),
        ("Batteries", lambda: _batteries(session, where), OF_GROUP),
        ("Working sets", lambda: _sets(session, where), OF_GROUP),
        ("Runs", lambda: _runs(session, asked, where), OF_GROUP),
        ("Studies", lambda: _studies(session, where), OF_GROUP),
        ("Subjects", lambda: _subjects(session, where), OF_GROUP),
        ("Pages", lambda: (Option(url, label, about) for label, url, about in PAGES), len(PAGES)),
    )
    groups = []
    for name, options, most in made if asked or not typed.strip() else ():
        fit = [(rank(asked, one), one) for one in options()]
        best = sorted(((how, one) for how, one in fit if how is not None), key=lambda pair: pair[0])[:most]
        if best:
            groups.append((best[0][0], Group(name, tuple(one for _, one in best))))
    groups.sort(key=lambda pair: pair[0])
    search = [Group("Search", (_search(typed.strip(), where),))] if typed.strip() else []
    return [group for _, group in groups] + search


def _prompts(session: Session, asked: list[str], where: Here) -> Iterator[Option]:
    """Yield prompts that runs asked, those of the battery that is read first."""
    parts = (
        goals.of_study(session, where.study, where.view.chosen_runs) if where.study else goals.of_all(session)
    )
    mine = where.place.battery if where.place else ""
    for one in goals.prompts(session, sorted(parts, key=lambda part: part.slug != mine), asked):
        wording = "" if one.variant == "plain" else f"{one.variant} · "
        yield Option(
            f"/studies/{one.part.study}/compare/{one.part.slug}/{one.key}{where.tail}", one.title or one.key,
            f"{wording}{one.part.title}", f"{one.key} {one.family} {one.theme} {one.part.slug}",
            swap=where.place is not None,
        )  # fmt: skip


def _batteries(session: Session, where: Here) -> Iterator[Option]:
    """Yield the batteries of the study where one stands as they are read there, all others in the library."""
    read_here = goals.of_study(session, where.study, where.view.chosen_runs) if where.study else []
    for part in read_here:
        yield Option(
            f"/studies/{part.study}/compare/{part.slug}{where.tail}", part.title, "its first prompt", part.slug,
            swap=where.place is not None,
        )  # fmt: skip
    if not where.hide:
        for one in batteries(session):
            yield Option(f"/library/batteries/{one.slug}", one.title, "in the library", f"{one.slug} battery")


def _sets(session: Session, where: Here) -> Iterator[Option]:
    for one in of_study(session, where.study.id) if where.study else ():
        if one.archived_at is not None:
            continue
        if where.place:
            url = f"/studies/{where.place.study}/compare?{where.view.query(set=str(one.id), repeat='', open=())}"
            # A name may tell whose answers a set gathers.
            yield Option(url, f"Set {one.id}" if where.hide else one.name, "read it here", "working set")
        elif not where.hide:
            yield Option(f"/sets/{one.id}", one.name, "working set", "set")


def _runs(session: Session, asked: list[str], where: Here) -> Iterator[Option]:
    """Yield runs, the newest first; under hidden names, whose runs' pages would tell them, those to read here."""
    if where.hide and not where.place:
        return
    for run, slug, title, at in goals.runs(session, [int(word) for word in asked if word.isdecimal()]):
        if not where.hide:
            yield Option(f"/runs/{run}", f"Run {run}", f"{title} · {at:%Y-%m-%d}", slug)
        elif where.place and where.place.study == slug:
            yield Option(
                where.place.url(runs=(run,), repeat="", open=()),
                f"Run {run}",
                f"{at:%Y-%m-%d} · read it here",
                swap=True,
            )


def _studies(session: Session, where: Here) -> Iterator[Option]:
    for one in studies(session):
        url = f"/studies/{one.slug}" + (
            f"/compare{where.tail if not where.place else '?hide=' + where.hide}" if where.hide else ""
        )
        yield Option(url, one.title, "study", one.slug)


def _subjects(session: Session, where: Here) -> Iterator[Option]:
    if where.hide:
        return
    for one in subjects(session):
        style = one.endpoint.style
        yield Option(
            f"/library/subjects/{one.slug}", one.name or one.slug, style.name,
            f"{one.slug} {one.endpoint.slug} {one.endpoint.model} {style.slug}",
        )  # fmt: skip


def _search(typed: str, where: Here) -> Option:
    within = f"/studies/{where.study.slug}/search" if where.study else "/search"
    hidden = f"&hide={where.hide}" if where.hide else ""
    about = "in this study" if where.study else "in prompts and answers"
    return Option(f"{within}?q={quote(typed)}{hidden}", f"Search for “{typed}”", about)
