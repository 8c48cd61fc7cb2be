"""What is looked for: words, "phrases", prefix*, -not, OR, and /patterns/, read from one line.

All terms must be there; OR joins the terms beside it; a minus leaves out. Letters are alike whatever their case
and accents, and words are parted where SQLite's unicode61 parts them. A pattern is RE2's, between slashes, `/i`
whatever its case. Pure: no SQL.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 500  # characters of a line
MOST = 20  # terms
WORD = re.compile(r"[^\W_]+")
MARKS = re.compile("[\u0300-\u036f]")
# Scripts written without gaps: their words are no words of the index, so they are looked for as signs.
UNPARTED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]"
)


class Unclear(ValueError):
    """A line that cannot be read; `at` is the place in it, counted from 1."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message, self.at = message, at


@dataclass(frozen=True, slots=True)
class Words:
    """Words one after another; with `prefix` the last is only a beginning."""

    words: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression in RE2's syntax; `at` is the place of its first sign in the line, from 1."""

    text: str
    any_case: bool = False
    at: int = 1
    literal: bool = False  # signs looked for as they are, since their script has no gaps


@dataclass(frozen=True, slots=True)
class Terms:
    """A line as it was read: of each of `groups` one is there, none of `without`, and so for patterns."""

    line: str = ""
    groups: tuple[tuple[Words, ...], ...] = ()
    without: tuple[Words, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    without_patterns: tuple[Pattern, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.without or self.scanned)

    @property
    def scanned(self) -> tuple[Pattern, ...]:
        """The patterns that texts must be read for, one after another."""
        return self.patterns + self.without_patterns

    @property
    def shown(self) -> tuple[Words, ...]:
        """The words that are marked where they are found."""
        return tuple(words for group in self.groups for words in group)


@dataclass(frozen=True, slots=True)
class _Term:
    at: int
    leave_out: bool
    what: Words | Pattern
    joined: bool = False  # by OR with the one before


def read(line: str) -> Terms:
    """Read a line; raise Unclear, which tells the place."""
    if len(line) > LONGEST:
        raise Unclear(f"found {len(line):,} signs, expected at most {LONGEST}", LONGEST + 1)
    terms = _terms(line)
    if len(terms) > MOST:
        raise Unclear(f"found {len(terms)} terms, expected at most {MOST}", terms[MOST].at)
    return _joined(line, terms)


def _terms(line: str) -> list[_Term]:
    found: list[_Term] = []
    at, joining = 0, 0
    while at < len(line):
        if line[at].isspace():
            at += 1
        elif line[at:].split(None, 1)[0] == "OR":
            if not found or joining:
                raise Unclear("OR stands between two terms; here none is before it", at + 1)
            joining, at = at + 1, at + 2
        else:
            end, term = _term(line, at, bool(joining))
            found.append(term)
            at, joining = end, 0
    if joining:
        raise Unclear("OR stands between two terms; here none comes after it", joining)
    return found


def _term(line: str, at: int, joined: bool) -> tuple[int, _Term]:
    begins, leave_out = at, line[at] == "-"
    at += leave_out
    reading = {"/": _pattern, '"': _phrase}.get(line[at : at + 1], _word)
    end, what = reading(line, at)
    return end, _Term(begins + 1, leave_out, what, joined)


def _pattern(line: str, at: int) -> tuple[int, Words | Pattern]:
    closing = re.compile(r"(?:[^/\\]|\\.)*/", re.S).match(line, at + 1)
    if closing is None:
        raise Unclear(
            'the pattern that begins here has no closing /; a word with a slash goes into "…"', at + 1
        )
    text = line[at + 1 : closing.end() - 1].replace("\\/", "/")
    flags = re.compile(r"\S*").match(line, closing.end())
    assert flags is not None
    if flags.group() not in ("", "i"):
        raise Unclear(f"found {flags.group()!r} after the pattern, expected nothing or i", closing.end() + 1)
    if not text:
        raise Unclear("the pattern is empty", at + 1)
    return flags.end(), Pattern(text, flags.group() == "i", at + 2)


def _phrase(line: str, at: int) -> tuple[int, Words | Pattern]:
    closing = line.find('"', at + 1)
    if closing < 0:
        raise Unclear('the phrase that begins here has no closing "', at + 1)
    prefix = line[closing + 1 : closing + 2] == "*"
    return closing + 1 + prefix, _looked_for(line[at + 1 : closing], prefix, at)


def _word(line: str, at: int) -> tuple[int, Words | Pattern]:
    found = re.compile(r'[^\s"]*').match(line, at)
    assert found is not None
    said = found.group()
    if said in ("AND", "NOT"):
        instead = "all terms must be there anyhow" if said == "AND" else "a minus before a term leaves it out"
        raise Unclear(f'{said} is not needed: {instead}; the word itself goes into "…"', at + 1)
    if said[:1] == "(" or (said[-1:] == ")" and "(" not in said):
        raise Unclear("there are no brackets: OR joins the terms beside it, all others must be there", at + 1)
    star = said.find("*")
    if 0 <= star < len(said) - 1:
        raise Unclear("a * stands at the end of a word", at + star + 1)
    return found.end(), _looked_for(said.rstrip("*"), star >= 0, at)


def _looked_for(said: str, prefix: bool, at: int) -> Words | Pattern:
    words = words_of(said)
    if not words:
        sign = f" in {said.strip()!r}" if said.strip() else ""
        raise Unclear(f"there is no letter and no digit{sign}; signs are found by a pattern, /…/", at + 1)
    if UNPARTED.search(said):
        return Pattern(said.strip(), True, at + 1, literal=True)
    return Words(words, prefix)


def _joined(line: str, terms: list[_Term]) -> Terms:
    groups: list[tuple[Words, ...]] = []
    without: list[Words] = []
    patterns: list[Pattern] = []
    without_patterns: list[Pattern] = []
    for number, term in enumerate(terms):
        beside_or = term.joined or any(one.joined for one in terms[number + 1 : number + 2])
        if beside_or and term.leave_out:
            raise Unclear("a term to be left out cannot stand beside OR", term.at)
        if isinstance(term.what, Pattern):
            if beside_or:
                raise Unclear("a pattern cannot stand beside OR: say it inside, /one|other/", term.at)
            (without_patterns if term.leave_out else patterns).append(term.what)
        elif term.leave_out:
            without.append(term.what)
        elif term.joined:
            groups[-1] = (*groups[-1], term.what)
        else:
            groups.append((term.what,))
    return Terms(line, tuple(groups), tuple(without), tuple(patterns), tuple(without_patterns))


# ------------------------------------------------------------------ words in texts


class _Folding(dict[int, str]):
    """Letters without case and accents, one for one, made as they are met."""

    def __missing__(self, code: int) -> str:
        sign = chr(code)
        parted = unicodedata.normalize("NFD", sign)
        bare = parted[0] if all(MARKS.match(mark) for mark in parted[1:]) else sign
        lower = bare.lower()
        self[code] = lower if len(lower) == 1 else lower[:1] or bare
        return self[code]


_FOLDING = _Folding()


def folded(text: str) -> str:
    """Return a text without case and accents, as long as it was; marks that stand alone stay."""
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index has them."""
    return tuple(WORD.findall(MARKS.sub("", folded(text))))


def spans(text: str, shown: tuple[Words, ...]) -> list[tuple[int, int]]:
    """Return where any of these words stand in a text, as code points, in order and without overlap."""
    if not shown:
        return []
    plain = folded(text)
    if not MARKS.search(plain):
        return [found.span() for found in _finder(shown).finditer(plain)]
    places = [at for at, sign in enumerate(plain) if not MARKS.match(sign)] + [len(plain)]
    bare = MARKS.sub("", plain)
    return [(places[found.start()], places[found.end()]) for found in _finder(shown).finditer(bare)]


@lru_cache(maxsize=64)
def _finder(shown: tuple[Words, ...]) -> re.Pattern[str]:
    longest = sorted(shown, key=lambda one: -sum(map(len, one.words)))
    each = [r"[\W_]+".join(map(re.escape, one.words)) + (r"[^\W_]*" if one.prefix else "") for one in longest]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(each)})(?![^\W_])")
