"""A way to the server that can be cut: bytes go through as they are, until every connection is broken off."""

import contextlib
import socket
import threading


class Cuttable:
    """A relay on a free port of 127.0.0.1 to another one."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.open: set[socket.socket] = set()
        self.cuts = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:  # closed
                return
            self.open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := one.recv(65536):
                other.sendall(part)
        self._end(one, other)

    def _end(self, *ends: socket.socket) -> None:
        for end in ends:
            self.open.discard(end)
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        """Break every connection off."""
        self.cuts += 1
        self._end(*list(self.open))

    def close(self) -> None:
        """Take no more, and break off what is open."""
        self.listener.close()
        self.cut()
