"""The reading of an answer tried on answers, and the request of a prompt as it would go out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.authoring.commands import checked
from app.authoring.models import Draft
from app.authoring.queries import past_answers
from app.batteries import queries as batteries
from app.batteries.shape import Answer, PromptShape
from app.elicitation.answers import read_answer
from app.elicitation.unread import why_unread
from app.providers.wire import Impossible
from app.runs.whole import endpoint_shape, prompts_of
from app.subjects import queries as subjects
from app.subjects.shape import Snapshot, SubjectShape, snapshot_of
from app.transcripts.new_run import Shown, shown_request
from app.transcripts.preflight import exact
from app.transcripts.probed import able_now
from app.transcripts.shares import Share, wilson

MOST = 500  # past draws that a reading is tried on
MOST_LINES = 2000
EXAMPLES = 3
SEPARATOR = "---"  # on a line of its own, between answers of several lines


@dataclass(frozen=True, slots=True)
class Value:
    """What some answers are read as, or why they are not: how many, and the first of them."""

    text: str
    count: int
    share: float  # of the commonest one, for a bar
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """A reading tried on `total` answers. `read` is the share that it reads."""

    total: int
    read: Share | None
    values: tuple[Value, ...]
    unread: tuple[Value, ...]

    @property
    def k(self) -> int:
        """How many were read."""
        return sum(value.count for value in self.values)


def tried(answer: Answer | None, texts: Sequence[str]) -> Tried:
    """Try a reading on answers; what it reads comes by how common it is, and so do the reasons why not."""
    values: dict[str, list[str]] = {}
    reasons: dict[str, list[str]] = {}
    for text in texts:
        value = read_answer(answer, text)
        if value is None:
            reasons.setdefault(why_unread(answer, text), []).append(text)
        else:
            values.setdefault(value, []).append(text)
    return Tried(
        len(texts), wilson(sum(map(len, values.values())), len(texts)), _counted(values), _counted(reasons)
    )


def _counted(found: dict[str, list[str]]) -> tuple[Value, ...]:
    counts = Counter({text: len(those) for text, those in found.items()})
    most = max(counts.values(), default=1)
    return tuple(
        Value(text, count, count / most, tuple(dict.fromkeys(found[text]))[:EXAMPLES])
        for text, count in counts.most_common()
    )


def answers_in(text: str) -> list[str]:
    """Return pasted answers: one a line, or parts between lines of `---` where there are any."""
    lines = text.split("\n")
    if any(line.strip() == SEPARATOR for line in lines):
        parts: list[list[str]] = [[]]
        for line in lines:
            if line.strip() == SEPARATOR:
                parts.append([])
            else:
                parts[-1].append(line)
        return ["\n".join(part).strip("\n") for part in parts if any(line.strip() for line in part)][
            :MOST_LINES
        ]
    return [line for line in lines if line.strip()][:MOST_LINES]


@dataclass(frozen=True, slots=True)
class Answers:
    """What stands beside the form to try a reading: what was pasted, how many past draws there are, what came."""

    pasted: str
    source: str
    past: int
    prompt: PromptShape | None
    tried: Tried | None


def answers(
    session: Session, draft: Draft, prompt: PromptShape | None, *, pasted: str, source: str
) -> Answers:
    """Return the reading of a prompt's answers, tried on pasted ones (`source` "pasted") or on past draws."""
    past = past_answers(session, draft.of, prompt.key, MOST) if draft.of and prompt else []
    source = source if source in ("pasted", "past") else "past" if past else "pasted"
    texts = past if source == "past" else answers_in(pasted)
    return Answers(
        pasted, source, len(past), prompt, tried(prompt.answer, texts) if prompt and texts else None
    )


# ------------------------------------------------------------------ what would be sent


@dataclass(frozen=True, slots=True)
class Sent:
    """The request of a prompt to a subject; `choices` are what the other side of it can be."""

    choices: tuple[tuple[str, str], ...]
    chosen: str
    shown: Shown | str | None


def sent_to(session: Session, prompt: PromptShape | None, subject: str) -> Sent:
    """Return what would be sent of a prompt to a subject as a run begun now would ask it."""
    rows = list(subjects.subjects(session))
    choices = tuple((row.slug, row.name) for row in rows)
    row = next((row for row in rows if row.slug == subject), rows[0] if rows else None)
    if row is None or prompt is None:
        return Sent(choices, "", None)
    newest = subjects.versions(session, row.id)[0]
    snapshot = Snapshot.model_validate(newest.snapshot)
    able = able_now(session, {row.slug: (row.endpoint_id, snapshot)})[row.slug]
    return Sent(choices, row.slug, _request(prompt, able, row.name))


def sent_by(session: Session, draft: Draft, place: str) -> Sent:
    """Return what would be sent by a subject's draft of a prompt, which is named "battery/key"."""
    newest = batteries.newest_versions(session)
    prompts = {
        f"{row.slug}/{prompt.key}": prompt
        for row in batteries.batteries(session)
        for prompt in prompts_of(session, newest[row.id])
    }
    choices = tuple((name, name) for name in prompts)
    prompt = prompts.get(place) or next(iter(prompts.values()), None)
    shape = checked(session, draft).shape
    endpoint = subjects.endpoint(session, shape.endpoint) if isinstance(shape, SubjectShape) else None
    if prompt is None or endpoint is None or not isinstance(shape, SubjectShape):
        return Sent(choices, place, None)
    snapshot = snapshot_of(endpoint_shape(endpoint), shape)
    able = able_now(session, {"draft": (endpoint.id, snapshot)})["draft"]
    chosen = place if place in prompts else choices[0][0]
    return Sent(choices, chosen, _request(prompt, able, shape.name or shape.slug))


def _request(prompt: PromptShape, snapshot: Snapshot, name: str) -> Shown | str:
    temperature = None if snapshot.can.temperature is False else snapshot.sampling.temperature
    found = exact(prompt, snapshot, temperature=temperature, seed=snapshot.sampling.seed)
    if isinstance(found, Impossible):
        return f"{prompt.key} is not possible with {name}: {found.reason}"
    return shown_request(found, prompt.key, name)
