"""OpenRouter pinned to one upstream, and a draw that another one served after all."""

from dataclasses import replace

import pytest

from app.providers.upstream import elsewhere
from tests.providers.said import CHAT, OPENROUTER, answer, body, chat, impossible, request, types

PINNED = replace(OPENROUTER, upstream="deepinfra/fp8")
ORDER = '"provider":{"order":["deepinfra/fp8"],"allow_fallbacks":false,"require_parameters":true'


def test_the_upstream_is_asked_for_and_no_other() -> None:
    assert body(PINNED, CHAT) == (
        '{"model":"z-ai/glm-5","messages":[{"role":"user","content":"Hello!"}],"max_tokens":512,'
        + ORDER
        + "}}"
    )
    assert request(PINNED, CHAT).sent["provider"]["allow_fallbacks"] is False


@pytest.mark.parametrize("wire", ["openai-chat", "openai-completions", "anthropic-messages"])
def test_every_wire_that_openrouter_speaks_pins_it(wire: str) -> None:
    call = replace(CHAT, kind="completion", prompt="Once") if wire == "openai-completions" else CHAT
    assert ORDER in body(replace(PINNED, wire=wire), call)


def test_what_else_is_asked_of_the_upstream_stands_beside() -> None:
    more = replace(CHAT, extra={"provider": {"data_collection": "deny"}, "min_p": 0})
    assert f'{ORDER},"data_collection":"deny"}}' in body(PINNED, more)
    around = replace(CHAT, extra={"provider": {"only": ["novita"]}})
    assert (
        impossible(PINNED, around)
        == "sampling.extra may not set provider.only: the endpoint names its upstream"
    )
    assert '"only":["novita"]' in body(OPENROUTER, around)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("deepinfra/fp8", "DeepInfra"),
        ("google-vertex/europe", "Google"),
        ("google-ai-studio", "Google AI Studio"),
        ("amazon-bedrock", "Amazon Bedrock"),
        ("z-ai", "Z.AI"),
        ("novita", "NovitaAI"),
        ("deepinfra", ""),
        ("deepinfra", None),
        ("deepinfra", 7),
    ],
)
def test_the_upstream_s_name_is_known_again_however_it_is_shown(asked: str, told: object) -> None:
    assert elsewhere(replace(OPENROUTER, upstream=asked), {"provider": told}) == ()


def test_a_draw_that_another_upstream_served_is_told_from_the_others() -> None:
    told = chat() | {"model": "z-ai/glm-5", "provider": "Novita"}
    found = answer(PINNED, told)
    assert (found.served_model, found.effective["provider"]) == ("z-ai/glm-5 by Novita", "Novita")
    assert found.effective["model"] == "z-ai/glm-5"
    assert found.parts == ({"type": "other_upstream", "asked": "deepinfra/fp8", "served": "Novita"},)
    kept = answer(PINNED, told | {"provider": "DeepInfra"})
    assert (kept.served_model, kept.effective["provider"], types(kept)) == ("z-ai/glm-5", "DeepInfra", [])
    free = answer(OPENROUTER, told)
    assert (free.served_model, free.effective["provider"], types(free)) == ("z-ai/glm-5", "Novita", [])
