"""Where a person was: one place a study, newest first, and only pages of our own that are read."""

import pytest

from app.db import Database
from app.reading import places
from tests import seed
from tests.reading.people import LOCAL, second

COMPARE = "/studies/first-light/compare/mode-collapse/who-plain?hide=kept&col=pirate@1"


def test_the_last_page_of_each_study_is_kept_for_each_person(database: Database) -> None:
    with database.writing() as session:
        made = seed.study(session, repeats=1)
        ana = second(session)
        number = made.transcripts["who-plain", "pirate", 1]
        places.remember(session, LOCAL, "/studies/first-light/search?q=lamp", "lamp")
        places.remember(session, LOCAL, COMPARE, "  Who\n are you? ")
        places.remember(session, ana, f"/transcripts/{number}?tab=rendered#m7", "Transcript")
        session.flush()
        (mine,) = places.places(session, LOCAL)
        assert (mine.address, mine.title, mine.slug, mine.study) == (
            COMPARE, "Who are you?", "first-light", "First light",
        )  # fmt: skip
        assert places.place_in(session, ana, "first-light").address.endswith("#m7")
        assert places.place_in(session, ana, "elsewhere") is None


@pytest.mark.parametrize(
    "address",
    ["//evil.example/studies/first-light/compare/a/b", "https://evil.example/transcripts/1", "javascript:alert(1)",
     "/transcripts/999999", "/studies/nowhere/compare/a/b", "/runs/1", "/transcripts/1/cite", "/search", "",
     "/transcripts/1?x=\\", "/transcripts/1\n", "/transcripts/1?x=\u202e", "/transcripts/1?" + "x" * 3000],
)  # fmt: skip
def test_no_other_address_is_kept(sqlite: Database, address: str) -> None:
    with sqlite.writing() as session:
        seed.study(session, repeats=1)
        with pytest.raises(places.NoPlace, match="^address: "):
            places.remember(session, LOCAL, address, "x")
