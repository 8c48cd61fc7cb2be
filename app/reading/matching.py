"""What the full text is asked: an expression of each database's own for words and scope tokens together."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.reading.filters import Role
from app.reading.literals import needed
from app.reading.terms import Terms, Words

OTHERS = ("kr", "ku", "kt")  # what a message is that is no answer (`fulltext.SCOPE`)


@dataclass(frozen=True, slots=True)
class Match:
    """What to ask for. `words` are groups of which one must be there, `tokens` groups of scope tokens likewise.

    With `sure` the words say all that the line says; without, texts must be read for its patterns as well.
    """

    words: tuple[tuple[Words, ...], ...] = ()
    without: tuple[Words, ...] = ()
    tokens: tuple[tuple[str, ...], ...] = ()
    no_tokens: tuple[str, ...] = ()
    sure: bool = True

    def sqlite(self) -> str:
        """Return the expression for FTS5."""
        wanted = [f"text : ({' OR '.join(map(_phrase, group))})" for group in self.words]
        wanted += [_in_scope(group) for group in self.tokens]
        unwanted = [f"text : ({' OR '.join(map(_phrase, self.without))})"] if self.without else []
        unwanted += [_in_scope(self.no_tokens)] if self.no_tokens else []
        # Every message made by a transcript has its study's token, so that there is something to leave out from.
        here = " AND ".join(wanted) or 'scope : "y" *'
        return f"({here}) NOT ({' OR '.join(unwanted)})" if unwanted else here

    def postgresql(self) -> str:
        """Return the expression as a tsquery."""
        parts = [f"({' | '.join(map(_lexemes, group))})" for group in self.words]
        parts += [f"({' | '.join(_token(one) for one in group)})" for group in self.tokens]
        parts = parts or ["'/y':*"]
        parts += [f"!({_lexemes(one)})" for one in self.without] + [
            f"!{_token(one)}" for one in self.no_tokens
        ]
        return " & ".join(parts)

    def postgresql_rank(self) -> str:
        """Return the words alone as a tsquery, by which hits are ranked."""
        return " | ".join(_lexemes(words) for group in self.words for words in group) or "'/y':*"


def match(terms: Terms, role: Role, tokens: Iterable[tuple[str, ...]]) -> Match:
    """Return what to ask the full text of messages for, for a line and the scope of a filter."""
    hints = tuple((words,) for pattern in terms.patterns for words in needed(pattern))
    scope = (*tokens, ("kr",)) if role == "reasoning" else tuple(tokens)
    return Match(
        (*terms.groups, *hints), terms.without, scope, OTHERS if role == "answer" else (), not terms.scanned
    )


def of_prompts(terms: Terms) -> Match:
    """Return what to ask the full text of prompts for, which has no scope."""
    hints = tuple((words,) for pattern in terms.patterns for words in needed(pattern))
    return Match((*terms.groups, *hints), terms.without, sure=not terms.scanned)


def _phrase(words: Words) -> str:
    return f'"{" ".join(words.words)}"{" *" if words.prefix else ""}'


def _in_scope(tokens: tuple[str, ...]) -> str:
    return "scope : (" + " OR ".join(f'"{token}"' for token in tokens) + ")"


def _lexemes(words: Words) -> str:
    return " <-> ".join(f"'{word}'" for word in words.words) + (":*" if words.prefix else "")


def _token(token: str) -> str:
    return f"'/{token}'"
