"""What a provider says in place of an answer: the error bodies of every family, read into one shape."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.providers.plain import plain
from app.providers.raw import Malformed, decoded, mapping, sequence

LONGEST_LINE = 400
DEEPEST_WORDS = 3  # an error within an error within an error
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
    """An error body: HTTP status, the provider's words, and every name that it gives the error.

    `upstream` is the error of the provider behind a router, where the router hands it on.
    """

    status: int
    message: str
    names: frozenset[str] = frozenset()
    raw: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    upstream: "Trouble | None" = None

    @property
    def line(self) -> str:
        """The error in one line for the page."""
        return f"HTTP {self.status}: {self._words()}"

    def _words(self) -> str:
        names = " · ".join(sorted(self.names))
        words = (self.message or "no message") + (f" ({names})" if names else "")
        return words if self.upstream is None else one_line(f"{words}: {self.upstream._words()}")


def trouble_in(data: Any, status: int, headers: Mapping[str, str], depth: int = 0) -> Trouble | None:
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
    return _read(error, status, headers, depth)


def trouble_of(status: int, message: str, headers: Mapping[str, str]) -> Trouble:
    """Return the error of a reply whose body tells nothing."""
    return Trouble(status, one_line(message), headers=headers)


def one_line(text: str) -> str:
    """Return words of a provider as one short line."""
    line = " ".join(plain(text)[0].split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def _read(error: Any, status: int, headers: Mapping[str, str], depth: int) -> Trouble:
    shape = mapping(error)
    metadata, details, inner = (mapping(shape.get(key)) for key in ("metadata", "details", "innererror"))
    google = [mapping(one) for one in sequence(shape.get("details"))]
    candidates = (
        shape.get("code"), shape.get("type"), shape.get("status"), metadata.get("error_type"),
        details.get("error_code"), inner.get("code"), *(one.get("reason") for one in google),
        *(mapping(broken).get("quotaId") for one in google for broken in sequence(one.get("violations"))),
    )  # fmt: skip
    names = frozenset(one_line(name) for name in candidates if isinstance(name, str) and name != "error")
    more = {
        name.lower(): value
        for name, value in mapping(metadata.get("headers")).items()
        if isinstance(value, str)
    }
    waits = [wait for one in google if isinstance(wait := one.get("retryDelay"), str)]
    more |= {"retry-after": waits[0]} if waits else {}
    own = _status(shape, status, names)
    return Trouble(
        own,
        one_line(_message(error)),
        names,
        shape or ({"message": error} if isinstance(error, str) else {}),
        {**more, **headers},
        _upstream(metadata.get("raw"), own) if depth == 0 else None,
    )


def _upstream(raw: Any, status: int) -> Trouble | None:
    """Return the error that a router got itself and hands on in `metadata.raw`: JSON, JSON as text, or words."""
    if not isinstance(raw, str):
        return trouble_in(raw, status, {}, 1) if raw else None
    try:
        return trouble_in(decoded(raw.encode("utf-8", "surrogatepass")), status, {}, 1)
    except Malformed:
        return trouble_of(status, raw, {}) if raw else None


def _status(shape: Mapping[str, Any], status: int, names: frozenset[str]) -> int:
    """Return the HTTP status, or the one an error under HTTP 200 stands for."""
    if status >= 400:
        return status
    code = shape.get("code")
    if isinstance(code, str) and re.fullmatch("[45][0-9][0-9]", code):
        code = int(code)
    if isinstance(code, int) and 400 <= code < 600:
        return code
    return next((STATUS_OF_TYPE[name] for name in sorted(names) if name in STATUS_OF_TYPE), UNNAMED)


def _message(error: Any, depth: int = 0) -> str:
    """Return the words: `message`, `detail` or the error itself, if a string; with the field that they speak of."""
    if isinstance(error, str):
        return error
    shape = mapping(error)
    field = ".".join(str(part) for part in sequence(shape.get("loc"))[1:])
    for key in ("message", "detail", "msg"):
        value = shape.get(key)
        if isinstance(value, str):
            return f"{field}: {value}" if field else value
        if value and depth < DEEPEST_WORDS:
            inner = sequence(value)[0] if sequence(value) else value
            return _message(inner, depth + 1) or str(value)
    return ""
