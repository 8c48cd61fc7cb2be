"""What a search can be narrowed by, in a study and everywhere, and the chips of what holds."""

import pytest

from app import db
from app.db import Database
from app.reading import filters
from app.reading.choices import Choice, chips, choices, subjects_of
from app.reading.filters import Further
from app.reading.look import read
from app.transcripts.models import Transcript
from tests import seed


@pytest.fixture
def two(database: Database) -> Database:
    """Two studies; the second asks one subject of its own one battery of its own."""
    other = [seed.SUBJECTS[0].model_copy(update={"slug": "other", "name": "Other"})]
    with database.writing() as session:
        seed.study(session, repeats=1)
        seed.study(session, slug="second", title="Second", battery="second", subjects=other,
                   prompts=seed.PROMPTS[1:2], repeats=1)  # fmt: skip
    return database


def of(query: dict[str, str], study: str = "", study_id: int | None = None) -> dict[str, Choice]:
    with db.reading() as session:
        look = read({name: [value] for name, value in query.items()}, study)
        return {one.name: one for one in choices(session, look, study_id, 1)}


def values(choice: Choice) -> list[str]:
    return [value for value, _ in choice.options]


def test_a_study_offers_what_it_asks(two: Database) -> None:
    found = of({"subject": "pirate,reasoner"}, "first-light", 1)
    assert "study" not in found
    assert values(found["run"]) == ["1"]
    assert values(found["battery"]) == ["mode-collapse"]
    assert values(found["theme"]) == ["collapse", "prefill", "self-model"]
    assert values(found["branch"]) == ["abstract", "abstract/number", "self", "self/name", "self/voice"]
    assert values(found["style"]) == ["base", "constitutional", "reasoning", "rlhf"]
    assert found["subject"].options[0] == ("base-raw", "Base, raw")
    assert "other" not in values(found["subject"])
    assert found["t"].options == (("none", "T not sent"), ("1", "T 1"))
    assert "prompt" not in found  # too many, before a battery is chosen
    assert (found["subject"].chosen, found["subject"].known) == ("pirate,reasoner", False)
    assert values(of({"battery": "mode-collapse"}, "first-light", 1)["prompt"]) == [
        f"mode-collapse/{key}" for key in ("number-plain", "said-prefill", "who-plain")
    ]


def test_everywhere_offers_everything_but_runs(two: Database) -> None:
    found = of({})
    assert values(found["study"]) == ["second", "first-light"]
    assert values(found["battery"]) == ["mode-collapse", "second"]
    assert "other" in values(found["subject"])
    assert "run" not in found
    assert "done" not in values(found["state"])


def test_prompts_are_not_narrowed_by_what_only_answers_have(two: Database) -> None:
    assert set(of({"role": "prompt"})) == {"study", "battery", "theme", "branch"}


def test_hidden_names_are_not_offered(two: Database) -> None:
    assert not {"subject", "style"} & set(of({"hide": "kept"}, "first-light", 1))


def test_what_another_part_knows_is_offered_too(two: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "_further", {})
    options = [("yes", "seen"), ("no", "not seen")]
    filters.register(Further("seen", "Seen", lambda some: f"seen {some[0]}",
                             lambda *_: Transcript.id > 0, lambda *_: options))  # fmt: skip
    assert of({"seen": "no"})["seen"] == Choice("seen", "Seen", tuple(options), "no")
    assert [chip.words for chip in chips(read({"seen": ["no"]}))] == ["no"]


def test_chips_say_what_holds_and_lead_to_what_is_without_it() -> None:
    look = read({"subject": ["a,b"], "theme": ["one, two"], "stop": ["declared"], "q": ["x"]}, "first-light")
    assert [(one.label, one.words, one.without) for one in chips(look)] == [
        ("theme", "one, two", "/studies/first-light/search?q=x&subject=a,b&stop=declared"),
        ("subject", "a or b", "/studies/first-light/search?q=x&theme=one,%20two&stop=declared"),
        ("ended", "declared no", "/studies/first-light/search?q=x&theme=one,%20two&subject=a,b"),
    ]
    hidden = chips(look.but(hide="kept"))
    assert hidden[1].words == "2 chosen"


def test_letters_are_given_to_all_that_a_study_asks(two: Database) -> None:
    with db.reading() as session:
        assert len(subjects_of(session, 1)) == len(seed.SUBJECTS)
        assert len(subjects_of(session, None)) == len(seed.SUBJECTS) + 1
