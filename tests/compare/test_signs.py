"""What is printed once for each value is escaped as ever, and differs wherever the value does."""

from dataclasses import replace

from app.compare import signs
from app.compare.head import Ending, Head
from app.transcripts.shares import Share

HEAD = Head(
    "A <b>", "base", "Base (base)", "T 1", 19, 20, 1, "training", ("tiny & small · chat",),
    (("truncated sampling", 'cut: "top_p 0.9"'),),
    (Ending("whole", "0.00%", "100.00%", "19 whole", "ended=whole"),),
    ("system",), True, "Other <i>", "sft",
)  # fmt: skip


def test_a_head_says_what_it_holds_and_escapes_it() -> None:
    said = signs.about(HEAD, "")
    assert "<b>T 1 · 19 of 20</b>" in said
    assert "tiny &amp; small" in said
    assert "Other &lt;i&gt;: system" in said
    assert "cut: &#34;top_p 0.9&#34;" in said
    assert "<i>" not in said


def test_a_head_that_differs_in_anything_is_printed_anew() -> None:
    said = {signs.about(one, "") for one in (
        HEAD, replace(HEAD, n=20), replace(HEAD, failed=0), replace(HEAD, clean=False),
        replace(HEAD, lines=()), replace(HEAD, against="Third"), replace(HEAD, ended=()),
    )}  # fmt: skip
    assert len(said) == 7
    assert signs.about(replace(HEAD), "") == signs.about(HEAD, "")


def test_a_heads_endings_lead_to_an_address_of_each_page() -> None:
    one, other = signs.about(HEAD, "/runs/1/draws?t=1&v=2"), signs.about(HEAD, "/runs/2/draws?served=<b>")
    assert '<a class="plain" href="/runs/1/draws?t=1&amp;v=2&amp;ended=whole">19 whole</a>' in one
    assert "/runs/2/draws?served=&lt;b&gt;&amp;ended=whole" in other
    assert "<a" not in signs.about(HEAD, "")


def test_a_share_is_told_in_whole_percent_with_its_interval() -> None:
    assert '<b class="thin" title="from 4 draws, fewer than 20">50 %</b>' in signs.share(
        "agree", Share(0.5, 4)
    )
    sure = signs.share("mode", Share(0.5, 40, 0.35, 0.65))
    assert sure.startswith("<span>mode <b>50 %</b>")
    assert "[35–65]" in sure
