"""One draw as Compare reads it: its transcript's row and the messages that it caused, from the prompt on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Stop class → how the draw ended, as the bar and the badges of a column tell it.
ENDINGS = {
    "natural": "whole", "stop_sequence": "whole", "length": "cut", "context_overflow": "cut",
    "model_refusal_field": "no", "classifier_refusal": "gate", "prompt_blocked": "gate", "output_filtered": "gate",
    "empty": "empty", "provider_error": "failed",
}  # fmt: skip
ANSWERS = {"assistant", "text"}


@dataclass(slots=True, eq=False)
class Draw:
    """A transcript of a cell. `path` holds reasoning, answers and scripted turns below the prompt, in order."""

    row: Any  # of queries.draws
    path: tuple[Any, ...] = ()  # rows of queries.messages
    other_model: bool = False
    _answers: tuple[str, ...] | None = None

    @property
    def answers(self) -> tuple[str, ...]:
        if self._answers is None:  # the path never changes once it is asked for
            self._answers = tuple([one.text for one in self.path if one.role in ANSWERS])
        return self._answers

    @property
    def text(self) -> str:
        """The last answer; '' where there is none."""
        return self.path[-1].text if self.path and self.path[-1].role in ANSWERS else ""

    @property
    def ending(self) -> str:
        return ENDINGS.get(self.row.stop_class or "", "other")


def paths(draws: Sequence[Draw], messages: Sequence[Any]) -> None:
    """Give each draw its path: from its tip up to the prompt. What an earlier attempt left beside it stays out."""
    by_id = {one.id: one for one in messages}
    for draw in draws:
        found = []
        at = by_id.get(draw.row.tip_id)
        while at is not None:
            found.append(at)
            at = by_id.get(at.parent_id)
        draw.path = tuple(found[::-1])
