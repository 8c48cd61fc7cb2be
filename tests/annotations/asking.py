"""What tests of the coding pages and the API share: a client, and the addresses of one study."""

from collections.abc import Mapping
from typing import Any

import httpx

from tests.annotations.coded import Coded

STUDY = "/studies/first-light"
API = f"/api/v1{STUDY}"


async def put(client: httpx.AsyncClient, *wanted: Mapping[str, Any]) -> httpx.Response:
    """Ask for annotations in one act."""
    return await client.post(f"{API}/annotations", json={"annotations": list(wanted)})


async def put_one(client: httpx.AsyncClient, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Put one annotation and return it as the API tells it."""
    reply = await put(client, wanted)
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()["annotations"][0]
    return made


def span(
    coded: Coded, start: int = 0, end: int = 7, tag: str = "hedging", nth: int = 0, **more: Any
) -> dict[str, Any]:
    """A mark on a part of the nth answer, as JSON."""
    transcript, message = coded.answers[nth]
    return {
        "tag": tag,
        "transcript": transcript,
        "targets": [{"message": message, "start": start, "end": end}],
        **more,
    }


def whole(coded: Coded, tag: str = "hedging", nth: int = 0, **more: Any) -> dict[str, Any]:
    """A mark on the whole of the nth answer, as JSON."""
    return {"tag": tag, "kind": "transcript", "transcript": coded.answers[nth][0], **more}


def seen(version: int) -> dict[str, str]:
    """The header of a change that was made against this version."""
    return {"if-match": f'"{version}"'}
