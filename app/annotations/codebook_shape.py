"""What a codebook file and the codebook's forms may say: tags with all that coders decide by."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from app.providers.plain import plain_or_refuse
from app.shape import Line, Prose, Shape, Slug, fingerprint

MOST_TAGS = 1000
LONGEST = 4000  # characters of a definition, an example
DECIDING = ("scope", "definition", "use_when", "not_when")  # what coders decide by

Text = Annotated[Prose, AfterValidator(str.strip), Field(max_length=LONGEST)]
Quoted = Annotated[
    str, AfterValidator(plain_or_refuse), Field(max_length=LONGEST)
]  # of a model: kept as it is


class TagPlace(Shape):
    """Where an example stands: `start` to `end` in code points of a turn of a transcript."""

    transcript: int = Field(ge=1)
    message: int = Field(ge=1)
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class TagShape(Shape):
    """One tag. `slot` is its colour, `key` the digit that puts it, `parent` and `merged_into` name other tags."""

    slug: Slug
    name: Annotated[Line, Field(min_length=1)]
    group: Line = ""
    parent: Slug | None = None
    scope: Literal["turn", "conversation", "set"] = "turn"
    slot: Annotated[int, Field(ge=0, le=11)] = 0
    key: Annotated[str, Field(pattern=r"^[1-9]?$")] = ""
    definition: Text = ""
    use_when: Text = ""
    not_when: Text = ""
    example: Quoted = ""
    example_place: TagPlace | None = None
    near_miss: Quoted = ""
    near_miss_place: TagPlace | None = None
    archived: bool = False
    merged_into: Slug | None = None

    def text_sha256(self) -> str:
        """Return the hash over what coders decide by; where it changes, earlier marks predate it (evidence 20)."""
        return text_sha256({name: getattr(self, name) for name in DECIDING})


class CodebookShape(Shape):
    """A codebook file: every tag in order."""

    tags: Annotated[list[TagShape], Field(min_length=1, max_length=MOST_TAGS)]


def text_sha256(said: dict[str, Any]) -> str:
    """Return the hash of a tag's deciding text, given by field."""
    return fingerprint({name: said[name] for name in DECIDING})
