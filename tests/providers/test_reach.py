"""A server for others connects to public addresses alone, looked at when the connection is made."""

import socket

import pytest

from app.providers import reach
from app.settings import Settings
from tests.providers.test_transport import asking, connected, http, saying, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_a_public_address_is_one(address: str) -> None:
    assert reach.is_public(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:169.254.169.254", "localhost", ""],
)  # fmt: skip
def test_what_lies_within_is_none(address: str) -> None:
    assert not reach.is_public(address)


def test_on_ones_own_machine_every_address_is_reached_and_for_others_what_was_listed() -> None:
    assert Settings(endpoint_origins=("http://10.0.0.5",)).reach is None
    assert Settings(mode="team", endpoint_origins=("http://10.0.0.5",)).reach == ("http://10.0.0.5",)
    assert reach.factory(None) is None


def test_listed_origins_are_at_their_addresses_and_ports() -> None:
    found = reach.listed(
        ["http://127.0.0.1:8401/", "https://127.0.0.2", "http://[::1]:9", "http://no.such.name.invalid"]
    )
    assert found == {("127.0.0.1", 8401), ("127.0.0.2", 443), ("::1", 9)}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_connection_within_is_refused_before_a_byte_is_sent_unless_it_was_listed(host: str) -> None:
    async with serving(saying(http())) as address:
        port = address.rpartition(":")[2].split("/")[0]
        for origins, fault in (((), "connect"), ((f"http://127.0.0.1:{port}",), None), (None, None)):
            async with connected(reach=origins) as transport:
                reply = await transport.send(asking(f"http://{host}:{port}/v1"), {})
            assert reply.fault == fault, origins
            assert ("no public address" in reply.detail) == (fault is not None)


@pytest.mark.parametrize("address", ["169.254.169.254", "10.0.0.5"])
def test_a_name_is_looked_at_by_the_address_that_it_resolved_to(address: str) -> None:
    make = reach.factory(["http://10.0.0.6:80"])
    assert make is not None
    with pytest.raises(PermissionError, match="STYLOSCOPE_ENDPOINT_ORIGINS"):
        make((socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)))
    make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))).close()
    make((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.6", 80))).close()
