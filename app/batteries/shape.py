"""The shape of a battery file, and the identity of a prompt."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from app.providers.plain import plain_or_refuse
from app.shape import Line, Prose, Shape, Slug

Words = Annotated[str, AfterValidator(plain_or_refuse)]  # sent as they are kept in the tree of messages
Mode = Literal["chat", "completion", "prefill", "ladder"]


class Turn(Shape):
    """One turn: exactly one of user, assistant or text."""

    user: Words | None = None
    assistant: Words | None = None
    text: Words | None = None

    @property
    def role(self) -> Literal["user", "assistant", "text"]:
        return "user" if self.user is not None else "assistant" if self.assistant is not None else "text"

    @property
    def words(self) -> str:
        return next(part for part in (self.user, self.assistant, self.text) if part is not None)

    @model_validator(mode="after")
    def _exactly_one(self) -> "Turn":
        if sum(part is not None for part in (self.user, self.assistant, self.text)) != 1:
            given = [name for name in ("user", "assistant", "text") if getattr(self, name) is not None]
            raise ValueError(
                "expected exactly one of user, assistant, text", " and ".join(given) or "none of them"
            )
        return self


class Answer(Shape):
    """How an answer is read mechanically: its kind, its bounds and whether all or only the first of it counts."""

    kind: Literal["integer", "word", "choice", "yesno", "line"]
    min: int | None = None
    max: int | None = None
    of: tuple[str, ...] = ()
    where: Literal["whole", "first"] = "whole"


class PromptShape(Shape):
    """One prompt of a battery file. A variant is wording; a condition is what is manipulated on purpose."""

    key: Slug
    family: Slug
    variant: Line = "plain"
    condition: dict[Line, Line | int | float | bool] = {}
    theme: Line = ""
    branch: Line = ""
    mode: Mode = "chat"
    turns: tuple[Turn, ...]
    answer: Answer | None = None
    watch_for: tuple[Line, ...] = ()
    repeats: int | None = Field(None, ge=1)
    max_tokens: int | None = Field(None, ge=1)
    title: Line = ""
    source: Prose = ""
    note: Prose = ""

    def identity(self) -> dict[str, Any]:
        """Return what the content hash covers; title, note, source, theme, watch_for and repeats may be
        corrected. Nulls are left out, so that a field added later makes no new version of an old battery."""
        fields = {"turns", "mode", "max_tokens", "answer", "condition", "variant", "family", "branch"}
        return self.model_dump(mode="json", include=fields, exclude_none=True)

    def asked(self) -> dict[str, Any]:
        """Return what two *equal prompts* share (with their effective max_tokens): turns and mode."""
        return self.model_dump(mode="json", include={"turns", "mode"}, exclude_none=True)


class BatteryHead(Shape):
    """What a battery says of itself."""

    slug: Slug
    title: Line
    description: Prose = ""
    source: Prose = ""
    licence: Line = ""


class BatteryShape(Shape):
    """A whole battery file."""

    styloscope: Literal[1]
    battery: BatteryHead
    prompts: tuple[PromptShape, ...] = Field(min_length=1)
