"""The rendered view of a text: Markdown as a reader of the chat would have seen it, read only and made harmless.

markdown-it-py first (no raw HTML), nh3 last, with our own list of what may stay: no images, no ids, no styles.
Characters that hide or turn what stands beside them are shown by name here too.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.transcripts.faithful import controls

KEPT = 512
# Beyond these a parser of Markdown takes seconds (it looks for the end of every bracket): not rendered.
LONGEST = 50_000
MOST_SIGNS = 2_000
TAGS = {
    "p", "br", "hr", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "table",
    "thead", "tbody", "tr", "th", "td", "a", "span",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "ol": {"start"}, "span": {"class", "data-name", "title"}}
LANGUAGE = re.compile(r"[a-zA-Z0-9-]+(?=\s|$)")
SHOWN_BY_NAME = ("text", "code_inline", "code_block", "fence")


def _heading(_renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    # The page's own headings are h1 to h3: a heading inside an answer stands below all of them.
    level = min(int(tokens[at].tag[1]) + 3, 6)
    return f"<h{level}>" if tokens[at].nesting == 1 else f"</h{level}>\n"


def _image(_renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    """Show an image as its markup: nothing is fetched while reading."""
    return str(controls(f"![{tokens[at].content}]({tokens[at].attrGet('src')})"))


def _text(renderer: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    said = str(controls(token.content))
    if token.type == "text":
        return said
    if token.type == "code_inline":
        return f"<code>{said}</code>"
    language = LANGUAGE.match(token.info)
    word = f' class="language-{language[0]}"' if language else ""
    return f"<pre><code{word}>{said}</code></pre>\n"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    rules = [("heading_open", _heading), ("heading_close", _heading), ("image", _image)]
    for kind, rule in (*rules, *((kind, _text) for kind in SHOWN_BY_NAME)):
        parser.add_render_rule(kind, rule)
    return parser


_markdown = _parser()
_kept: OrderedDict[str, Markup] = OrderedDict()
_lock = threading.Lock()


def rendered(text: str, text_sha256: str) -> Markup | None:
    """Return a text's Markdown as harmless HTML, kept in memory by the text's hash; None = too long or dense."""
    if len(text) > LONGEST or sum(map(text.count, "[]*_`<>")) > MOST_SIGNS:
        return None
    with _lock:
        if text_sha256 in _kept:
            _kept.move_to_end(text_sha256)
            return _kept[text_sha256]
    made = _render(text)
    with _lock:
        _kept[text_sha256] = made
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return made


def _render(text: str) -> Markup:
    cleaned = nh3.clean(
        _markdown.render(text),
        tags=TAGS,
        clean_content_tags=set(),
        attributes=ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
    return Markup(cleaned)


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return value if value == "ctl" or value.startswith("language-") else None
    if name == "title" and tag != "span":
        return None  # nh3 lets it through by itself; a link's could turn or hide its words
    if name == "href" and not value.lower().startswith(("http://", "https://")):
        return None  # a relative address would lead into this site
    return value
