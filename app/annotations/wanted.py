"""What a sender may ask for: an annotation to put, and changes to one. Unknown keys are mistakes."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.providers.plain import plain_or_refuse
from app.shape import Slug
from app.web import LARGEST

MOST_TARGETS = 200
MOST_MEMBERS = 1000
MOST_AT_ONCE = 2000  # annotations put in one act
NOTE = 4000  # characters

Id = Annotated[int, Field(ge=1, le=LARGEST)]
Text = Annotated[str, AfterValidator(plain_or_refuse)]
Note = Annotated[Text, Field(max_length=NOTE)]
Confidence = Annotated[int, Field(ge=1, le=3)]
Polarity = Literal["present", "absent"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WantedTarget(_Asked):
    """A part of a message, in Unicode code points; `quote` is what the sender sees there.

    Where `quote` is left out the place is not checked against it. `transcript` is the one it is read in; where it
    is left out, the annotation's.
    """

    message: Id
    start: Annotated[int, Field(ge=0, le=LARGEST)]
    end: Annotated[int, Field(ge=1, le=LARGEST)]
    quote: str | None = None
    transcript: Id | None = None


Targets = Annotated[list[WantedTarget], Field(max_length=MOST_TARGETS)]


class Wanted(_Asked):
    """An annotation to put: a tag on spans, on a whole transcript, or on a frozen set of repeats.

    With targets in several transcripts it is a comparative one. Only a whole transcript or a set can be said to
    be without a tag (`absent`).
    """

    tag: Slug
    kind: Literal["span", "transcript", "set"] = "span"
    polarity: Polarity = "present"
    confidence: Confidence | None = None
    note: Note = ""
    transcript: Id | None = None
    targets: Targets = []
    members: Annotated[list[Id], Field(max_length=MOST_MEMBERS)] = []


class Changes(_Asked):
    """What is to change in an annotation; what is not named stays."""

    tag: Slug | None = None
    confidence: Confidence | None = None
    note: Note | None = None
    targets: Annotated[list[WantedTarget], Field(min_length=1, max_length=MOST_TARGETS)] | None = None
