"""What replies on the wire gemini come to: answers, every shape of a no, thoughts, usage, errors."""

from dataclasses import replace
from typing import Any

import pytest

from app.providers.wire import Answered, Failed, Reasoning, Token, Usage
from tests.providers.said import CHAT, GEMINI, PREFILL, answer, content, failure, types, words


class TestAnswers:
    def test_an_ordinary_answer_with_all_that_is_told_about_it(self) -> None:
        reply = content(words("Hello"), words(" there."), avgLogprobs=-0.2)
        reply["usageMetadata"]["serviceTier"] = "standard"
        found = answer(GEMINI, reply, replace(CHAT, temperature=0.5))
        assert (found.text, found.stop_class, found.stop_raw) == ("Hello there.", "natural", "STOP")
        assert found.served_model == "gemini-3-flash-001"
        assert found.effective == {
            "top_p": "server default",
            "top_k": "server default",
            "presence_penalty": "server default",
            "frequency_penalty": "server default",
            "model": "gemini-3-flash-001",
            "service_tier": "standard",
        }
        assert (found.parts, found.reasoning, found.tokens) == ((), (), ())

    @pytest.mark.parametrize(
        ("finish", "stop_class"),
        [
            ("STOP", "natural"),
            ("MAX_TOKENS", "length"),
            ("SAFETY", "output_filtered"),
            ("RECITATION", "output_filtered"),
            ("BLOCKLIST", "output_filtered"),
            ("PROHIBITED_CONTENT", "output_filtered"),
            ("SPII", "output_filtered"),
            ("MODEL_ARMOR", "output_filtered"),
            ("IMAGE_SAFETY", "output_filtered"),
            ("IMAGE_PROHIBITED_CONTENT", "output_filtered"),
            ("IMAGE_SOMETHING_NEW", "output_filtered"),
            ("LANGUAGE", "unknown"),
            ("OTHER", "unknown"),
            ("ESCALATION", "unknown"),
            ("CONTINUATION", "unknown"),
            ("FINISH_REASON_UNSPECIFIED", "unknown"),
            ("BANANA", "unknown"),
            (None, "unknown"),
            (3, "unknown"),
        ],
    )
    def test_each_finish_reason_has_its_stop_class(self, finish: Any, stop_class: str) -> None:
        found = answer(GEMINI, content(words("words"), finish=finish))
        assert (found.text, found.stop_class) == ("words", stop_class)
        assert found.stop_raw == (finish if isinstance(finish, str) else None)

    @pytest.mark.parametrize(
        "finish",
        [
            "MALFORMED_FUNCTION_CALL",
            "MALFORMED_RESPONSE",
            "UNEXPECTED_TOOL_CALL",
            "TOO_MANY_TOOL_CALLS",
            "MISSING_THOUGHT_SIGNATURE",
        ],
    )
    def test_a_provider_that_broke_off_gave_no_answer(self, finish: str) -> None:
        found = failure(GEMINI, content(finish=finish, finishMessage="Malformed call: x\ny"))
        assert found.error == f"the provider failed on the way: {finish}: Malformed call: x\ny"
        assert (found.then, found.usage.output) == ("fail", 4)

    def test_thoughts_are_told_apart_as_the_summary_that_they_are(self) -> None:
        reply = content(
            {"thought": True, "text": "**Weighing**\nIt hesitates."}, {"thought": True}, words("42")
        )
        found = answer(GEMINI, reply)
        assert found.reasoning == (
            Reasoning("**Weighing**\nIt hesitates.", "thought", "summary"),
            Reasoning("", "thought", "encrypted"),
        )
        assert found.text == "42"

    def test_other_parts_are_kept_raw_in_their_order(self) -> None:
        call = {"functionCall": {"name": "look", "args": {}}, "thoughtSignature": "c2ln"}
        code = {"executableCode": {"language": "PYTHON", "code": "1"}}
        found = answer(
            GEMINI, content(words("a"), call, code, {}, "odd", words("b") | {"partMetadata": {"k": 1}})
        )
        assert (found.text, found.stop_class) == ("ab", "tool")
        assert found.parts == (
            {"type": "thought_signature", "at": 1, "value": "c2ln"},
            {"type": "tool_call", "raw": {"functionCall": {"name": "look", "args": {}}}},
            {"type": "block", "raw": code},
            {"type": "block", "raw": {}},
            {"type": "block", "raw": "odd"},
            {"type": "block", "raw": {"partMetadata": {"k": 1}}},
        )

    def test_citations_and_fields_that_are_not_known_stand_beside_the_text(self) -> None:
        sources = {"citationSources": [{"uri": "https://a.example"}]}
        found = answer(
            GEMINI, content(words("a"), citationMetadata=sources, groundingMetadata={"webSearchQueries": []})
        )
        assert found.parts == (
            {"type": "citations", "raw": sources},
            {"type": "field", "name": "groundingMetadata", "raw": {"webSearchQueries": []}},
        )

    def test_log_probabilities_with_their_alternatives(self) -> None:
        result = {
            "topCandidates": [
                {
                    "candidates": [
                        {"token": "4", "logProbability": -0.5},
                        {"token": "7", "logProbability": -1},
                    ]
                },
                {"candidates": [{"token": "2", "logProbability": -0.1}]},
            ],
            "chosenCandidates": [
                {"token": "4", "tokenId": 236812, "logProbability": -0.5},
                {"token": "2", "tokenId": 236778, "logProbability": -0.1},
                {"token": "?"},
            ],
        }
        found = answer(GEMINI, content(words("42"), logprobsResult=result), replace(CHAT, logprobs=2))
        assert found.tokens == (
            Token("4", None, -0.5, (("4", -0.5), ("7", -1.0))),
            Token("2", None, -0.1, (("2", -0.1),)),
        )
        silent = answer(GEMINI, content(words("42")), replace(CHAT, logprobs=2))
        assert (silent.tokens, types(silent)) == ((), ["no_logprobs"])

    def test_a_begun_answer_that_comes_back_is_cut_only_where_that_is_known(self) -> None:
        known = replace(GEMINI, prefill=True)
        assert answer(known, content(words(" a gardener.")), PREFILL).parts == ()
        same = answer(known, content(words("I am here.")), PREFILL)
        assert (same.text, types(same)) == ("I am here.", ["prefix_repeated"])
        cut = answer(replace(known, repeats=True), content(words("I am here.")), PREFILL)
        assert (cut.text, types(cut)) == (" here.", ["prefix_cut"])


class TestSilentShapes:
    """Three shapes of a no, or of nothing, that come under HTTP 200 without a word."""

    @pytest.mark.parametrize(
        "reason",
        [
            "SAFETY",
            "OTHER",
            "BLOCKLIST",
            "PROHIBITED_CONTENT",
            "IMAGE_SAFETY",
            "MODEL_ARMOR",
            "JAILBREAK",
            "NEW",
        ],
    )
    @pytest.mark.parametrize("candidates", [{}, {"candidates": []}, {"candidates": None}])
    def test_a_prompt_that_was_blocked(self, reason: str, candidates: dict[str, Any]) -> None:
        feedback = {"blockReason": reason, "blockReasonMessage": "Blocked."}
        usage = {"promptTokenCount": 9, "totalTokenCount": 9}
        reply = {"promptFeedback": feedback, "usageMetadata": usage, "modelVersion": "m"} | candidates
        found = answer(GEMINI, reply)
        assert (found.text, found.stop_class, found.stop_raw) == ("", "prompt_blocked", reason)
        assert found.parts == ({"type": "prompt_feedback", "raw": feedback},)
        assert (found.usage.input, found.usage.output, found.served_model) == (9, 0, "m")

    def test_an_answer_that_was_filtered_away(self) -> None:
        ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "HIGH", "blocked": True}]
        for empty in ({}, {"role": "model"}, None):
            reply = content(finish="SAFETY", safetyRatings=ratings, finishMessage="Filtered.")
            reply["candidates"][0]["content"] = empty
            found = answer(GEMINI, reply)
            assert (found.text, found.stop_class, found.stop_raw) == ("", "output_filtered", "SAFETY")
            assert found.parts == (
                {"type": "safety_ratings", "raw": ratings},
                {"type": "finish_message", "text": "Filtered."},
            )

    def test_a_filter_after_some_text_keeps_the_text(self) -> None:
        found = answer(GEMINI, content(words("Well, "), finish="RECITATION"))
        assert (found.text, found.stop_class) == ("Well, ", "output_filtered")

    def test_harmless_ratings_are_no_mark(self) -> None:
        ratings = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
        assert answer(GEMINI, content(words("Hi."), safetyRatings=ratings)).parts == ()

    def test_thinking_that_used_the_budget(self) -> None:
        reply = content(finish="MAX_TOKENS")
        reply["usageMetadata"] = {"promptTokenCount": 5, "thoughtsTokenCount": 60, "totalTokenCount": 65}
        found = answer(GEMINI, reply)
        assert (found.text, found.stop_class, types(found)) == ("", "length", ["thinking_used_budget"])
        assert (found.usage.output, found.usage.reasoning) == (0, 60)

    def test_no_text_for_an_unknown_reason_is_a_failure(self) -> None:
        found = failure(GEMINI, content(finish="OTHER", finishMessage="?"))
        assert found.error == "stopped without text for an unknown reason: OTHER"

    def test_nothing_at_all_is_empty_and_no_reply_of_this_kind_is_none(self) -> None:
        nothing = content() | {"candidates": []}
        assert answer(GEMINI, nothing).stop_class == "empty"
        assert answer(GEMINI, content(finish=None)).stop_class == "empty"
        silent = answer(GEMINI, content())
        assert (silent.text, silent.stop_class) == ("", "natural")
        assert failure(GEMINI, {"choices": []}) == Failed("the reply holds no candidate", "retry")


class TestUsage:
    def test_cache_is_inside_the_prompt_and_thoughts_beside_the_output(self) -> None:
        raw = {
            "promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 10,
            "thoughtsTokenCount": 25, "toolUsePromptTokenCount": 7, "totalTokenCount": 142,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
        }  # fmt: skip
        found = answer(GEMINI, content(words("a")) | {"usageMetadata": raw}).usage
        assert found == Usage(input=47, cache_read=60, cache_write=None, output=10, reasoning=25, raw=raw)

    def test_what_is_not_told_is_null_and_a_count_left_out_is_what_the_total_leaves(self) -> None:
        def usage(raw: dict[str, Any]) -> tuple[int | None, int | None, int | None]:
            found = answer(GEMINI, content(words("a")) | {"usageMetadata": raw}).usage
            return found.input, found.output, found.reasoning

        assert usage({}) == (None, None, None)
        assert usage({"promptTokenCount": 5}) == (5, None, None)
        assert usage({"promptTokenCount": 5, "totalTokenCount": 5}) == (5, 0, None)
        assert usage({"promptTokenCount": 5, "totalTokenCount": 3}) == (5, None, None)
        assert usage({"promptTokenCount": "5", "candidatesTokenCount": -1}) == (None, None, None)


def trouble(code: int, status: str, words: str, *details: dict[str, Any]) -> dict[str, Any]:
    """Return an error body."""
    return {"error": {"code": code, "message": words, "status": status, "details": list(details)}}


def info(kind: str, **more: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **more}


QUOTA = "You exceeded your current quota. * Quota exceeded for metric: generate_requests, limit: {}, model: m"


class TestErrors:
    @pytest.mark.parametrize("listed", [False, True])
    def test_a_spent_minute_is_waited_out_as_long_as_it_asks(self, listed: bool) -> None:
        body = trouble(
            429, "RESOURCE_EXHAUSTED", QUOTA.format(10), info("QuotaFailure", violations=[{"quotaId": "x"}]),
            info("RetryInfo", retryDelay="34.5s"),
        )  # fmt: skip
        found = failure(GEMINI, [body] if listed else body, status=429)
        assert (found.then, found.wait, found.slow_down) == ("retry", 34.5, True)
        assert found.error.startswith("HTTP 429: You exceeded your current quota.")

    def test_a_plan_that_holds_none_of_a_model_is_never_asked_again(self) -> None:
        body = trouble(429, "RESOURCE_EXHAUSTED", QUOTA.format(0), info("RetryInfo", retryDelay="3s"))
        assert failure(GEMINI, body, status=429).then == "stop"
        spent = trouble(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.")
        assert failure(GEMINI, spent, status=429).then == "stop"

    def test_a_plan_that_is_spent_for_today_leaves_the_other_draws_for_tomorrow(self) -> None:
        spent = info(
            "QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]
        )
        body = trouble(
            429, "RESOURCE_EXHAUSTED", QUOTA.format(250), spent, info("RetryInfo", retryDelay="8s")
        )
        found = failure(GEMINI, body, status=429)
        assert found.then == "stop"
        assert "GenerateRequestsPerDayPerProjectPerModel-FreeTier" in found.error

    @pytest.mark.parametrize(
        ("code", "status", "words", "then", "slow_down"),
        [
            (503, "UNAVAILABLE", "The model is overloaded.", "retry", False),
            (503, "RESOURCE_EXHAUSTED", "Too many requests.", "retry", True),
            (500, "INTERNAL", "An internal error has occurred.", "retry", False),
            (504, "DEADLINE_EXCEEDED", "Deadline expired.", "retry", False),
            (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", "fail", False),
            (403, "PERMISSION_DENIED", "The caller does not have permission", "stop", False),
            (404, "NOT_FOUND", "models/x is not found, or is not supported for generateContent.",
             "fail", False),
            (400, "FAILED_PRECONDITION", "User location is not supported for the API use.", "stop", False),
            (400, "INVALID_ARGUMENT", "Logprobs is not enabled for models/gemini-3-flash", "impossible", False),
            (400, "INVALID_ARGUMENT", "Developer instruction is not enabled for models/gemma-3-1b-it", "impossible",
             False),
            (400, "INVALID_ARGUMENT", "Requests ending with a model turn are not supported.", "impossible", False),
            (400, "INVALID_ARGUMENT", 'Invalid JSON payload received. Unknown name "min_p": Cannot find field.',
             "impossible", False),
        ],
    )  # fmt: skip
    def test_each_error_has_its_consequence(
        self, code: int, status: str, words: str, then: str, slow_down: bool
    ) -> None:
        found = failure(GEMINI, trouble(code, status, words), status=code)
        assert (found.then, found.slow_down) == (then, slow_down)
        assert found.error == f"HTTP {code}: {words} ({status})"

    def test_a_key_that_is_none_stops_the_endpoint_though_it_comes_as_a_400(self) -> None:
        words = "API key not valid. Please pass a valid API key."
        detail = info("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com")
        assert failure(GEMINI, trouble(400, "INVALID_ARGUMENT", words, detail), status=400).then == "stop"

    def test_a_prompt_that_is_too_long_is_an_answer(self) -> None:
        words = "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576)."
        found = answer(GEMINI, trouble(400, "INVALID_ARGUMENT", words), status=400)
        assert isinstance(found, Answered)
        assert (found.stop_class, found.stop_raw) == ("context_overflow", words)

    def test_an_error_inside_http_200_is_the_error_it_names(self) -> None:
        assert failure(GEMINI, [trouble(503, "UNAVAILABLE", "Overloaded.")]).then == "retry"
