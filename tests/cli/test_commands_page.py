"""docs/commands.md and the commands say the same: every command, every option, and no others."""

import re
from pathlib import Path

import pytest
import typer.main

from app import web
from app.cli import groups
from app.cli.main import app

groups.load()
PAGE = Path(web.ROOT, "docs", "commands.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
SECTIONS = {
    found[1]: found[2]
    for found in re.finditer(
        r"^### `styloscope ([a-z]+)[^`]*`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL
    )
}


def test_every_command_has_its_section_and_no_other_is_there() -> None:
    assert sorted(SECTIONS) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_a_command_is_told_and_no_other(name: str) -> None:
    options = {option for one in COMMANDS[name].params for option in one.opts if option.startswith("--")}
    told = set(re.findall(r"`(--[a-z-]+)", SECTIONS[name]))
    assert told == options - {"--help"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert [one.name for one in command.params if one.name != "help" and not one.help] == []
