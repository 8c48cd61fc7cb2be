"""The routes of coding, in one tuple for the application."""

from app.annotations import agreement_pages, api, code_pages, codebook_acts, codebook_pages, mark_pages

ROUTERS = (
    code_pages.router,
    api.router,
    codebook_pages.router,
    codebook_acts.router,
    agreement_pages.router,
    agreement_pages.api,
    mark_pages.router,
)
