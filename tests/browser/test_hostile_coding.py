"""Hostile words in every field of coding, on every page that shows them: no script runs, no request leaves."""

import pytest
from playwright.sync_api import Page, expect

from app import db
from app.annotations import codebook_commands, passing
from app.annotations.codebook_shape import TagShape
from tests.annotations import apart, coded
from tests.annotations.coded import Coded
from tests.cast import SUBJECTS, Draw

RUN = "window.ran=1"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg/onload={RUN}>",
    f'"><script>{RUN}</script>',
    f"'><script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    "<iframe srcdoc='<script>parent.ran=1</script>'>",
    f"<body onload={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"javascript:{RUN}",
    f'" autofocus onfocus="{RUN}',
    f"' onmouseover='{RUN}",
    f"x onpointerenter={RUN} ",
    "{{7*7}}",
    "{%raw%}",
    "${7*7}",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<img src=//evil.example/x.png>",
    "@import url(//evil.example)",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<form action=//evil.example>",
    f"<template><script>{RUN}</script></template>",
    f"<math><mtext><script>{RUN}</script>",
    f"<!--<script>{RUN}</script>-->",
    f"<x hx-on:load={RUN}>",
    "<x hx-get=//evil.example hx-trigger=load>",
    f"<div data-hx-on:click={RUN}>",
    f'<noscript><p title="</noscript><img src=x onerror={RUN}>">',
    f"<select><script>{RUN}</script>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\\u003cscript\\u003e{RUN}",
    "'; DROP TABLE tags;--",
    "=cmd|'/c calc'!A1",
    f"<object data='data:text/html,<script>{RUN}</script>'>",
    "</div></main></body>",
    "\u2028\u2029",
    "a" * 200,
]


@pytest.fixture
def study(sqlite: db.Database) -> Coded:
    """Payloads as tags' names and words, as what models said, as notes, as people's names and as reasons."""

    def said(*given: object) -> Draw:
        return Draw(" ".join(PAYLOADS))

    with sqlite.writing() as session:
        made = coded.study(session, subjects=SUBJECTS[:1], repeats=2, say=said)
        shapes = [
            TagShape(slug=f"t{nth}", name=f"{nth} {text}"[:299].strip(), group=text.strip()[:100], example=text,
                     definition=text.strip(), use_when=text.strip(), not_when=text.strip(), near_miss=text,
                     key=str(nth) if 0 < nth < 10 else "")
            for nth, text in enumerate(PAYLOADS) if text.isprintable()
        ]  # fmt: skip
        codebook_commands.revise(session, made.hand(), shapes, PAYLOADS[0], seen=1)
        apart.ruling.rule(session, made.hand(admin=True), True)
    ana = apart.coder(made, PAYLOADS[1])
    shown = " ".join(PAYLOADS)
    for nth, text in enumerate(PAYLOADS):
        if f"t{nth}" in {one.slug for one in shapes}:
            coded.put(made, made.span(nth, nth + 3, shown[nth : nth + 3], tag=f"t{nth}", note=text))
    for hand in (ana, made.hand()):
        with db.writing() as session:
            passing.submit(session, hand, made.first, ["t1", "t2"])
    return made


def test_there_are_forty_payloads_and_more() -> None:
    assert len(set(PAYLOADS)) >= 40


@pytest.mark.parametrize(
    "address",
    ["/transcripts/{n}/code", "/transcripts/{n}", "/studies/first-light/codebook", "/studies/first-light/tags/t1",
     "/studies/first-light/tags/t1/edit", "/studies/first-light/codebook/revisions/2",
     "/studies/first-light/agreement",
     "/studies/first-light/agreement/t1", "/people", "/code",
     "/studies/first-light/compare/battery-of-first-light/number-plain"],
)  # fmt: skip
def test_no_page_runs_or_fetches_what_somebody_wrote(page: Page, study: Coded, address: str) -> None:
    page.goto(address.format(n=study.first))
    expect(page.locator("main")).to_be_visible()
    if "code" in address or address.startswith("/transcripts"):
        page.keyboard.press("]")
        page.keyboard.press("t")
    assert page.evaluate("window.ran") is None
    assert (
        page.locator("main script, main iframe, main object, main base, main meta, main [onerror]").count()
        == 0
    )
