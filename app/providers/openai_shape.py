"""What the OpenAI chat and completions wires share: settings of the request, usage, stop class, effective."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.providers import dialects, llamacpp
from app.providers.outcome import from_trouble
from app.providers.raw import count, mapping, sequence, storable, string
from app.providers.sending import host
from app.providers.stops import BROKEN, NATIVE, OPENAI, stop_class
from app.providers.trouble import trouble_in
from app.providers.wire import Answered, Call, Failed, StopClass, Target, Usage

SERVER_DEFAULT = "server default"
SAMPLERS = ("temperature", "top_p", "top_k")
# What else shapes a distribution; what servers of open weights apply unasked is among their facts.
PENALTIES = ("frequency_penalty", "presence_penalty")


def auth(target: Target, key: str) -> Mapping[str, str]:
    """Return the header that carries the key: Azure has one of its own for keys."""
    if dialects.facts(target).key == "api-key":
        return {"api-key": key.strip()}
    return {"authorization": f"Bearer {key.strip()}"}


def max_tokens_field(target: Target, *, chat: bool) -> str:
    """Return the field for the answer's length.

    OpenAI's chat takes only the newer name for its newer models; its kin may ignore that name and write on
    without end, so it is the default at OpenAI's own hosts alone.
    """
    if target.max_tokens_field:
        return target.max_tokens_field
    at = host(target.base_url)
    own = target.dialect == "azure" or at == "api.openai.com" or at.endswith(".openai.azure.com")
    return "max_completion_tokens" if chat and own else "max_tokens"


def sampling(target: Target, call: Call, *, chat: bool) -> dict[str, Any]:
    """Return the settings of a call as body fields, in a stable order; what is None is not sent."""
    asked = {
        max_tokens_field(target, chat=chat): call.max_tokens,
        "temperature": call.temperature,
        "top_p": call.top_p,
        "top_k": call.top_k,
        "stop": list(call.stop) or None,
        dialects.facts(target).seed: None if target.seed is False else call.seed,
    }
    return {name: value for name, value in asked.items() if value is not None}


def only_choice(data: Mapping[str, Any], usage: Usage) -> Mapping[str, Any] | Answered | Failed:
    """Return the first choice, or what follows where there is none yet (a model warming up) or it broke off."""
    choice = next(iter(sequence(data.get("choices"))), None)
    if not isinstance(choice, dict):
        return Failed("the reply holds no choice", "retry", usage=usage)
    trouble = trouble_in({"error": choice.get("error")}, 200, {})
    if trouble:
        return replace(from_trouble(trouble), usage=usage)
    reason = choice.get("finish_reason")
    if isinstance(reason, str) and reason in BROKEN:
        return Failed(f"the provider failed on the way: finish_reason {reason}", "retry", usage=usage)
    return choice


def usage_of(data: Mapping[str, Any]) -> Usage:
    """Return token counts in normal form; the family counts cache inside the prompt, reasoning inside output."""
    raw = mapping(data.get("usage"))
    if not raw:
        return Usage()
    into, out = mapping(raw.get("prompt_tokens_details")), mapping(raw.get("completion_tokens_details"))
    hits = (into.get("cached_tokens"), raw.get("prompt_cache_hit_tokens"), raw.get("num_cached_tokens"))
    read = next((found for hit in hits if (found := count(hit)) is not None), None)
    write, reasoning = count(into.get("cache_write_tokens")), count(out.get("reasoning_tokens"))
    return Usage(
        input=without(count(raw.get("prompt_tokens")), read, write),
        cache_read=read,
        cache_write=write,
        output=without(count(raw.get("completion_tokens")), reasoning),
        reasoning=reasoning,
        raw=storable(raw),
    )


def without(total: int | None, part: int | None, other: int | None = None) -> int | None:
    """Return a count less its known parts; None where they are more than it, which tells nothing."""
    rest = -1 if total is None else total - (part or 0) - (other or 0)
    return rest if rest >= 0 else None


def stopped(
    call: Call, data: Mapping[str, Any], choice: Mapping[str, Any]
) -> tuple[StopClass, str | None, list[Mapping[str, Any]]]:
    """Return the stop class, the raw reason, and the marks that tell more than the reason does."""
    raw = string(choice.get("finish_reason"))
    found = stop_class(OPENAI, raw)
    marks: list[Mapping[str, Any]] = []
    word, reason = llamacpp.stopping_word(data), choice.get("stop_reason")
    # vLLM names whatever ended an answer, a model's own end token too; only what was asked for is a stop sequence.
    asked = (*call.stop, *sequence(call.extra.get("stop_token_ids")))
    ended_by = word if word is not None else reason
    if ended_by is not None:
        marks.append({"type": "ended_by", "value": storable(ended_by)})
    if found == "natural" and (word is not None or reason in asked):
        found = "stop_sequence"
    native = string(choice.get("native_finish_reason"))
    if native and native != raw:
        marks.append({"type": "native_finish_reason", "value": storable(native)})
        if found in ("natural", "output_filtered", "unknown"):
            found = NATIVE.get(native, found)
    seed = count(choice.get("seed"))
    if seed is not None and seed != call.seed:
        marks.append({"type": "seed", "value": seed})  # the server's own
    return found, storable(raw), marks


def filters(data: Mapping[str, Any], choice: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return Azure's filter results where one found something or did not run, and OpenAI's moderation."""
    marks: list[Mapping[str, Any]] = []
    for name, held in (("content_filter_results", choice), ("prompt_filter_results", data)):
        results = held.get(name)
        if not results:
            continue
        each = [mapping(one).get("content_filter_results") for one in sequence(results)] or [results]
        findings = [(what, mapping(how)) for one in each for what, how in mapping(one).items()]
        if any(what == "error" or how.get("filtered") or how.get("detected") for what, how in findings):
            marks.append({"type": name, "raw": storable(results)})
    if data.get("moderation"):
        marks.append({"type": "moderation", "raw": storable(data["moderation"])})
    return marks


def rendered(data: Mapping[str, Any], choice: Mapping[str, Any]) -> str | None:
    """Return the exact prompt that a reply says it answers: llama.cpp's, or vLLM's where it was asked for it."""
    own = llamacpp.rendered(data)
    told = string(data.get("prompt_text")) or string(choice.get("prompt_text"))
    return own if own is not None or told is None else str(storable(told))


def effective(target: Target, data: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the server reports of the settings in force; unset samplers are the server's own."""
    samplers = (*SAMPLERS, *PENALTIES, *dialects.facts(target).samplers)
    found: dict[str, Any] = {name: SERVER_DEFAULT for name in samplers if name not in sent}
    found |= llamacpp.generation_settings(data)
    for name in ("model", "system_fingerprint", "service_tier", "provider"):
        value = string(data.get(name))
        if value:
            found[name] = storable(value)
    return found
