"""Every route of the application as it is made: what a matrix of tests is generated from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import BaseRoute, Route

from app.main import create_app
from app.settings import Settings


@dataclass(frozen=True)
class Known:
    """A route: its method, its path with {parameters}, and the names that its query or form may hold."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    form: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def every_route() -> list[Known]:
    """Return every route and method, HEAD apart (it goes with GET)."""
    return sorted(set(_known(create_app(Settings()).routes)), key=str)


def _known(routes: Iterable[BaseRoute]) -> Iterator[Known]:
    for route in routes:
        if isinstance(route, APIRoute):
            query, form = _names(route.dependant.query_params), _names(route.dependant.body_params)
            yield from (Known(method, route.path, query, form) for method in route.methods - {"HEAD"})
        elif isinstance(route, Route):
            yield from (Known(method, route.path) for method in (route.methods or set()) - {"HEAD"})


def _names(fields: Iterable[object]) -> tuple[str, ...]:
    """Return the names of single fields, and those inside of a model that gathers them."""
    found: list[str] = []
    for one in fields:
        kind = one.field_info.annotation  # type: ignore[attr-defined]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found += [field.alias or name for name, field in kind.model_fields.items()]
        else:
            found.append(one.alias)  # type: ignore[attr-defined]
    return tuple(found)
