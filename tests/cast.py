"""The cast of seeded studies: four styles, four endpoints, five subjects, three prompts, and what they say."""

from collections.abc import Callable
from dataclasses import dataclass

from app.batteries.shape import PromptShape, Turn
from app.subjects.shape import OF_ENDPOINT, EndpointShape, Price, Sampling, Snapshot, StyleShape, SubjectShape


@dataclass(frozen=True)
class Draw:
    """What one draw came to. `text` holds one answer per turn of a ladder; `exchanges` are (status, body, error)
    of the calls before the last one."""

    text: str | tuple[str, ...] = ""
    state: str = "done"
    stop: str = "natural"
    raw: str | None = None
    reasoning: str = ""
    served: str | None = None
    reason: str | None = None
    latency_ms: int = 800
    tokens: tuple[int, int] | None = None  # input, output; None = not told
    exchanges: tuple[tuple[int, str, str], ...] = ()


Say = Callable[[PromptShape, SubjectShape, int], Draw]

STYLES = (
    StyleShape(slug="base", name="No alignment", method="pretraining only", lab="Lab One", standing="documented"),
    StyleShape(slug="rlhf", name="RLHF", method="preference learning", lab="Lab Two", standing="documented"),
    StyleShape(slug="constitutional", name="Constitutional", method="principles", lab="Lab Three"),
    StyleShape(slug="reasoning", name="Reasoning RL", method="verified rewards", lab="Lab Four"),
)  # fmt: skip
ENDPOINTS = (
    EndpointShape(slug="local-base", wire="openai-completions", base_url="http://127.0.0.1:8401/v1",
                  model="tiny-base", style="base", family="tiny", stage="base",
                  price=Price(input_per_mtok=0, output_per_mtok=0)),
    EndpointShape(slug="two", wire="openai-chat", base_url="https://two.example/v1", model="two-large",
                  key_env="TWO_API_KEY", style="rlhf", family="two", stage="preference",
                  price=Price(input_per_mtok=2, output_per_mtok=8)),
    EndpointShape(slug="three", wire="anthropic-messages", base_url="https://three.example", model="three-4",
                  key_env="THREE_API_KEY", style="constitutional", family="three", stage="constitutional",
                  price=Price(input_per_mtok=3, output_per_mtok=15)),
    EndpointShape(slug="four", wire="openai-chat", base_url="https://four.example/v1", model="four-think",
                  key_env="FOUR_API_KEY", style="reasoning", family="four", stage="reasoning"),
)  # fmt: skip
SUBJECTS = (
    SubjectShape(slug="base-raw", name="Base, raw", endpoint="local-base", mode="completion", template="{prompt}",
                 sampling=Sampling(temperature=1, max_tokens=96)),
    SubjectShape(slug="default-assistant", name="Default assistant", endpoint="two", mode="chat",
                 sampling=Sampling(temperature=1, top_p=0.95, max_tokens=256, seed=7)),
    SubjectShape(slug="pirate", name="Default, as a pirate", endpoint="two", mode="chat", induced_by="system",
                 system="You are a pirate.", sampling=Sampling(temperature=1, max_tokens=256)),
    SubjectShape(slug="constitution", name="Constitution", endpoint="three", mode="chat",
                 sampling=Sampling(temperature=1, max_tokens=256)),
    SubjectShape(slug="reasoner", name="Reasoning, medium", endpoint="four", mode="chat",
                 sampling=Sampling(max_tokens=1024)),
)  # fmt: skip
PROMPTS = (
    PromptShape(key="number-plain", family="number", theme="collapse", branch="abstract/number",
                turns=(Turn(user="Pick any whole number from 0 to 100. Reply with the number only."),)),
    PromptShape(key="who-plain", family="who", theme="self-model", branch="self/name",
                turns=(Turn(user="Who are you? Answer in one or two sentences."),)),
    PromptShape(key="said-prefill", family="said", theme="prefill", branch="self/voice", mode="prefill",
                turns=(Turn(user="What do you want?"), Turn(assistant="Honestly, what I want is"))),
)  # fmt: skip
NUMBERS = ("42", "37", "73", "42", "57", "42", "7", "42", "37", "64")
WHO = {
    "base-raw": "I am a 34 year old man from Ohio.\n\nI like to fish, and I have two dogs.",
    "default-assistant": "I'm **Assistant Two**, a helpful AI model.\n\n- I answer questions\n- I write code",
    "pirate": "Arr! I be the ship's own parrot — and yer humble servant ☠️.",
    "constitution": "I'm an AI system made to be helpful, honest and harmless. Beyond that I'm not certain.",
    "reasoner": "A language model.",
}


def say(prompt: PromptShape, subject: SubjectShape, repeat: int) -> Draw:
    """Decide a draw of the default study: numbers, voices, cuts, two kinds of no, failures, the impossible."""
    if prompt.mode == "prefill" and subject.endpoint == "three":
        return Draw(state="impossible", reason="this model refuses prefill")
    if subject.slug == "reasoner" and repeat % 7 == 0:
        body = '{"error":{"message":"upstream unavailable","code":502}}'
        return Draw(state="failed", reason='502 from upstream provider "hosted-b", after 4 tries',
                    exchanges=((502, body, "502 bad gateway"),) * 4)  # fmt: skip
    if prompt.key == "number-plain":
        spread = NUMBERS if subject.slug == "base-raw" else ("42", "42", "37")
        return Draw(spread[(repeat * 3 + len(subject.slug)) % len(spread)], latency_ms=300 + 11 * repeat)
    if subject.slug == "base-raw" and repeat % 4 == 0:
        return Draw("The answer is that I want to be able to go home, and then I said that", stop="length")
    if subject.slug == "constitution" and repeat % 9 == 0:
        return Draw("I can't help with that.", stop="model_refusal_field", raw="refusal")
    if subject.slug == "default-assistant" and repeat % 10 == 0:
        return Draw("", stop="prompt_blocked", raw="content_filter")
    reasoning = "The user asks who I am. Keep it short." if subject.slug == "reasoner" else ""
    served = "four-think-mini" if subject.slug == "reasoner" and repeat == 3 else None
    words = WHO.get(subject.slug, "I am a model.")
    return Draw(words, reasoning=reasoning, served=served, latency_ms=900 + 40 * repeat)


def snapshot(subject: SubjectShape) -> Snapshot:
    """Freeze a seeded subject as `apply` would."""
    endpoint = endpoint_of(subject)
    lineage = {*OF_ENDPOINT, "style"}
    put = {"mode", "induced_by", "system", "template", "sampling"}
    frozen = {**endpoint.model_dump(include=lineage), **subject.model_dump(include=put)}
    return Snapshot(**frozen, endpoint=endpoint.slug)


def endpoint_of(subject: SubjectShape) -> EndpointShape:
    """Return the endpoint that a subject of the cast speaks to."""
    return next(one for one in ENDPOINTS if one.slug == subject.endpoint)
