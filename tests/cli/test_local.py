"""What cannot be served safely is refused by every command that serves or asks, before anything."""

from pathlib import Path

import pytest

from app.settings import settings
from tests.typed import typed

DEMO = Path(__file__).parents[2] / "app" / "demo" / "study.yaml"
COMMANDS = ["serve", "demo", f"run {DEMO}", "resume 1", "retry 1", "extend 1 --repeats 2", "cancel 1"]
TOLD = {
    "MODE=team": "STYLOSCOPE_PUBLIC_URL: found none; team mode expects the address under which people reach",
    "ROOT_PATH=/s": "STYLOSCOPE_ROOT_PATH: found '/s', for a proxy that serves others",
}


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words.split()[0])
@pytest.mark.parametrize("wish", TOLD)
def test_what_is_not_safe_or_not_built_is_refused_before_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, wish: str
) -> None:
    name, _, value = wish.partition("=")
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv(f"STYLOSCOPE_{name}", value)
    settings.cache_clear()
    result = typed(*words.split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(TOLD[wish])
    assert not (tmp_path / "data").exists()
