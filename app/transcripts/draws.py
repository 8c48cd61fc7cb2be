"""A draw in hand: what was claimed, what is asked next, and what it may cost. Pure: no SQL, no network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.elicitation.modes import Finished, because, next_call
from app.providers.wire import Call, Impossible, Request
from app.transcripts.cards import PromptCard, RunCard, SubjectCard
from app.transcripts.limits import Counted
from app.transcripts.models import NOT_SENT
from app.transcripts.seats import Away
from app.transcripts.seeds import seed_of

WHOLE = {"natural", "stop_sequence"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, ready to be sent. `most_tokens` is the most it can use: no token is shorter than a byte."""

    turn: int
    call: Call
    request: Request
    most_tokens: int


@dataclass(slots=True, eq=False)
class Draw:
    """A claimed transcript on its way; `turn` and `n` name the call in hand, `exchange_id` its row.

    The fields from `tip_id` to `latency_ms` are the transcript's columns as they stand; `said` holds what was
    said below the shared path, as finished transcripts hash it.
    """

    id: int
    run_id: int
    study_id: int
    prompt_id: int
    subject_version_id: int
    subject_id: int
    endpoint_id: int
    temperature_milli: int
    repeat: int
    attempt: int
    root_id: int | None
    prompt: PromptCard
    subject: SubjectCard
    run: RunCard
    price: Mapping[str, Any]
    tip_id: int | None = None
    answered: int = 0
    settings_id: int | None = None
    context: str | None = None
    rendering_sha256: str | None = None
    stop_class: str | None = None
    served_model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_micro: int | None = None
    latency_ms: int | None = None
    reason: str | None = None
    answers: list[str] = field(default_factory=list)
    kept: list[tuple[Mapping[str, Any], ...]] = field(default_factory=list)  # the parts beside each answer
    said: list[dict[str, Any]] = field(default_factory=list)
    asked: Asked | None = None
    exchange_id: int = 0
    reserved_micro: int | None = None
    calls_of_turn: dict[int, int] = field(default_factory=dict)
    tries: int = 0
    pause: float = 0.0  # seconds to wait before the next try
    counted: Counted | None = None  # in the endpoint's rate window
    seated: bool = True  # it counts among its endpoint's claimed draws
    away: Away | None = None  # how it last gave its seat up, to wait for its next try

    @property
    def temperature(self) -> float | None:
        """The temperature to send, None for none."""
        return None if self.temperature_milli == NOT_SENT else self.temperature_milli / 1000

    def keep(self, answer: Mapping[str, Any]) -> None:
        """Remember an answer, as the context of what is asked next."""
        self.answers.append(answer["text"])
        self.kept.append(tuple(answer["parts"] or ()))

    @property
    def scope(self) -> str:
        """The tokens by which its messages are searched: subject, run, study."""
        return f"s{self.subject_id} r{self.run_id} y{self.study_id}"


def gone_past(so_far: str | None, turn: int, stop_class: str | None) -> str | None:
    """Return in one line which turns of a ladder ended in a no or a cut and were gone past all the same."""
    if stop_class in WHOLE:
        return so_far
    passed = f"turn {turn}: {stop_class}"
    return f"{so_far}; {passed}" if so_far else passed


def elicit(draw: Draw) -> Asked | Finished | Impossible:
    """Return the call that a draw asks next."""
    turn = len(draw.answers) + 1
    subject = draw.subject
    if subject.provider is None:
        return Impossible(f"the wire {subject.snapshot.wire} is not spoken yet")
    if turn > draw.prompt.turns:
        return Finished()  # before the work of drawing a seed for nothing
    seed = seed_of(
        subject.snapshot.sampling.seed, draw.run.seeds_of, draw.prompt.name, subject.slug, draw.temperature_milli,
        draw.repeat, turn,
    )  # fmt: skip
    call = next_call(
        draw.prompt.shape,
        subject.snapshot,
        draw.answers,
        kept=draw.kept,
        temperature=draw.temperature,
        seed=seed,
    )
    if isinstance(call, Impossible):
        return because(call, subject.snapshot)
    if not isinstance(call, Call):
        return call
    request = subject.provider.request(subject.target, call)
    if isinstance(request, Impossible):
        return because(request, subject.snapshot)
    return Asked(turn, call, request, len(request.body) + call.max_tokens)
