"""A study that can be coded: a codebook of a few tags, and answers by what they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import LOCAL
from app.annotations import putting, tags
from app.annotations.acts import Hand
from app.annotations.codebook_shape import text_sha256
from app.annotations.models import Annotation, CodebookRevision, Tag, TagVersion
from app.annotations.wanted import Wanted
from app.subjects.shape import SubjectShape
from app.transcripts.models import Message, Transcript
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw, Say
from tests.draws import Seeded

HASH = text_sha256({"scope": "turn", "definition": "", "use_when": "", "not_when": ""})
TAGS = ("hedging", "refusal", "persona")
WORDS = "I think it may be 42 👩‍🚀, perhaps."


@dataclass
class Coded:
    """A seeded study with its tags by name and its answers in order: (transcript, message of the answer)."""

    made: Seeded
    tags: dict[str, int]
    answers: list[tuple[int, int]]

    def hand(self, person: int = LOCAL, client: str = "", *, admin: bool = False) -> Hand:
        return Hand(person, self.made.study_id, client, admin)

    @property
    def first(self) -> int:
        return self.answers[0][0]

    def span(
        self, start: int, end: int, quote: str, tag: str = "hedging", nth: int = 0, **more: object
    ) -> Wanted:
        """An annotation on a part of the nth answer."""
        transcript, message = self.answers[nth]
        target = {"message": message, "start": start, "end": end, "quote": quote}
        return Wanted.model_validate({"tag": tag, "transcript": transcript, "targets": [target], **more})

    def whole(self, tag: str = "hedging", nth: int = 0, **more: object) -> Wanted:
        """An annotation on the whole of the nth transcript."""
        return Wanted.model_validate(
            {"tag": tag, "kind": "transcript", "transcript": self.answers[nth][0], **more}
        )


def same_words(*_: object) -> Draw:
    return Draw(WORDS)


def study(
    session: Session,
    *,
    say: Say = same_words,
    subjects: Sequence[SubjectShape] = SUBJECTS[:1],
    repeats: int = 3,
    slug: str = "first-light",
) -> Coded:
    """Write a study of finished answers to one prompt, and a codebook of three tags with the keys 1 to 3."""
    made = seed.study(session, subjects=subjects, prompts=PROMPTS[:1], repeats=repeats, say=say, slug=slug,
                      battery=f"battery-of-{slug}")  # fmt: skip
    query = select(Transcript.id, Transcript.tip_id).where(Transcript.run_id == made.run_id)
    rows = session.execute(query.order_by(Transcript.subject_version_id, Transcript.repeat))
    return Coded(made, codebook(session, made.study_id), [(number, tip) for number, tip in rows])


def other_study(session: Session) -> Coded:
    """Write a second study, of another subject."""
    return study(session, subjects=SUBJECTS[2:3], slug="other")


def codebook(session: Session, study_id: int, slugs: tuple[str, ...] = TAGS) -> dict[str, int]:
    """Write tags with the keys 1, 2, … at revision 1; return their ids."""
    session.info[tags.WRITTEN] = True
    session.add(CodebookRevision(study_id=study_id, number=1, why="begun", person_id=LOCAL))
    found = {}
    for place, slug in enumerate(slugs):
        tag = Tag(study_id=study_id, slug=slug)
        session.add(tag)
        session.flush()
        session.add(TagVersion(tag_id=tag.id, revision=1, position=place, name=slug.capitalize(), text_sha256=HASH,
                               grouping="manner", slot=place, key=str(place + 1)))  # fmt: skip
        found[slug] = tag.id
    session.flush()
    return found


def revised(session: Session, study_id: int, tag_id: int, number: int, **changed: object) -> None:
    """Write a further revision in which one tag is otherwise."""
    old = session.get_one(TagVersion, (tag_id, number - 1))
    kept = {column.name: getattr(old, column.name) for column in TagVersion.__table__.columns}
    session.info[tags.WRITTEN] = True
    session.add(CodebookRevision(study_id=study_id, number=number, why="better", person_id=LOCAL))
    session.add(TagVersion(**{**kept, "revision": number, **changed}))
    session.flush()


def put(coded: Coded, *wanted: Wanted, hand: Hand | None = None) -> list[int]:
    """Put annotations in one act."""
    with db.writing() as session:
        return putting.put(session, hand or coded.hand(), list(wanted))


def one(number: int) -> Annotation:
    """Read an annotation's row."""
    with db.reading() as session:
        return session.get_one(Annotation, number)


def text_of(message: int) -> str:
    with db.reading() as session:
        return session.get_one(Message, message).text
