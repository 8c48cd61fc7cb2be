"""Words that a server's chat template adds by itself are found, and flagged when a date is among them."""

from app.elicitation.inserted import Inserted, inserted
from app.providers.wire import Call, Said

ASKED = (Said("user", "Who are you?"),)
PERSONA = "You are a helpful AI assistant named Small, trained by Somebody"


def chatml(system: str, user: str = "Who are you?") -> str:
    return (
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
    )


def test_a_persona_that_nobody_sent_is_found() -> None:
    assert inserted(chatml(PERSONA), Call("chat", ASKED)) == Inserted(PERSONA, date=False)


def test_an_empty_system_prompt_that_takes_the_persona_away_leaves_nothing() -> None:
    assert inserted(chatml(""), Call("chat", ASKED, system="")) is None


def test_a_system_prompt_of_the_subjects_own_is_not_inserted() -> None:
    assert inserted(chatml("Be brief."), Call("chat", ASKED, system="Be brief.")) is None


def test_a_date_among_the_words_is_told() -> None:
    rendered = (
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
        "Today Date: 26 Jul 2024\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWho are you?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    assert inserted(rendered, Call("chat", ASKED)) == Inserted(
        "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024", date=True
    )


def test_marks_of_turns_in_other_templates_are_no_words() -> None:
    call = Call("chat", ASKED, system="Be brief.")
    gemma = "<bos><start_of_turn>user\nBe brief.\n\nWho are you?<end_of_turn>\n<start_of_turn>model\n"
    assert inserted(gemma, call) is None
    assert inserted("<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWho are you? [/INST]", call) is None


def test_a_short_turn_is_not_cut_out_of_a_longer_one() -> None:
    turns = (Said("user", "help"), Said("assistant", "I can help you"), Said("user", "go"))
    rendered = "<|user|>\nhelp\n<|assistant|>\nI can help you\n<|user|>\ngo\n<|assistant|>\n"
    assert inserted(rendered, Call("chat", turns)) is None


def test_a_turn_whose_outer_space_the_template_trims_is_still_the_turn() -> None:
    assert (
        inserted(chatml("", "Who are you?"), Call("chat", (Said("user", " Who are you?\n"),), system=""))
        is None
    )


def test_what_a_person_wrote_between_angle_brackets_is_not_the_servers() -> None:
    assert (
        inserted(chatml("", "<b>2024-01-02</b>"), Call("chat", (Said("user", "<b>2024-01-02</b>"),))) is None
    )
