"""The first token of a cell: as the endpoint told it, beside what was drawn, on rows that all columns share."""

from math import log

import pytest

from app.compare.distribution import entropy
from app.compare.first_token import FirstToken
from app.db import Database
from app.providers.wire import Token
from app.settings import Settings
from app.subjects.models import SubjectVersion
from tests import seed
from tests.cast import Draw
from tests.compare import cast
from tests.compare.reading import BATTERY, browser, laid_out, panel
from tests.told import tell, token
from tests.transcripts.run_pages import get, words

RAW = cast.SUBJECTS[0]
TOP = {"4": 0.5, "7": 0.3, "1": 0.1}
LISTED = tuple((text, log(p)) for text, p in TOP.items())


def seeded(database: Database, drawn: str = "4474", side: str = "before", **values: object) -> seed.Seeded:
    """A column whose draws began with these tokens, each told with the same alternatives, and one without any."""
    with database.writing() as session:
        made = seed.study(session, **{"subjects": cast.SUBJECTS[:2], "prompts": [cast.NUMBER],
                                      "repeats": len(drawn), "say": lambda *_: Draw("42")} | values)  # type: ignore[arg-type]  # fmt: skip
        for repeat, text in enumerate(drawn, start=1):
            number = made.transcripts["number-plain", RAW.slug, repeat]
            tell(
                session, number, [Token(text, None, log(TOP.get(text, 0.02)), LISTED), token("2", 0.9)], side
            )
    return made


def first_of(database: Database, slug: str = RAW.slug, query: str = "first=1") -> FirstToken:
    with database.reading() as session:
        found = panel(laid_out(session, f"number-plain?{query}"), slug).first
    assert found is not None
    return found


def test_the_told_distribution_stands_beside_the_drawn_one(database: Database) -> None:
    seeded(database)
    found = first_of(database)
    assert (found.n, found.of, found.k, found.side) == (4, 4, "3", "before the sampler")
    assert [(str(row.html), pytest.approx(row.told), row.drawn) for row in found.rows] == [
        ("4", 0.5, 3), ("7", 0.3, 1), ("1", 0.1, 0),
    ]  # fmt: skip
    assert found.mass == pytest.approx(0.9)
    assert found.bound == pytest.approx(1.6855, abs=1e-3)  # of .5, .3, .1 and the rest .1
    assert found.drawn_bits == pytest.approx(0.9916, abs=1e-4)  # of 3 and 1, as the study method has it
    assert found.thin
    assert found.rows[0].words == "told 50.0%, drawn 3 of 4 (95 %: 30% to 95%)"


def test_entropy_of_draws_is_corrected_for_what_few_draws_miss() -> None:
    assert entropy([3, 1]) == pytest.approx(0.9916, abs=1e-4)
    assert entropy([4]) == 0
    assert entropy([]) is None


def test_what_was_drawn_and_never_listed_has_a_row_without_a_share(sqlite: Database) -> None:
    seeded(sqlite, drawn="449")
    nine = next(row for row in first_of(sqlite).rows if str(row.html) == "9")
    assert (nine.told, nine.drawn) == (None, 1)
    assert nine.words.startswith("never listed, drawn 1 of 3")


def test_rows_are_the_same_in_every_column_and_what_they_leave_out_is_summed(sqlite: Database) -> None:
    made = seeded(sqlite)
    many = {f"w{n}": 0.08 - n / 1000 for n in range(11)}
    with sqlite.writing() as session:
        number = made.transcripts["number-plain", "default", 1]
        tell(
            session,
            number,
            [Token("w10", None, log(0.07), tuple((w, log(p)) for w, p in many.items()))],
            "after",
        )
    raw, default = first_of(sqlite), first_of(sqlite, "default")
    assert [str(row.html) for row in raw.rows] == [str(row.html) for row in default.rows]
    assert len(raw.rows) == 10
    assert (default.n, default.of, default.side, default.k) == (1, 4, "after the sampler", "11")
    assert default.drawn_bits is None  # one draw is no sample
    told = sum(row.told or 0 for row in default.rows)
    assert default.other_told == pytest.approx(default.mass - told)
    assert default.other_drawn + sum(row.drawn for row in default.rows) == 1


def test_replicates_have_no_entropy_of_draws(sqlite: Database) -> None:
    cold = RAW.model_copy(update={"sampling": RAW.sampling.model_copy(update={"temperature": 0})})
    seeded(sqlite, subjects=[cold, cast.SUBJECTS[1]])
    found = first_of(sqlite)
    assert (found.n, found.drawn_bits) == (4, None)


@pytest.mark.parametrize(("asked", "why"), [(None, "were not asked for"), (5, "not given by this endpoint")])
def test_a_column_without_any_says_why(sqlite: Database, asked: int | None, why: str) -> None:
    seeded(sqlite)
    with sqlite.writing() as session:
        version = session.get_one(SubjectVersion, 2)
        version.snapshot = version.snapshot | {"sampling": version.snapshot["sampling"] | {"logprobs": asked}}
        version.sha256 = f"told {asked}"
    assert why in first_of(sqlite, "default").missing


def test_a_page_that_is_not_asked_for_it_reads_nothing_of_it(sqlite: Database) -> None:
    seeded(sqlite)
    with sqlite.reading() as session:
        page = laid_out(session, "number-plain")
    assert [one.first for one in page.panels] == [None, None]
    assert not page.tells_tokens


@pytest.mark.anyio
async def test_the_switch_is_there_where_log_probabilities_were_asked_for(
    settings: Settings, sqlite: Database
) -> None:
    asking = RAW.model_copy(update={"sampling": RAW.sampling.model_copy(update={"logprobs": 3})})
    seeded(sqlite, subjects=[asking, cast.SUBJECTS[1]])
    async with browser(settings) as client:
        off = await get(client, f"{BATTERY}/number-plain")
        on = await get(client, f"{BATTERY}/number-plain?first=1")
    assert f'href="{BATTERY}/number-plain?first=1" aria-pressed="false"' in off
    assert "First token" not in off
    assert f'href="{BATTERY}/number-plain" aria-pressed="true"' in on
    assert "top 3 hold 90 % told ≥ 1.69 bits , a lower bound drawn 0.99 bits , n 4" in words(on)
    assert "First token: Log-probabilities were not asked for." in words(on)
