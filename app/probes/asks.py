"""What passes between the questions of a probe and whoever sends them: a call goes out, what came back comes in.

A question is a generator: it yields an `Ask`, is sent what was `Heard`, and writes what follows into the `Notes`.
"""

import json
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from app.providers.plain import plain
from app.providers.registry import provider
from app.providers.wire import Answered, Call, Failed, Impossible, Reply, Request, Said, Target
from app.subjects.found import Finding, Line, Value
from app.subjects.models import Endpoint
from app.transcripts.budget import tokens_in, tokens_out

SHOWN = 72  # characters of an answer in a line of evidence
BYTES, AROUND = 3, 8  # of a token at least, in English; tokens around a turn at most
GATES = {"prompt_blocked", "output_filtered", "classifier_refusal", "context_overflow"}
LONGEST = 400  # characters of a line
REFUSED = re.compile(r"HTTP (4(?!08|09|25|29|01|02|07)\d\d|501)\b")


class CannotProbe(Exception):
    """An endpoint that cannot be asked at all from here, and why."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: what it asks in words, the exact request, how its reply is read, and the most tokens it takes."""

    says: str
    request: Request
    read: Callable[[Reply], Answered | Failed]
    most_in: int = 0
    most_out: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a question; Impossible where it could not even be put into words on this wire."""

    says: str
    outcome: Answered | Failed | Impossible
    reply: Reply = field(default_factory=Reply)
    request: Request | None = None

    @property
    def answer(self) -> Answered | None:
        """The answer, where there is one that the model itself gave."""
        given = isinstance(self.outcome, Answered) and self.outcome.stop_class not in GATES
        return self.outcome if given else None  # type: ignore[return-value]

    @property
    def refused(self) -> bool:
        """Whether the endpoint says that it takes no such call: a fault of the moment or a lost key is none."""
        if isinstance(self.outcome, Impossible):
            return True
        if not isinstance(self.outcome, Failed):
            return False
        return self.outcome.then == "impossible" or REFUSED.match(self.outcome.error) is not None

    @property
    def why(self) -> str:
        """Why there is no answer, in one line."""
        return self.outcome.reason if isinstance(self.outcome, Impossible) else self.line.came

    @property
    def line(self) -> Line:
        """It in two lines: what was asked, what came."""
        return Line(asked=one_line(self.says), came=one_line(_came(self.outcome)))


Steps = Generator[Ask, Heard, None]


def one_line(text: str) -> str:
    """Return words as one line that both databases take."""
    line = " ".join(plain(text)[0].split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def quoted(text: str) -> str:
    """Return the beginning of an answer in quotes, with its line ends written out."""
    return json.dumps(text if len(text) <= SHOWN else text[:SHOWN] + "…", ensure_ascii=False)


def _came(outcome: Answered | Failed | Impossible) -> str:
    if isinstance(outcome, Failed):
        return outcome.error
    if isinstance(outcome, Impossible):
        return f"not sent: {outcome.reason}"
    into, out = tokens_in(outcome.usage), tokens_out(outcome.usage)
    counted = [f"{into} tokens in" if into is not None else "", f"{out} out" if out is not None else ""]
    said = quoted(outcome.text) if outcome.text else "no text"
    return " · ".join([said, outcome.stop_class, *filter(None, counted)])


@dataclass(slots=True)
class Notes:
    """What a probe has learnt so far; `target` is the endpoint with what was found needed to be answered at all."""

    target: Target
    findings: dict[str, Finding] = field(default_factory=dict)
    plain_answer: Answered | None = None  # to the first, plain question
    least: int = 1  # tokens that an answer must be allowed, where the endpoint takes no fewer
    served_model: str | None = None
    version: str | None = None

    @property
    def raw(self) -> bool:
        """Whether this wire takes raw text, and no turns."""
        return self.target.wire == "openai-completions"

    def found(self, name: str, says: str, *heard: Heard, value: Value = None) -> None:
        """Write down what was shown by an effect."""
        self._put(name, "found", says, heard, value)

    def impossible(self, name: str, says: str, *heard: Heard, value: Value = None) -> None:
        """Write down what this endpoint does not do."""
        self._put(name, "impossible", says, heard, value)

    def unknown(self, name: str, says: str, *heard: Heard) -> None:
        """Write down that nothing was shown either way."""
        self._put(name, "unknown", says, heard, None)

    def _put(self, name: str, standing: Any, says: str, heard: tuple[Heard, ...], value: Value) -> None:
        self.findings[name] = Finding(
            name=name, standing=standing, value=value, says=one_line(says),
            evidence=tuple(one.line for one in heard),
        )  # fmt: skip

    def learn(self, outcome: Answered | Failed) -> None:
        """Note who served."""
        if isinstance(outcome, Answered):
            self.served_model = outcome.served_model or self.served_model
            version = outcome.effective.get("system_fingerprint")
            self.version = str(version) if version else self.version

    def call(self, words: str, prompt: str, **settings: Any) -> Call:
        """Return a small call: words as a user turn, or a raw prompt where this wire takes no turns."""
        settings["max_tokens"] = max(settings.get("max_tokens", 1), self.least)
        if self.raw:
            return Call("completion", prompt=prompt, **settings)
        return Call("chat", turns=(Said("user", words),), **settings)


def put(notes: Notes, says: str, call: Call, target: Target | None = None) -> Generator[Ask, Heard, Heard]:
    """Ask one call as its provider writes it; return what came, or why it cannot be written."""
    to = target or notes.target
    made = provider(to.wire).request(to, call)
    if isinstance(made, Impossible):
        return Heard(says, made)
    texts = [call.system or "", call.prompt, *(turn.text for turn in call.turns)]
    most_in = sum(-(-len(text.encode()) // BYTES) + AROUND for text in texts if text)
    read = provider(to.wire).read
    return (yield Ask(says, made, lambda reply: read(to, call, reply), most_in, call.max_tokens))


def target_of(row: Endpoint) -> Target:
    """Return an endpoint as a probe asks it: whatever it asks is written, so that the endpoint itself answers."""
    return Target(
        wire=row.wire, base_url=row.base_url, model=row.model, dialect=row.dialect, upstream=row.upstream,
        prefill=True, logprobs=True, max_tokens_field=row.can.get("max_tokens_field"), headers=row.headers,
    )  # fmt: skip
