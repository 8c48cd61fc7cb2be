"""A reader of pages over an empty database."""

from tests.transcripts.conftest import client

__all__ = ["client"]
