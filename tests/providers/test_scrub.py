"""No spelling of a key is left in what a provider said."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers.scrub import REMOVED, scrub, scrubbed

KEY = 'sk-test/01"23\\456789+abc='
KEYS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


def escaped(key: str) -> str:
    """Return a key with each character as JSON may always write it."""
    return "".join(f"\\u{ord(sign):04x}" for sign in key)


SPELLINGS = [
    KEY,
    json.dumps(KEY)[1:-1],
    json.dumps(KEY)[1:-1].replace("/", "\\/"),
    json.dumps(json.dumps(KEY)[1:-1])[1:-1],  # an error within an error, as routers hand them on
    escaped(KEY),
    escaped(KEY).upper().replace("\\U", "\\u"),
    KEY.replace("=", "\\u003d"),
    quote(KEY, safe=""),
    quote(KEY, safe="").lower().replace("%5c", "%5C"),
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_key_is_removed(spelling: str) -> None:
    told = f'{{"error": "bad key {spelling}, \\n see %20 \\u0041"}}'.encode()
    assert scrub(told, KEY) == b'{"error": "bad key ' + REMOVED + b', \\n see %20 \\u0041"}'


@given(KEYS)
def test_what_json_makes_of_a_key_never_tells_it(key: str) -> None:
    for written in (json.dumps(key), json.dumps(key).replace("/", "\\/"), f'"{escaped(key)}"'):
        assert json.loads(scrub(written.encode(), key)) == REMOVED.decode()


def test_what_is_no_key_stays() -> None:
    told = b'{"text": "sk-test is how keys begin, \\u0041 100% sure"}'
    assert scrub(told, KEY) == told
    assert scrub(b"none of the above", "none") == b"none of the above"  # a placeholder is no secret
    assert scrub(b"nothing", "") == b"nothing"


def test_a_key_that_was_cut_off_is_removed_where_the_reply_was_cut() -> None:
    told = b'{"error": "bad key sk-test/01'
    assert scrubbed(told, (KEY,), cut=True) == b'{"error": "bad key ' + REMOVED
    assert scrubbed(told, (KEY,)) == told
    assert scrubbed(b"bad key sk-test", (KEY,), cut=True) == b"bad key sk-test"  # too little to tell
