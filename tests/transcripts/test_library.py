"""Pages of the library: everything that can be asked and whom, faithfully and without a key."""

from pathlib import Path

import httpx
import pytest

from app import db
from app.runs.study_file import built_in
from tests.runs.files import BATTERY, STUDY
from tests.runs.test_applying import ask, put

PAGES = [
    "/library",
    "/library/styles/base",
    "/library/endpoints/hosted",
    "/library/subjects/raw",
    "/library/batteries/mine",
    "/studies",
    "/studies/first-light",
]
HOSTILE = '"<script>alert(1)</script><img src=x onerror=alert(1)>"'


async def text_of(client: httpx.AsyncClient, path: str, status: int = 200) -> str:
    reply = await client.get(path)
    assert reply.status_code == status, path
    return reply.text


@pytest.mark.anyio
async def test_an_empty_library_says_what_fills_it(client: httpx.AsyncClient) -> None:
    text = await text_of(client, "/library")
    assert "Nothing here yet" in text
    assert "styloscope apply STUDY.yaml" in text
    assert "Batteries there to be named in a study file" in text
    assert "No studies yet" in await text_of(client, "/studies")


@pytest.mark.anyio
@pytest.mark.parametrize("address", PAGES[1:5] + PAGES[6:])
async def test_what_is_not_there_is_a_page_that_says_so(client: httpx.AsyncClient, address: str) -> None:
    assert "There is no" in await text_of(client, address.rsplit("/", 1)[0] + "/nothing", status=404)


@pytest.mark.anyio
async def test_the_overview_leads_to_everything(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    text = await text_of(client, "/library")
    for path in (*PAGES[1:6], "/library/styles/rlhf", "/library/subjects/assistant"):
        assert f'href="{path}"' in text
    assert "no run yet" in text
    assert "price unknown" in text
    assert "empty system prompt" in text
    assert f"Also there to be named in a study file: {', '.join(sorted(built_in()))}." in text


@pytest.mark.anyio
async def test_an_endpoint_names_its_key_and_never_shows_it(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path)
    monkeypatch.delenv("EXAMPLE_API_KEY", raising=False)
    assert "not set in this process" in await text_of(client, "/library/endpoints/hosted")
    monkeypatch.setenv("EXAMPLE_API_KEY", "the-value-of-the-key")
    for page in PAGES:
        assert "the-value-of-the-key" not in await text_of(client, page)
    text = await text_of(client, "/library/endpoints/hosted")
    assert "EXAMPLE_API_KEY" in text
    assert ">set in this process<" in text
    assert "https://api.example.com:443" in text
    assert "default: not asked for: it is not known whether this endpoint continues a begun answer" in text
    assert "default: asked for, and kept where they come" in text


@pytest.mark.anyio
async def test_an_endpoint_at_a_router_says_who_serves_and_its_subjects_too(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    router = "wire: openai-chat\n    dialect: openrouter"
    put(tmp_path, study=STUDY.replace("wire: openai-chat", router))
    text = await text_of(client, "/library/endpoints/hosted")
    assert "Upstream" in text
    assert "the router chooses anew for each call" in text
    assert "Upstream" not in await text_of(client, "/library/endpoints/small-base")
    put(tmp_path, study=STUDY.replace("wire: openai-chat", f"{router}\n    upstream: deepinfra/fp8"))
    text = await text_of(client, "/library/endpoints/hosted")
    assert "deepinfra/fp8" in text
    assert "and no other" in text
    assert "deepinfra/fp8" in await text_of(client, "/library/subjects/assistant")


@pytest.mark.anyio
async def test_a_subject_shows_every_version_and_what_it_changed(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    ask(put(tmp_path))
    put(tmp_path, STUDY.replace("temperature: 0.7", "temperature: 0.9"))
    text = await text_of(client, "/library/subjects/raw")
    assert "Version 2" in text
    assert "not asked yet" in text
    assert "asked by 1 run" in text
    assert "<dt>sampling.temperature</dt>" in text
    assert "<del>0.7</del>" in text
    assert "<ins>0.9</ins>" in text
    assert 'href="/runs/1"' in text
    old = await text_of(client, "/library/subjects/raw?version=1")
    assert "T 0.7" in old
    assert "not the newest" in old
    await text_of(client, "/library/subjects/raw?version=9", status=404)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("system", "said"),
    [
        ("    system: null\n", "None is sent: the model&#39;s own default holds."),
        ('    system: ""\n', "An empty one is sent."),
        ("    system: Be kind.\n", "Be kind."),
    ],
)
async def test_no_system_prompt_an_empty_one_and_words_are_three_things(
    client: httpx.AsyncClient, tmp_path: Path, system: str, said: str
) -> None:
    put(tmp_path, STUDY.replace('    system: ""\n', system))
    assert said in (await text_of(client, "/library/subjects/assistant")).replace("model's", "model&#39;s")


@pytest.mark.anyio
async def test_a_battery_shows_its_prompts_by_family_as_they_are_sent(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path)
    text = await text_of(client, "/library/batteries/mine")
    places = [text.index(f'id="family-{slug}"') for slug in ("number", "begun", "steps", "minutes")]
    assert places == sorted(places)
    assert "a whole number from 0 to 100, the whole answer" in text
    assert "one of agreed, refused, the whole answer" in text
    assert "read by people only" in text
    assert "Minutes of the board, 3 March" in text
    assert "CC0-1.0" in text
    assert "No run has asked it yet." in text


@pytest.mark.anyio
async def test_a_version_of_a_battery_tells_what_it_changed_and_what_stood_before(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    ask(put(tmp_path))
    put(
        tmp_path,
        battery=BATTERY.replace("Pick a number.", "Pick any number.").replace("key: steps", "key: stairs"),
    )
    text = await text_of(client, "/library/batteries/mine")
    assert "changed: turns" in text
    assert "new here" in text
    assert "Pick any number." in text
    assert "Pick a number." in text  # what stood before, folded
    for word, keys in (("added", "stairs"), ("removed", "steps"), ("changed", "number")):
        assert f'<dt>{word}</dt><dd class="mono">{keys}</dd>' in text
    old = await text_of(client, "/library/batteries/mine?version=1")
    assert "Version 1 is not the newest" in old
    assert "Pick any number." not in old


@pytest.mark.anyio
async def test_a_style_of_one_family_is_said_to_carry_no_contrast_of_styles(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path, STUDY.replace("name: RLHF", "name: RLHF, evidence: 'javascript:alert(1)'"))
    text = await text_of(client, "/library/styles/rlhf")
    assert "Models of one family only here" in text
    assert 'href="javascript:' not in text


@pytest.mark.anyio
async def test_a_study_shows_what_its_file_wants_and_its_runs(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    applied = put(tmp_path)
    assert "Not asked yet" in await text_of(client, "/studies/first-light")
    ask(applied)
    text = await text_of(client, "/studies/first-light")
    assert "Does training or the scaffold make the assistant?" in text
    assert "pauses at $ 2.00 or 5,000 calls" in text
    assert "each subject at its own T" in text
    for path in (
        "/studies/first-light/compare",
        "/runs/1",
        "/library/subjects/raw",
        "/library/batteries/mine",
    ):
        assert f'href="{path}"' in text
    assert 'href="/studies/first-light"' in await text_of(client, "/studies")


@pytest.mark.anyio
async def test_hostile_words_are_words_on_every_page(client: httpx.AsyncClient, tmp_path: Path) -> None:
    study = (
        STUDY.replace("title: First light", f"title: {HOSTILE}")
        .replace("name: No alignment", f"name: {HOSTILE}")
        .replace("model: hosted-1", f"model: {HOSTILE}")
        .replace("    mode: chat\n", f"    mode: chat\n    name: {HOSTILE}\n")
        .replace('system: ""', f"system: {HOSTILE}")
    )
    battery = (
        BATTERY.replace("title: Mine", f"title: {HOSTILE}, source: {HOSTILE}")
        .replace("Pick a number.", HOSTILE)
        .replace(
            "    family: steps\n",
            f"    family: steps\n    note: {HOSTILE}\n    condition: {{{HOSTILE}: 1}}\n",
        )
    )
    ask(put(tmp_path, study, battery))
    for page in [*PAGES, "/library/subjects/assistant"]:
        text = await text_of(client, page)
        assert "<script>alert" not in text
        assert "<img" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in await text_of(client, "/library/batteries/mine")


@pytest.mark.anyio
async def test_directions_turned_in_a_prompt_are_shown_by_name(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path, battery=BATTERY.replace("Pick a number.", '"a \u202e b"'))
    assert 'data-name="RLO"' in await text_of(client, "/library/batteries/mine")


@pytest.mark.anyio
async def test_pages_read_and_never_write(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    with db.current().writing():  # the one write lock is held
        for page in PAGES:
            await text_of(client, page)
