"""A codebook as a YAML file: read, written, and the starter that comes with the product."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from app.annotations import codebook_checks
from app.annotations.codebook_shape import MOST_TAGS, TagShape
from app.runs.mistakes import Mistake
from app.runs.shaping import shaped
from app.runs.yaml_source import read, read_text
from app.runs.yaml_text import document
from app.shape import Shape

STARTER = Path(__file__).with_name("data") / "starter.yaml"


class CodebookFile(Shape):
    """The whole file: its format's number, and every tag in order."""

    styloscope: Literal[1]
    tags: Annotated[list[TagShape], Field(min_length=1, max_length=MOST_TAGS)]


@cache
def starter() -> tuple[TagShape, ...]:
    """Return the starter codebook: the tags of the study method, and a group of voices."""
    return tuple(shaped(read(STARTER), CodebookFile).tags)


def parse(name: str, body: bytes) -> list[TagShape]:
    """Read a codebook from what was uploaded; raise FileError with every mistake by its line."""
    source = read_text(name, body)
    tags = shaped(source, CodebookFile).tags
    where = {tag.slug: place for place, tag in enumerate(tags)}
    found = []
    for trouble in codebook_checks.troubles(tags):
        slug, _, rest = trouble.partition(".")
        place = where.get(slug)
        loc: tuple[str | int, ...] = ("tags",) if place is None else ("tags", place, rest.partition(":")[0])
        found.append(Mistake(loc, trouble if place is None else rest.partition(": ")[2]))
    if found:
        raise source.error(found)
    return list(tags)


def text(tags: list[TagShape]) -> str:
    """Return tags as a file that reads back to the same tags."""
    said = [one.model_dump(mode="json", exclude_defaults=True) for one in tags]
    return document({"styloscope": 1, "tags": said}, apart={"tags"})
