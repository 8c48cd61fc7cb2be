"""The demo study: the same subjects each time, short prompts, and neighbours that differ in one thing."""

from collections import Counter
from itertools import pairwise

import yaml

from app.batteries.shape import PromptShape
from app.demo.models import GEMMA, MODELS, SMOLLM2
from app.demo.run import GUARD_SECONDS, STUDY
from app.elicitation.answers import read_answer
from app.runs.study_file import load
from app.subjects.shape import Snapshot, TurnTemplate

FILE = load(STUDY)
SUBJECTS = {subject.slug: subject for subject in FILE.shape.subjects}
PROMPTS = {prompt.key: prompt for prompt in FILE.batteries[0].prompts}


def differences(one: Snapshot, other: Snapshot) -> set[str]:
    ours, theirs = one.model_dump(), other.model_dump()
    return {name for name in ours if ours[name] != theirs[name]}


def test_its_files_are_yaml_to_every_parser() -> None:
    for path in STUDY.parent.glob("*.yaml"):
        assert yaml.load(path.read_text(), yaml.SafeLoader) == yaml.load(path.read_text(), yaml.CSafeLoader)


def test_the_seven_columns() -> None:
    assert [(subject.slug, subject.name) for subject in FILE.shape.subjects] == [
        ("gemma-scaffold", "Gemma base, dialogue scaffold"),
        ("gemma-raw", "Gemma base, raw text"),
        ("smollm2-raw", "SmolLM2, raw text"),
        ("smollm2-bare", "SmolLM2, empty system prompt"),
        ("smollm2-constitution", "SmolLM2, constitution as system prompt"),
        ("smollm2-persona", "SmolLM2, its template's own persona"),
        ("smollm2-untruncated", "SmolLM2, its persona, nothing cut off at T 1"),
    ]


def test_endpoints_are_on_the_ports_of_the_two_models() -> None:
    addresses = {model.name: f"http://127.0.0.1:{model.port}/v1" for model in MODELS}
    assert addresses == {GEMMA.name: "http://127.0.0.1:8401/v1", SMOLLM2.name: "http://127.0.0.1:8402/v1"}
    for endpoint in FILE.shape.endpoints:
        assert endpoint.base_url == addresses[endpoint.model]
        assert endpoint.dialect == "llamacpp"
        assert endpoint.key_env is None
        assert (endpoint.price.input_per_mtok, endpoint.price.output_per_mtok) == (0, 0)


def test_a_base_model_is_never_put_into_a_chat_template_that_it_lacks() -> None:
    wires = {endpoint.slug: endpoint.wire for endpoint in FILE.shape.endpoints}
    for subject in FILE.shape.subjects:
        if subject.endpoint == "gemma-3-270m":
            assert subject.mode == "completion"
        assert wires[subject.endpoint] == ("openai-chat" if subject.mode == "chat" else "openai-completions")


def test_each_style_says_where_it_is_documented() -> None:
    assert {style.slug: style.standing for style in FILE.shape.styles} == {
        "pretraining-only": "documented",
        "sft-dpo": "documented",
    }
    assert all(style.evidence.startswith("https://huggingface.co/") for style in FILE.shape.styles)


def test_what_makes_each_manner() -> None:
    assert SUBJECTS["smollm2-persona"].system is None, "the template then puts in a persona"
    assert SUBJECTS["smollm2-bare"].system == "", "an empty system prompt removes it"
    assert (SUBJECTS["smollm2-constitution"].system or "").startswith("You are an AI, not a person")
    assert SUBJECTS["gemma-scaffold"].induced_by == "scaffold"
    assert SUBJECTS["gemma-raw"].induced_by == "training"


def test_neighbours_are_clean_contrasts_but_where_raw_text_becomes_a_chat() -> None:
    snapshots = list(FILE.snapshots.items())
    steps = {(a, b): differences(one, other) for (a, one), (b, other) in pairwise(snapshots)}
    assert steps["gemma-scaffold", "gemma-raw"] == {"template", "induced_by"}
    assert steps["gemma-raw", "smollm2-raw"] == {"endpoint", "base_url", "model", "family", "style", "stage"}
    assert steps["smollm2-bare", "smollm2-constitution"] == {"system", "induced_by"}
    assert steps["smollm2-constitution", "smollm2-persona"] == {"system"}
    assert steps["smollm2-persona", "smollm2-untruncated"] == {"sampling"}


def test_every_sampler_is_named_since_the_server_would_truncate_by_itself() -> None:
    for slug, subject in SUBJECTS.items():
        found = subject.sampling
        settings = (found.temperature, found.top_p, found.top_k, found.extra)
        if slug == "smollm2-untruncated":
            assert settings == (1, 1, 0, {"min_p": 0})
        else:
            assert settings == (0.7, 0.95, 40, {"min_p": 0.05})


def test_the_scaffold_is_filled_so_that_a_begun_reply_stands_on_its_own_line() -> None:
    template = SUBJECTS["gemma-scaffold"].template
    assert isinstance(template, TurnTemplate)
    assert template.before.endswith("and keep the room dark.\n\n")
    assert template.user.endswith("Assistant:\n")


def test_the_number_is_asked_twenty_times_and_the_rest_three_times() -> None:
    repeats = {key: prompt.repeats or FILE.shape.run.repeats for key, prompt in PROMPTS.items()}
    assert repeats.pop("number") == 20
    assert set(repeats.values()) == {3}
    assert len(repeats) == 7


def test_every_way_of_asking_is_among_the_prompts() -> None:
    modes = Counter(prompt.mode for prompt in PROMPTS.values())
    assert modes == {"chat": 3, "prefill": 3, "completion": 1, "ladder": 1}


def test_answers_are_short_so_that_two_cores_have_them_before_the_guard() -> None:
    tokens = sum(
        (prompt.repeats or 3) * (prompt.max_tokens or 1000) * len(turns_of(prompt))
        for prompt in PROMPTS.values()
    )
    # One column; at some 75 tokens a second for the slower model two columns take less than the guard.
    assert 2 * tokens / 75 < GUARD_SECONDS


def turns_of(prompt: PromptShape) -> list[str]:
    return [turn.words for turn in prompt.turns if turn.role != "assistant"]


def test_a_number_past_the_bounds_is_still_read() -> None:
    spec = PROMPTS["number"].answer
    assert [read_answer(spec, text) for text in (" 7.", " 11, which", " 100.\n\n", " that I like")] == [
        "7",
        "11",
        "100",
        None,
    ]


def test_the_battery_has_titles_for_the_rail_and_a_licence() -> None:
    battery = FILE.batteries[0].battery
    assert (battery.slug, battery.licence) == ("demo", "CC0-1.0")
    titles = [prompt.title for prompt in PROMPTS.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)
