"""What a provider says in place of an answer: the error bodies of every family, read into one shape."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.providers.plain import plain
from app.providers.raw import mapping, sequence, string

LONGEST_LINE = 400
UNNAMED = (
    502  # the status of an error under HTTP 200 that names none: the provider's own fault, so asked again
)

# Anthropic names the status by its type where an error comes under HTTP 200.
STATUS_OF_TYPE = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "api_error": 500,
    "server_error": 500, "timeout_error": 504, "overloaded_error": 529,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error body: HTTP status, the provider's words, and every name that it gives the error."""

    status: int
    message: str
    names: frozenset[str] = frozenset()
    param: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The error in one line for the page."""
        names = " · ".join(sorted(self.names))
        return f"HTTP {self.status}: {self.message or 'no message'}" + (f" ({names})" if names else "")


def trouble_in(data: Any, status: int, headers: Mapping[str, str]) -> Trouble | None:
    """Return the error that a decoded body holds; None where the status is fine and the body holds none."""
    if isinstance(data, list) and data:
        data = data[0]  # some answer with a list of one
    body = mapping(data)
    error = body.get("error") or (data if isinstance(data, str) and status >= 400 else None)
    if not error and ("error" in (body.get("object"), body.get("type"))):
        error = body  # old vLLM builds send their errors flat
    if not error and status >= 400:
        error = body
    if not error and status < 400:
        return None
    return _read(error, status, headers)


def trouble_of(status: int, message: str, headers: Mapping[str, str]) -> Trouble:
    """Return the error of a reply whose body tells nothing."""
    return Trouble(status, one_line(message), headers=headers)


def one_line(text: str) -> str:
    """Return words of a provider as one short line."""
    line = " ".join(plain(text)[0].split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def _read(error: Any, status: int, headers: Mapping[str, str]) -> Trouble:
    shape = mapping(error)
    metadata, details, inner = (mapping(shape.get(key)) for key in ("metadata", "details", "innererror"))
    candidates = (
        shape.get("code"), shape.get("type"), shape.get("status"), metadata.get("error_type"),
        details.get("error_code"), inner.get("code"),
    )  # fmt: skip
    names = frozenset(one_line(name) for name in candidates if isinstance(name, str) and name != "error")
    more = {
        name.lower(): value
        for name, value in mapping(metadata.get("headers")).items()
        if isinstance(value, str)
    }
    return Trouble(
        _status(shape, status, names),
        one_line(_message(error)),
        names,
        string(shape.get("param")) or "",
        shape,
        {**more, **headers},
    )


def _status(shape: Mapping[str, Any], status: int, names: frozenset[str]) -> int:
    """Return the HTTP status, or the one an error under HTTP 200 stands for."""
    if status >= 400:
        return status
    code = shape.get("code")
    if isinstance(code, int) and 400 <= code < 600:
        return code
    return next((STATUS_OF_TYPE[name] for name in sorted(names) if name in STATUS_OF_TYPE), UNNAMED)


def _message(error: Any) -> str:
    """Return the words: `message`, `detail` or the error itself where it is a string."""
    if isinstance(error, str):
        return error
    shape = mapping(error)
    for key in ("message", "detail", "msg"):
        value = shape.get(key)
        if isinstance(value, str):
            return value
        if value:
            inner = mapping(sequence(value)[0] if sequence(value) else value)
            return string(inner.get("msg")) or string(inner.get("message")) or str(value)
    return ""
