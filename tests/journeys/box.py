"""A model endpoint that remembers who asked it what, and when: the witness of every journey.

Endpoints of a study are told apart by their model's name, subjects by their temperature, processes by their key.
"""

from collections import Counter, defaultdict
from pathlib import Path

from tests.faultbox import Body, FaultBox, Seen

MARKS = {0.1: "amber", 0.2: "beryl", 0.3: "coral", 0.4: "diamond", 0.5: "emerald", 0.6: "flint"}


class Witness(FaultBox):
    """A fault box that says to each subject a word that no other is told, and a number never said before.

    `answered` holds each call by the text that it was answered with, `speaking` the keys whose calls are under way
    at each model, `overlaps` every moment at which two keys spoke to one model.
    """

    def __init__(self, *, latency: float = 0.0, at: Path | None = None) -> None:
        super().__init__(latency=latency, at=at)
        self.answered: dict[str, Seen] = {}
        self.speaking: dict[str, Counter[str]] = defaultdict(Counter)
        self.overlaps: list[tuple[str, tuple[str, ...]]] = []
        self.spoke: Counter[tuple[str, str]] = Counter()
        self.answer = self._say

    def _say(self, seen: Seen) -> str:
        text = f"The word is {word_of(seen)}, number {len(self.answered) + 1}."
        self.answered[text] = seen
        return text

    def note(self, seen: Seen) -> None:
        super().note(seen)
        model, who = seen.body["model"], key_of(seen)
        self.speaking[model][who] += 1
        self.spoke[model, who] += 1
        at_once = tuple(sorted(name for name, calls in self.speaking[model].items() if calls))
        if len(at_once) > 1:
            self.overlaps.append((model, at_once))

    def reply(self, seen: Seen) -> Body:
        self.speaking[seen.body["model"]][key_of(seen)] -= 1
        return super().reply(seen)


def word_of(seen: Seen) -> str:
    """Return the word that this call's subject is told."""
    return MARKS.get(seen.body.get("temperature", 0), "granite")


def key_of(seen: Seen) -> str:
    """Return the key that a call came with, '' for none."""
    return seen.headers.get("x-api-key") or seen.headers.get("authorization", "").removeprefix("Bearer ")
