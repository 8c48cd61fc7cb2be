"""Goal 20: start to first answer, and how long `styloscope --help` takes."""

from pathlib import Path

from bench.data import build
from bench.measure import STYLOSCOPE, interleaved, process, spread, table
from bench.served import server


def main(full: bool, folder: Path) -> None:
    """Run goal 20 and print its table."""
    size = 1_000_000 if full else 100_000
    home = build(folder, size)

    def first_answer() -> float:
        with server(home) as served:
            return served.first_answer

    def imports() -> float:
        return process([STYLOSCOPE[0], "-c", "import fastapi, sqlalchemy.orm"]).wall

    found = interleaved(
        5, serve=first_answer, help=lambda: process([*STYLOSCOPE, "--help"]).wall, imports=imports
    )  # fmt: skip
    table("Start", [
        (20, f"`serve` to first answer, {size:,} transcripts, s", spread(found["serve"]), "≤ 1.5"),
        (20, "`styloscope --help`, s", spread(found["help"]), "≤ 0.3"),
        (20, "importing FastAPI and SQLAlchemy alone, s", spread(found["imports"]), "floor"),
    ])  # fmt: skip
