"""The `serve` command: the dashboard in the browser."""

import asyncio
import errno
import ipaddress
import logging
import os
import socket
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli.main import INTERRUPTED, command, fail

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

Host = Annotated[str, typer.Option("--host", help="Address to bind; in local mode a loopback address only.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")]


@command("serve")
def serve(host: Host = "127.0.0.1", port: Port = 8765) -> None:
    """Serve the dashboard, and collect what runs have queued. Migrates an embedded database after a backup."""
    from app.cli.local import local_settings

    found = local_settings()
    if found.mode == "local" and not is_loopback(host):
        fail(
            f"--host: found {host!r}, expected a loopback address such as 127.0.0.1: local mode has no log-in"
        )
    listener = listen(host, port)
    from app.schema import open_ready

    try:
        opened = open_ready(found)
        if found.mode == "team":
            from app.cli.user import need_an_admin

            need_an_admin(opened)
    except BaseException:
        listener.close()
        raise
    serve_on(listener)


def is_loopback(host: str) -> bool:
    """Tell whether a name or address reaches this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Bind the port before anything else is done; fail with a message where it is taken."""
    address = host.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    # A server that just ended leaves its port waiting; a listening one still refuses us.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            fail(
                f"--port: {port} is in use (another styloscope?); give a free one, such as --port {port + 1}"
            )
        fail(f"--host: {host} cannot be bound: {error.strerror}")
    return listener


def _supervise() -> ModuleType:
    from app.transcripts import supervise

    return supervise


def _say_what_is_waited_for(supervise: ModuleType | None) -> None:
    calls = sum(one.in_flight for one in supervise.live().values()) if supervise else 0
    if calls:
        print(f"Waiting a few seconds for {calls} calls under way; Ctrl-C again leaves them.", flush=True)


def trusting(proxies: tuple[str, ...]) -> dict[str, Any]:
    """Return how uvicorn takes X-Forwarded headers: from these alone, by default from nobody, not even loopback."""
    return {"proxy_headers": bool(proxies), "forwarded_allow_ips": list(proxies)}


def _no_cut_short(record: logging.LogRecord) -> bool:
    """Leave out of the log what was cut short at the end: a reader that takes nothing is waited for in vain."""
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)


def serve_on(listener: socket.socket, ending: Callable[[], None] = lambda: None) -> None:
    """Serve the open database until Ctrl-C; open streams are given one second.

    `ending` is done first of all then, also where a second Ctrl-C cuts the rest short.
    """
    from app.main import create_app

    server = _server(create_app(load_supervise=_supervise), ending)
    address, port = listener.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    print(f"Styloscope is at http://{shown}:{port}/ (Ctrl-C ends it)", flush=True)
    logging.getLogger("uvicorn.error").addFilter(_no_cut_short)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:  # uvicorn raises the signal again once it has shut down
        return


def _server(app: "FastAPI", ending: Callable[[], None]) -> "uvicorn.Server":
    import uvicorn

    class Server(uvicorn.Server):
        """Ends the streams first: they would be waited for until the last second of grace."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if self.should_exit:
                os._exit(INTERRUPTED)  # draws under way are queued again by the next who asks
            super().handle_exit(sig, frame)

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            app.state.hub.close()
            await asyncio.to_thread(ending)
            _say_what_is_waited_for(app.state.supervise)
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
        server_header=False,
        ws="none",
        **trusting(app.state.settings.trusted_proxies),
    )
    return Server(config)
