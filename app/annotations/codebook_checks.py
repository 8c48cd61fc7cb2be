"""What must hold of a whole codebook before it is written: names, keys, the tree, heirs, examples in real texts."""

from collections.abc import Iterator, Sequence

from sqlalchemy.orm import Session

from app.annotations import places, snapshots
from app.annotations.codebook_shape import TagShape
from app.transcripts.models import Transcript
from app.transcripts.whole import Reader
from app.web import Invalid


def check(session: Session, study: int, every: Sequence[TagShape]) -> None:
    """Raise Invalid naming the first tag that cannot stand as it is said."""
    for trouble in (*troubles(every), *_places(session, study, every)):
        raise Invalid(trouble)


def troubles(every: Sequence[TagShape]) -> Iterator[str]:
    """Give what is wrong with tags beside one another, a line each."""
    known = {one.slug: one for one in every}
    yield from _twice([one.slug for one in every], "slug")
    live = [one for one in every if not one.archived and one.merged_into is None]
    yield from _twice([one.name.casefold() for one in live], "name")
    keys: dict[str, str] = {}
    for one in live:
        if one.key and one.key in keys:
            yield f"{one.slug}.key: found {one.key}, which is the key of {keys[one.key]!r} already"
        keys[one.key] = one.slug
    for one in every:
        for field in ("parent", "merged_into"):
            name = getattr(one, field)
            if name is not None and name not in known:
                yield f"{one.slug}.{field}: found {name!r}, expected a tag of this codebook"
            if name is not None and _rings(known, one, field):
                yield f"{one.slug}.{field}: found {name!r}, which leads back to {one.slug!r}"


def _twice(names: Sequence[str], field: str) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{field}: found {name!r} twice, expected each once"
        seen.add(name)


def _rings(known: dict[str, TagShape], one: TagShape, field: str) -> bool:
    at, steps = getattr(one, field), 0
    while at in known and steps <= len(known):
        if at == one.slug:
            return True
        at, steps = getattr(known[at], field), steps + 1
    return False


def _places(session: Session, study: int, every: Sequence[TagShape]) -> Iterator[str]:
    """Give each example that is not where it says, quoted to the letter."""
    named = [(one.slug, field, place, quote) for one in every
             for field, place, quote in (("example", one.example_place, one.example),
                                         ("near_miss", one.near_miss_place, one.near_miss)) if place]  # fmt: skip
    if not named:
        return
    wanted = {place.transcript for _, _, place, _ in named}
    where = (Transcript.id.in_(wanted), Transcript.study_id == study, Transcript.state == "done")
    turns = {one.row["id"]: {each["id"] for each in one.messages} for one in Reader(session).all(*where)}
    texts = snapshots.texts_of(session, {place.message for _, _, place, _ in named})
    for slug, field, place, quote in named:
        if place.message not in turns.get(place.transcript, ()):
            yield f"{slug}.{field}_place: found a turn that is in no finished transcript of this study"
            continue
        try:
            places.place(texts[place.message], place.start, place.end, quote, name=f"{slug}.{field}")
        except places.NotThere as error:
            yield error.message
