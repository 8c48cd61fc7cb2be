"""Pages of drafts: without a script all of it works as forms, and what people type is shown as text."""

import re
from pathlib import Path

import httpx
import pytest

from app.batteries.rules import RULES
from tests.authoring.drafts import begun, fields_of, form, ids, page_of, post, row_of
from tests.runs.test_applying import ask, put

pytestmark = pytest.mark.anyio
HOSTILE = '"><script>alert(1)</script></textarea>\u202e{{ 7*7 }}'
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


async def test_a_thing_is_edited_from_its_page_and_its_draft_is_found_again(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path)
    page = await page_of(client, "/library/batteries/mine")
    assert 'action="/library/batteries/mine/edit"' in page
    assert (await client.post("/library/batteries/mine/edit")).headers["location"] == "/library/drafts/1"
    assert (await client.post("/library/batteries/mine/edit")).headers["location"] == "/library/drafts/1"
    assert (await client.post("/library/batteries/mine/clone")).headers["location"] == "/library/drafts/2"
    assert "A draft of this is under way" in await page_of(client, "/-/library/drafts?kind=battery&slug=mine")
    assert (await page_of(client, "/-/library/drafts?kind=battery&slug=other")).strip() == ""
    every = await page_of(client, "/-/library/drafts")
    assert "Mine, copy" in every
    for path in ("/library/batteries/nothing/edit", "/library/nothing/mine/edit", "/studies/nothing/edit"):
        assert (await client.post(path)).status_code == 404


@pytest.mark.parametrize("kind", ["battery", "style", "endpoint", "subject", "study"])
async def test_every_kind_has_a_form_that_posts_what_it_shows(
    client: httpx.AsyncClient, tmp_path: Path, kind: str
) -> None:
    put(tmp_path)
    slug = {
        "battery": "mine",
        "style": "base",
        "endpoint": "hosted",
        "subject": "raw",
        "study": "first-light",
    }[kind]
    for number in (begun(kind, slug), begun(kind)):
        page = await page_of(client, f"/library/drafts/{number}")
        before = row_of(number)
        shown = fields_of(page)
        ticked = re.findall(r'name="(subjects|batteries)" value="([^"]+)" checked', page)
        fields = {name: text for name, text in shown.items() if name not in ("subjects", "batteries")}
        for name in {name for name, _ in ticked}:
            fields[name] = [value for key, value in ticked if key == name]  # type: ignore[assignment]
        assert (await client.post(f"/library/drafts/{number}", data=fields)).status_code == 303
        after = row_of(number)
        assert (after.data, after.number, after.aside) == (before.data, 0, [])


async def test_a_battery_is_written_without_a_script(client: httpx.AsyncClient, tmp_path: Path) -> None:
    ask(put(tmp_path))
    number = begun("battery", "mine")
    prompt = ids(number)["steps"]
    at = f"/library/drafts/{number}"
    fields = fields_of(await page_of(client, f"{at}?p={prompt}"))
    assert fields["turns.1.words"] == "And then?"
    reply = await client.post(at, data=fields | {"turns.1.words": "And then\r\nwhat?", "do": "turn.add"})
    assert reply.headers["location"] == f"{at}?p={prompt}"
    fields = fields_of(await page_of(client, f"{at}?p={prompt}"))
    assert [fields[f"turns.{n}.words"] for n in range(3)] == ["Go on.", "And then\nwhat?", ""]
    reply = await client.post(at, data=fields | {"turns.2.words": "Last.", "do": "clone"})
    place = reply.headers["location"]
    assert re.fullmatch(rf"{at}\?p=[0-9a-f]+#f-turns-0-words", place)
    page = await page_of(client, place.partition("#")[0])
    assert fields_of(page)["key"] == "steps-2"
    assert "found 1 wording of number, expected 3 or more" not in page
    assert page.count('data-prompt="') == 5
    told = await page_of(client, f"{at}/publish")
    assert "makes version 2, since run 1 asked version 1: added steps-2, changed steps" in told
    posted = fields_of(told.replace('<form method="post"', '<form id="sheet" method="post"'))
    reply = await client.post(f"{at}/publish", data=posted)
    assert reply.headers["location"] == "/library/batteries/mine"
    page = await page_of(client, "/library/batteries/mine")
    assert "Version 2" in page
    assert "what?" in page
    await page_of(client, at, 404)


async def test_a_save_by_script_answers_the_parts_it_touches(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    prompt = ids(number)["number"]
    headers = {"hx-request": "true", "x-client": "me"}
    fields = form(number, prompt) | {"turns.0.words": "Pick [kind] number.", "repeats": "x"}
    reply = await client.post(f"/library/drafts/{number}", data=fields, headers=headers)
    assert reply.status_code == 200
    assert 'id="rail" hx-swap-oob' in reply.text
    assert "found [kind], expected the words that belong there" not in reply.text, "it is not sound yet"
    assert "found &#39;x&#39;, expected a whole number" in reply.text
    assert 'id="w-turns"' not in reply.text
    fields = form(number, prompt) | {"repeats": "", "do": "turn.add"}
    reply = await client.post(f"/library/drafts/{number}", data=fields, headers=headers)
    assert "found [kind], expected the words that belong there" in reply.text
    assert 'id="w-turns" hx-swap-oob="true">' in reply.text
    reply = await client.post(f"/library/drafts/{number}", data={"p": prompt, "do": "add"}, headers=headers)
    assert reply.status_code == 204
    assert reply.headers["hx-redirect"].startswith(f"/library/drafts/{number}?p=")


async def test_a_stale_publish_shows_how_it_stands(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("style", "base")
    post(number, form(number), name="Changed")
    reply = await client.post(f"/library/drafts/{number}/publish", data={"seen": "0", "ground": ""})
    assert reply.status_code == 409
    assert "Nothing was published" in reply.text
    assert "corrects name of the style" in reply.text


async def test_a_draft_is_thrown_away_and_the_thing_stays(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("subject", "raw")
    address = f"/library/drafts/{number}/discard"
    assert "It changes nothing since version 1" in await page_of(client, address)
    post(number, form(number), name=HOSTILE, sampling__temperature="many")  # also what is to be mended counts
    page = await page_of(client, address)
    assert "<b>2 changes</b> since version 1" in page
    assert all(f"<li>{label}</li>" in page for label in ("Name", "Temperature"))
    assert ESCAPED in page
    assert "<script>alert" not in page
    stale = await client.post(address, data={"seen": "0"})
    assert stale.status_code == 409
    assert "Nothing was thrown away" in stale.text
    reply = await client.post(address, data={"seen": "1"})
    assert reply.headers["location"] == "/library/subjects/raw"
    await page_of(client, f"/library/drafts/{number}", 404)
    assert (await client.post(f"/library/drafts/{number}", data={"p": ""})).status_code == 404
    assert (await client.post(f"/library/drafts/{number}/publish", data={})).status_code == 404
    assert (await client.post(f"/library/drafts/{number}/discard")).status_code == 404


async def test_what_goes_with_a_batterys_draft_is_told_before(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    prompt = ids(number)
    post(number, form(number, prompt["number"]), turns__0__words="Say [what].")
    post(number, {"p": prompt["begun"], "do": "remove"})
    post(number, {"p": prompt["minutes"], "do": "clone"})
    post(number, {"p": prompt["minutes"], "do": "up"})
    page = await page_of(client, f"/library/drafts/{number}/discard")
    assert "Throw away the draft of <bdi>Mine</bdi>?" in page
    assert "<b>4 changes</b> since version 1" in page
    for line in (
        "number: other turns",
        "minutes-2: is new",
        "begun: was removed",
        "the prompts stand in another order",
    ):
        assert f"<li>{line}</li>" in page
    assert "all of this battery goes with it" in await page_of(
        client, f"/library/drafts/{begun('battery')}/discard"
    )


async def test_what_people_type_is_shown_as_text(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    prompt = ids(number)["number"]
    first, second = form(number, prompt), form(number, prompt)
    names = ("key", "title", "family", "variant", "theme", "note", "condition", "watch_for", "turns.0.words")
    post(number, first | dict.fromkeys(names, HOSTILE))
    post(number, second | {"turns.0.words": f"other {HOSTILE}", "note": f"other {HOSTILE}"})
    post(number, form(number), title=HOSTILE, description=HOSTILE)
    for path in ("", f"?p={prompt}", f"?p={prompt}&side=diff", "/publish"):
        page = await page_of(client, f"/library/drafts/{number}{path}")
        assert "<script>alert" not in page
        assert ESCAPED in page
    assert "Two windows wrote here" in await page_of(client, f"/library/drafts/{number}?p={prompt}")
    assert ESCAPED in await page_of(client, "/-/library/drafts")


async def test_an_endpoints_key_is_told_and_not_shown_when_it_looks_like_one(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("endpoint", "hosted")
    fields = form(number) | {"key_env": "sk-abcdefghijklmnop1234567890"}
    reply = await client.post(f"/library/drafts/{number}", data=fields, headers={"hx-request": "true"})
    assert "found what looks like a key (not kept)" in reply.text
    assert "abcdefghijklmnop" not in reply.text


async def test_a_key_that_was_cleared_is_told_at_its_field(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("endpoint", "hosted")
    post(number, form(number), base_url="https://other.example.com/v1")
    told = "This name was for the key of https://api.example.com:443"
    post(number, form(number), base_url="https://api.example.com/v2")  # back, and still told: it is not there
    page = await page_of(client, f"/library/drafts/{number}")
    assert told in page
    assert "1 text to choose from" in await page_of(client, f"/library/drafts/{number}/discard")
    assert "Two windows" not in page
    post(number, form(number), do=f"aside.take.{row_of(number).aside[0]['id']}")
    assert row_of(number).data["key_env"] == "EXAMPLE_API_KEY"
    post(number, form(number), base_url="https://other.example.com/v1")
    post(number, form(number), key_env="OTHER_API_KEY")
    assert told not in await page_of(client, f"/library/drafts/{number}")
    # Without scripts too, what is not kept is said where it was written.
    reply = await client.post(
        f"/library/drafts/{number}", data=form(number) | {"key_env": "sk-abcdefghijklmnop1234"}
    )
    assert reply.status_code == 422
    assert "what looks like a key (not kept)" in reply.text
    assert "sk-abcdefghijklmnop1234" not in reply.text


async def test_the_rules_are_on_a_page(client: httpx.AsyncClient) -> None:
    page = await page_of(client, "/library/rules")
    assert all(f'id="{name}"' in page for name in RULES)


async def test_a_form_of_more_prompts_than_can_be_shown_is_refused(
    client: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    monkeypatch.setattr("app.authoring.acting.MOST_PROMPTS", 4)
    reply = await client.post(f"/library/drafts/{number}", data={"p": "", "do": "add"})
    assert reply.status_code == 422
    assert "at most 4 prompts" in reply.text
    assert len(row_of(number).data["prompts"]) == 4


async def test_prompts_are_pasted_looked_at_and_added_as_a_whole(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    at = f"/library/drafts/{number}/import"
    assert "Import prompts" in await page_of(client, at)
    text = "key,prompt\r\nfine,Say it.\r\nBad,Say that.\r\n"
    reply = await client.post(at, data={"text": text, "kind": "table", "do": "add"})
    assert "found &#39;Bad&#39;" in reply.text
    assert ">3</td>" in reply.text
    assert len(row_of(number).data["prompts"]) == 4, "nothing is half written"
    reply = await client.post(at, data={"text": text.replace("Bad", "good"), "kind": "table", "do": "look"})
    assert "2 rows" in reply.text
    assert len(row_of(number).data["prompts"]) == 4
    reply = await client.post(at, data={"text": text.replace("Bad", "good"), "kind": "table", "do": "add"})
    assert reply.status_code == 303
    assert reply.headers["location"] == f"/library/drafts/{number}?p={ids(number)['fine']}"
    assert list(ids(number)) == ["number", "begun", "steps", "minutes", "fine", "good"]


async def test_a_column_is_made_another_one_until_the_columns_change(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    at = f"/library/drafts/{number}/import"
    text = "prompt,extra\nSay it.,because\n"
    page = (await client.post(at, data={"text": text, "kind": "table"})).text
    columns = re.search(r'name="columns" value="(\w+)"', page)
    assert columns is not None
    chosen = {"columns": columns[1], "map.0": "user", "map.1": "note"}
    await client.post(at, data={"text": text, "kind": "table", "do": "add", **chosen})
    assert row_of(number).data["prompts"][-1]["shape"]["note"] == "because"
    other = "prompt,extra,more\nSay that.,because,x\n"
    await client.post(at, data={"text": other, "kind": "table", "do": "add", **chosen})
    assert "note" not in row_of(number).data["prompts"][-1]["shape"]


async def test_a_file_is_uploaded_and_stands_in_the_field(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    at = f"/library/drafts/{number}/import"
    file = {"upload": ("p.csv", "prompt\nHöflich?\n".encode("utf-8-sig"), "text/csv")}
    reply = await client.post(at, data={"kind": "table"}, files=file, headers={"hx-request": "true"})
    assert 'id="pasted" hx-swap-oob="true"' in reply.text
    assert "Höflich?" in reply.text
    file = {"upload": ("p.csv", b"prompt\nfine\nH\xf6flich?\n", "text/csv")}
    reply = await client.post(at, data={"kind": "table", "do": "add"}, files=file)
    assert "line 3: found the byte 0xf6, expected UTF-8 text" in reply.text
    style = begun("style", "base")
    assert (await client.get(f"/library/drafts/{style}/import")).status_code == 404


async def test_a_battery_that_comes_with_the_program_is_taken_in(client: httpx.AsyncClient) -> None:
    assert 'name="slug" value="prefill"' in await page_of(client, "/library")
    reply = await client.post("/library/built-in", data={"slug": "prefill"})
    assert reply.headers["location"] == "/library/batteries/prefill"
    assert (await client.post("/library/built-in", data={"slug": "prefill"})).status_code == 303
    assert 'name="slug" value="prefill"' not in await page_of(client, "/library")
    assert (await client.post("/library/built-in", data={"slug": "../x"})).status_code == 404


async def test_a_reading_is_tried_on_pasted_answers(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    prompt = ids(number)["number"]
    page = await page_of(client, f"/library/drafts/{number}?p={prompt}&side=answers")
    assert "no past draws under this key" in page
    at, fields = (
        f"/-/library/drafts/{number}/answers",
        {"p": prompt, "source": "pasted", "pasted": "42\n7\n101\nten"},
    )
    reply = await client.post(at, data=fields, headers={"hx-request": "true"})
    assert "2/4" in reply.text
    assert "101 is more than 100" in reply.text
    assert "there is no number" in reply.text
    whole = (await client.post(at, data=fields)).text
    assert '<form id="sheet"' in whole
    assert "101 is more than 100" in whole


async def test_what_would_be_sent_stands_beside_the_form(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put(tmp_path)
    number = begun("battery", "mine")
    keyed = ids(number)
    post(number, form(number, keyed["minutes"]), turns__0__words="Minutes, <b>now</b>")
    page = await page_of(client, f"/library/drafts/{number}?p={keyed['minutes']}&side=sent&x=raw")
    assert "Minutes, &lt;b&gt;now&lt;/b&gt;" in page
    assert "POST http://127.0.0.1:8401/v1/completions" in page
    part = await page_of(
        client, f"/-/library/drafts/{number}/side?p={keyed['minutes']}&side=sent&x=assistant"
    )
    assert "minutes is not possible with assistant" in part
    subject = begun("subject", "assistant")
    post(subject, form(subject), system__kind="words", system__words="Be brief.")
    page = await page_of(client, f"/library/drafts/{subject}?side=sent&x=mine/number")
    assert "Be brief." in page
    assert "hosted-1" in page


async def test_a_study_page_and_a_new_run_lead_to_the_form_of_the_study(
    client: httpx.AsyncClient, tmp_path: Path
) -> None:
    assert 'name="kind" value="study"' in await page_of(client, "/runs/new")
    assert 'name="kind" value="study"' in await page_of(client, "/studies")
    put(tmp_path)
    for path in ("/studies/first-light", "/runs/new?study=first-light"):
        assert 'action="/studies/first-light/edit"' in await page_of(client, path)
    reply = await client.post("/studies/first-light/edit")
    assert "Does training or the scaffold" in await page_of(client, reply.headers["location"])
    reply = await client.post("/studies/first-light/clone")
    assert "first-light-copy" in await page_of(client, reply.headers["location"])
