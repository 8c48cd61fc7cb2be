"""A codebook as a file: what is written reads back the same; what cannot be read is told by its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annotations import codebook_file
from app.annotations.codebook_shape import TagShape, text_sha256
from app.runs.mistakes import FileError
from app.shape import HIDDEN

PROSE = st.text(st.characters(exclude_categories=["Cs"]), max_size=60).map(
    lambda text: HIDDEN.sub("", text).strip()
)
SAID = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=60)
NAMES = PROSE.map(lambda text: " ".join(text.split())).filter(bool)


@st.composite
def codebooks(draw: st.DrawFn) -> list[TagShape]:
    """Codebooks of a few tags with texts of all kinds, each a child of the one before or not."""
    made: list[TagShape] = []
    for nth in range(draw(st.integers(1, 5))):
        parent = draw(st.sampled_from([None, *(one.slug for one in made)]))
        made.append(
            TagShape(
                slug=f"tag-{nth}",
                name=f"{nth} {draw(NAMES)}".strip(),
                group=draw(st.sampled_from(["", "manner", "ünïcode · 群"])),
                parent=parent,
                scope=draw(st.sampled_from(["turn", "conversation", "set"])),
                slot=draw(st.integers(0, 11)),
                key=str(nth + 1),
                definition=draw(PROSE),
                use_when=draw(PROSE),
                not_when=draw(PROSE),
                example=draw(SAID),
                near_miss=draw(SAID),
                archived=draw(st.booleans()),
            )
        )
    return made


@given(codebooks())
def test_what_is_written_reads_back_the_same(tags: list[TagShape]) -> None:
    text = codebook_file.text(tags)
    again = codebook_file.parse("codebook.yaml", text.encode())
    assert again == tags
    assert codebook_file.text(again) == text


def test_the_starter_reads_back_the_same() -> None:
    starter = list(codebook_file.starter())
    assert codebook_file.parse("starter.yaml", codebook_file.text(starter).encode()) == starter


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "codebook.yaml:1: found an empty file"),
        ("styloscope: 1\ntags: []\n", "codebook.yaml:2: tags"),
        ("styloscope: 2\ntags: [{slug: a, name: A}]\n", "codebook.yaml:1: styloscope"),
        ("styloscope: 1\ntags:\n  - {slug: A b, name: A}\n", "codebook.yaml:3: tags[0].slug"),
        ("styloscope: 1\ntags:\n  - {slug: a}\n", "codebook.yaml:3: tags[0]"),
        ("styloscope: 1\ntags:\n  - {slug: a, name: A, color: 1}\n", "codebook.yaml:3: tags[0]"),
        ("styloscope: 1\ntags:\n  - {slug: a, name: A, slot: 12}\n", "codebook.yaml:3: tags[0].slot"),
        ("styloscope: 1\ntags:\n  - {slug: a, name: A, key: 1}\n", "codebook.yaml:3: tags[0].key"),
        ("styloscope: 1\ntags:\n  - {slug: a, name: A, scope: word}\n", "codebook.yaml:3: tags[0].scope"),
        ("styloscope: 1\ntags:\n  - {slug: a, name: A}\n  - {slug: b, name: B, parent: c}\n", ":4: tags[1].parent"),
        ("styloscope: 1\ntags: &x []\n", "anchor"),
        ("styloscope: 1\ntags: !!python/object:os.system []\n", "tag (!)"),
        ("- " * 40, "deeper"),
        ("\ufeffstyloscope: 1\ntags:\n  - {slug: a, name: \"\\uD800\"}\n", "codebook.yaml"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_file_line_and_place(text: str, told: str) -> None:
    with pytest.raises(FileError) as caught:
        codebook_file.parse("codebook.yaml", text.encode())
    assert told in str(caught.value)


def test_every_mistake_is_told_at_once() -> None:
    text = "styloscope: 1\ntags:\n  - {slug: a, name: A, slot: 99}\n  - {slug: b, name: ''}\n"
    with pytest.raises(FileError) as caught:
        codebook_file.parse("codebook.yaml", text.encode())
    assert len(caught.value.lines) == 2


@pytest.mark.parametrize("body", [b"\xff\xfes\x00", b"styloscope: 1\ntags: \xff", b"\x00", b"a" * 2_000_001])
def test_bytes_that_are_no_text_are_refused(body: bytes) -> None:
    with pytest.raises(FileError):
        codebook_file.parse("codebook.yaml", body)


def test_the_hash_is_over_what_coders_decide_by_and_nothing_else() -> None:
    tag = TagShape(slug="a", name="A", definition="d", use_when="u", not_when="n")
    same = tag.model_copy(update={"name": "B", "slot": 3, "key": "2", "example": "e", "group": "g"})
    assert tag.text_sha256() == same.text_sha256()
    for field in ("definition", "use_when", "not_when"):
        assert tag.model_copy(update={field: "x"}).text_sha256() != tag.text_sha256()
    assert tag.text_sha256() == text_sha256(
        {"scope": "turn", "definition": "d", "use_when": "u", "not_when": "n"}
    )
