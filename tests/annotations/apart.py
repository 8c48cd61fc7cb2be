"""A study that people code apart: others' marks hidden until one's own pass, texts that are all different."""

from collections.abc import Sequence

from app import db
from app.annotations import passing, putting, ruling
from app.annotations.acts import Hand
from app.db import Database
from tests.annotations import coded
from tests.annotations.coded import WORDS, Coded
from tests.cast import SUBJECTS, Draw
from tests.reading.people import second

LOOK = ["hedging", "refusal"]


def different(*given: object) -> Draw:
    return Draw(f"{WORDS} {given[-1]}")


def study(database: Database, *, repeats: int = 3, subjects: int = 2) -> Coded:
    """Write the study, its rule, and answers of `subjects` × `repeats` draws."""
    with database.writing() as session:
        made = coded.study(session, subjects=SUBJECTS[:subjects], repeats=repeats, say=different)
        ruling.rule(session, made.hand(admin=True), True)
    return made


def coder(made: Coded, name: str = "ana") -> Hand:
    with db.writing() as session:
        return made.hand(second(session, name))


def codes(
    made: Coded, hand: Hand, said: Sequence[str], *, look: Sequence[str] = LOOK, tag: str = "hedging"
) -> None:
    """Pass the first answers: '1' marks the tag at the beginning, '0' does not, '-' leaves the answer out."""
    for nth, word in enumerate(said):
        if word == "-":
            continue
        with db.writing() as session:
            if word == "1":
                putting.put(session, hand, [made.span(0, 7, WORDS[:7], tag=tag, nth=nth)])
            passing.submit(session, hand, made.answers[nth][0], look)
