"""One local model behind an OpenAI-like server: `python -m app.demo.server FILE NAME PORT`.

A process per model, so that each has its own account of CPU time and its own crash. It ends when its standard
input closes, which happens however the parent ends.
"""

import importlib
import signal
import sys
from typing import Any

CONTEXT = 2048  # tokens: a seven-rung ladder fits, and a slot costs some 50 MB


def settings(package: Any, file: str, name: str, port: int) -> Any:
    """Return the server's parameters: loopback, one slot, one thread, a small prompt cache.

    Threads spin while they wait for each other and small batches are slow on plain CPUs, so one thread and
    one call at a time is the fastest on two cores. Draws of several subjects take turns, so a few MiB of
    remembered prompts save half of the prompt tokens (the server's own default would grow to 8 GiB).
    """
    params = package.CommonParams()
    params.model.path = file
    params.model_alias = {name}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.cache_ram_mib = 64
    params.warmup = False
    params.verbosity = 0
    return params


def main(file: str, name: str, port: str) -> None:
    """Serve until standard input closes."""
    # Ctrl-C in the terminal, and its end, reach every process of it; the parent ends its calls first, then us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    package = importlib.import_module("xllamacpp")  # fetched by the demo, so not there when this is imported
    server = package.Server(settings(package, file, name, int(port)))
    sys.stdin.buffer.read()  # blocks, without holding the interpreter, until the parent is gone
    del server


if __name__ == "__main__":
    main(*sys.argv[1:])
