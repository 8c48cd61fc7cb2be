"""What a draft must find outside of itself: slugs that are free, and things that it names."""

from collections.abc import Iterable, Iterator

from sqlalchemy.orm import Session

from app.authoring.checking import Checked, StudyPlan, Wrong
from app.authoring.models import Draft
from app.authoring.queries import published, slug_in
from app.authoring.saving import slug_unit
from app.batteries.queries import batteries
from app.runs.mistakes import one_of, shown
from app.runs.study_checks import budget_mistakes, routing_mistakes
from app.runs.study_file import built_in
from app.runs.whole import endpoint_shape, endpoint_shapes, subject_shape
from app.subjects.queries import endpoint, endpoints, newest_versions, styles, subjects
from app.subjects.shape import EndpointShape, SubjectShape


def outside(session: Session, row: Draft, found: Checked) -> Iterator[Wrong]:
    """Yield what is wrong with a draft beside what is registered."""
    slug = slug_in(row)
    if row.of is None and slug and published(session, row.kind, slug) is not None:
        text = f"found {shown(slug)}, which there is already, expected one that is free"
        yield Wrong("", slug_unit(row.kind), text, "Slug")
    shape = found.shape
    if isinstance(shape, EndpointShape):
        yield from _known("style", [shape.style], [one.slug for one in styles(session)], "Style")
        yield from _its_subjects(session, shape)
    elif isinstance(shape, SubjectShape):
        there = {one.slug: one for one in endpoints(session)}
        yield from _known("endpoint", [shape.endpoint], list(there), "Endpoint")
        if shape.endpoint in there:
            for mistake in routing_mistakes(shape, endpoint_shape(there[shape.endpoint]), ()):
                yield Wrong("", "sampling.extra", mistake.text, "Extra")
    elif isinstance(shape, StudyPlan):
        yield from _study(session, shape)


def _its_subjects(session: Session, shape: EndpointShape) -> Iterator[Wrong]:
    """Yield what an endpoint would make of subjects that stand on it already."""
    row = endpoint(session, shape.slug)
    newest = newest_versions(session)
    for one in subjects(session, endpoint_id=row.id) if row else ():
        for mistake in routing_mistakes(subject_shape(one, newest[one.id]), shape, ()):
            yield Wrong("", "upstream", f"subject {one.slug}: {mistake.text}", "Upstream")


def _known(unit: str, named: Iterable[str], there: list[str], label: str) -> Iterator[Wrong]:
    for slug in named:
        if slug not in there:
            expected = one_of(slug, there, f"one of the {label.lower().rstrip('s')}s that there are:")
            yield Wrong("", unit, f"found {shown(slug)}, expected {expected}", label)


def _study(session: Session, plan: StudyPlan) -> Iterator[Wrong]:
    whom = {one.slug: one for one in subjects(session)}
    yield from _known("subjects", plan.subjects, list(whom), "Subjects")
    names = [*(one.slug for one in batteries(session)), *built_in()]
    yield from _known("batteries", plan.batteries, list(dict.fromkeys(names)), "Batteries")
    used = {whom[slug].endpoint.slug: whom[slug].endpoint for slug in plan.subjects if slug in whom}
    for mistake in budget_mistakes(plan.run.budget, endpoint_shapes(used.values()).values()):
        yield Wrong("", "run.budget.usd", mistake.text, "Pause at dollars")
