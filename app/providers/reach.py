"""Which machines a server for others may speak to: public addresses, and origins that an admin listed.

The address is looked at when a connection is made, after the name was resolved: a name cannot lead elsewhere
between the look and the call.
"""

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Callable, Collection
from functools import partial
from typing import Any
from urllib.parse import urlsplit


def is_public(address: str) -> bool:
    """Tell whether an IP address belongs to the open internet."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast


def listed(origins: Collection[str]) -> set[tuple[str, int]]:
    """Return the addresses and ports that listed origins are at now."""
    found: set[tuple[str, int]] = set()
    for one in origins:
        parts = urlsplit(one)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with contextlib.suppress(OSError):  # a name that is nobody's now is at no address
            told = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
            found |= {(str(each[4][0]), port) for each in told}
    return found


def factory(origins: Collection[str] | None) -> Callable[[Any], socket.socket] | None:
    """Return how aiohttp makes a socket: None = as ever, else to public addresses and these origins alone."""
    return None if origins is None else partial(made, origins)


def made(origins: Collection[str], info: Any) -> socket.socket:
    """Make the socket of a connection that is begun; raise PermissionError for what is not to be reached."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])) and (str(address[0]), address[1]) not in listed(origins):
        told = f"{address[0]} is no public address, and its origin is not in STYLOSCOPE_ENDPOINT_ORIGINS"
        raise PermissionError(errno.EACCES, told)
    return socket.socket(family, kind, protocol)
