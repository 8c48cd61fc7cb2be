"""Study files of the journeys, written as JSON, which is YAML."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Part = dict[str, Any]
STYLE = {"slug": "plain", "name": "Plain"}


def endpoint(url: str, slug: str = "box", wire: str = "openai-chat", **values: Any) -> Part:
    """An endpoint at a fault box's base URL, its model named as itself."""
    base = url.removesuffix("/v1") if wire == "anthropic-messages" else url
    return {"slug": slug, "wire": wire, "base_url": base, "model": slug, "style": "plain"} | values


def subject(slug: str, endpoint: str = "box", temperature: float = 1, **values: Any) -> Part:
    """A chat subject."""
    sampling = {"temperature": temperature, "max_tokens": 40} | values.pop("sampling", {})
    return {"slug": slug, "endpoint": endpoint, "mode": "chat", "sampling": sampling} | values


def chat(key: str, text: str = "", **values: Any) -> Part:
    """A prompt of one user turn."""
    return {"key": key, "family": key, "turns": [{"user": text or f"say {key}"}]} | values


def ladder(key: str, *texts: str, **values: Any) -> Part:
    """A prompt of user turns asked one after another."""
    return {"key": key, "family": key, "mode": "ladder", "turns": [{"user": text} for text in texts]} | values


def write(
    folder: Path,
    endpoints: Sequence[Part],
    subjects: Sequence[Part],
    prompts: Sequence[Part],
    *,
    slug: str = "journey",
    run: Mapping[str, Any] = {},
    styles: Sequence[Part] = (STYLE,),
    **study: Any,
) -> Path:
    """Write a study and its battery, and return the study's path."""
    battery = {"slug": f"{slug}-prompts", "title": "Prompts", "licence": "CC0-1.0"}
    said = {"styloscope": 1, "battery": battery | study.pop("battery", {}), "prompts": list(prompts)}
    (folder / f"{slug}-battery.yaml").write_text(json.dumps(said), encoding="utf-8")
    wanted = {
        "styloscope": 1,
        "study": {"slug": slug, "title": "A journey", "question": "Where does it lead?"} | study,
        "styles": list(styles),
        "endpoints": list(endpoints),
        "subjects": list(subjects),
        "batteries": [f"./{slug}-battery.yaml"],
        "run": dict(run),
    }
    path = folder / f"{slug}.yaml"
    path.write_text(json.dumps(wanted), encoding="utf-8")
    return path
