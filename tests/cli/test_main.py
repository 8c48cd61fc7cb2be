"""What a command loads: a run that nobody watches does without the web, the migrations and the terminal's table."""

import json
import subprocess
import sys
from pathlib import Path

UNNEEDED = {
    "fastapi", "starlette", "uvicorn", "jinja2", "alembic", "psycopg", "rich", "pygments", "app.web", "app.main",
}  # fmt: skip
COMMAND = """
import atexit, json, sys
from app.cli.main import main
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
main()
"""


def test_a_command_for_a_script_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    environ = {"STYLOSCOPE_DATA": str(tmp_path), "PATH": ""}
    for _ in range(2):  # the first makes the database, for which the migrations are needed
        told = subprocess.run(
            [sys.executable, "-c", COMMAND, "status", "--json"], env=environ, capture_output=True, text=True
        )
        assert told.returncode == 0, told.stderr
    loaded = set(json.loads(told.stderr))
    assert {"app.cli.running", "aiohttp", "sqlalchemy.orm"} <= loaded
    assert UNNEEDED & loaded == set()
