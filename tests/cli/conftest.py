"""What tests of commands about a study file stand in."""

from pathlib import Path

import pytest

from app.settings import settings
from tests.runs.files import write


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a study and its battery, no key set, and a data folder of its own that is not there yet."""
    write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STYLOSCOPE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("STYLOSCOPE_DATABASE_URL", raising=False)
    monkeypatch.delenv("EXAMPLE_API_KEY", raising=False)
    settings.cache_clear()
    return tmp_path
