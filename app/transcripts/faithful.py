"""The faithful view of a text: Markdown is only styled, controls are shown by name, no character is added or lost.

Asterisks, bullets and headings are themselves data about a style, so they stay, dimmed. What a browser makes of
the markup has the stored text as its textContent, code point for code point.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup, escape

KEPT_IN_MEMORY = 8_000  # characters: a longer text is marked up anew each time it is shown
STYLED = 50_000  # characters: in a longer text only the controls are marked
PIECED = 12_000  # characters: a longer text is given in blocks, of which a browser lays out those in sight
PIECE = 4_000
BACK = 1_000  # characters before the end of a piece in which a better place to part is looked for
JOINS = {"\N{ZERO WIDTH JOINER}", "\N{VARIATION SELECTOR-15}", "\N{VARIATION SELECTOR-16}"}

# Characters that hide, or turn what stands beside them. ZWJ, ZWNJ and variation selectors are absent: emoji and
# several scripts are written with them.
CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"
)
C0 = "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC"
C0 += " FS GS RS US"
NAMES = dict(enumerate(C0.split())) | {
    0x7F: "DEL", 0x85: "NEL", 0xAD: "SHY", 0x61C: "ALM", 0x180E: "MVS", 0x200B: "ZWSP", 0x200E: "LRM",
    0x200F: "RLM", 0x2028: "LS", 0x2029: "PS", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO",
    0x202E: "RLO", 0x2060: "WJ", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xFEFF: "BOM",
}  # fmt: skip

# What the faithful view marks, looked for in two passes: a class alone, and what only counts where a line begins.
# As one pattern they would be tried sign by sign, at three times the cost.
SPECIAL = re.compile(CONTROL.pattern[:-1] + "*_`~]")
LINE_SIGN = r"[ \t]*(?:#|>|[-+][ \t]|\d{1,3}[.)][ \t])"
FIRST_LINE, LATER_LINE = re.compile(LINE_SIGN), re.compile("\n" + LINE_SIGN)
FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
OPENING = re.compile(r"([ \t]*)(#{1,6}(?=[ \t])|>|[-+*](?=[ \t])|\d{1,3}[.)](?=[ \t]))")
# Bounded, so that a line of a hundred thousand asterisks takes no longer than its length.
INLINE = re.compile(
    r"(?P<code>`{1,3})(?P<in_code>[^`\n]{1,400})(?P=code)"
    r"|(?P<strong>\*\*|__)(?=\S)(?P<in_strong>[^\n]{1,400}?)(?<=\S)(?P=strong)"
    r"|(?<![*_\w])(?P<em>[*_])(?=[^\s*_])(?P<in_em>[^*_\n]{1,400}?)(?<=\S)(?P=em)(?![*_\w])"
)


def faithful(text: str) -> Markup:
    """Return a text as markup whose textContent is that text exactly."""
    if len(text) > PIECED:
        return _in_pieces(text)
    if not (FIRST_LINE.match(text) or LATER_LINE.search(text) or SPECIAL.search(text)):
        return escape(text)
    return _marked(text) if len(text) <= KEPT_IN_MEMORY else _mark_up(text)


def _in_pieces(text: str) -> Markup:
    """Mark up a long text in blocks that look, and read, as if it were one."""
    made = map(_controls, pieces(text)) if len(text) > STYLED else _by_lines(_mark_up(text))
    return Markup("".join([f'<span class="piece">{one}</span>' for one in made]))


def _by_lines(marked: str) -> Iterator[str]:
    """Part a text that is marked up between its lines, over which no mark reaches."""
    at = 0
    while at < len(marked):
        end = marked.find("\n", at + PIECE) + 1 or len(marked)
        yield marked[at:end]
        at = end


def pieces(text: str) -> Iterator[str]:
    """Part a text after a line's end, else after a space, else anywhere but within one sign of several characters.

    A piece never begins with the line's end that belongs to the one before: it would be shown as an empty line.
    """
    at = 0
    while at < len(text):
        end = min(at + PIECE, len(text))
        if end < len(text):
            end = _place_to_part(text, end)
        yield text[at:end]
        at = end


def _place_to_part(text: str, end: int) -> int:
    for sign in "\n ":
        found = text.rfind(sign, end - BACK, end) + 1
        if found:
            end = found
            break
    else:
        while end < len(text) and (
            unicodedata.category(text[end])[0] == "M" or JOINS & {text[end], text[end - 1]}
        ):
            end += 1
    return end + 1 if text[end - 1] != "\n" and text[end : end + 1] == "\n" else end


def controls(text: str) -> Markup:
    """Escape a text and hold each control in a span that carries its name; nothing else is styled."""
    return Markup(_controls(text))


def _controls(text: str) -> str:
    escaped = str(escape(text))
    return CONTROL.sub(_control, escaped) if CONTROL.search(escaped) else escaped


def name_of(sign: str) -> str:
    """Return the short name under which a control is shown."""
    return NAMES.get(ord(sign)) or (
        f"TAG {chr(ord(sign) - 0xE0000)}" if 0xE0020 <= ord(sign) < 0xE007F else f"U+{ord(sign):04X}"
    )


def _control(found: re.Match[str]) -> str:
    sign = found.group()
    # A parser would turn a raw carriage return into a line feed.
    kept = "&#13;" if sign == "\r" else sign
    label = unicodedata.name(sign, "control").lower()
    return f'<span class="ctl" data-name="{escape(name_of(sign))}" title="{label}">{kept}</span>'


def _mark_up(text: str) -> Markup:
    out: list[str] = []
    fence = ""
    for line in text.split("\n"):
        found = FENCE.match(line)
        if found and (not fence or found.group(1).startswith(fence)):
            fence = "" if fence else found.group(1)
            out.append(_span("md-sign md-code", line))
        elif fence:
            out.append(_span("md-code", line) if line else "")
        else:
            out.append(_line(line))
    return Markup("\n".join(out))


_marked = lru_cache(maxsize=1024)(_mark_up)


def _line(line: str) -> str:
    found = OPENING.match(line)
    if not found:
        return _inline(line)
    before, sign = found.groups()
    rest = _inline(line[found.end() :])
    if sign[0] in "#>":
        rest = f'<span class="{"md-head" if sign[0] == "#" else "md-quote"}">{rest}</span>' if rest else ""
    return f"{before}{_span('md-sign', sign)}{rest}"


def _inline(line: str) -> str:
    out: list[str] = []
    at = 0
    for found in INLINE.finditer(line):
        kind = "code" if found["code"] else "strong" if found["strong"] else "em"
        sign = _span("md-sign", found[kind])
        inside = _controls(found[f"in_{kind}"])
        out += [_controls(line[at : found.start()]), sign, f'<span class="md-{kind}">{inside}</span>', sign]
        at = found.end()
    out.append(_controls(line[at:]))
    return "".join(out)


def _span(kind: str, text: str) -> str:
    return f'<span class="{kind}">{_controls(text)}</span>'
