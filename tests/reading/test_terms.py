"""The line that is looked for: what each sign of it means, and where it cannot be read."""

import pytest

from app.reading.terms import Pattern, Terms, Unclear, Words, read, spans, words_of


def one(*words: str, prefix: bool = False) -> tuple[Words, ...]:
    return (Words(words, prefix),)


@pytest.mark.parametrize(("line", "groups"), [
    ("harbour", (one("harbour"),)),
    ("  Harbour  CAFÉ ", (one("harbour"), one("cafe"))),
    ('"honest clock"', (one("honest", "clock"),)),
    ("har* \"honest clo\"*", (one("har", prefix=True), one("honest", "clo", prefix=True))),
    ("don't state-of-the-art", (one("don", "t"), one("state", "of", "the", "art"))),
    ("a OR b c", ((Words(("a",)), Words(("b",))), one("c"))),
    ('a b OR "c d" OR e*', (one("a"), (Words(("b",)), Words(("c", "d")), Words(("e",), True)))),
    ("or Or ORchard", (one("or"), one("or"), one("orchard"))),
    ("f(x) 3.14 snake_case", (one("f", "x"), one("3", "14"), one("snake", "case"))),
    ("", ()),
])  # fmt: skip
def test_words(line: str, groups: tuple[tuple[Words, ...], ...]) -> None:
    assert read(line) == Terms(line, groups)


def test_a_minus_leaves_out_and_patterns_stand_beside_words() -> None:
    found = read(r'moth -sorry -"as an AI" /colou?r \/ x/ -/\d+/i')
    assert found.groups == (one("moth"),)
    assert found.without == (Words(("sorry",)), Words(("as", "an", "ai")))
    assert found.patterns == (Pattern("colou?r / x", at=26),)
    assert found.without_patterns == (Pattern(r"\d+", any_case=True, at=42),)
    assert found.line[found.patterns[0].at - 1 :].startswith("colou?r")
    assert found.line[found.without_patterns[0].at - 1 :].startswith(r"\d+")


def test_scripts_without_gaps_are_looked_for_as_signs() -> None:
    assert read("你好 moth").patterns == (Pattern("你好", any_case=True, at=1, literal=True),)
    assert read('-"ในน้ำ"').without_patterns == (Pattern("ในน้ำ", any_case=True, at=2, literal=True),)
    assert read("한국어").groups == (one("한국어"),)


@pytest.mark.parametrize(("line", "at", "message"), [
    ("OR a", 1, "none is before it"),
    ("a OR OR b", 6, "none is before it"),
    ("a OR", 3, "none comes after it"),
    ('moth "honest clock', 6, 'no closing "'),
    ("a /b", 3, "no closing /"),
    (r"/b\/", 1, "no closing /"),
    ("/a/ix", 4, "'ix' after the pattern"),
    ("a //", 3, "the pattern is empty"),
    ("a !!!", 3, "no letter and no digit in '!!!'"),
    ('""', 1, "no letter and no digit"),
    ("a -", 4, "no letter and no digit"),
    ("(a OR b) c", 1, "there are no brackets"),
    ("a b)", 3, "there are no brackets"),
    ("ha*r", 3, "at the end of a word"),
    ("a OR -b", 6, "to be left out"),
    ("-a OR b", 1, "to be left out"),
    ("a OR /b/", 6, "say it inside"),
    ("/b/ OR a", 1, "say it inside"),
    ("a AND b", 3, "AND is not needed"),
    ("NOT b", 1, "a minus before a term"),
    ("x" * 501, 501, "at most 500"),
    ("a " * 21, 41, "at most 20"),
])  # fmt: skip
def test_a_line_that_cannot_be_read_tells_the_place(line: str, at: int, message: str) -> None:
    with pytest.raises(Unclear) as caught:
        read(line)
    assert caught.value.at == at
    assert message in caught.value.message


@pytest.mark.parametrize(("line", "text", "found"), [
    ("harbour", "The Harbour, harbours.", ["Harbour"]),
    ("harb*", "The Harbour, harbours.", ["Harbour", "harbours"]),
    ('"honest clock"', "An honest -- clock; honest old clock", ["honest -- clock"]),
    ("don't", "I don’t, I DON'T, I don t", ["don’t", "DON'T", "don t"]),
    ("cafe", "Café cafe\u0301 cafés", ["Café", "cafe\u0301"]),
    ("i", "İ i I", ["İ", "i", "I"]),
    ("a b", "b a", ["b", "a"]),
    ("a OR ab", "ab a", ["ab", "a"]),
    ("-a", "a", []),
    ("שלום", "אמר שלום!", ["שלום"]),
])  # fmt: skip
def test_words_are_marked_where_they_stand(line: str, text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text, read(line).shown)] == found


def test_a_text_is_parted_as_the_index_parts_it() -> None:
    assert words_of("snake_case, don't; e\u0301t\xe9 №5") == ("snake", "case", "don", "t", "ete", "5")
