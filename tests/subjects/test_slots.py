"""Which hue and glyph a style wears: that of the kind of alignment of its endpoints."""

from app.db import Database
from app.subjects.models import Style
from app.subjects.queries import slots
from tests import seed


def test_a_style_wears_what_its_first_endpoints_stage_wears(database: Database) -> None:
    with database.writing() as session:
        seed.study(session, repeats=1)
        session.add(Style(slug="nobody", name="Not reached by any endpoint"))
    with database.reading() as session:
        assert slots(session) == {"base": 1, "rlhf": 2, "constitutional": 3, "reasoning": 5, "nobody": 6}
