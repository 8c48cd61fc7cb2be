"""What a server's chat template put into a conversation that nobody sent: a persona, a date, other words."""

import re
from dataclasses import dataclass

from app.providers.wire import Call

# Marks between turns, as chat templates write them: <|im_start|>, <start_of_turn>, [INST], <<SYS>>, </s>.
MARK = re.compile(r"<\|[^|<>]{1,40}\|>|<</?\w{1,20}>>|</?[a-z_]{1,30}>|\[/?[A-Z_]{2,30}\]")
ROLE = re.compile(r"^(?:system|user|assistant|model|human|developer)\s*:?$", re.IGNORECASE | re.MULTILINE)
MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
DATE = re.compile(
    rf"\b\d{{4}}-\d{{2}}-\d{{2}}\b|\b\d{{1,2}}\s+(?:{MONTH})[a-z]*\.?,?\s+\d{{4}}\b"
    rf"|\b(?:{MONTH})[a-z]*\.?\s+(?:\d{{1,2}},?\s+)?\d{{4}}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Inserted:
    """The words that were not sent, on one line each, and whether a date is among them."""

    text: str
    date: bool


def inserted(rendered: str, call: Call) -> Inserted | None:
    """Return what a rendered conversation holds besides what the call sent and the marks of turns, else None."""
    rest = rendered
    # The longest first, so that a short turn is not cut out of the middle of a long one.
    for text in sorted({call.system or "", *(turn.text for turn in call.turns)}, key=len, reverse=True):
        for form in (text, text.strip()):
            if form and form in rest:
                rest = rest.replace(form, "\n", 1)
                break
    rest = ROLE.sub("", MARK.sub("\n", rest))
    lines = [line.strip() for line in rest.splitlines() if any(sign.isalnum() for sign in line)]
    words = "\n".join(line for line in lines if not ROLE.fullmatch(line))
    return Inserted(words, DATE.search(words) is not None) if words else None
