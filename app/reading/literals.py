"""The words that a pattern cannot match without: what the index is asked before any text is read.

Only what surely stands at the pattern's top level counts, and a word only where the pattern itself says that it
begins and ends there. A `\\b` beside a letter is taken for the edge of a word as the index has words, so that
accented letters are letters. Whatever is not understood gives fewer words, never a wrong one.
"""

import re
import string

from app.reading.terms import MARKS, UNPARTED, WORD, Pattern, Words, folded

ASCII_WORD = frozenset(string.ascii_letters + string.digits + "_")
SHORTEST_PREFIX = 2
GAPS_AS_ESCAPES = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
UNREADABLE = frozenset("QECx0123456789")  # escapes that stand for signs we do not work out
PROPERTY = re.compile(r"\\[pP](?:\{[^}]*\}|.)")
CLASS = re.compile(r"\[\^?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]", re.S)
QUANTIFIER = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})\??")


def needed(pattern: Pattern) -> tuple[Words, ...]:
    """Return words that every text which the pattern matches has, `()` where none is sure."""
    return () if pattern.literal else _Reading(pattern.text).words()


class _Reading:
    """One pass over a pattern: a run of sure signs is collected and turned into words where it ends."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.run, self.edge = "", False  # signs one after another; whether a word begins with the first
        self.found: list[Words] = []

    def words(self) -> tuple[Words, ...]:
        while self.at < len(self.text):
            if not self.step(self.text[self.at]):
                return ()
        self.end(False)
        return tuple(dict.fromkeys(self.found))

    def step(self, sign: str) -> bool:
        """Take one part of the pattern; False where nothing can be said of the whole."""
        if sign == "|":
            return False
        if sign == "\\":
            return self.escape()
        if sign in "^$":
            self.end(True, True)
            self.at += 1
        elif sign == ".":
            self.opaque(self.at + 1)
        elif sign == "[":
            closing = CLASS.match(self.text, self.at)
            if closing is None:
                return False
            self.opaque(closing.end())
        elif sign == "(":
            return self.group()
        else:
            self.sign(sign, self.at + 1)
        return True

    def escape(self) -> bool:
        following = self.text[self.at + 1 : self.at + 2]
        if not following or following in UNREADABLE:
            return False
        if following in ("b", "A", "z"):
            self.boundary(following == "b")
        elif following in GAPS_AS_ESCAPES:
            self.sign(GAPS_AS_ESCAPES[following], self.at + 2)
        elif following in ASCII_WORD:  # a class as \w, or something that we do not know
            named = PROPERTY.match(self.text, self.at)
            self.opaque(named.end() if named else self.at + 2)
        else:
            self.sign(following, self.at + 2)
        return True

    def boundary(self, between_signs: bool) -> None:
        """Take an edge: sure where the sign beside it is one of those that RE2 itself counts as a word's."""
        self.end(not between_signs or self.run[-1:] in ASCII_WORD)
        self.at += 2
        self.edge = not between_signs or self.text[self.at : self.at + 1] in ASCII_WORD

    def group(self) -> bool:
        depth, at = 0, self.at
        while at < len(self.text):
            closing = CLASS.match(self.text, at) if self.text[at] == "[" else None
            if closing is not None:
                at = closing.end()
                continue
            if self.text[at : at + 2] == "\\Q":
                return False
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            at += 2 if self.text[at] == "\\" else 1
            if depth == 0:
                break
        self.opaque(at)
        return depth == 0

    def opaque(self, to: int) -> None:
        """Step over what may be anything."""
        self.end(False)
        self.at = to
        self.quantifier()

    def sign(self, sign: str, to: int) -> None:
        """Take one sign that is sure, unless what follows makes it optional."""
        self.at = to
        often = self.quantifier()
        if not often:
            self.run += sign
        elif often[0] == "+":
            self.run += sign
            gap = not WORD.match(sign) and not MARKS.match(sign)
            self.end(gap, gap)
        else:
            self.end(False)

    def quantifier(self) -> str:
        found = QUANTIFIER.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found.group()

    def end(self, edge_here: bool, edge_next: bool = False) -> None:
        """End the run; `edge_here`: its last word ends with it, `edge_next`: a word begins after it."""
        plain = folded(self.run)
        if not MARKS.search(plain):
            for word in WORD.finditer(plain):
                begins = word.start() > 0 or self.edge
                ends = word.end() < len(plain) or edge_here
                if (
                    begins
                    and (ends or len(word.group()) >= SHORTEST_PREFIX)
                    and not UNPARTED.search(word.group())
                ):
                    self.found.append(Words((word.group(),), prefix=not ends))
        self.run, self.edge = "", edge_next
