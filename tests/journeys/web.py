"""The dashboard over HTTP, as a browser's forms and links use it."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.journeys.shell import Served

SECONDS = 30


class Reply:
    """A reply, read whole; redirects are not followed."""

    def __init__(self, connection: HTTPConnection) -> None:
        reply = connection.getresponse()
        self.status = reply.status
        self.headers = {name.lower(): value for name, value in reply.getheaders()}
        self.body = reply.read()
        connection.close()

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def get(served: Served, path: str) -> Reply:
    """Ask for a page."""
    connection = HTTPConnection(urlsplit(served.url).netloc, timeout=SECONDS)
    connection.request("GET", path, headers={"accept": "text/html"})
    return Reply(connection)


def post(served: Served, path: str, fields: Mapping[str, Any] = {}) -> Reply:
    """Send a form, as a page of the dashboard's own does."""
    connection = HTTPConnection(urlsplit(served.url).netloc, timeout=SECONDS)
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "accept": "text/html",
        "sec-fetch-site": "same-origin",
        "origin": served.url,
    }
    connection.request("POST", path, urlencode(fields, doseq=True), headers)
    return Reply(connection)


def run_of(reply: Reply) -> int:
    """Return the number of the run to whose page a form has led."""
    assert reply.status == 303, reply.text
    return int(reply.headers["location"].rpartition("/")[2])
