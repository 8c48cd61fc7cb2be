"""Reads of Compare: few, each by an index, none that grows with what is not on the page."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryPrompt, BatteryVersion, Prompt
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.studies.models import Study
from app.subjects.models import Endpoint, Style, Subject, SubjectVersion
from app.transcripts.models import Message, Rendering, SettingsRecord, Transcript

Rows = Sequence[Any]  # of Row; the columns are those of each select
Cell = tuple[int, int, int, int]  # prompt, subject version, temperature in thousandths, run

PROMPT = (
    Prompt.id,
    Prompt.battery_id,
    Prompt.key,
    Prompt.title,
    Prompt.family,
    Prompt.variant,
    Prompt.equal_sha256,
)


def study(session: Session, slug: str) -> Any:
    """Return a study's id, slug and title, or None."""
    return session.execute(select(Study.id, Study.slug, Study.title).where(Study.slug == slug)).one_or_none()


def studies_with_runs(session: Session) -> Rows:
    """Return slug and title of each study that has a run, the newest run first."""
    newest = func.max(Run.id)
    return session.execute(
        select(Study.slug, Study.title, newest.label("run"))
        .join(Run, Run.study_id == Study.id)
        .group_by(Study.id, Study.slug, Study.title)
        .order_by(newest.desc())
    ).all()


def batteries_asked(session: Session, study_id: int) -> Rows:
    """Return each battery version that a wave of a study's runs asks, the newest run first."""
    found = (
        select(Run.id.label("run"), Run.created_at, WaveBattery.version_id, WaveBattery.position, WaveBattery.keys,
               BatteryVersion.number, Battery.id.label("battery_id"), Battery.slug, Battery.title)
        .join(Wave, Wave.run_id == Run.id)
        .join(WaveBattery, WaveBattery.wave_id == Wave.id)
        .join(BatteryVersion, BatteryVersion.id == WaveBattery.version_id)
        .join(Battery, Battery.id == BatteryVersion.battery_id)
        .where(Run.study_id == study_id)
        .order_by(Run.id.desc(), WaveBattery.position, Wave.id)
    )  # fmt: skip
    return session.execute(found).all()


def reach(session: Session, version_ids: Collection[int]) -> Rows:
    """Return first and last position of each battery version; positions have no gaps."""
    place = BatteryPrompt.__table__.alias("place")

    def edge(which: Any) -> Any:
        return (
            select(which(place.c.position)).where(place.c.version_id == BatteryVersion.id).scalar_subquery()
        )

    return session.execute(
        select(BatteryVersion.id, edge(func.min).label("first"), edge(func.max).label("last"))
        .where(BatteryVersion.id.in_(version_ids))
    ).all()  # fmt: skip


def prompts_between(session: Session, version_id: int, first: int, last: int) -> Rows:
    """Return the prompts of a battery version from one position to another."""
    return session.execute(
        select(BatteryPrompt.version_id, BatteryPrompt.position, *PROMPT)
        .join(Prompt, Prompt.id == BatteryPrompt.prompt_id)
        .where(BatteryPrompt.version_id == version_id, BatteryPrompt.position.between(first, last))
        .order_by(BatteryPrompt.position)
    ).all()


def prompts_of(session: Session, version_ids: Collection[int]) -> Rows:
    """Return all prompts of some battery versions."""
    return session.execute(
        select(BatteryPrompt.version_id, BatteryPrompt.position, *PROMPT)
        .join(Prompt, Prompt.id == BatteryPrompt.prompt_id)
        .where(BatteryPrompt.version_id.in_(version_ids))
        .order_by(BatteryPrompt.version_id, BatteryPrompt.position)
    ).all()


def prompts_by_key(
    session: Session, battery_id: int, keys: Collection[str], version_ids: Collection[int]
) -> Rows:
    """Return the prompts of these keys in these versions of a battery, the highest version first."""
    return session.execute(
        select(BatteryPrompt.version_id, BatteryPrompt.position, *PROMPT, Prompt.shape)
        .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
        .where(
            Prompt.battery_id == battery_id, Prompt.key.in_(keys), BatteryPrompt.version_id.in_(version_ids)
        )
        .order_by(BatteryPrompt.version_id.desc(), BatteryPrompt.position)
    ).all()


def wordings(session: Session, battery_id: int, family: str, version_id: int) -> Rows:
    """Return the prompts of one family in a battery version, in their order."""
    return session.execute(
        select(BatteryPrompt.position, Prompt.shape, *PROMPT)
        .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
        .where(
            Prompt.battery_id == battery_id, Prompt.family == family, BatteryPrompt.version_id == version_id
        )
        .order_by(BatteryPrompt.position)
    ).all()


def equal_prompts(session: Session, equal_sha256: str) -> Sequence[int]:
    """Return the ids of the prompts with the same turns and mode."""
    return session.scalars(select(Prompt.id).where(Prompt.equal_sha256 == equal_sha256)).all()


def subjects_asked(session: Session, study_id: int, runs: Collection[int]) -> Rows:
    """Return each subject version that a wave of these runs asks (no runs = all of the study), newest first."""
    found = (
        select(Run.id.label("run"), WaveSubject.version_id, WaveSubject.position, Subject.id, Subject.slug,
               Subject.name)
        .join(Wave, Wave.run_id == Run.id)
        .join(WaveSubject, WaveSubject.wave_id == Wave.id)
        .join(SubjectVersion, SubjectVersion.id == WaveSubject.version_id)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .where(Run.study_id == study_id)
        .order_by(Run.id.desc(), Wave.id, WaveSubject.position)
    )  # fmt: skip
    return session.execute(found.where(Run.id.in_(runs)) if runs else found).all()


def versions(session: Session, version_ids: Collection[int]) -> Rows:
    """Return subject versions with their snapshots and what their endpoint's style is called now."""
    return session.execute(
        select(SubjectVersion.id, SubjectVersion.number, SubjectVersion.snapshot, SubjectVersion.sha256, Style.slug,
               Style.name)
        .join(Subject, Subject.id == SubjectVersion.subject_id)
        .join(Endpoint, Endpoint.id == Subject.endpoint_id)
        .join(Style, Style.id == Endpoint.style_id)
        .where(SubjectVersion.id.in_(version_ids))
    ).all()  # fmt: skip


def cells(session: Session, study_id: int, prompt_ids: Collection[int], runs: Collection[int]) -> Rows:
    """Return the cells of some prompts with the number of their draws: read from an index alone."""
    found = (
        select(Transcript.prompt_id, Transcript.subject_version_id, Transcript.temperature_milli, Transcript.run_id,
               func.count().label("n"))
        .where(Transcript.study_id == study_id, Transcript.prompt_id.in_(prompt_ids))
        .group_by(Transcript.prompt_id, Transcript.subject_version_id, Transcript.temperature_milli,
                  Transcript.run_id)
    )  # fmt: skip
    return session.execute(found.where(Transcript.run_id.in_(runs)) if runs else found).all()


DRAW = (
    Transcript.id, Transcript.run_id, Transcript.prompt_id, Transcript.subject_version_id,
    Transcript.temperature_milli, Transcript.repeat, Transcript.wave, Transcript.equal_sha256, Transcript.tip_id,
    Transcript.state, Transcript.settings_id, Transcript.context, Transcript.rendering_sha256,
    Transcript.stop_class, Transcript.served_model, Transcript.input_tokens, Transcript.output_tokens,
    Transcript.cost_micro, Transcript.latency_ms, Transcript.reason, Transcript.sha256, Transcript.attempt,
    Transcript.created_at, Transcript.finished_at,
)  # fmt: skip


def draws(session: Session, study_id: int, of: Collection[Cell]) -> Rows:
    """Return the transcripts of some cells."""
    cell = tuple_(
        Transcript.prompt_id, Transcript.subject_version_id, Transcript.temperature_milli, Transcript.run_id
    )
    return session.execute(
        select(*DRAW)
        .where(
            Transcript.study_id == study_id, Transcript.prompt_id.in_({one[0] for one in of}), cell.in_(of)
        )
        .order_by(Transcript.run_id.desc(), Transcript.repeat)
    ).all()


MESSAGE = (
    Message.id, Message.parent_id, Message.role, Message.text, Message.parts, Message.origin, Message.made_by,
    Message.text_sha256, Message.stop_class, Message.stop_raw, Message.seed, Message.usage,
)  # fmt: skip


def messages(session: Session, transcript_ids: Collection[int]) -> Rows:
    """Return every message that some transcripts caused, oldest first."""
    return session.execute(
        select(*MESSAGE).where(Message.made_by.in_(transcript_ids)).order_by(Message.id)
    ).all()


def settings(session: Session, settings_id: int) -> Any:
    """Return settings asked for, sent and effective, or None."""
    return session.execute(
        select(SettingsRecord.asked, SettingsRecord.sent, SettingsRecord.effective)
        .where(SettingsRecord.id == settings_id)
    ).one_or_none()  # fmt: skip


def renderings(session: Session, hashes: Collection[str]) -> dict[str, str]:
    """Return rendered texts by their hash."""
    found = select(Rendering.sha256, Rendering.text).where(Rendering.sha256.in_(hashes))
    return dict(session.execute(found).tuples().all())
