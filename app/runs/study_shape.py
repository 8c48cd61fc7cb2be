"""The shape of a study file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from app.batteries.shape import BatteryShape
from app.shape import Shape
from app.studies.shape import RunBlock, StudyHead, Wanted
from app.subjects.shape import EndpointShape, Snapshot, StyleShape, SubjectShape, snapshot_of


class StudyShape(Shape):
    """A whole study file. `batteries` holds slugs of built-in ones, or paths (./…) relative to the file."""

    styloscope: Literal[1]
    study: StudyHead
    styles: tuple[StyleShape, ...] = Field(min_length=1)
    endpoints: tuple[EndpointShape, ...] = Field(min_length=1)
    subjects: tuple[SubjectShape, ...] = Field(min_length=1)
    batteries: tuple[str, ...] = Field(min_length=1)
    run: RunBlock = RunBlock()


@dataclass(frozen=True, slots=True)
class StudyFile:
    """A study file that was read and found sound, with its batteries in order."""

    path: Path
    shape: StudyShape
    batteries: tuple[BatteryShape, ...]

    @property
    def wanted(self) -> Wanted:
        """What the study keeps of its file."""
        return Wanted(
            subjects=tuple(subject.slug for subject in self.shape.subjects),
            batteries=tuple(battery.battery.slug for battery in self.batteries),
            run=self.shape.run,
        )

    @property
    def snapshots(self) -> dict[str, Snapshot]:
        """What applying would freeze of each subject, by slug in the file's order."""
        endpoints = {endpoint.slug: endpoint for endpoint in self.shape.endpoints}
        return {
            subject.slug: snapshot_of(endpoints[subject.endpoint], subject) for subject in self.shape.subjects
        }
