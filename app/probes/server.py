"""What the server itself tells: how much text the model takes, checked where that costs nothing."""

import ipaddress
import re
from dataclasses import replace

from app.probes.asks import Ask, Heard, Notes, Steps, put
from app.providers.beyond import ModelRecord, read_record, record_request
from app.providers.outcome import opened
from app.providers.sending import host
from app.providers.wire import Answered, Failed, Reply

LARGEST = 8192  # tokens of context that are overrun to see: a refusal costs nothing, an answer some seconds
WORD = "one "  # a token in any tokenizer
MARGIN = 64


def context(notes: Notes) -> Steps:
    """Read the context from the model's record; on a server of one's own, overrun it and compare."""
    request = record_request(notes.target)
    heard = yield Ask("what the server tells of its model (GET)", request, _read)
    heard = replace(heard, outcome=_in_words(heard.outcome, notes, heard.reply))
    record = read_record(notes.target, heard.reply) if isinstance(heard.outcome, Answered) else None
    if not isinstance(record, ModelRecord) or record.context is None:
        notes.unknown("context", "the server does not tell", heard)
        return
    trained = "" if record.trained in (None, record.context) else f", trained for {record.trained:,}"
    says = f"{record.context:,} tokens{trained}"
    if _own(notes.target.base_url) and record.context <= LARGEST:
        yield from _overrun(notes, record.context, says, heard)
    else:
        notes.found("context", f"{says}, as the server tells", heard, value=record.context)


def _overrun(notes: Notes, size: int, says: str, told: Heard) -> Steps:
    call = notes.call(WORD * (size + MARGIN), WORD * (size + MARGIN), max_tokens=1)
    heard = yield from put(notes, f"a prompt of some {size + MARGIN:,} tokens", call)
    outcome = heard.outcome
    if isinstance(outcome, Answered) and outcome.stop_class == "context_overflow":
        body = heard.reply.body.decode("utf-8", "replace")
        agrees = re.search(rf"(?<!\d){size}(?!\d)", body) is not None
        why = "a longer prompt is refused" + (", and the refusal says the same" if agrees else "")
        notes.found("context", f"{says}; {why}", told, heard, value=size)
    elif isinstance(outcome, Answered):
        into = sum(filter(None, (outcome.usage.input, outcome.usage.cache_read)))
        cut = f"cut to {into:,} tokens without a word" if 0 < into <= size else "answered all the same"
        notes.found(
            "context", f"{says}, as the server tells; a longer prompt is {cut}", told, heard, value=size
        )
    else:
        notes.found("context", f"{says}, as the server tells", told, heard, value=size)


def _read(reply: Reply) -> Answered | Failed:
    found = opened(reply)
    return found if isinstance(found, Answered | Failed) else Answered("", "natural", None)


def _in_words(outcome: object, notes: Notes, reply: Reply) -> Answered | Failed:
    """Return the outcome with what matters of the record as its text."""
    if not isinstance(outcome, Answered):
        assert isinstance(outcome, Failed)
        return outcome
    record = read_record(notes.target, reply)
    if isinstance(record, Failed):
        return record
    told = f"{record.field} {record.context}" if record.context is not None else "no context length"
    return replace(outcome, text=told)


def _own(base_url: str) -> bool:
    at = host(base_url)
    if at == "localhost":
        return True
    try:
        return ipaddress.ip_address(at).is_private
    except ValueError:
        return False
