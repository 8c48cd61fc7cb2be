"""Reads of batteries, their versions and prompts."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.batteries.models import HIDDEN, Battery, BatteryPrompt, BatteryVersion, Prompt


def batteries(session: Session) -> Sequence[Battery]:
    """Return every battery by slug, but for those that only hold tried texts."""
    shown = ~Battery.slug.startswith(HIDDEN, autoescape=True)
    return session.scalars(select(Battery).where(shown).order_by(Battery.slug)).all()


def battery(session: Session, slug: str) -> Battery | None:
    """Return a battery by its slug."""
    return session.scalar(select(Battery).where(Battery.slug == slug))


def versions(session: Session, battery_id: int) -> Sequence[BatteryVersion]:
    """Return a battery's versions, newest first."""
    return session.scalars(
        select(BatteryVersion)
        .where(BatteryVersion.battery_id == battery_id)
        .order_by(BatteryVersion.number.desc())
    ).all()


def newest_versions(session: Session) -> dict[int, BatteryVersion]:
    """Return the newest version of every battery, by battery id."""
    rows = session.scalars(select(BatteryVersion).order_by(BatteryVersion.number))
    return {row.battery_id: row for row in rows}


def prompts_of(session: Session, version_id: int) -> list[Prompt]:
    """Return the prompts of a version in their order."""
    return list(
        session.scalars(
            select(Prompt)
            .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
            .where(BatteryPrompt.version_id == version_id)
            .order_by(BatteryPrompt.position)
        )
    )


def prompt_counts(session: Session) -> dict[int, int]:
    """Return the number of prompts of every battery version."""
    rows = session.execute(select(BatteryPrompt.version_id, func.count()).group_by(BatteryPrompt.version_id))
    return dict(rows.all())
