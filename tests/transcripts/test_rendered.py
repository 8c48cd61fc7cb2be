"""The rendered view: Markdown made harmless. What a browser does with it is tested in a browser."""

import time

import pytest

from app.transcripts.rendered import rendered
from tests.compare.cast import HOSTILE


def html(text: str) -> str:
    made = rendered(text, text)
    assert made is not None
    return str(made)


def test_markdown_becomes_what_a_chat_would_have_shown() -> None:
    assert html("**bold**, *light*, ~~gone~~ and `code`") == (
        "<p><strong>bold</strong>, <em>light</em>, <s>gone</s> and <code>code</code></p>\n"
    )
    assert html("1. one\n2. two") == "<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n"
    assert "<td>1</td>" in html("| a |\n|---|\n| 1 |")


def test_headings_stand_below_the_pages_own() -> None:
    assert html("# One\n\n## Two\n\n##### Five") == "<h4>One</h4>\n<h5>Two</h5>\n<h6>Five</h6>\n"


def test_an_image_is_shown_as_its_markup_and_never_fetched() -> None:
    assert html("![cat](http://evil.example/x.png)") == "<p>![cat](http://evil.example/x.png)</p>\n"


def test_raw_html_is_text() -> None:
    assert html("<script>alert(1)</script>") == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"


def test_a_link_leads_out_without_a_trace_or_nowhere() -> None:
    assert html("[x](https://a.example)") == (
        '<p><a href="https://a.example" rel="noopener noreferrer nofollow">x</a></p>\n'
    )
    for where in (
        "javascript:alert(1)",
        "data:text/html,x",
        "/runs/1/cancel",
        "//evil.example",
        "#main",
        "vbscript:x",
    ):
        assert "href" not in html(f"[x]({where})")


def test_code_keeps_its_language_and_no_other_class() -> None:
    assert '<code class="language-js">' in html("```js\nx\n```")
    assert "class" not in html("```js&quot;onclick\nx\n```")
    assert "class" not in html("```a&#32;b\nx\n```").replace('class="language-a"', "")


@pytest.mark.parametrize(
    "text",
    [
        "a \u202eb",
        "`a \u202eb`",
        "```\na \u202eb\n```",
        "    a \u202eb",
        "[a \u202eb](https://x.example)",
        "![\u202e](u)",
    ],
)
def test_what_hides_or_turns_its_neighbours_is_shown_by_name(text: str) -> None:
    made = html(text)
    assert '<span class="ctl" data-name="RLO" title="right-to-left override">\u202e</span>' in made
    assert made.count("\u202e") == 1


def test_a_control_in_an_address_or_a_language_is_in_no_attribute() -> None:
    assert "\u202e" not in html("[a](https://x.example/\u202e 'b\u202e')")
    assert "class" not in html("```py\u202e\nx\n```")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_acts_is_left(text: str) -> None:
    made = html(text).lower()
    for forbidden in ("<script", "<img", "<svg", "<iframe", "<base", "<style", "<form", "id=", "style="):
        assert forbidden not in made
    assert made.count("<a ") == made.count('<a href="http') + made.count("<a rel=")


def test_the_same_text_is_rendered_once() -> None:
    assert rendered("*once*", "the hash") is rendered("anything", "the hash")


@pytest.mark.parametrize("text", ["x" * 50_001, "[" * 2_001, "*a" * 2_001, "[a](" * 1_001])
def test_what_would_take_seconds_is_not_rendered(text: str) -> None:
    began = time.process_time()
    assert rendered(text, text) is None
    assert time.process_time() - began < 0.1
