"""The dataset folder: every field in its place, the same bytes for the same state, nothing half-written."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.db import Database
from app.elicitation.modes import asked
from app.exports.folder import PlaceTaken
from app.exports.jsonl import export, line
from app.exports.selection import Filters, SelectionError
from app.runs.models import Run
from app.subjects.shape import Sampling
from app.transcripts.models import Instance, Message, SettingsRecord, Transcript
from tests import seed
from tests.cast import PROMPTS, SUBJECTS, Draw
from tests.draws import Seeded
from tests.elicitation.cases import LADDER
from tests.transcripts.sealed import opened

FIELDS = (
    "id study run wave battery battery_version prompt family variant condition theme branch mode subject "
    "subject_version induced_by style endpoint wire model served_model stage temperature repeat sampling system "
    "state stop_class stop_raw error messages usage cost_usd latency_ms created_at finished_at sha256 url"
)
IN_A_MESSAGE = "id parent role text parts origin stop_class stop_raw usage latency_ms served_model"
WHEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "dataset"


def seeded(database: Database, **wanted: Any) -> Seeded:
    with database.writing() as session:
        return seed.study(session, **{"repeats": 2, **wanted})


def exported(database: Database, out: Path, *filters: Filters, **more: Any) -> list[dict[str, Any]]:
    with database.reading() as session:
        export(session, "first-light", out, *filters, **more)
    return [json.loads(row) for row in (out / "transcripts.jsonl").read_text("utf-8").split("\n")[:-1]]


def one(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    [found] = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return found


class TestARow:
    def test_has_exactly_the_agreed_fields_in_their_order(self, database: Database, out: Path) -> None:
        seeded(database)
        for row in exported(database, out):
            assert list(row) == FIELDS.split()
            assert all(list(message) == IN_A_MESSAGE.split() for message in row["messages"])
            assert list(row["sampling"]) == ["asked", "sent", "effective"]
            assert list(row["usage"]) == ["input", "output", "reasoning", "cached"]

    def test_tells_whose_draw_it_is_by_slugs_and_keys(self, database: Database, out: Path) -> None:
        seeded(database)
        row = one(exported(database, out), subject="pirate", prompt="who-plain", repeat=2)
        told = {name: row[name] for name in FIELDS.split()[1:24]}
        run = row["run"]
        assert told == {
            "study": "first-light", "run": run, "wave": 1, "battery": "mode-collapse", "battery_version": 1,
            "prompt": "who-plain", "family": "who", "variant": "plain", "condition": {}, "theme": "self-model",
            "branch": "self/name", "mode": "chat", "subject": "pirate", "subject_version": 1,
            "induced_by": "system", "style": "rlhf", "endpoint": "two", "wire": "openai-chat", "model": "two-large",
            "served_model": "two-large", "stage": "preference", "temperature": 1.0, "repeat": 2,
        }  # fmt: skip
        assert row["system"] == "You are a pirate."

    def test_has_ids_that_no_other_database_has(self, database: Database, out: Path) -> None:
        made = seeded(database)
        with database.reading() as session:
            instance = session.scalars(select(Instance.name)).one()
        number = made.transcripts["who-plain", "reasoner", 1]
        row = one(exported(database, out), subject="reasoner", prompt="who-plain", repeat=1)
        assert (row["id"], row["run"]) == (f"{instance}:t{number}", f"{instance}:r{made.run_id}")
        first, second, third = row["messages"]
        assert first["id"].startswith(f"{instance}:m")
        assert [first["parent"], second["parent"], third["parent"]] == [None, first["id"], second["id"]]

    def test_of_an_import_keeps_the_id_it_came_with(self, database: Database, out: Path) -> None:
        seeded(database, subjects=SUBJECTS[1:2], repeats=1)
        with database.writing() as session, opened(session):
            session.execute(update(Transcript).where(Transcript.id == 1).values(source_id="else:t9"))
        assert exported(database, out)[0]["id"] == "else:t9"

    def test_holds_the_texts_from_the_first_turn_to_the_answer(self, database: Database, out: Path) -> None:
        seeded(database)
        row = one(exported(database, out), subject="reasoner", prompt="who-plain", repeat=1)
        assert [(turn["role"], turn["origin"], turn["text"]) for turn in row["messages"]] == [
            ("user", "prompt", "Who are you? Answer in one or two sentences."),
            ("reasoning", "model", "The user asks who I am. Keep it short."),
            ("assistant", "model", "A language model."),
        ]

    def test_keeps_every_letter_of_a_text(self, database: Database, out: Path) -> None:
        text = 'ſ 🏴‍☠️ \u2028 \u0085 \x1f \\ " \ufffd e\u0301\n\tend'
        seeded(database, subjects=SUBJECTS[1:2], repeats=1, say=lambda *_: Draw(text))
        assert {row["messages"][-1]["text"] for row in exported(database, out)} == {text}

    def test_writes_moments_in_utc_with_milliseconds(self, database: Database, out: Path) -> None:
        seeded(database)
        row = exported(database, out)[0]
        assert WHEN.fullmatch(row["created_at"])
        assert WHEN.fullmatch(row["finished_at"])
        assert row["created_at"] < row["finished_at"]

    def test_can_be_reopened_at_its_address(self, database: Database, out: Path, tmp_path: Path) -> None:
        seeded(database, subjects=SUBJECTS[1:2], repeats=1)
        assert exported(database, out)[0]["url"] == "/transcripts/1"
        public = exported(database, tmp_path / "other", public_url="https://lab.example/styloscope/")
        assert public[0]["url"] == "https://lab.example/styloscope/transcripts/1"


class TestThreeKindsOfData:
    def test_a_no_is_done_with_its_stop_class_and_the_wires_own_word(
        self, database: Database, out: Path
    ) -> None:
        seeded(database, repeats=10)
        rows = exported(database, out)
        declared = one(rows, subject="constitution", prompt="who-plain", repeat=9)
        assert (declared["state"], declared["stop_class"], declared["stop_raw"], declared["error"]) == (
            "done", "model_refusal_field", "refusal", None,
        )  # fmt: skip
        gated = one(rows, subject="default-assistant", prompt="who-plain", repeat=10)
        assert (gated["stop_class"], gated["messages"][-1]["text"]) == ("prompt_blocked", "")

    def test_a_failure_has_no_answer_and_says_why(self, database: Database, out: Path) -> None:
        seeded(database, repeats=7)
        row = one(exported(database, out), subject="reasoner", prompt="who-plain", repeat=7)
        assert (row["state"], row["stop_class"], row["stop_raw"], row["sha256"]) == (
            "failed",
            None,
            None,
            None,
        )
        assert row["error"] == '502 from upstream provider "hosted-b", after 4 tries'
        assert [turn["origin"] for turn in row["messages"]] == ["prompt"]

    def test_what_cannot_be_asked_is_there_as_impossible(self, database: Database, out: Path) -> None:
        seeded(database)
        row = one(exported(database, out), subject="constitution", prompt="said-prefill", repeat=1)
        assert (row["state"], row["error"]) == ("impossible", "this model refuses prefill")
        assert row["usage"] == {"input": None, "output": None, "reasoning": None, "cached": None}

    def test_a_ladder_that_went_past_a_cut_has_no_error(self, database: Database, out: Path) -> None:
        went_past = Draw(("a", "b", "c"), reason="turn 1: length")
        seeded(database, subjects=SUBJECTS[1:2], prompts=[LADDER], repeats=1, say=lambda *_: went_past)
        [row] = exported(database, out)
        assert (row["state"], row["error"]) == ("done", None)
        assert [turn["text"] for turn in row["messages"]] == [
            "Is it 4?",
            "a",
            "Are you sure?",
            "b",
            "I say 5.",
            "c",
        ]


class TestSettingsAndSums:
    def test_temperature_is_null_where_none_was_sent(self, database: Database, out: Path) -> None:
        seeded(database)
        rows = exported(database, out)
        assert one(rows, subject="reasoner", prompt="who-plain", repeat=1)["temperature"] is None
        with database.writing() as session, opened(session):
            session.execute(update(Transcript).where(Transcript.id == 1).values(temperature_milli=0))
            session.execute(update(Transcript).where(Transcript.id == 2).values(temperature_milli=-2))
        rows = exported(database, out.parent / "again")
        assert [row["temperature"] for row in rows[:2]] == [0.0, None]

    def test_the_seed_is_put_back_among_what_was_sent(self, database: Database, out: Path) -> None:
        seeded(database, subjects=SUBJECTS[1:2], repeats=1)
        assert "seed" not in exported(database, out)[0]["sampling"]["sent"]
        self.give_seeds(database)
        row = exported(database, out.parent / "again")[0]
        assert row["sampling"]["sent"]["seed"] == 1000
        assert "seed" not in row["sampling"]["effective"]

    def test_a_ladder_sends_a_seed_with_each_call(self, database: Database, out: Path) -> None:
        rungs = Draw(("a", "b", "c"))
        seeded(database, subjects=SUBJECTS[1:2], prompts=[LADDER], repeats=1, say=lambda *_: rungs)
        self.give_seeds(database)
        [row] = exported(database, out)
        assert row["sampling"]["sent"]["seeds"] == [1000, 1001, 1002]

    @staticmethod
    def give_seeds(database: Database) -> None:
        with database.writing() as session, opened(session):
            answers = session.scalars(
                select(Message.id).where(Message.role == "assistant", Message.origin == "model")
            )
            for number, message in enumerate(sorted(answers)):
                session.execute(update(Message).where(Message.id == message).values(seed=1000 + number))

    def test_what_was_asked_stands_beside_what_was_sent_and_was_in_effect(
        self, database: Database, out: Path
    ) -> None:
        made = seeded(database, subjects=SUBJECTS[1:2], repeats=1)
        three = {
            "asked": asked(PROMPTS[0], seed.snapshot(SUBJECTS[1]), 0.7),
            "sent": {"max_completion_tokens": 256},
            "effective": {"temperature": 1, "system_fingerprint": "fp"},
        }
        with database.writing() as session, opened(session):
            row = SettingsRecord(sha256="x", **three)
            session.add(row)
            session.flush()
            session.execute(update(Transcript).values(settings_id=row.id))
        found = one(exported(database, out), prompt="number-plain")
        assert made.transcripts
        assert found["sampling"] == three
        assert three["asked"] == {"max_tokens": 256, "temperature": 0.7, "top_p": 0.95}

    def test_a_draw_without_an_answer_still_tells_what_it_asks_for(
        self, database: Database, out: Path
    ) -> None:
        seeded(database, subjects=SUBJECTS[1:2], repeats=1, say=lambda *_: Draw(state="failed", reason="502"))
        with database.writing() as session:
            session.execute(update(Transcript).values(settings_id=None))
        wanted = {"max_tokens": 256, "temperature": 1.0, "top_p": 0.95}
        assert exported(database, out)[0]["sampling"] == {"asked": wanted, "sent": None, "effective": None}

    def test_tokens_of_all_rungs_are_summed_and_not_told_is_null(self, database: Database, out: Path) -> None:
        rungs = Draw(("a", "b", "c"), tokens=(10, 3))
        seeded(database, subjects=SUBJECTS[1:2], prompts=[LADDER], repeats=1, say=lambda *_: rungs)
        [row] = exported(database, out)
        assert row["usage"] == {"input": 30, "output": 9, "reasoning": None, "cached": None}

    def test_money_is_dollars_and_null_where_the_price_is_unknown(
        self, database: Database, out: Path
    ) -> None:
        seeded(database, say=lambda *_: Draw("x", tokens=(100, 10)))
        rows = exported(database, out)
        assert one(rows, subject="pirate", prompt="who-plain", repeat=1)["cost_usd"] == 0.00028
        assert one(rows, subject="base-raw", prompt="who-plain", repeat=1)["cost_usd"] == 0.0
        assert one(rows, subject="reasoner", prompt="who-plain", repeat=1)["cost_usd"] is None


class TestFilters:
    def test_leave_out_what_is_still_to_be_asked(self, database: Database, out: Path) -> None:
        states = ("queued", "running", "done", "failed", "cancelled")
        seeded(database, subjects=SUBJECTS[1:2], prompts=PROMPTS[:1], repeats=5,
               say=lambda _p, _s, repeat: Draw("x", state=states[repeat - 1]))  # fmt: skip
        assert [row["state"] for row in exported(database, out)] == ["done", "failed", "cancelled"]
        queued = exported(database, out.parent / "queued", Filters(state=("queued",)))
        assert [row["state"] for row in queued] == ["queued"]

    def test_narrow_by_run_battery_subject_and_state_together(self, database: Database, out: Path) -> None:
        made = seeded(database)
        with database.writing() as session:
            second = seed.run(session, made, repeats=1)
        wanted = Filters(
            run=(second,), battery=("mode-collapse",), subject=("pirate", "reasoner"), state=("done",)
        )
        rows = exported(database, out, wanted)
        assert {(row["run"][-2:], row["subject"]) for row in rows} == {("r2", "pirate"), ("r2", "reasoner")}
        assert len(rows) == 6
        manifest = json.loads((out / "manifest.json").read_text())
        assert manifest["filters"] == {
            "run": [2],
            "battery": ["mode-collapse"],
            "subject": ["pirate", "reasoner"],
            "state": ["done"],
            "set": [],
        }

    def test_never_let_another_study_in(self, database: Database, out: Path) -> None:
        made = seeded(database, subjects=SUBJECTS[1:2], repeats=1)
        with database.writing() as session:
            other = seed.Study(slug="other", title="Other", wanted={})
            session.add(other)
            session.flush()
            session.add(Run(study_id=other.id, seed=1))
            session.flush()
            row = session.get_one(Transcript, 1)
            columns = {c.name: getattr(row, c.name) for c in Transcript.__table__.columns}
            copied = columns | {"id": 99, "study_id": other.id, "run_id": 2}
            session.execute(insert(Transcript), [copied])
        assert made.transcripts
        assert len(exported(database, out)) == 3

    @pytest.mark.parametrize(
        ("filters", "message"),
        [
            (Filters(run=(9,)), "found no run 9, expected one of 1"),
            (Filters(battery=("x",)), "found no battery 'x', expected one of mode-collapse"),
            (Filters(subject=("x",)), "found no subject 'x', expected one of base-raw, constitution, "),
            (Filters(set=("x",)), "set: found 'x', expected nothing yet: this study has no set"),
            (Filters(state=("over",)), "found no state 'over', expected one of queued, running, "),
        ],
    )
    def test_that_name_nothing_are_refused_and_leave_no_folder(
        self, database: Database, out: Path, filters: Filters, message: str
    ) -> None:
        seeded(database, repeats=1)
        with pytest.raises(SelectionError, match=re.escape(message)):
            exported(database, out, filters)
        assert list(out.parent.glob("*dataset*")) == []

    def test_a_study_that_is_not_there_is_named_with_those_that_are(
        self, database: Database, out: Path
    ) -> None:
        with database.reading() as session, pytest.raises(SelectionError, match="found no study at all"):
            export(session, "nope", out)
        seeded(database, repeats=1)
        with (
            database.reading() as session,
            pytest.raises(SelectionError, match="'nope', expected one of first-light"),
        ):
            export(session, "nope", out)


class TestTheFolder:
    def test_comes_out_the_same_byte_for_byte(self, database: Database, out: Path) -> None:
        seeded(database)
        first, second = out, out.parent / "second"
        exported(database, first)
        exported(database, second)
        names = ["README.md", "manifest.json", "transcripts.jsonl"]
        assert sorted(path.name for path in first.iterdir()) == names
        assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)

    def test_manifest_tells_counts_and_the_hash_of_each_file(self, database: Database, out: Path) -> None:
        seeded(database, repeats=7)
        rows = exported(database, out)
        manifest = json.loads((out / "manifest.json").read_text("utf-8"))
        assert manifest["counts"] == {
            "transcripts": 105,
            "states": {"done": 95, "failed": 3, "impossible": 7},
            "messages": sum(len(row["messages"]) for row in rows),
        }
        for name, told in manifest["files"].items():
            body = (out / name).read_bytes()
            assert (told["sha256"], told["bytes"]) == (hashlib.sha256(body).hexdigest(), len(body))
        assert manifest["files"]["transcripts.jsonl"]["rows"] == 105
        assert (manifest["format"], manifest["format_version"], manifest["blind"]) == (
            "styloscope-dataset",
            1,
            False,
        )
        assert manifest["study"] == {
            "slug": "first-light",
            "title": "First light",
            "question": "Does training or the scaffold make the assistant?",
        }
        assert manifest["as_of"] == max(row["finished_at"] or "" for row in rows)

    def test_of_nothing_is_still_a_dataset(self, database: Database, out: Path) -> None:
        seeded(database, repeats=1)
        assert exported(database, out, Filters(state=("running",))) == []
        manifest = json.loads((out / "manifest.json").read_text())
        assert (manifest["counts"]["transcripts"], manifest["as_of"]) == (0, None)
        assert "0 transcripts (none)" in (out / "README.md").read_text()

    def test_is_not_put_over_another(self, database: Database, out: Path) -> None:
        seeded(database, repeats=1)
        out.mkdir()
        exported(database, out)  # an empty folder is a place
        before = (out / "transcripts.jsonl").read_bytes()
        with pytest.raises(PlaceTaken, match="found a folder with files in it"):
            exported(database, out)
        assert (out / "transcripts.jsonl").read_bytes() == before


def test_values_that_only_json_can_hold_are_written_in_its_own_notation() -> None:
    assert line({"a": "ü\ud800"}) == b'{"a":"\\u00fc\\ud800"}'
    assert line({"a": 2**70}) == b'{"a":1180591620717411303424}'
    assert line({"a": "ü"}) == '{"a":"ü"}'.encode()


def test_settings_of_other_subjects_do_not_mix(database: Database, out: Path) -> None:
    other = SUBJECTS[1].model_copy(update={"slug": "cool", "sampling": Sampling(temperature=0, max_tokens=9)})
    seeded(database, subjects=[SUBJECTS[1], other], repeats=1)
    rows = exported(database, out)
    assert {(row["subject"], row["sampling"]["sent"]["max_tokens"]) for row in rows} == {
        ("default-assistant", 256),
        ("cool", 9),
    }
