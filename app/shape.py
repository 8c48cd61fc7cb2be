"""The base of every shape that a file brings in, and the rule for the slugs that name things in files and URLs."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value):
        raise ValueError(
            "expected 1 to 64 of a-z, 0-9, dot, dash and underscore, the first a letter or digit"
        )
    return value


Slug = Annotated[str, AfterValidator(_slug)]


class Shape(BaseModel):
    """A part of a file: unknown keys are mistakes, and what was read is never changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)
