"""`python -m bench [run|browse|search|annotate|start|demo] [--full]`: the goals' benchmarks, medians and spreads.

Without a name the short form of all but demo; `--full` takes the sizes that the goals name.
"""

import argparse
import platform
import sys

from bench import annotate, browse, demo, run, search, start
from bench.measure import ROOT


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "group", nargs="*", choices=["run", "browse", "search", "annotate", "start", "demo", []], default=[]
    )
    parser.add_argument("--full", action="store_true")
    options = parser.parse_args()
    wanted = options.group or ["run", "browse", "search", "annotate", "start"]
    print(f"Python {platform.python_version()}, {platform.machine()}, {sys.platform}")
    kept = ROOT / "data" / "bench"  # generated databases, kept between benchmarks
    if "run" in wanted:
        run.main(options.full)
    if "browse" in wanted:
        browse.main(options.full, kept)
    if "search" in wanted:
        search.main(options.full, kept)
    if "annotate" in wanted:
        annotate.main(kept)
    if "start" in wanted:
        start.main(options.full, kept)
    if "demo" in wanted:
        demo.main()


if __name__ == "__main__":
    main()
