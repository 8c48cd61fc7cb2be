"""Make `python -m app.cli` the same as `styloscope`."""

from app.cli.main import main

main()
