"""Reads of Compare: few, each by an index, none that grows with what is not on the page.

Statements are built once, over tables and with parameters, and run on the session's connection: building one
costs more than running it, and these pages are asked for by the hundred a second. Rows come as named tuples:
a name of SQLAlchemy's rows costs twenty times as much to read, and a page reads a thousand.
"""

from collections import namedtuple
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Select, Table, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session

from app.batteries.models import HIDDEN, Battery, BatteryPrompt, BatteryVersion, Prompt
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.runs.queries import COUNTED
from app.studies.models import Study
from app.subjects.models import Endpoint, Style, Subject, SubjectVersion
from app.transcripts.models import Message, Rendering, SettingsRecord, Transcript

Rows = Sequence[Any]  # of named tuples; the columns are those of each select


def _table(model: Any) -> Any:
    table: Table = model.__table__
    return table


STUDIES, RUNS, WAVES = _table(Study).c, _table(Run).c, _table(Wave).c
BATTERIES, VERSIONS, PLACES, PROMPTS = (
    _table(model).c for model in (Battery, BatteryVersion, BatteryPrompt, Prompt)
)
SUBJECTS, SUBJECT_VERSIONS, ENDPOINTS, STYLES = (
    _table(model).c for model in (Subject, SubjectVersion, Endpoint, Style)
)
BATTERIES_ASKED, SUBJECTS_ASKED = _table(WaveBattery).c, _table(WaveSubject).c
TRANSCRIPTS, MESSAGES, SETTINGS, RENDERINGS = (
    _table(model).c for model in (Transcript, Message, SettingsRecord, Rendering)
)


def _many(name: str) -> Any:
    return bindparam(name, expanding=True)


def _all(session: Session, statement: Select[Any], **values: Any) -> Rows:
    return list(map(_row(statement), session.connection().execute(statement, values).all()))


@lru_cache(maxsize=64)  # more than there are statements here
def _row(statement: Select[Any]) -> Callable[[Any], Any]:
    make_type: Any = namedtuple  # whose names mypy wants spelled out
    make: Callable[[Any], Any] = make_type("Row", statement.selected_columns.keys())._make
    return make


_STUDY = select(STUDIES.id, STUDIES.slug, STUDIES.title).where(STUDIES.slug == bindparam("slug"))


def study(session: Session, slug: str) -> Any:
    """Return a study's id, slug and title, or None."""
    return next(iter(_all(session, _STUDY, slug=slug)), None)


_WITH_RUNS = (
    select(STUDIES.slug, STUDIES.title, func.max(RUNS.id).label("run"))
    .join_from(_table(Study), _table(Run), RUNS.study_id == STUDIES.id)
    .where(COUNTED)
    .group_by(STUDIES.id, STUDIES.slug, STUDIES.title)
    .order_by(func.max(RUNS.id).desc())
)


def studies_with_runs(session: Session) -> Rows:
    """Return slug and title of each study that has a run, the newest run first; tried texts are no runs here."""
    return _all(session, _WITH_RUNS)


# A run that only tries a text is there for who names it.
_NAMED = COUNTED | RUNS.id.in_(_many("named"))


_BATTERIES_ASKED = (
    select(RUNS.id.label("run"), RUNS.created_at, BATTERIES_ASKED.version_id, BATTERIES_ASKED["keys"],
           VERSIONS.number, BATTERIES.id.label("battery_id"), BATTERIES.slug, BATTERIES.title)
    .join_from(_table(Run), _table(Wave), WAVES.run_id == RUNS.id)
    .join(_table(WaveBattery), BATTERIES_ASKED.wave_id == WAVES.id)
    .join(_table(BatteryVersion), VERSIONS.id == BATTERIES_ASKED.version_id)
    .join(_table(Battery), BATTERIES.id == VERSIONS.battery_id)
    .where(RUNS.study_id == bindparam("study"))
    .order_by(RUNS.id.desc(), BATTERIES_ASKED.position, WAVES.id)
)  # fmt: skip
_BATTERIES_ASKED_BY = _BATTERIES_ASKED.where(COUNTED), _BATTERIES_ASKED.where(_NAMED)


def batteries_asked(session: Session, study_id: int, named: Collection[int]) -> Rows:
    """Return each battery version that a wave of a study's runs asks, the newest run first.

    A run that only tries a text is among them where it is named.
    """
    return _asked(session, _BATTERIES_ASKED_BY, study_id, named)


def _asked(session: Session, either: Sequence[Select[Any]], study_id: int, named: Collection[int]) -> Rows:
    """Run the first of two statements, or, where runs are named, the second, which costs more to put together."""
    if not named:
        return _all(session, either[0], study=study_id)
    return _all(session, either[1], study=study_id, named=list(named))


def _edge(which: Any) -> Any:
    return select(which(PLACES.position)).where(PLACES.version_id == VERSIONS.id).scalar_subquery()


_REACH = select(VERSIONS.id, _edge(func.min).label("first"), _edge(func.max).label("last")).where(
    VERSIONS.id.in_(_many("versions"))
)


def reach(session: Session, version_ids: Collection[int]) -> Rows:
    """Return first and last position of each battery version; positions have no gaps."""
    return _all(session, _REACH, versions=list(version_ids))


LISTED = (PLACES.version_id, PLACES.position, PROMPTS.id, PROMPTS.key, PROMPTS.title, PROMPTS.variant)
HERE = (*LISTED, PROMPTS.battery_id, PROMPTS.family, PROMPTS.equal_sha256, PROMPTS.shape)


def _placed(*columns: Any) -> Select[Any]:
    joined = PROMPTS.id == PLACES.prompt_id
    return select(*columns).join_from(_table(BatteryPrompt), _table(Prompt), joined)


_BETWEEN = (
    _placed(*LISTED)
    .where(PLACES.version_id == bindparam("version"))
    .where(PLACES.position.between(bindparam("first"), bindparam("last")))
    .order_by(PLACES.position)
)
_OF_VERSIONS = (
    _placed(*LISTED)
    .where(PLACES.version_id.in_(_many("versions")))
    .order_by(PLACES.version_id, PLACES.position)
)
_BY_KEY = (
    _placed(*HERE)
    .where(PROMPTS.battery_id == bindparam("battery"), PROMPTS.key.in_(_many("keys")))
    .where(PLACES.version_id.in_(_many("versions")))
    .order_by(PLACES.version_id.desc(), PLACES.position)
)
# The position by subquery: a join would be planned from the version's side, over all its prompts.
_POSITION = (
    select(PLACES.position)
    .where(PLACES.version_id == bindparam("version"), PLACES.prompt_id == PROMPTS.id)
    .scalar_subquery()
)
_FAMILY = select(_POSITION.label("position"), PROMPTS.id, PROMPTS.key, PROMPTS.variant, PROMPTS.shape).where(
    PROMPTS.battery_id == bindparam("battery"), PROMPTS.family == bindparam("family")
)
_EQUAL = (
    select(PROMPTS.id)
    .join_from(_table(Prompt), _table(Battery), BATTERIES.id == PROMPTS.battery_id)
    .where(PROMPTS.equal_sha256 == bindparam("equal"), ~BATTERIES.slug.startswith(HIDDEN, autoescape=True))
)


def prompts_between(session: Session, version_id: int, first: int, last: int) -> Rows:
    """Return the prompts of a battery version from one position to another."""
    return _all(session, _BETWEEN, version=version_id, first=first, last=last)


def prompts_of(session: Session, version_ids: Collection[int]) -> Rows:
    """Return all prompts of some battery versions."""
    return _all(session, _OF_VERSIONS, versions=list(version_ids))


def prompts_by_key(
    session: Session, battery_id: int, keys: Collection[str], version_ids: Collection[int]
) -> Rows:
    """Return the prompts of these keys in these versions of a battery, the highest version first."""
    return _all(session, _BY_KEY, battery=battery_id, keys=list(keys), versions=list(version_ids))


def wordings(session: Session, battery_id: int, family: str, version_id: int) -> Rows:
    """Return the prompts of one family in a battery version, in their order."""
    found = _all(session, _FAMILY, battery=battery_id, family=family, version=version_id)
    return sorted((row for row in found if row.position is not None), key=attrgetter("position"))


def equal_prompts(session: Session, equal_sha256: str) -> list[int]:
    """Return the ids of the prompts of batteries with the same turns and mode; a text that was tried is none."""
    return [row.id for row in _all(session, _EQUAL, equal=equal_sha256)]


_EQUALS_TABLE = _table(Prompt).alias()
_EQUALS = _EQUALS_TABLE.c
_POOLS = (
    select(PROMPTS.id, _EQUALS.id.label("equal"))
    .join_from(_table(Prompt), _EQUALS_TABLE, _EQUALS.equal_sha256 == PROMPTS.equal_sha256)
    .where(PROMPTS.id.in_(_many("prompts")))
)


def pools(session: Session, prompt_ids: Collection[int]) -> dict[int, list[int]]:
    """Return for each prompt those with the same turns and mode, itself among them."""
    found: dict[int, list[int]] = {number: [] for number in prompt_ids}
    for row in _all(session, _POOLS, prompts=list(prompt_ids)):
        found[row.id].append(row.equal)
    return found


_SUBJECTS_ASKED = (
    select(RUNS.id.label("run"), SUBJECTS_ASKED.version_id, SUBJECTS.id, SUBJECTS.slug, SUBJECTS.name,
           SUBJECT_VERSIONS.number, SUBJECT_VERSIONS.sha256, STYLES.slug.label("style"),
           STYLES.name.label("style_name"))
    .join_from(_table(Run), _table(Wave), WAVES.run_id == RUNS.id)
    .join(_table(WaveSubject), SUBJECTS_ASKED.wave_id == WAVES.id)
    .join(_table(SubjectVersion), SUBJECT_VERSIONS.id == SUBJECTS_ASKED.version_id)
    .join(_table(Subject), SUBJECTS.id == SUBJECT_VERSIONS.subject_id)
    .join(_table(Endpoint), ENDPOINTS.id == SUBJECTS.endpoint_id)
    .join(_table(Style), STYLES.id == ENDPOINTS.style_id)
    .where(RUNS.study_id == bindparam("study"))
    .order_by(RUNS.id.desc(), WAVES.id, SUBJECTS_ASKED.position)
)  # fmt: skip
_SNAPSHOTS = select(SUBJECT_VERSIONS.sha256, SUBJECT_VERSIONS.snapshot).where(
    SUBJECT_VERSIONS.id.in_(_many("versions"))
)


_SUBJECTS_ASKED_BY = _SUBJECTS_ASKED.where(COUNTED), _SUBJECTS_ASKED.where(_NAMED)


def subjects_asked(session: Session, study_id: int, named: Collection[int]) -> Rows:
    """Return each subject version that a wave of a study's runs asks, newest run first; tried texts as above."""
    return _asked(session, _SUBJECTS_ASKED_BY, study_id, named)


def snapshots(session: Session, version_ids: Collection[int]) -> Rows:
    """Return subject versions' snapshots with their hashes."""
    return _all(session, _SNAPSHOTS, versions=list(version_ids))


CELL = (
    TRANSCRIPTS.prompt_id,
    TRANSCRIPTS.subject_version_id,
    TRANSCRIPTS.temperature_milli,
    TRANSCRIPTS.run_id,
)
_CELLS = (
    select(*CELL, func.count().label("n"))
    .where(TRANSCRIPTS.study_id == bindparam("study"), TRANSCRIPTS.prompt_id.in_(_many("prompts")))
    .group_by(*CELL)
)


def cells(session: Session, study_id: int, prompt_ids: Collection[int]) -> Rows:
    """Return the cells of some prompts with the number of their draws: read from an index alone."""
    return _all(session, _CELLS, study=study_id, prompts=list(prompt_ids))


_DRAWS = (
    select(*CELL, TRANSCRIPTS.id, TRANSCRIPTS.repeat, TRANSCRIPTS.wave, TRANSCRIPTS.equal_sha256,
           TRANSCRIPTS.tip_id, TRANSCRIPTS.state, TRANSCRIPTS.context, TRANSCRIPTS.rendering_sha256,
           TRANSCRIPTS.stop_class, TRANSCRIPTS.served_model, TRANSCRIPTS.reason,
           type_coerce(TRANSCRIPTS.finished_at, BigInteger).label("finished_ms"))
    .where(TRANSCRIPTS.study_id == bindparam("study"), TRANSCRIPTS.prompt_id.in_(_many("prompts")))
    .where(TRANSCRIPTS.subject_version_id.in_(_many("versions")), TRANSCRIPTS.run_id.in_(_many("runs")))
    .order_by(TRANSCRIPTS.run_id.desc(), TRANSCRIPTS.repeat)
)  # fmt: skip
_MESSAGES = (
    select(MESSAGES.id, MESSAGES.parent_id, MESSAGES.role, MESSAGES.text, MESSAGES.parts, MESSAGES.text_sha256,
           MESSAGES.stop_class, MESSAGES.stop_raw)
    .where(MESSAGES.made_by.in_(_many("transcripts")))
)  # fmt: skip


def draws(
    session: Session,
    study_id: int,
    prompt_ids: Collection[int],
    version_ids: Collection[int],
    runs: Collection[int],
) -> Rows:
    """Return the transcripts of some prompts, subject versions and runs, newest run first, repeat by repeat."""
    return _all(
        session, _DRAWS, study=study_id, prompts=list(prompt_ids), versions=list(version_ids), runs=list(runs)
    )


def messages(session: Session, transcript_ids: Collection[int]) -> Rows:
    """Return every message that some transcripts caused."""
    return _all(session, _MESSAGES, transcripts=list(transcript_ids))


_KNOWN = (
    select(TRANSCRIPTS.attempt, TRANSCRIPTS.cost_micro, TRANSCRIPTS.latency_ms, TRANSCRIPTS.sha256,
           TRANSCRIPTS.finished_at, SETTINGS.asked, SETTINGS.sent, SETTINGS.effective,
           MESSAGES.seed, MESSAGES.usage)
    .join_from(_table(Transcript), _table(SettingsRecord), SETTINGS.id == TRANSCRIPTS.settings_id, isouter=True)
    .join(_table(Message), MESSAGES.id == TRANSCRIPTS.tip_id, isouter=True)
    .where(TRANSCRIPTS.id == bindparam("transcript"))
)  # fmt: skip
_RENDERINGS = select(RENDERINGS.sha256, RENDERINGS.text).where(RENDERINGS.sha256.in_(_many("hashes")))


def known(session: Session, transcript_id: int) -> Any:
    """Return what is told of one transcript beside its text: settings, seed, usage, cost, time, hash."""
    return _all(session, _KNOWN, transcript=transcript_id)[0]


def renderings(session: Session, hashes: Collection[str]) -> dict[str, str]:
    """Return rendered texts by their hash."""
    return {row.sha256: row.text for row in _all(session, _RENDERINGS, hashes=list(hashes))}
