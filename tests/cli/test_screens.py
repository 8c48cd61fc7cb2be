"""Which screen fits which stream."""

import io

from app.cli.screens import screen_for
from app.transcripts.moving_table import MovingTable
from app.transcripts.watch import PlainLines, Silence
from tests.transcripts.looks import Terminal


def test_the_screen_fits_the_stream() -> None:
    table = screen_for(Terminal())
    assert isinstance(table, MovingTable)
    table.close()
    assert isinstance(screen_for(io.StringIO()), PlainLines)
    assert isinstance(screen_for(io.StringIO(), silent=True), Silence)
