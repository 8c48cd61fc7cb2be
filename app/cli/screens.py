"""Which screen a run is shown on."""

from typing import TextIO

from app.transcripts.watch import PlainLines, Screen, Silence


def screen_for(stream: TextIO, *, silent: bool = False) -> Screen:
    """Return a moving table on a terminal, plain lines elsewhere, nothing where silence is asked for."""
    if stream.isatty():
        from app.transcripts.moving_table import MovingTable

        return MovingTable(stream)
    return Silence() if silent else PlainLines(stream)
