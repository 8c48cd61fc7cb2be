"""A command as it is typed, in this process."""

from typer.testing import CliRunner, Result

from app import db
from app.cli import groups
from app.cli.main import app
from app.settings import settings

groups.load()


def typed(*words: str) -> Result:
    """Type a command that ends by itself; close the database that it opened."""
    before = db.use(None)
    result = CliRunner().invoke(app, list(words))
    opened = db.use(before)
    if opened is not None:
        opened.close()
    settings.cache_clear()
    return result
