"""Lint of a battery's draft, held against every other battery that is here or comes with the program."""

from collections.abc import Mapping
from threading import Lock

from sqlalchemy.orm import Session

from app.authoring.checking import Checked
from app.batteries import queries as batteries
from app.batteries.lint import lint, texts
from app.batteries.rules import Finding
from app.runs.linting import built_in_texts, elsewhere
from app.runs.whole import prompts_of

MOST_KEPT = 512  # batteries
_kept: dict[str, tuple[tuple[int, str], Mapping[str, str]]] = {}
_keeping = Lock()


def findings(session: Session, slug: str, checked: Checked) -> dict[str, list[Finding]]:
    """Return what the sound prompts of a draft should mind, by prompt id in their order."""
    known = {**built_in_texts(), **_here(session)}
    found: dict[str, list[Finding]] = {}
    ids = {shape.key: prompt for prompt, shape in reversed(list(checked.sound.items()))}
    for one in lint(list(checked.sound.values()), elsewhere(slug, known)):
        found.setdefault(ids[one.prompt], []).append(one)
    return found


def _here(session: Session) -> dict[str, Mapping[str, str]]:
    """Return the texts of every battery of this database; a version that is as it was is not read again."""
    newest = batteries.newest_versions(session)
    here = {}
    for row in batteries.batteries(session):
        version = newest[row.id]
        # What one process holds of several databases (in tests) would else be taken for one another.
        name, stamp = f"{id(session.get_bind().engine)} {row.slug}", (version.id, version.sha256)
        with _keeping:
            kept = _kept.get(name)
        if kept is None or kept[0] != stamp:
            kept = (stamp, texts(row.slug, prompts_of(session, version)))
            with _keeping:
                if len(_kept) >= MOST_KEPT:
                    _kept.clear()
                _kept[name] = kept
        here[row.slug] = kept[1]
    return here
