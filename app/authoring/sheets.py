"""Every field of every form: its unit, its label, what it is for, and how it is written in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from app.authoring import parts, units
from app.authoring.units import Unit
from app.batteries.shape import Mode
from app.subjects.shape import Dialect, Stage, Wire

Look = Literal["line", "number", "area", "code", "select", "ticks", "turns", "answer", "system", "template"]
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form. `options` of a select or of ticks may come from the database instead (`options_of`)."""

    unit: Unit
    label: str
    about: str = ""
    look: Look = "line"
    options: Options = ()
    options_of: str = ""

    @property
    def name(self) -> str:
        """The unit's name."""
        return self.unit.name


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that stand together under a title; `folded` ones are needed by few."""

    title: str
    fields: tuple[Field, ...]
    about: str = ""
    folded: bool = False


def _options(kind: Any, none: str = "") -> Options:
    names = get_args(kind)
    return (*((("", none),) if none else ()), *((name, name) for name in names))


YES_NO: Options = (("", "the wire's default"), ("true", "yes"), ("false", "no"))
SLUG = "a-z, 0-9, dot, dash; what files and addresses call it, and fixed once it is published"


def _line(name: str, label: str, about: str = "", **more: Any) -> Field:
    return Field(units.line(name), label, about, **more)


def _prose(name: str, label: str, about: str = "") -> Field:
    return Field(units.words(name), label, about, "area")


def _number(name: str, label: str, about: str = "") -> Field:
    return Field(units.number(name), label, about, "number")


def _select(name: str, label: str, options: Options, about: str = "", options_of: str = "") -> Field:
    default = options[0][0] if options else ""
    return Field(units.choice(name, default), label, about, "select", options, options_of)


HEAD = Group(
    "The battery",
    (
        _line("title", "Title"),
        _line("slug", "Slug", SLUG),
        _prose("description", "Description", "what it asks, and what it would show"),
        _prose("source", "Source", "where the idea and the wording come from"),
        _line("licence", "Licence", "such as CC0-1.0"),
    ),
)

TURNS = Field(parts.turns(), "What is said", "", "turns")
PROMPT = (
    Group(
        "Which it is",
        (
            _line("key", "Key", "its own name in the battery"),
            _line("title", "Title", "what lists call it"),
            _line("family", "Family", "the question that its wordings ask; comparisons count families"),
            _line("variant", "Wording", "the name of this wording, and nothing but words"),
            Field(
                units.pairs("condition", typed=True), "Condition",
                "what is manipulated on purpose: factor: level, one a line", "code",
            ),
            _select("mode", "Mode", _options(Mode)),
        ),
    ),
    Group("What is said", (TURNS,)),
    Group(
        "How it is read",
        (
            Field(parts.answer(), "Answer", "", "answer"),
            Field(units.items("watch_for"), "Watch for", "tags worth looking for, one a line", "area"),
            _number("repeats", "Repeats", "instead of the run's"),
            _number("max_tokens", "Max tokens", "instead of the subject's"),
        ),
    ),
    Group(
        "Where it belongs",
        (
            _line("theme", "Theme"),
            _line("branch", "Branch of the world", "a path, such as trade/food"),
            _prose("source", "Source"),
            _prose("note", "Note", "for readers"),
        ),
    ),
)  # fmt: skip

STYLE = (
    Group(
        "The style",
        (
            _line("name", "Name", "what a model was trained to be, such as RLHF"),
            _line("slug", "Slug", SLUG),
            _line("method", "Method"),
            _line("lab", "Lab"),
            _prose("description", "Description"),
        ),
    ),
    Group(
        "How it is known",
        (
            _select(
                "standing", "Standing",
                (("unknown", "unknown"), ("documented", "documented"), ("inferred", "inferred")),
            ),
            _prose("evidence", "Evidence", "an address, or words"),
        ),
    ),
)  # fmt: skip

ENDPOINT = (
    Group(
        "How it is reached",
        (
            _line("slug", "Slug", SLUG),
            _select("wire", "Wire", _options(Wire, "choose"), "the format that it speaks"),
            _line("base_url", "Base URL", "what the maker's own client takes, such as https://api.openai.com/v1"),
            _line("model", "Model", "as the server calls it"),
            _select("dialect", "Dialect", _options(Dialect, "none"), "the server's own manners on that wire"),
            _line("upstream", "Upstream", "the provider behind a router that must serve it; empty = any"),
            _line(
                "key_env", "Name of the key's variable",
                "STYLOSCOPE_KEY_… or …_API_KEY in the server's environment; never the key itself. It holds for "
                "this scheme, host and port alone",
            ),
            Field(
                units.pairs("headers", typed=False), "Headers", "name: value, one a line; none with a key", "code",
            ),
        ),
    ),
    Group(
        "What it was trained to be",
        (
            _select("style", "Style", (), options_of="styles"),
            _line("family", "Family", "lineage: models of the same weights share it"),
            _select("stage", "Stage", _options(Stage, "choose")),
        ),
    ),
    Group(
        "How it may be asked",
        (
            _number("limits.concurrency", "Calls at once", "4 where nothing is said"),
            _number("limits.requests_per_minute", "Requests a minute", "empty = no limit"),
            _number("limits.tokens_per_minute", "Tokens a minute", "empty = no limit"),
            _number("price.input_per_mtok", "Price in", "dollars a million tokens; empty = unknown, 0 = free"),
            _number("price.output_per_mtok", "Price out", "dollars a million tokens; empty = unknown, 0 = free"),
        ),
        "may change at any time",
    ),
    Group(
        "What it can do",
        (
            *(
                Field(units.number(f"can.{name}"), label, "", "select", YES_NO)
                for name, label in (
                    ("prefill", "Prefill"), ("temperature", "Temperature"), ("seed", "Seed"),
                    ("logprobs", "Log-probabilities"), ("n", "Several answers a call"),
                )
            ),
            _select(
                "can.system_role", "System role",
                (("", "the wire's default"), ("system", "system"), ("developer", "developer")),
            ),
            _select(
                "can.max_tokens_field", "Name of the token limit",
                (("", "the wire's default"), ("max_tokens", "max_tokens"),
                 ("max_completion_tokens", "max_completion_tokens")),
            ),
        ),
        "frozen with each version of a subject",
        folded=True,
    ),
)  # fmt: skip

SUBJECT = (
    Group(
        "Who is asked",
        (
            _line("name", "Name", "what columns are called"),
            _line("slug", "Slug", SLUG),
            _select("endpoint", "Endpoint", (), options_of="endpoints"),
            _select(
                "mode", "Mode", (("", "choose"), ("chat", "chat"), ("completion", "completion, raw text")),
            ),
            _select(
                "induced_by", "Made by",
                (("training", "training"), ("system", "a system prompt"), ("scaffold", "a scaffold"),
                 ("prefill", "prefill")),
                "what makes its manner",
            ),
        ),
    ),
    Group(
        "What it adds",
        (
            Field(parts.system(), "System prompt", "with mode chat", "system"),
            Field(parts.template(), "Template", "with mode completion", "template"),
        ),
    ),
    Group(
        "Sampling",
        (
            _number("sampling.temperature", "Temperature", "empty = not sent"),
            _number("sampling.max_tokens", "Max tokens", "512 where nothing is said"),
            _number("sampling.top_p", "Top p", "empty = not sent"),
            _number("sampling.top_k", "Top k", "empty = not sent"),
            _number("sampling.seed", "Seed base", "each draw's own seed is made of it; empty = none sent"),
            _number("sampling.logprobs", "Log-probabilities", "how many of each place; empty = none"),
            Field(
                units.stops("sampling.stop"), "Stop sequences", r"one a line; \n is a line break", "code",
            ),
            Field(
                units.plain_json("sampling.extra"), "Extra", "JSON that goes into the request as it is", "code",
            ),
        ),
        "as asked for",
    ),
)  # fmt: skip

STUDY = (
    Group(
        "The question",
        (
            _line("study.title", "Title"),
            _line("study.slug", "Slug", SLUG),
            _prose("study.question", "Question", "what the runs of this study are to answer"),
        ),
    ),
    Group(
        "Whom and what it asks",
        (
            Field(units.items("subjects"), "Subjects", "", "ticks", options_of="subjects"),
            Field(units.items("batteries"), "Batteries", "", "ticks", options_of="batteries"),
        ),
        "what a new run starts from",
    ),
    Group(
        "A run of it",
        (
            _number("run.repeats", "Repeats of each cell", "20 where nothing is said; a rate wants 20 or more"),
            Field(
                units.numbers("run.temperatures"), "Temperatures",
                "such as 0, 0.7; empty = each subject's own",
            ),
            _number("run.budget.usd", "Pause at dollars", "empty = no cap"),
            _number("run.budget.calls", "Pause at calls", "empty = no cap"),
            _number("run.budget.tokens", "Pause at tokens", "empty = no cap"),
        ),
        "can be changed for each run",
    ),
)  # fmt: skip

SHEETS: Mapping[str, tuple[Group, ...]] = {
    "battery": (HEAD,),
    "style": STYLE,
    "endpoint": ENDPOINT,
    "subject": SUBJECT,
    "study": STUDY,
}


def fields(groups: tuple[Group, ...]) -> Iterator[Field]:
    """Yield the fields of these groups in order."""
    for group in groups:
        yield from group.fields
