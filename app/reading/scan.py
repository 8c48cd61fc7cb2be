"""A process that reads texts for patterns and knows nothing else: no database, no network, killed at its limit.

RE2 needs time in proportion to a text, yet a hostile pattern needs seconds for one long text and cannot be stopped
inside it: so no pattern is ever tried in the server itself. On standard input come `frames`: first
{patterns, without}, answered by '' or what is wrong; then lists of texts, each answered by
[(place in the list, [(start, end), …]), …] of those that match, in code points.
"""

import os
import resource
import sys
from contextlib import suppress
from typing import IO, Any

import re2

from app.reading.frames import Spans, put, take

LONGEST = 60  # seconds of processor time, should nobody be there to end it
MOST_SPANS = 200  # marked in one text
NICE = 15
MEMORY = 8 << 20  # of one pattern's automaton


def compiled(pattern: str, any_case: bool, literal: bool) -> Any:
    """Compile a pattern; raise re2.error telling what is wrong."""
    options = re2.Options()
    options.max_mem, options.log_errors, options.never_capture = MEMORY, False, True
    options.case_sensitive, options.literal = not any_case, literal
    return re2.compile(pattern, options=options)


def found(text: bytes, patterns: list[Any], without: list[Any]) -> Spans | None:
    """Return where a text matches, None where it does not match all patterns or matches one to be left out."""
    spans: Spans = []
    for one in patterns:
        here = _spans(text, one)
        if not here:
            return None
        spans += here
    if any(_spans(text, one, 1) for one in without):
        return None
    return sorted(spans)


def _spans(text: bytes, pattern: Any, most: int = MOST_SPANS) -> Spans:
    """Return where a pattern stands in a text, in bytes; nothing at all is no place."""
    here: Spans = []
    for match in pattern.finditer(text):
        start, end = match.span()
        if end > start:
            here.append((start, end))
            if len(here) == most:
                break
    return here


def in_code_points(text: bytes, spans: Spans) -> Spans:
    """Return places in UTF-8 as places in the text."""
    if text.isascii():
        return spans
    return [(len(text[:start].decode()), len(text[:end].decode())) for start, end in spans]


def main(source: IO[bytes], to: IO[bytes]) -> None:
    """Answer until there is no more."""
    asked = take(source)
    try:
        patterns = [compiled(*one) for one in asked["patterns"]]
        without = [compiled(*one) for one in asked["without"]]
    except re2.error as error:
        put(_said(error), to)
        return
    put("", to)
    while True:
        answers = []
        for place, said in enumerate(take(source)):
            text = said.encode()
            spans = found(text, patterns, without)
            if spans is not None:
                answers.append((place, in_code_points(text, spans)))
        put(answers, to)


def _said(error: Exception) -> str:
    words = error.args[0] if error.args else ""
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)


if __name__ == "__main__":
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        main(sys.stdin.buffer, sys.stdout.buffer)
