"""What a study file may say of providers that are reached in ways of their own."""

from pathlib import Path

import pytest

from app.runs.study_file import FileError, load
from tests.runs.files import STUDY, write

HOSTED = "    base_url: https://api.example.com/v1\n"
OPENROUTER = (
    "    base_url: https://openrouter.ai/api/v1\n    dialect: openrouter\n    upstream: deepinfra/fp8\n"
)


def study(endpoint: str, sampling: str = "{}") -> str:
    """Return the sound study with its hosted endpoint at another address, and its subject's sampling."""
    told = STUDY.replace(HOSTED, endpoint).replace(
        '    system: ""\n', f'    system: ""\n    sampling: {sampling}\n'
    )
    assert told.count(endpoint) == 1
    return told


def test_an_upstream_is_frozen_with_the_subject(tmp_path: Path) -> None:
    sampling = "{extra: {provider: {data_collection: deny}}}"
    found = load(write(tmp_path, study=study(OPENROUTER, sampling)))
    assert found.snapshots["assistant"].upstream == "deepinfra/fp8"
    assert found.snapshots["raw"].upstream is None


@pytest.mark.parametrize(
    ("provider", "place"),
    [("{order: [novita]}", ".order"), ("{allow_fallbacks: true}", ".allow_fallbacks"), ("novita", "")],
)
def test_a_subject_may_not_route_around_its_endpoint_s_upstream(
    provider: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, study=study(OPENROUTER, f"{{extra: {{provider: {provider}}}}}"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError) as error:
        load(Path("study.yaml"))
    assert str(error.value) == (
        f"study.yaml:34: subjects[1].sampling.extra.provider{place}: found a routing, expected none beside the "
        "endpoint's upstream 'deepinfra/fp8'"
    )


@pytest.mark.parametrize(
    "address",
    [
        "https://lab.openai.azure.com/openai/v1",
        "https://lab.openai.azure.com/openai/v1?api-version=preview",
        "https://lab.openai.azure.com/openai/deployments/gpt?api-version=2024-10-21",
    ],
)
def test_azure_s_version_stands_in_its_address(address: str, tmp_path: Path) -> None:
    found = load(write(tmp_path, study=study(f"    base_url: {address}\n    dialect: azure\n")))
    assert found.snapshots["assistant"].base_url == address
