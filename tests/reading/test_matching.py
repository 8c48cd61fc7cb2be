"""What the full text is asked, in each database's own words."""

import pytest

from app.reading.matching import match, of_prompts
from app.reading.terms import read

OTHERS = 'scope : ("kr" OR "ku" OR "kt")'


@pytest.mark.parametrize(("line", "sqlite", "postgresql"), [
    ("moth", f'(text : ("moth")) NOT ({OTHERS})', "('moth') & !'/kr' & !'/ku' & !'/kt'"),
    ('"honest clock" har* OR quay', f'(text : ("honest clock") AND text : ("har" * OR "quay")) NOT ({OTHERS})',
     "('honest' <-> 'clock') & ('har':* | 'quay') & !'/kr' & !'/ku' & !'/kt'"),
    ("moth -lamp", f'(text : ("moth")) NOT (text : ("lamp") OR {OTHERS})',
     "('moth') & !('lamp') & !'/kr' & !'/ku' & !'/kt'"),
    ("-lamp", f'(scope : "y" *) NOT (text : ("lamp") OR {OTHERS})',
     "'/y':* & !('lamp') & !'/kr' & !'/ku' & !'/kt'"),
])  # fmt: skip
def test_words(line: str, sqlite: str, postgresql: str) -> None:
    found = match(read(line), "answer", ())
    assert (found.sqlite(), found.postgresql()) == (sqlite, postgresql)
    assert found.sure


def test_scope_stands_beside_the_words() -> None:
    found = match(read("moth"), "reasoning", [("s3", "s4"), ("y1",)])
    assert (
        found.sqlite() == 'text : ("moth") AND scope : ("s3" OR "s4") AND scope : ("y1") AND scope : ("kr")'
    )
    assert found.postgresql() == "('moth') & ('/s3' | '/s4') & ('/y1') & ('/kr')"
    assert found.postgresql_rank() == "'moth'"


def test_a_pattern_hints_at_words_and_is_not_sure() -> None:
    found = match(read(r"lamp /\bharbour (pilot|master)/ -/x/"), "answer", ())
    assert found.sqlite() == f'(text : ("lamp") AND text : ("harbour")) NOT ({OTHERS})'
    assert not found.sure
    assert match(read("/x/"), "answer", ()).words == ()


def test_prompts_have_no_scope() -> None:
    assert of_prompts(read("moth -lamp")).sqlite() == '(text : ("moth")) NOT (text : ("lamp"))'


def test_no_sign_of_a_line_gets_out_of_its_quotes() -> None:
    found = match(read("a'b \"x') OR scope: NEAR(\" y\\'z"), "answer", ())
    assert found.postgresql().startswith(
        "('a' <-> 'b') & ('x' <-> 'or' <-> 'scope' <-> 'near') & ('y' <-> 'z')"
    )
    assert found.sqlite().startswith('(text : ("a b") AND text : ("x or scope near") AND text : ("y z"))')
