"""The exact bytes that go out on the wire openai-chat, as the providers' documentation shows them."""

from dataclasses import replace

import pytest

from app.providers.registry import provider
from app.providers.wire import Call, Said, Target
from tests.providers.said import (
    BEGUN,
    CHAT,
    COMPLETION,
    HELLO,
    LOCAL,
    OPENAI,
    OPENROUTER,
    PREFILL,
    VLLM,
    body,
    impossible,
    request,
)


def test_openai_s_own_example() -> None:
    call = Call("chat", turns=HELLO, system="You are a helpful assistant.")
    made = request(replace(OPENAI, system_role="developer"), call)
    assert made.url == "https://api.openai.com/v1/chat/completions"
    assert made.headers == {"content-type": "application/json"}
    assert made.body == (
        b'{"model":"gpt-5.2","messages":[{"role":"developer","content":"You are a helpful assistant."},'
        b'{"role":"user","content":"Hello!"}],"max_completion_tokens":512}'
    )


def test_every_setting_has_its_place() -> None:
    call = Call(
        "chat", turns=HELLO, max_tokens=64, temperature=0.7, top_p=0.95, top_k=40, stop=("\n", "END"), seed=7,
        logprobs=5, extra={"reasoning_effort": "low", "min_p": 0.05},
    )  # fmt: skip
    target = Target("openai-chat", "http://127.0.0.1:9/v1/", "m")
    made = request(target, call)
    assert made.body == (
        b'{"model":"m","messages":[{"role":"user","content":"Hello!"}],"max_tokens":64,"temperature":0.7,'
        b'"top_p":0.95,"top_k":40,"stop":["\\n","END"],"seed":7,"logprobs":true,"top_logprobs":5,'
        b'"reasoning_effort":"low","min_p":0.05}'
    )
    assert made.sent == {
        "max_tokens": 64, "temperature": 0.7, "top_p": 0.95, "top_k": 40, "stop": ["\n", "END"],
        "logprobs": True, "top_logprobs": 5, "reasoning_effort": "low", "min_p": 0.05,
    }  # fmt: skip
    assert made.seed == 7


def test_openrouter_pinned_to_one_provider() -> None:
    pinned = {"provider": {"order": ["z-ai"], "allow_fallbacks": False, "require_parameters": True}}
    assert body(OPENROUTER, replace(CHAT, extra=pinned)) == (
        '{"model":"z-ai/glm-5","messages":[{"role":"user","content":"Hello!"}],"max_tokens":512,'
        '"provider":{"order":["z-ai"],"allow_fallbacks":false,"require_parameters":true}}'
    )


def test_the_answer_s_length_goes_by_the_name_the_endpoint_takes() -> None:
    def field(target: Target) -> str:
        return next(name for name in request(target, CHAT).sent if "tokens" in name)

    assert field(OPENAI) == "max_completion_tokens"
    assert (
        field(replace(OPENAI, base_url="https://lab.openai.azure.com/openai/v1")) == "max_completion_tokens"
    )
    assert (
        field(replace(OPENAI, base_url="https://gateway.lab/v1", dialect="azure")) == "max_completion_tokens"
    )
    assert field(replace(OPENAI, base_url="https://api.deepseek.com")) == "max_tokens"
    assert field(replace(OPENAI, max_tokens_field="max_tokens")) == "max_tokens"
    assert field(replace(LOCAL, max_tokens_field="max_completion_tokens")) == "max_completion_tokens"


def test_no_system_text_and_an_empty_one_are_two_different_requests() -> None:
    assert '"messages":[{"role":"user","content":"Hello!"}]' in body(OPENAI, CHAT)
    empty = body(OPENAI, replace(CHAT, system=""))
    assert '"messages":[{"role":"system","content":""},{"role":"user","content":"Hello!"}]' in empty


def test_llama_cpp_is_asked_to_tell_what_it_did_and_gets_no_zero_logprobs() -> None:
    made = request(LOCAL, replace(CHAT, logprobs=0))
    assert made.body == (
        b'{"model":"smollm2","messages":[{"role":"user","content":"Hello!"}],"max_tokens":512,'
        b'"logprobs":true,"top_logprobs":1,"verbose":true}'
    )
    assert "verbose" not in made.sent  # it changes what is told, not what is sampled


def test_an_azure_version_stays_behind_the_path() -> None:
    target = replace(OPENAI, base_url="https://lab.openai.azure.com/openai/v1?api-version=preview")
    expected = "https://lab.openai.azure.com/openai/v1/chat/completions?api-version=preview"
    assert request(target, CHAT).url == expected


def test_own_headers_are_added_but_none_may_hold_a_key() -> None:
    target = replace(OPENROUTER, headers={"X-Title": "Styloscope"})
    assert request(target, CHAT).headers == {"content-type": "application/json", "x-title": "Styloscope"}
    leaking = replace(OPENROUTER, headers={"Authorization": "Bearer sk-1"})
    assert impossible(leaking, CHAT) == "headers may not hold a key (Authorization): name it in key_env"


@pytest.mark.parametrize(
    "name", ["Host", "content-length", "Transfer-Encoding", "content-type", "Connection"]
)
def test_own_headers_may_not_change_how_the_request_is_carried(name: str) -> None:
    forged = replace(OPENROUTER, headers={name: "1"})
    assert impossible(forged, CHAT) == f"headers may not set {name}, which belongs to the connection"


@pytest.mark.parametrize(
    "headers", [{"x-a": "1\r\nx-evil: 2"}, {"x-a": "1\x00"}, {"x-a\r\nx-evil": "2"}, {"x a": "1"}, {"": "1"}]
)
def test_own_headers_may_not_bring_others_in(headers: dict[str, str]) -> None:
    assert "what HTTP cannot carry" in impossible(replace(OPENROUTER, headers=headers), CHAT)


def test_a_begun_answer_is_continued_where_the_server_is_known_to() -> None:
    assert body(LOCAL, PREFILL) == (
        '{"model":"smollm2","messages":[{"role":"user","content":"Who are you?"},'
        '{"role":"assistant","content":"I am"}],"max_tokens":512,"verbose":true}'
    )
    assert body(VLLM, PREFILL) == (
        '{"model":"qwen3-8b","messages":[{"role":"user","content":"Who are you?"},'
        '{"role":"assistant","content":"I am"}],"max_tokens":512,"continue_final_message":true,'
        '"add_generation_prompt":false}'
    )
    assert set(request(VLLM, PREFILL).sent) == {"max_tokens"}


@pytest.mark.parametrize("dialect", ["mistral", "deepseek"])
def test_some_dialects_want_the_beginning_flagged(dialect: str) -> None:
    target = Target("openai-chat", "https://api.example/v1", "m", dialect=dialect, prefill=True)
    assert '{"role":"assistant","content":"I am","prefix":true}' in body(target, PREFILL)


def test_elsewhere_a_begun_answer_waits_for_a_probe() -> None:
    assert impossible(OPENAI, PREFILL).startswith("it is not known whether this endpoint continues")
    assert (
        impossible(replace(LOCAL, prefill=False), PREFILL) == "this endpoint does not continue a begun answer"
    )
    assert '"content":"I am"}' in body(replace(OPENROUTER, prefill=True), PREFILL)


def test_an_empty_beginning_is_no_beginning() -> None:
    empty = replace(PREFILL, turns=(BEGUN[0], Said("assistant", "")))
    assert body(OPENAI, empty) == body(OPENAI, Call("chat", turns=BEGUN[:1]))


def test_an_earlier_answer_is_history_not_a_beginning() -> None:
    ladder = Call("chat", turns=(*BEGUN, Said("user", "Are you sure?")))
    assert body(OPENAI, ladder).count('"role"') == 3


def test_what_the_endpoint_lacks_is_said_and_not_dropped() -> None:
    assert impossible(replace(OPENAI, temperature=False), replace(CHAT, temperature=0.0)) == (
        "this endpoint takes no temperature"
    )
    assert impossible(replace(OPENAI, logprobs=False), replace(CHAT, logprobs=0)) == (
        "this endpoint gives no log-probabilities"
    )
    assert "raw completion is not possible" in impossible(OPENAI, COMPLETION)


def test_a_setting_that_a_server_would_drop_without_a_word_is_not_sent_to_it() -> None:
    ollama = replace(LOCAL, dialect="ollama")
    told = "this server's OpenAI route takes no top_k, and drops it unsaid"
    assert impossible(ollama, replace(CHAT, top_k=0)) == told
    assert impossible(ollama, replace(CHAT, extra={"top_k": 0})) == told
    assert "takes no min_p" in impossible(ollama, replace(CHAT, extra={"min_p": 0.05}))
    assert request(ollama, replace(CHAT, top_p=1.0)).sent["top_p"] == 1.0


def test_a_seed_is_a_request_left_out_where_there_is_none_and_the_request_says_so() -> None:
    made = request(replace(OPENAI, seed=False), replace(CHAT, seed=7))
    assert b"seed" not in made.body
    assert made.seed is None
    mistral = request(replace(LOCAL, dialect="mistral"), replace(CHAT, seed=7))
    assert b'"random_seed":7' in mistral.body
    assert (mistral.seed, "random_seed" in mistral.sent) == (7, False)


@pytest.mark.parametrize(
    "name",
    [
        "model", "messages", "prompt", "system", "stream", "stream_options", "temperature", "seed", "random_seed",
        "stop", "stop_sequences", "max_tokens", "max_completion_tokens", "n_predict",
    ],
)  # fmt: skip
def test_extra_settings_may_not_replace_what_a_draw_is_told_by(name: str) -> None:
    assert impossible(OPENAI, replace(CHAT, extra={name: True})) == f"sampling.extra may not set {name}"


def test_extra_settings_may_not_say_again_what_the_call_says() -> None:
    again = replace(CHAT, top_p=0.9, extra={"top_p": 1})
    assert impossible(OPENAI, again) == "sampling.extra may not set top_p, which the call sets itself"
    assert "continue_final_message" in impossible(
        VLLM, replace(PREFILL, extra={"continue_final_message": False})
    )
    assert request(OPENAI, replace(CHAT, extra={"top_p": 1})).sent["top_p"] == 1


def test_what_extra_settings_change_about_the_text_is_among_what_was_sent() -> None:
    made = request(VLLM, replace(CHAT, extra={"add_generation_prompt": False}))
    assert made.sent == {"max_tokens": 512, "add_generation_prompt": False}


def test_extra_settings_may_not_ask_for_answers_that_nobody_reads() -> None:
    assert "repeats are separate calls" in impossible(OPENAI, replace(CHAT, extra={"n": 3}))
    assert '"n":1' in body(OPENAI, replace(CHAT, extra={"n": 1}))


def test_extra_settings_that_json_cannot_hold_are_named() -> None:
    assert "holds what JSON cannot" in impossible(OPENAI, replace(CHAT, extra={"tools": {1, 2}}))


def test_the_key_goes_into_the_header_and_nowhere_else() -> None:
    assert provider("openai-chat").auth(OPENAI, " sk-abc\n") == {"authorization": "Bearer sk-abc"}
