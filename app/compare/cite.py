"""How an answer is cited: its words, whose they are, which draw of how many, and where it stays to be read.

With names hidden a citation tells nothing that the page does not: no subject, settings, date or hash, and its link
opens the transcript with names hidden.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.compare.aside import Aside
from app.compare.page import build
from app.compare.scope import asked, scope
from app.compare.view import Place, View
from app.transcripts.conversation import ANSWERS, Conversation
from app.transcripts.models import Instance
from app.transcripts.told import column_token, temperature_said

LONGEST = 1200  # code points of a quote that was not chosen by hand
ENDED = {
    "natural": "ended by itself",
    "length": "cut by length",
    "stop_sequence": "ended at a stop sequence",
    "tool": "ended with a tool call",
    "model_refusal_field": "declared no",
    "classifier_refusal": "gated",
    "prompt_blocked": "prompt blocked",
    "output_filtered": "output filtered",
    "context_overflow": "context overflow",
    "paused": "paused",
    "provider_error": "broken off",
    "empty": "empty",
    "unknown": "ended oddly",
}
TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
} | {sign: f"\\{sign}" for sign in "#$%&_"}
MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~])")


class NoQuote(ValueError):
    """The words to be quoted are not in this transcript; the message says what is."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A part of one message, in code points of its text; `chosen` by hand, or what is quoted otherwise."""

    message: int
    start: int
    end: int
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Citation:
    """Everything a citation tells; what hidden names would tell is ''."""

    id: str  # as exported: <instance>:t<n>
    quoted: Quoted
    subject: str
    settings: str
    prompt: str
    draw: str  # which of how many, and how many say the same
    ended: str
    at: datetime | None
    sha256: str
    url: str

    def text(self) -> str:
        """Return the citation as plain text."""
        return f"“{self.quoted.text}”\n— {self._told()}\n{self.url}"

    def markdown(self) -> str:
        """Return the citation as Markdown: the words quoted, and below whose they are, linked."""
        lines = "\n".join(f"> {_marked(line)}".rstrip() for line in self.quoted.text.split("\n"))
        return f"{lines}\n>\n> — {_marked(self._told())} · [{self.id}]({self.url})"

    def bibtex(self) -> str:
        """Return the citation as a BibTeX entry."""
        fields = {
            "title": f"{{{_tex(self.prompt)}: {_tex(self.subject or 'a subject whose name is hidden')}}}",
            "author": f"{{{_tex(self.subject or 'Name hidden')}}}",
            "note": _tex(self._told(without_subject=True)),
            "howpublished": f"Styloscope transcript {_tex(self.id)}",
            "url": self.url,
        }
        if self.at is not None:
            fields |= {"year": f"{self.at:%Y}", "month": f"{self.at:%b}".lower(), "day": f"{self.at.day}"}
        body = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        return f"@misc{{styloscope-{self.id.replace(':', '-')},\n{body}}}"

    def _told(self, without_subject: bool = False) -> str:
        date = f"{self.at.day} {self.at:%B %Y}" if self.at is not None else ""
        subject = "" if without_subject else self.subject or "a subject whose name is hidden"
        hashed = f"sha256 {self.sha256}" if self.sha256 else ""
        parts = (subject, self.settings, f"answering {self.prompt}" if self.prompt else "", self.draw, self.ended,
                 date, f"Styloscope {self.id}", hashed)  # fmt: skip
        return "; ".join(part for part in parts if part)


def quoted(found: Conversation, message: int | None, start: int | None, end: int | None) -> Quoted:
    """Return the words to quote: those chosen, else the beginning of the answer; raise NoQuote."""
    answers = [one for one in found.messages if one["origin"] == "model" and one["role"] in ANSWERS]
    if message is None and not answers:
        raise NoQuote("This transcript has no answer to quote.")
    chosen = next((one for one in found.messages if one["id"] == message), None)
    if message is not None and chosen is None:
        raise NoQuote(f"m: found {message}, which is no message of this transcript.")
    one = chosen or answers[-1]
    text: str = one["text"]
    if start is None or end is None or message is None:
        cut = _shortened(text)
        return Quoted(one["id"], 0, len(cut), cut if cut == text else f"{cut.rstrip()} […]", False)
    if not 0 <= start < end <= len(text):
        raise NoQuote(f"from, to: found {start} and {end}, expected places within {len(text):,} characters.")
    return Quoted(one["id"], start, end, text[start:end], True)


def citation(session: Session, found: Conversation, words: Quoted, *, public_url: str, hide: str) -> Citation:
    """Return how these words of a transcript are cited; `hide` as in Compare's address, '' = names are told."""
    row = found.row
    instance = session.scalars(select(Instance.name)).one()
    told = beside(session, found)
    query = [f"hide={hide}"] if hide else []
    query += [f"m={words.message}&from={words.start}&to={words.end}"] if words.chosen else []
    return Citation(
        id=f"{instance}:t{row['id']}", quoted=words, subject="" if hide else _subject(found),
        settings="" if hide else _settings(found), prompt=_prompt(found), draw=_draw(row, told),
        ended=ENDED.get(row["stop_class"] or "", row["state"]), at=None if hide else row["finished_at"],
        sha256="" if hide else row["sha256"] or "",
        url=f"{public_url.rstrip('/')}/transcripts/{row['id']}{'?' if query else ''}{'&'.join(query)}",
    )  # fmt: skip


def beside(session: Session, found: Conversation) -> Aside | None:
    """Return what Compare knows of a draw among the repeats of its cell, None where it is on no page of it."""
    row, where = found.row, found.where
    if where.battery is None or where.prompt is None or where.subject is None:
        return None
    token = column_token(where.subject.slug, row["temperature_milli"])
    view = View(cols=(token,), runs=(row["run_id"],), col=token, repeat=str(row["repeat"]), others=True)
    place = Place(where.study.slug, where.battery.slug, where.prompt.key, view)
    everything = asked(session, where.study.id, view.chosen_runs)
    here = scope(session, everything.parts, place)
    if here is None:
        return None
    known = build(session, where.study.id, place, here, everything).aside
    return known if known is not None and known.id == row["id"] else None


def _prompt(found: Conversation) -> str:
    where = found.where
    if where.prompt is None or where.battery is None:
        return ""
    named = (
        f"{where.battery.slug}/{where.prompt.key}, version {where.battery_version}, {where.prompt.variant}"
    )
    return f"“{where.prompt.title or where.prompt.key}” ({named})"


def _draw(row: Any, told: Aside | None) -> str:
    if told is None:
        return f"repeat {row['repeat']}"
    same = f"{told.same} of {told.n} same" if told.same > 1 else f"alone of {told.n}"
    return f"repeat {row['repeat']} of {told.n}, {same}"


def _subject(found: Conversation) -> str:
    where = found.where
    if where.subject is None:
        return "no subject"
    taken = where.snapshot
    return f"{where.subject.name or where.subject.slug}" + (
        f" ({taken.model}, {taken.mode}, by {taken.induced_by})" if taken is not None else ""
    )


def _settings(found: Conversation) -> str:
    said = [temperature_said(found.row["temperature_milli"])]
    asked_for = (found.settings or {}).get("asked", {})
    said += [
        f"{name} {asked_for[name]}" for name in ("top_p", "top_k", "min_p", "max_tokens") if name in asked_for
    ]
    return ", ".join(said)


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    end = max(text.rfind(" ", 0, LONGEST), text.rfind("\n", 0, LONGEST))
    return text[: end if end > LONGEST // 2 else LONGEST]


def _marked(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", text)


def _tex(text: str) -> str:
    return "".join(TEX.get(sign, sign) for sign in text)
