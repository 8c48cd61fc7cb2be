"""Commands without the wait for libraries: `python -m tests.journeys.warm FOLDER` loads them once, then forks a
process for each line it reads, {number, words, environment}, which runs the command's own `main()`.

What command n prints is in FOLDER/n.out and n.err, its process number in n.pid, and n.code when it has ended.
"""

import json
import os
import select
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import uvicorn  # noqa: F401  loaded here, so that no command waits for it

from app import main as application  # noqa: F401
from app.cli import check_report, doctor_report, groups, main, running, serve, starting  # noqa: F401

groups.load()


def command(folder: Path, wanted: dict[str, Any]) -> None:
    """Run one command in this process, as the shell would, and end it."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(wanted["environment"])
        for number, name in ((1, "out"), (2, "err")):
            os.dup2(
                os.open(folder / f"{wanted['number']}.{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND), number
            )
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["styloscope", *wanted["words"]]
        main.app()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def told(path: Path, text: object) -> None:
    """Write a small file so that it is there whole or not at all."""
    half = path.with_suffix(".half")
    half.write_text(str(text))
    half.replace(path)


def reap(folder: Path, children: dict[int, int]) -> None:
    """Note how the children that have ended did."""
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        told(folder / f"{children.pop(pid)}.code", os.waitstatus_to_exitcode(status))


def serve_commands(folder: Path) -> None:
    """Fork a command for each line, until standard input closes."""
    waking, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: dict[int, int] = {}
    pending = b""
    while True:
        ready, _, _ = select.select([0, waking], [], [])
        if waking in ready:
            os.read(waking, 4096)
        reap(folder, children)
        if 0 not in ready:
            continue
        got = os.read(0, 65536)
        if not got:
            return
        *lines, pending = (pending + got).split(b"\n")
        for line in lines:
            wanted = json.loads(line)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                command(folder, wanted)
            children[pid] = wanted["number"]
            told(folder / f"{wanted['number']}.pid", pid)


if __name__ == "__main__":
    serve_commands(Path(sys.argv[1]))
