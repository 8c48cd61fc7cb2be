"""The routes of coding, in one tuple for the application."""

from app.annotations import (
    agreement_pages,
    api,
    bulk_pages,
    code_pages,
    codebook_acts,
    codebook_pages,
    mark_pages,
    narrowing,  # noqa: F401 - its filters are known from here on
)

ROUTERS = (
    code_pages.router,
    api.router,
    codebook_pages.router,
    codebook_acts.router,
    agreement_pages.router,
    agreement_pages.api,
    mark_pages.router,
    bulk_pages.router,
)
