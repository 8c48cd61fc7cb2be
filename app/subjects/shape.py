"""The shapes of styles, endpoints and subjects, as study files write them and frozen versions keep them."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from app.shape import Line, Prose, Shape, Slug
from app.subjects.found import Probed

KEY_ENV = re.compile(r"STYLOSCOPE_KEY_[A-Z0-9_]+|[A-Z0-9_]+_API_KEY")
NAME = re.compile(r"[A-Z]+(_[A-Z]+)*")

Wire = Literal["openai-chat", "openai-completions", "anthropic-messages", "gemini"]
Stage = Literal["base", "sft", "preference", "constitutional", "character", "reasoning", "other"]
Dialect = Literal["llamacpp", "vllm", "openrouter", "ollama", "azure", "deepseek", "groq", "mistral"]


def _key_env(value: str) -> str:
    if not KEY_ENV.fullmatch(value):
        expected = "the name of an environment variable, STYLOSCOPE_KEY_… or …_API_KEY, never the key itself"
        meant = value.strip("${} ").upper()
        if NAME.fullmatch(meant) and KEY_ENV.fullmatch(meant):
            raise ValueError(f"expected {meant}, the name alone", repr(value))
        # What is no plain name may be the key itself, or a password: the message does not repeat it.
        found = repr(value) if NAME.fullmatch(value) else "no such name (kept out of this message)"
        raise ValueError(f"expected {expected}", found)
    return value


KeyEnv = Annotated[str, AfterValidator(_key_env)]


class StyleShape(Shape):
    """An alignment regime by a lab: what a model was trained to be, with its evidence."""

    slug: Slug
    name: Line
    method: Line = ""
    lab: Line = ""
    description: Prose = ""
    evidence: Prose = ""
    standing: Literal["documented", "inferred", "unknown"] = "unknown"


class Limits(Shape):
    """How hard an endpoint may be asked: calls at once, requests and tokens a minute (null = no limit)."""

    concurrency: int = Field(4, ge=1, le=1024)
    requests_per_minute: int | None = Field(None, ge=1)
    tokens_per_minute: int | None = Field(None, ge=1)


class Price(Shape):
    """US dollars per million tokens; null = unknown, 0 = free."""

    input_per_mtok: float | None = Field(None, ge=0)
    output_per_mtok: float | None = Field(None, ge=0)


class Can(Shape):
    """What an endpoint can do; null = the wire's default, and what a probe may fill."""

    prefill: bool | None = None
    temperature: bool | None = None
    seed: bool | None = None
    logprobs: bool | None = None
    n: bool | None = None
    system_role: Literal["system", "developer"] | None = None
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] | None = None


class EndpointShape(Shape):
    """A reachable model. Wire, base URL, model, dialect, upstream, can and lineage are frozen with each subject
    version; limits, price and key_env stay live. `upstream` is the provider behind a router that must serve."""

    slug: Slug
    wire: Wire
    base_url: str
    model: Line
    key_env: KeyEnv | None = None
    style: Slug
    family: Line = ""
    stage: Stage = "other"
    limits: Limits = Limits()
    price: Price = Price()
    dialect: Dialect | None = None
    upstream: Line | None = None
    can: Can = Can()
    headers: dict[str, str] = {}


class TurnTemplate(Shape):
    """How several turns become one raw text: `{text}` is replaced literally in each part."""

    before: str = ""
    user: str
    assistant: str

    @model_validator(mode="after")
    def _parts_hold_text(self) -> "TurnTemplate":
        for name in ("user", "assistant"):
            if "{text}" not in getattr(self, name):
                raise ValueError(f"expected {{text}} in {name}", f"no {{text}} in {name}")
        return self


def _template_kind(value: Any) -> str:
    return "turns" if isinstance(value, dict | TurnTemplate) else "string"


# The kind is told by what was written, so that a mistake is told once and not for each member of the union.
Template = Annotated[
    Annotated[str, Tag("string")] | Annotated[TurnTemplate, Tag("turns")], Discriminator(_template_kind)
]


class Sampling(Shape):
    """The settings asked for; null = not sent. `extra` goes into the request body as it is."""

    temperature: float | None = Field(None, ge=0, le=10)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0)
    max_tokens: int = Field(512, ge=1, le=1_000_000)
    stop: tuple[str, ...] = ()
    seed: int | None = Field(None, ge=0, lt=2**63)
    logprobs: int | None = Field(None, ge=0, le=200)
    extra: dict[str, Any] = {}


class SubjectShape(Shape):
    """What is studied: an endpoint in one elicitation mode, with system prompt or template and sampling."""

    slug: Slug
    name: Line = ""
    endpoint: Slug
    mode: Literal["chat", "completion"]
    induced_by: Literal["training", "system", "scaffold", "prefill"] = "training"
    system: str | None = None
    template: Template | None = None
    sampling: Sampling = Sampling()


class Snapshot(Shape):
    """All that shapes an answer: what a subject version freezes.

    `probed` is never frozen with it: it is put in when a run is planned (`abilities.able`), and then `can` holds
    what the probe filled.
    """

    wire: Wire
    base_url: str
    model: str
    dialect: Dialect | None
    upstream: str | None = None  # versions that were frozen before there was such a field have none
    can: Can
    headers: dict[str, str]
    endpoint: Slug
    style: Slug
    family: str
    stage: Stage
    mode: Literal["chat", "completion"]
    induced_by: Literal["training", "system", "scaffold", "prefill"]
    system: str | None
    template: Template | None
    sampling: Sampling
    probed: Probed | None = Field(None, exclude=True)

    @property
    def asked_model(self) -> str:
        """The model as it is asked for: by which upstream, too, where the endpoint names one."""
        return f"{self.model} by {self.upstream}" if self.upstream else self.model

    def identity(self) -> dict[str, Any]:
        """Return what the version's hash covers.

        Nothing that was left open (null) is in it, so that a setting that later versions of the program add
        makes no new version of an old subject. `extra` is a provider's own, where null says something.
        """
        known = self.model_dump(mode="json", exclude_none=True)
        known["sampling"]["extra"] = self.sampling.extra
        return known


def origin(url: str) -> str:
    """Return scheme, host and port of an address: what a key is bound to."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


# What a subject version freezes of its endpoint, beside the endpoint's slug and style.
OF_ENDPOINT = ("wire", "base_url", "model", "dialect", "upstream", "can", "headers", "family", "stage")


def snapshot_of(endpoint: EndpointShape, subject: SubjectShape) -> Snapshot:
    """Return what is frozen of a subject on its endpoint."""
    lineage = endpoint.model_dump(include=set(OF_ENDPOINT))
    own = subject.model_dump(include={"mode", "induced_by", "system", "template", "sampling"})
    return Snapshot.model_validate(
        {
            **lineage,
            **own,
            "endpoint": endpoint.slug,
            "style": endpoint.style,
        }
    )
