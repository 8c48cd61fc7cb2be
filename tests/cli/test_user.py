"""`user` as it is typed: the first admin's link, who there is, and what is refused."""

import json
import re
from pathlib import Path

import pytest

from app.settings import settings
from tests.typed import typed

KEY = "a-key-of-tests-0123456789-abcdefgh"


@pytest.fixture
def team(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("MODE", "team"), ("PUBLIC_URL", "https://styloscope.example"), ("SECRET_KEY", KEY)):
        monkeypatch.setenv(f"STYLOSCOPE_{name}", value)
    settings.cache_clear()


@pytest.mark.usefixtures("team")
def test_the_first_admin_is_let_in_by_a_link_that_is_printed_once() -> None:
    told = typed("user", "invite", "--role", "admin")
    assert told.exit_code == 0
    assert re.search(r"^https://styloscope\.example/join/[\w-]{43}$", told.stdout, re.M)
    listed = json.loads(typed("user", "list", "--json").stdout)
    assert listed == {
        "people": [{"name": "local", "role": "admin", "signs_in": False, "left": False, "browsers": 0}]
    }
    assert typed("user", "list").stdout == "local: admin\n"


@pytest.mark.usefixtures("team")
def test_an_invitation_as_json_is_one_document() -> None:
    told = json.loads(typed("user", "invite", "--json").stdout)
    assert told["role"] == "coder"
    assert told["link"].startswith("https://styloscope.example/join/")


@pytest.mark.usefixtures("team")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("invite", "--role", "king"), "role: found 'king', expected viewer, coder, admin"),
        (
            ("role", "nobody", "--role", "admin"),
            "NAME: found 'nobody', expected somebody of `styloscope user list`",
        ),
        (("away",), "NAME: found ''"),
        (("away", "local"), "There is no such person."),
    ],
)
def test_what_cannot_be_is_one_message(words: tuple[str, ...], told: str) -> None:
    result = typed("user", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_in_local_mode_there_is_nobody_to_invite(here: Path) -> None:
    result = typed("user", "list")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "STYLOSCOPE_MODE: found 'local'" in result.stderr
    assert not (here / "data").exists()
