"""The page of one transcript: its text, the same rendered, what went over the wire, and where it comes from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.transcripts import conversation as kept
from app.transcripts.conversation import ANSWERS, Conversation, conversation
from app.transcripts.faithful import controls, faithful
from app.transcripts.heat import SHADES, heat, place_of
from app.transcripts.rendered import rendered
from app.transcripts.told import CONTEXTS, row_number, settings_of, temperature_said, usage_words
from app.web import NotFound, Number, ReadDep, page, partial

router = APIRouter(include_in_schema=False)
LONG = 4000  # characters
Tab = Literal["text", "rendered", "tokens", "exchanges", "provenance"]
Hidden = Literal["", "kept", "shuffled"]  # as in Compare's address; either hides names here
WHO = {"user": "user", "assistant": "assistant", "text": "raw text", "reasoning": "reasoning", "tool": "tool"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as it is read: who said it, where it comes from, how it ended."""

    message: Mapping[str, Any]
    who: str
    said: Markup
    tone: str
    origin: str
    usage: str
    parts: str  # what it holds beside text, as JSON

    @property
    def answer(self) -> bool:
        return self.message["origin"] == "model" and self.message["role"] in ANSWERS

    @property
    def long(self) -> bool:
        """Whether it is asked in so many words that it scrolls by itself; answers always lie open."""
        return self.message["origin"] != "model" and len(self.message["text"]) > LONG


@router.get("/transcripts/{number}")
def show(
    request: Request, session: ReadDep, number: Number, tab: Tab = "text", hide: Hidden = "", at: str = ""
) -> HTMLResponse:
    """Show one transcript; with names hidden nothing but what was said and how it ended. `at`: a token or call."""
    found = conversation(session, number)
    if found is None:
        raise NotFound(f"There is no transcript {number}.")
    if hide:
        tab = tab if tab == "rendered" else "text"
        shown = {"hide": hide, "tab": tab} | _context(session, found, tab, "")
        return page(request, "transcripts/show_hidden.html", here="compare", **shown)
    context = _context(session, found, tab, at) | (_tokens(session, found, at) if tab == "tokens" else {})
    return page(request, "transcripts/show.html", here="compare", tab=tab, **context)


@router.get("/-/transcripts/{number}/token")
def token(request: Request, session: ReadDep, number: Number, at: str = "") -> HTMLResponse:
    """Answer the alternatives at one place of an answer."""
    found = conversation(session, number)
    if found is None:
        raise NotFound(f"There is no transcript {number}.")
    return partial(request, "transcripts/_token.html", row=found.row, **_tokens(session, found, at))


def _tokens(session: Session, found: Conversation, at: str) -> dict[str, Any]:
    heats = heat(session, found.messages, found.settings)
    answer, around = place_of(at, heats)
    return {"heats": heats, "answer": answer, "around": around, "SHADES": SHADES}


def _context(session: Session, found: Conversation, tab: Tab, at: str) -> dict[str, Any]:
    row, where = found.row, found.where
    return {
        "one": found,
        "row": row,
        "where": where,
        "turns": [_turn(found, message, tab == "rendered") for message in found.messages],
        "temperature": temperature_said(row["temperature_milli"]),
        "context": CONTEXTS.get(row["context"] or "", ""),
        "calls": kept.calls(session, row["id"], row_number(at) or 1) if tab == "exchanges" else kept.Calls(),
        "settings": settings_of(SimpleNamespace(**found.settings)) if found.settings else (),
        "rendering": kept.rendering(session, row["rendering_sha256"]) if tab == "provenance" else None,
        "faithful": faithful,
        "controls": controls,
    }


def _turn(found: Conversation, message: Mapping[str, Any], as_markdown: bool) -> Turn:
    text = message["text"]
    prefix = (
        message["origin"] == "prompt"
        and message["role"] == "assistant"
        and message["id"] == found.row["root_id"]
    )
    made = rendered(text, message["text_sha256"]) if as_markdown else None
    origin = (
        "the beginning it was given" if prefix else "of the prompt" if message["origin"] == "prompt" else ""
    )
    return Turn(
        message,
        WHO.get(message["role"], message["role"]),
        made if made is not None else faithful(text),
        "rendered" if made is not None else "text",
        origin if message["origin"] != "model" else "",
        usage_words(message["usage"]),
        json.dumps(message["parts"], ensure_ascii=False, indent=2) if message["parts"] else "",
    )
