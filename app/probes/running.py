"""The probes that this server carries through beside its pages."""

import asyncio
from collections.abc import Mapping

from app.probes.asking import begin
from app.settings import Settings

_tasks: set[asyncio.Task[str]] = set()


async def start(settings: Settings, slug: str, *, keys: Mapping[str, str], person_id: int) -> None:
    """Begin a probe and let it go on by itself; raise CannotProbe where it cannot begin."""
    probing = await begin(settings, slug, keys=keys, person_id=person_id)
    task = asyncio.create_task(probing.carry_through())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def stop() -> None:
    """Break off what is under way; each is written down as broken off."""
    tasks = list(_tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
