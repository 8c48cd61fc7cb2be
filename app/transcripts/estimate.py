"""How many calls, tokens and dollars a run comes to, and which of its cells cannot be asked; nothing is sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.batteries.shape import PromptShape
from app.elicitation.modes import cell_temperatures, effective_max_tokens, turns_to_answer
from app.elicitation.truncation import truncated
from app.providers.wire import Call, Impossible
from app.subjects.shape import Price, Snapshot
from app.transcripts.preflight import call_and_request

METHOD = (
    "Tokens are estimated without a tokenizer. Input: from one token per 6 to one per 3 bytes of UTF-8, and 4 to 8 "
    "more for each message. Output: from a tenth of max_tokens to all of it, for every answer; reasoning counts "
    "as output. A ladder's later calls carry its earlier answers. Retries are not counted."
)
BYTES_PER_TOKEN = (6, 3)
TOKENS_PER_MESSAGE = (4, 8)


@dataclass(frozen=True, slots=True)
class Span:
    """From what at least to what at most."""

    low: int = 0
    high: int = 0

    def __add__(self, other: "Span") -> "Span":
        return Span(self.low + other.low, self.high + other.high)

    def times(self, n: int) -> "Span":
        return Span(self.low * n, self.high * n)


@dataclass(frozen=True, slots=True)
class Asked:
    """A subject version and what its endpoint charges today."""

    snapshot: Snapshot
    price: Price = Price()


@dataclass(frozen=True, slots=True)
class ImpossibleCell:
    """A prompt that cannot be put to a subject at a temperature (None = not sent), and how many draws that is."""

    prompt: str
    subject: str
    temperature: float | None
    draws: int
    reason: str


@dataclass(slots=True)
class SubjectEstimate:
    """What one subject comes to. `cost_micro` is micro-dollars, None where a price is unknown."""

    subject: str
    temperatures: tuple[float | None, ...]
    draws: int = 0
    calls: int = 0
    input_tokens: Span = Span()
    output_tokens: Span = Span()
    cost_micro: Span | None = None
    truncated: tuple[str, ...] = ()

    @property
    def swept(self) -> bool:
        """Whether it is asked at several temperatures; with `truncated`, a sweep of truncated sampling."""
        return len(self.temperatures) > 1


@dataclass(slots=True)
class Estimate:
    """What a run comes to. `draws` and `calls` are those that can be asked, counted without retries."""

    subjects: list[SubjectEstimate] = field(default_factory=list)
    impossible: list[ImpossibleCell] = field(default_factory=list)

    @property
    def draws(self) -> int:
        return sum(one.draws for one in self.subjects)

    @property
    def calls(self) -> int:
        return sum(one.calls for one in self.subjects)

    @property
    def impossible_draws(self) -> int:
        return sum(cell.draws for cell in self.impossible)

    @property
    def input_tokens(self) -> Span:
        return sum((one.input_tokens for one in self.subjects), Span())

    @property
    def output_tokens(self) -> Span:
        return sum((one.output_tokens for one in self.subjects), Span())

    @property
    def cost_micro(self) -> Span:
        """Micro-dollars of the subjects whose prices are known."""
        return sum((one.cost_micro for one in self.subjects if one.cost_micro), Span())

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The subjects that are asked something and whose price is unknown."""
        return tuple(one.subject for one in self.subjects if one.calls and one.cost_micro is None)


def estimate(
    prompts: Mapping[str, PromptShape],
    subjects: Mapping[str, Asked],
    *,
    repeats: int,
    temperatures: Sequence[float] | None = None,
) -> Estimate:
    """Return what asking every prompt of every subject comes to; see METHOD for how tokens are counted.

    Prompts are named "battery/key" and subjects by slug. `temperatures` None = each subject's own.
    """
    found = Estimate()
    for name, one in subjects.items():
        planned = cell_temperatures(one.snapshot, temperatures)
        total = SubjectEstimate(name, planned, truncated=truncated(one.snapshot))
        for key, prompt in prompts.items():
            draws = prompt.repeats or repeats
            for temperature in planned:
                first = call_and_request(prompt, one.snapshot, temperature=temperature)
                if isinstance(first, Impossible):
                    found.impossible.append(ImpossibleCell(key, name, temperature, draws, first.reason))
                else:
                    _count(total, prompt, one.snapshot, first[0], draws)
        total.temperatures = tuple(
            t for t in planned if t is None or one.snapshot.can.temperature is not False
        )
        total.cost_micro = _cost(total, one.price)
        found.subjects.append(total)
    return found


def _count(total: SubjectEstimate, prompt: PromptShape, snapshot: Snapshot, first: Call, draws: int) -> None:
    turns = turns_to_answer(prompt)
    longest = effective_max_tokens(prompt, snapshot)
    answer = Span(max(longest // 10, 1), longest)
    total.draws += draws
    total.calls += draws * turns
    total.output_tokens += answer.times(draws * turns)
    for context in _contexts(prompt, first, answer):
        total.input_tokens += context.times(draws)


def _contexts(prompt: PromptShape, first: Call, answer: Span) -> Iterator[Span]:
    """Yield the input tokens of a draw's calls, one after another."""
    pieces = [first.prompt] if first.kind == "completion" else [turn.text for turn in first.turns]
    if first.system is not None:
        pieces.append(first.system)
    context = sum((_message(text) for text in pieces), Span())
    yield context
    for turn in prompt.turns[1 : turns_to_answer(prompt)]:
        context = context + answer + _message(turn.words)
        yield context


def _message(text: str) -> Span:
    size = len(text.encode("utf-8", "replace"))
    low, high = (-(-size // each) for each in BYTES_PER_TOKEN)
    return Span(low + TOKENS_PER_MESSAGE[0], high + TOKENS_PER_MESSAGE[1])


def _cost(total: SubjectEstimate, price: Price) -> Span | None:
    """Return micro-dollars: dollars per million tokens times tokens."""
    if price.input_per_mtok is None or price.output_per_mtok is None:
        return None
    asks, says = total.input_tokens, total.output_tokens
    return Span(
        round(asks.low * price.input_per_mtok + says.low * price.output_per_mtok),
        round(asks.high * price.input_per_mtok + says.high * price.output_per_mtok),
    )
