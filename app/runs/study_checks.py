"""What a study file must make sense of, beyond its shape."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from app.providers.gemini import RESERVED_CONFIG
from app.providers.sending import RESERVED
from app.providers.upstream import routing
from app.runs.mistakes import Loc, Mistake, looks_like_key, one_of, repeated, shown
from app.runs.study_shape import StudyShape
from app.studies.shape import Budget, RunBlock
from app.subjects.shape import EndpointShape, Sampling, SubjectShape

# Headers carry a key by one of these words (x-api-key, Helicone-Auth, X-Auth-Token): such a header would be kept
# with every version and exported. The collector adds the key at the moment of sending, from the environment.
SECRET_WORDS = {
    "authorization", "auth", "key", "apikey", "token", "secret", "password", "cookie", "credential", "bearer",
}  # fmt: skip
# Headers that the connection makes of what is sent.
OUR_HEADERS = {
    "host", "connection", "content-length", "content-type", "content-encoding", "accept-encoding", "expect", "te",
    "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
HEADER_NAME = re.compile(r"[A-Za-z0-9_-]+")
PATHS = ("/chat/completions", "/completions", "/messages", "/responses", "/models", ":generateContent")
AZURE_VERSION = re.compile(r"api-version=[0-9a-z.-]{1,40}")  # no secret, and the only way to say it


def mistakes_of(shape: StudyShape) -> Iterator[Mistake]:
    """Yield the mistakes of a study, those of its battery files apart."""
    for name in ("styles", "endpoints", "subjects"):
        yield from repeated([entry.slug for entry in getattr(shape, name)], (name,), "slug")
    yield from repeated(shape.batteries, ("batteries",))
    styles = [style.slug for style in shape.styles]
    endpoints = {endpoint.slug: endpoint for endpoint in shape.endpoints}
    for index, endpoint in enumerate(shape.endpoints):
        yield from _known(endpoint.style, styles, ("endpoints", index, "style"))
        yield from endpoint_mistakes(endpoint, ("endpoints", index))
    for index, subject in enumerate(shape.subjects):
        yield from _known(subject.endpoint, endpoints, ("subjects", index, "endpoint"))
        yield from subject_mistakes(subject, ("subjects", index))
        yield from routing_mistakes(subject, endpoints.get(subject.endpoint), ("subjects", index))
    yield from run_mistakes(shape.run)
    used = dict.fromkeys(subject.endpoint for subject in shape.subjects)
    yield from budget_mistakes(shape.run.budget, [endpoints[slug] for slug in used if slug in endpoints])


def _known(name: str, names: Any, loc: Loc) -> Iterator[Mistake]:
    if name not in names:
        expected = one_of(name, list(names), f"one of the {loc[-1]}s of this file:")
        yield Mistake(loc, f"found {shown(name)}, expected {expected}")


def endpoint_mistakes(endpoint: EndpointShape, here: Loc) -> Iterator[Mistake]:
    """Yield the mistakes of an endpoint by itself."""
    if endpoint.wire == "gemini" and endpoint.dialect is not None:
        yield Mistake((*here, "dialect"), f"found {shown(endpoint.dialect)} with wire gemini, expected null")
    wrong = _address(endpoint.base_url, endpoint.dialect)
    if wrong:
        yield Mistake((*here, "base_url"), wrong)
    if endpoint.upstream is not None and (wrong := _upstream(endpoint)):
        yield Mistake((*here, "upstream"), wrong)
    if not endpoint.model.strip():
        yield Mistake((*here, "model"), "found an empty text, expected the model's name")
    for name, value in endpoint.headers.items():
        if wrong := _header(name, value):
            yield Mistake((*here, "headers", name), wrong)
    yield from _no_keys(endpoint.model_dump(exclude={"key_env", "base_url"}), here)


def _upstream(endpoint: EndpointShape) -> str | None:
    """Return what is wrong with naming an upstream."""
    if endpoint.dialect != "openrouter":
        return f"found {shown(endpoint.upstream)}, which only dialect openrouter has, expected null"
    if not endpoint.upstream:
        return (
            "found an empty text, expected the upstream's name as OpenRouter writes it, such as deepinfra/fp8"
        )
    return None


def _header(name: str, value: str) -> str | None:
    """Return what is wrong with a header."""
    if SECRET_WORDS & set(re.split(r"[-_]", name.lower())):
        return "found a header that carries a key, expected key_env instead"
    if name.lower() in OUR_HEADERS:
        return "found a header that every request has from its own connection, expected none of these"
    if not HEADER_NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
        return "found no valid header, expected a name and one line, both of ASCII"
    return None


def _address(url: str, dialect: str | None) -> str | None:
    """Return what is wrong with a base URL, without repeating parts of it that could be secret."""
    example = "expected an address such as https://api.openai.com/v1"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return f"found no valid address, {example}"
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or not url.isascii()
        or not url.isprintable()
    ):
        return f"found {shown(url)}, {example}" if "@" not in url else f"found no valid address, {example}"
    if " " in url:
        return f"found a space in it, {example}"
    if "@" in parts.netloc:
        return "found a user name or password in the address, expected key_env to name the key's variable"
    azure = dialect == "azure" and AZURE_VERSION.fullmatch(parts.query) and "#" not in url
    if ("?" in url or "#" in url) and not azure:
        but = ", or with ?api-version=… alone" if dialect == "azure" else ""
        return f"found a query or fragment (kept out of this message), expected an address without one{but}"
    for path in PATHS:
        if parts.path.rstrip("/").endswith(path):
            return f"found an address that ends with {path}, expected the part before it"
    if parts.path.endswith("/"):
        return f"found {shown(url)}, expected no slash at the end"
    return None


def _no_keys(value: Any, loc: Loc) -> Iterator[Mistake]:
    """Yield a mistake for each text below a place that looks like a key."""
    if isinstance(value, str) and looks_like_key(value):
        expected = "key_env to name the environment variable that holds it"
        yield Mistake(loc, f"found {shown(value)}, expected {expected}")
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _no_keys(inner, (*loc, str(key)))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _no_keys(inner, (*loc, index))


def subject_mistakes(subject: SubjectShape, here: Loc) -> Iterator[Mistake]:
    """Yield the mistakes of a subject by itself."""
    template = subject.template
    if subject.mode == "completion" and subject.system is not None:
        yield Mistake(
            (*here, "system"),
            "found a system prompt with mode completion, expected none: write it into the template",
        )
    if subject.mode == "chat" and template is not None:
        yield Mistake((*here, "template"), "found a template with mode chat, expected mode completion")
    elif isinstance(template, str) and template.count("{prompt}") != 1:
        found = (
            "no {prompt}" if "{prompt}" not in template else f"{{prompt}} {template.count('{prompt}')} times"
        )
        yield Mistake((*here, "template"), f"found {found}, expected it once")
    yield from _temperature(subject.sampling.temperature, (*here, "sampling", "temperature"))
    for index, stop in enumerate(subject.sampling.stop):
        if not stop:
            yield Mistake((*here, "sampling", "stop", index), "found an empty text, expected a stop sequence")
    yield from _extra(subject.sampling, (*here, "sampling", "extra"))


def _extra(sampling: Sampling, here: Loc) -> Iterator[Mistake]:
    own = {name for name in ("top_p", "top_k", "logprobs") if getattr(sampling, name) is not None}
    for name in sampling.extra:
        if name in RESERVED | own:
            yield Mistake(
                (*here, name), "found what has a place of its own outside of extra, expected it only there"
            )
    config = sampling.extra.get("generationConfig")
    for name in config if isinstance(config, Mapping) else ():
        if name in RESERVED_CONFIG:
            yield Mistake(
                (*here, "generationConfig", name),
                "found what has a place of its own in sampling, expected it there",
            )
    yield from _no_keys(sampling.extra, here)


def routing_mistakes(subject: SubjectShape, endpoint: EndpointShape | None, here: Loc) -> Iterator[Mistake]:
    """Yield a mistake where a subject would route around the upstream that its endpoint names."""
    if endpoint is None or endpoint.upstream is None:
        return
    clash = routing(subject.sampling.extra.get("provider"))
    if clash is not None:
        expected = f"none beside the endpoint's upstream {shown(endpoint.upstream)}"
        yield Mistake(
            (*here, "sampling", "extra", *clash.split(".")), f"found a routing, expected {expected}"
        )


def _temperature(value: float | None, loc: Loc) -> Iterator[Mistake]:
    # Temperatures are kept, and told apart, in thousandths.
    if value is not None and not 0 <= value <= 10:
        yield Mistake(loc, f"found {value:g}, expected a number from 0 to 10")
    elif value is not None and abs(value * 1000 - round(value * 1000)) > 1e-6:
        yield Mistake(loc, f"found {value}, expected at most three decimals")


def run_mistakes(run: RunBlock) -> Iterator[Mistake]:
    """Yield the mistakes of a run block by itself."""
    temperatures = run.temperatures
    if temperatures == ():
        yield Mistake(
            ("run", "temperatures"), "found an empty list, expected temperatures, or null for each own"
        )
    yield from repeated([f"{value:g}" for value in temperatures or ()], ("run", "temperatures"))
    for index, value in enumerate(temperatures or ()):
        yield from _temperature(value, ("run", "temperatures", index))


def budget_mistakes(budget: Budget, used: Iterable[EndpointShape]) -> Iterator[Mistake]:
    """Yield a mistake where dollars cannot be counted at some endpoint, and nothing else would stop a run."""
    unpriced = [endpoint.slug for endpoint in used if not _priced(endpoint)]
    if budget.usd is not None and budget.calls is None and unpriced:
        yield Mistake(
            ("run", "budget", "usd"),
            f"found a dollar budget with no known price for {', '.join(unpriced)}, "
            "expected both prices of it, or a cap on calls beside the dollars",
        )


def _priced(endpoint: EndpointShape) -> bool:
    price = endpoint.price
    return price.input_per_mtok is not None and price.output_per_mtok is not None
