"""What servers make of the OpenAI wires: one row of facts for each dialect, as data, since facts of this kind age.

What an endpoint's `can` says wins over every row here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.providers.wire import Impossible, Target

OPEN_SAMPLERS = ("min_p", "repetition_penalty")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one dialect.

    `continues`: whether its chat continues a last assistant turn, None = not known. `beta`: how its base URL ends
    where it does, and gives raw completions, there alone. `flags` says that the turn wants `prefix: true`,
    `repeats` that replies begin with it. `no_logprobs` and `no_completions` are reasons, "" = it has them.
    `unheard` are settings that it drops without a word, `samplers` those that it applies unasked beside the usual.
    `own` is a server that people run themselves, which shows the model's thinking whole.
    """

    continues: bool | None = None
    beta: str = ""
    flags: bool = False
    repeats: bool = False
    no_logprobs: str = ""
    no_completions: str = ""
    unheard: frozenset[str] = frozenset()
    samplers: tuple[str, ...] = ()
    seed: str = "seed"
    key: Literal["bearer", "api-key"] = "bearer"
    own: bool = False


PLAIN = Facts()
NOT_KNOWN = Impossible(
    "it is not known whether this endpoint continues a begun answer or takes it as history: "
    "set can.prefill, or probe it",
    lacks="prefill",
)
DIALECTS: Mapping[str | None, Facts] = {
    None: PLAIN,
    "llamacpp": Facts(continues=True, repeats=True, samplers=("min_p", "repeat_penalty"), own=True),
    "vllm": Facts(continues=True, samplers=OPEN_SAMPLERS, own=True),
    "ollama": Facts(
        no_completions="Ollama puts a completion through the model's chat template, so that it would not be raw; "
        "for a model without a template leave the dialect out",
        unheard=frozenset({"top_k", "min_p", "typical_p", "repeat_penalty", "repetition_penalty", "num_ctx",
                           "options", "n"}),
        samplers=("min_p", "repeat_penalty"),
        own=True,
    ),
    "openrouter": Facts(samplers=OPEN_SAMPLERS),
    "azure": Facts(key="api-key"),
    "deepseek": Facts(continues=True, beta="/beta", flags=True),
    "groq": Facts(
        continues=True,
        no_logprobs="Groq gives no log-probabilities",
        no_completions="Groq has no raw completions",
    ),
    "mistral": Facts(
        continues=True,
        flags=True,
        repeats=True,
        no_logprobs="Mistral's own API gives no log-probabilities",
        no_completions="Mistral's own API has no raw completions",
        seed="random_seed",
    ),
}  # fmt: skip


def facts(target: Target) -> Facts:
    """Return what is known of an endpoint's dialect."""
    return DIALECTS.get(target.dialect, PLAIN)


def cannot_continue(target: Target) -> Impossible | None:
    """Return why an endpoint's chat does not continue a begun answer; None where it does."""
    known = facts(target)
    if target.prefill:
        return None
    if target.prefill is False:
        return Impossible("this endpoint does not continue a begun answer", lacks="prefill")
    if known.continues and _at_beta(target, known):
        return None
    if known.continues:
        why = f"a begun answer is continued only at a base URL that ends in {known.beta}"
        return Impossible(why, lacks="prefill")
    return NOT_KNOWN


def no_completions(target: Target) -> Impossible | None:
    """Return why an endpoint has no raw completions; None where it may have them."""
    known = facts(target)
    if known.no_completions:
        return Impossible(known.no_completions)
    if not _at_beta(target, known):
        return Impossible(f"raw completions are had only at a base URL that ends in {known.beta}")
    return None


def no_logprobs(target: Target) -> Impossible | None:
    """Return why an endpoint gives no log-probabilities; None where it may give them."""
    why = facts(target).no_logprobs if target.logprobs is None else ""
    why = "this endpoint gives no log-probabilities" if target.logprobs is False else why
    return Impossible(why, lacks="logprobs") if why else None


def _at_beta(target: Target, known: Facts) -> bool:
    return target.base_url.rstrip("/").endswith(known.beta)
