"""Bookmarks: of an answer and of a path, kept once, taken away and put back, listed by study, each person's own."""

import pytest

from app.db import Database
from app.reading import bookmarks
from app.reading.bookmarks import NoBookmark
from app.settings import Settings
from app.transcripts.models import Transcript
from tests import seed
from tests.compare.reading import browser
from tests.draws import Seeded
from tests.reading.people import LOCAL, second


@pytest.fixture
def made(database: Database) -> Seeded:
    with database.writing() as session:
        return seed.study(session, repeats=2)


def test_an_answer_and_a_path_are_kept_once_and_take_a_note(database: Database, made: Seeded) -> None:
    number = made.transcripts["who-plain", "pirate", 1]
    with database.writing() as session:
        row = session.get_one(Transcript, number)
        whole = bookmarks.keep(session, LOCAL, number, None, None, "")
        path = bookmarks.keep(session, LOCAL, number, row.root_id, " here it turns ", "")
        assert whole.id != path.id
        assert bookmarks.keep(session, LOCAL, number, None, "aye", "").id == whole.id
        assert bookmarks.keep(session, LOCAL, number, None, None, "").note == "aye"
        found = bookmarks.of_transcripts(session, LOCAL, [number])
        assert [(one["message"], one["note"]) for one in found] == [
            (None, "aye"), (row.root_id, "here it turns"),
        ]  # fmt: skip
        assert bookmarks.of_prompts(session, LOCAL, made.study_id, [made.prompts["who-plain"]]) == found
        assert bookmarks.of_prompts(session, LOCAL, made.study_id, [made.prompts["number-plain"]]) == []
        other = session.get_one(Transcript, made.transcripts["who-plain", "pirate", 2])
        for wrong in ((number, other.tip_id), (10**9, None)):
            with pytest.raises(NoBookmark):
                bookmarks.keep(session, LOCAL, *wrong, None, "")


def test_one_that_is_taken_away_comes_back_as_it_was_and_is_nobody_elses(
    database: Database, made: Seeded
) -> None:
    number = made.transcripts["who-plain", "pirate", 1]
    with database.writing() as session:
        ana = second(session)
        kept = bookmarks.keep(session, LOCAL, number, None, "aye", "").id
        assert not bookmarks.remove(session, ana, kept)
        assert not bookmarks.annotate(session, ana, kept, "mine")
        assert bookmarks.lines(session, ana) == []
        assert bookmarks.remove(session, LOCAL, kept)
        assert bookmarks.lines(session, LOCAL) == []
        assert bookmarks.remove(session, LOCAL, kept, back=True)
        assert [line.note for line in bookmarks.lines(session, LOCAL)] == ["aye"]
        bookmarks.remove(session, LOCAL, kept)
        again = bookmarks.keep(session, LOCAL, number, None, None, "kept")
        assert (again.id, again.note, again.hide) == (kept, "", "kept")


def test_the_list_is_newest_first_by_study_and_hides_what_was_hidden(
    database: Database, made: Seeded
) -> None:
    with database.writing() as session:
        numbers = [made.transcripts["who-plain", slug, 1] for slug in ("base-raw", "pirate", "reasoner")]
        tip = session.get_one(Transcript, numbers[2]).tip_id
        bookmarks.keep(session, LOCAL, numbers[0], None, None, "")
        bookmarks.keep(session, LOCAL, numbers[1], None, "aye", "kept")
        bookmarks.keep(session, LOCAL, numbers[2], tip, None, "")
        last, hidden, first = bookmarks.lines(session, LOCAL)
        assert (last.path, last.url) == (True, f"/transcripts/{numbers[2]}#m{tip}")
        assert (hidden.subject, hidden.url) == ("", f"/transcripts/{numbers[1]}?hide=kept")
        assert hidden.beside == "/studies/first-light/compare/mode-collapse/who-plain?hide=kept"
        assert (first.subject, first.said[:9]) == ("Base, raw, T 1", "I am a 34")
        assert first.beside.endswith("?run=1&col=base-raw@1&repeat=1")
        assert [line.id for line in bookmarks.lines(session, LOCAL, before=hidden.id)] == [first.id]
        assert [line.id for line in bookmarks.lines(session, LOCAL, noted=True)] == [hidden.id]
        assert bookmarks.lines(session, LOCAL, study="elsewhere") == []
        assert bookmarks.counted(session, LOCAL, "first-light") == 3
        ((slug, title, lines),) = bookmarks.by_study([last, hidden, first])
        assert (slug, title, len(lines)) == ("first-light", "First light", 3)


@pytest.mark.anyio
async def test_pages_and_forms_do_it_without_script(sqlite: Database, settings: Settings) -> None:
    with sqlite.writing() as session:
        made = seed.study(session, repeats=1)
    number = made.transcripts["who-plain", "pirate", 1]
    async with browser(settings) as client:
        kept = (
            await client.post("/api/v1/bookmarks", json={"transcript": number, "note": "<b>aye</b>"})
        ).json()
        wrong = await client.post("/api/v1/bookmarks", json={"transcript": 10**9})
        assert (wrong.status_code, wrong.json()["error"]) == (
            422,
            f"transcript: there is no transcript {10**9}",
        )
        listed = (await client.get("/bookmarks")).text
        assert "&lt;b&gt;aye&lt;/b&gt;" in listed
        gone = await client.post(f"/bookmarks/{kept['id']}/remove", data={"study": "first-light"})
        assert gone.headers["location"] == f"/bookmarks?study=first-light&removed={kept['id']}"
        told = (await client.get(gone.headers["location"])).text
        assert f"/bookmarks/{kept['id']}/restore" in told
        assert "aye" not in told
        await client.post(f"/bookmarks/{kept['id']}/restore")
        await client.post(f"/bookmarks/{kept['id']}/note", data={"note": "no"})
        assert (await client.get(f"/api/v1/transcripts/{number}/mine")).json() == {
            "seen": False, "kept": [{"id": kept["id"], "transcript": number, "message": None, "note": "no"}],
        }  # fmt: skip
        assert (await client.delete(f"/api/v1/bookmarks/{kept['id']}")).json() == {"id": kept["id"]}
        assert (await client.post(f"/api/v1/bookmarks/{kept['id']}/restore")).status_code == 200
        for path in ("/api/v1/bookmarks/99", "/api/v1/bookmarks/99/restore"):
            reply = await client.request("POST" if "restore" in path else "DELETE", path)
            assert reply.status_code == 404
        for act in ("remove", "restore", "note"):
            assert (await client.post(f"/bookmarks/99/{act}")).status_code == 404
        assert (await client.get("/bookmarks?study=nowhere")).status_code == 404
        address = f"/transcripts/{number}"
        assert (
            await client.post("/api/v1/places", json={"address": address, "title": "T"})
        ).status_code == 200
        assert (await client.post("/api/v1/places", json={"address": "/runs/1"})).status_code == 422
        place = (await client.get("/-/studies/first-light/place")).text
        assert f'href="{address}"' in place
        assert "1 bookmark<" in place
