"""The exact text that a local server makes of a chat, asked once for each conversation."""

import asyncio
from collections.abc import Mapping

from app.providers.llamacpp import read_rendering, render_request
from app.providers.transport import Transport
from app.providers.wire import Call, Target
from app.transcripts.cards import Kept

KEPT = 1024
SECONDS = 10.0


class Renderer:
    """Asks one endpoint for renderings; equal conversations share one request."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._kept: Kept[bytes, asyncio.Future[str | None]] = Kept(KEPT)

    async def rendered(self, target: Target, call: Call, auth: Mapping[str, str]) -> str | None:
        """Return the text that a call's conversation becomes, None where this server does not tell."""
        request = render_request(target, call)
        if request is None:
            return None
        known = self._kept.get(request.body)
        if known is not None:
            return await asyncio.shield(known)
        answer: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._kept.put(request.body, answer)
        try:
            answer.set_result(read_rendering(await self._transport.send(request, auth, SECONDS)))
        finally:
            if not answer.done():
                answer.set_result(None)
        return answer.result()
