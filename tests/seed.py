"""A realistic study written straight into the database: what a run leaves behind, without any network.

`study(session)` makes five subjects of four styles on four endpoints, three prompts and their draws. Everything
can be replaced: `subjects`, `prompts`, `repeats`, and `say(prompt, subject, repeat) -> Draw`, which decides what
each draw came to.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.batteries.models import Battery, BatteryPrompt, BatteryVersion, Prompt
from app.batteries.shape import PromptShape
from app.db import now
from app.runs.models import Run, Wave, WaveBattery, WaveSubject
from app.studies.models import Study
from app.subjects.models import Endpoint, Style, Subject, SubjectVersion
from app.subjects.shape import SubjectShape, origin
from app.transcripts.identity import sha256
from tests import draws
from tests.cast import ENDPOINTS, PROMPTS, STYLES, SUBJECTS, Say, say, snapshot
from tests.draws import Seeded
from tests.kept import kept


@kept
def study(
    session: Session,
    *,
    slug: str = "first-light",
    title: str = "First light",
    question: str = "Does training or the scaffold make the assistant?",
    subjects: Sequence[SubjectShape] = SUBJECTS,
    prompts: Sequence[PromptShape] = PROMPTS,
    battery: str = "mode-collapse",
    repeats: int = 20,
    say: Say = say,
    wanted: str = "go",
    budget_usd: float | None = None,
    seconds: float = 60.0,
    ago: timedelta = timedelta(0),
) -> Seeded:
    """Write a study with one run and all its draws, the last of them finished `ago`, the first `seconds` before."""
    asked = {
        "subjects": [one.slug for one in subjects],
        "batteries": [battery],
        "run": {"repeats": repeats},
    }
    row = Study(slug=slug, title=title, question=question, wanted=asked)
    session.add(row)
    session.flush()
    micro = None if budget_usd is None else round(budget_usd * 1_000_000)
    made = Seeded(row.id, 0, _battery(session, battery, prompts))
    made.prompts = _prompts_of(session, made.battery_version_id)
    _subjects(session, subjects, made)
    run(session, made, subjects=subjects, prompts=prompts, repeats=repeats, say=say, wanted=wanted,
        budget_micro=micro, seconds=seconds, ago=ago)  # fmt: skip
    return made


def run(
    session: Session,
    made: Seeded,
    *,
    subjects: Sequence[SubjectShape] = SUBJECTS,
    prompts: Sequence[PromptShape] = PROMPTS,
    repeats: int = 20,
    say: Say = say,
    wanted: str = "go",
    budget_micro: int | None = None,
    seconds: float = 60.0,
    ago: timedelta = timedelta(0),
) -> int:
    """Write one more run of a seeded study, ended `ago`; `made` then tells of this one. Return its id."""
    started = now() - ago - timedelta(seconds=seconds)
    one = Run(study_id=made.study_id, wanted=wanted, seed=1, budget_micro=budget_micro, created_at=started)
    session.add(one)
    session.flush()
    made.run_id, made.transcripts = one.id, {}
    _wave(session, made, 1, subjects, repeats, "", started)
    draws.write(session, made, subjects, prompts, range(1, repeats + 1), say, started, seconds)
    return one.id


def wave(
    session: Session,
    made: Seeded,
    *,
    first: int,
    repeats: int,
    subjects: Sequence[SubjectShape] = SUBJECTS,
    prompts: Sequence[PromptShape] = PROMPTS,
    say: Say = say,
    number: int = 2,
    reason: str = "",
    ago: timedelta = timedelta(0),
) -> None:
    """Extend the run that `made` tells of by the repeats from `first` to `repeats` of these cells."""
    started = now() - ago
    _wave(session, made, number, subjects, repeats, reason, started)
    draws.write(session, made, subjects, prompts, range(first, repeats + 1), say, started, 0, number)


def battery_version(session: Session, made: Seeded, prompts: Sequence[PromptShape], number: int = 2) -> int:
    """Make the next version of a seeded battery; runs written from then on ask that one."""
    before = session.get_one(BatteryVersion, made.battery_version_id)
    made.battery_version_id = _version(session, before.battery_id, number, prompts)
    made.prompts = _prompts_of(session, made.battery_version_id)
    return made.battery_version_id


def version(session: Session, made: Seeded, subject: SubjectShape, number: int = 2) -> int:
    """Freeze a seeded subject as it is now as its next version; runs written from then on ask that one."""
    taken = snapshot(subject).model_dump(mode="json")
    row = SubjectVersion(
        subject_id=made.subjects[subject.slug], number=number, snapshot=taken, sha256=sha256(taken)
    )
    session.add(row)
    session.flush()
    made.versions[subject.slug] = row.id
    return row.id


def _wave(
    session: Session,
    made: Seeded,
    number: int,
    subjects: Sequence[SubjectShape],
    repeats: int,
    reason: str,
    started: datetime,
) -> None:
    row = Wave(run_id=made.run_id, number=number, repeats=repeats, reason=reason, created_at=started)
    session.add(row)
    session.flush()
    session.add(WaveBattery(wave_id=row.id, version_id=made.battery_version_id, position=0))
    for place, subject in enumerate(subjects):
        session.add(WaveSubject(wave_id=row.id, version_id=made.versions[subject.slug], position=place))
    session.flush()


def _battery(session: Session, slug: str, prompts: Sequence[PromptShape]) -> int:
    battery = Battery(slug=slug, title=slug.replace("-", " ").capitalize(), licence="CC0-1.0")
    session.add(battery)
    session.flush()
    return _version(session, battery.id, 1, prompts)


def _version(session: Session, battery_id: int, number: int, prompts: Sequence[PromptShape]) -> int:
    version = BatteryVersion(battery_id=battery_id, number=number, sha256=sha256([battery_id, number]))
    session.add(version)
    session.flush()
    for place, prompt in enumerate(prompts):
        row = _prompt(session, battery_id, prompt)
        session.add(BatteryPrompt(version_id=version.id, position=place, prompt_id=row.id))
    session.flush()
    return version.id


def _prompt(session: Session, battery_id: int, prompt: PromptShape) -> Prompt:
    """Return the row of a prompt, which versions that hold it alike share."""
    identity = prompt.identity()
    content = sha256(identity)
    found = session.scalar(
        select(Prompt).where(
            Prompt.battery_id == battery_id, Prompt.key == prompt.key, Prompt.content_sha256 == content
        )
    )
    row = found or Prompt(
        battery_id=battery_id, key=prompt.key, content_sha256=content,
        equal_sha256=sha256([identity["turns"], identity["mode"]]),
        family=prompt.family, variant=prompt.variant, theme=prompt.theme, branch=prompt.branch,
        mode=prompt.mode, title=prompt.title, shape=prompt.model_dump(mode="json"),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _prompts_of(session: Session, version_id: int) -> dict[str, int]:
    found = session.execute(
        select(Prompt.key, Prompt.id)
        .join(BatteryPrompt, BatteryPrompt.prompt_id == Prompt.id)
        .where(BatteryPrompt.version_id == version_id)
    )
    return {row.key: row.id for row in found}


def _subjects(session: Session, subjects: Sequence[SubjectShape], made: Seeded) -> None:
    styles = dict(session.execute(select(Style.slug, Style.id)).all())
    for style in STYLES:
        if style.slug not in styles:
            new = Style(**style.model_dump())
            session.add(new)
            session.flush()
            styles[style.slug] = new.id
    made.endpoints = dict(session.execute(select(Endpoint.slug, Endpoint.id)).all())
    for shape in ENDPOINTS:
        if shape.slug not in made.endpoints:
            values = shape.model_dump(mode="json", exclude={"style"})
            row = Endpoint(
                **values,
                style_id=styles[shape.style],
                key_origin=origin(shape.base_url) if shape.key_env else None,
            )
            session.add(row)
            session.flush()
            made.endpoints[shape.slug] = row.id
    for shape in subjects:
        subject = Subject(slug=shape.slug, name=shape.name, endpoint_id=made.endpoints[shape.endpoint])
        session.add(subject)
        session.flush()
        taken = snapshot(shape).model_dump(mode="json")
        version = SubjectVersion(subject_id=subject.id, number=1, snapshot=taken, sha256=sha256(taken))
        session.add(version)
        session.flush()
        made.subjects[shape.slug], made.versions[shape.slug] = subject.id, version.id
