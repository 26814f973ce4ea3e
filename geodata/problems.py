"""What is wrong with what was given, gathered before anything is refused, and what became of the rest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from gridmap.errors import BadFile

SHOWN = 120  # characters of a value that are worth repeating


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that cannot be stored, and why.

    Parameters
    ----------
    id
        The object as its file names it: `way/12`, `row 7`, `features[3]`.
    attribute
        The attribute that is wrong, None for the object as a whole.
    value
        What stands there.
    message
        The reason: a sentence in English with ``{name}`` fields, key of the translation catalogue.
    values
        What the fields stand for.
    fatal
        Whether nothing at all is stored because of it; otherwise the object alone is left out.
    """

    id: str
    attribute: str | None
    value: object
    message: str
    values: dict[str, object] = field(default_factory=dict)
    fatal: bool = True

    @property
    def reason(self) -> str:
        """The reason in English."""
        return self.message.format(**self.values) if self.values else self.message

    def __str__(self) -> str:
        where = f"{self.id}, {self.attribute}" if self.attribute else self.id
        shown = _shown(self.value)
        return f"{where}: {self.reason}" + (f" ({shown!r})" if shown not in {None, ""} else "")

    def as_json(self) -> dict[str, object]:
        """Return it as programs read it."""
        return {"id": self.id, "attribute": self.attribute, "value": _shown(self.value), "reason": self.reason}


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value if value == value and value not in {float("inf"), float("-inf")} else str(value)
    text = str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


@dataclass(frozen=True, slots=True)
class LayerReport:
    """What became of one layer.

    Parameters
    ----------
    layer
        Its name in `geodata.exchange.CONTRACTS`.
    read
        Objects that the file holds.
    stored
        Those that changed what is on record.
    unchanged
        Those that are on record as they stand here.
    problems
        One for each thing that is wrong; several may concern one object.
    """

    layer: str
    read: int
    stored: int = 0
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return it as programs read it."""
        return {
            "layer": self.layer,
            "read": self.read,
            "stored": self.stored,
            "unchanged": self.unchanged,
            "problems": [problem.as_json() for problem in self.problems],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an import, layer by layer."""

    layers: tuple[LayerReport, ...] = ()

    def __getitem__(self, layer: str) -> LayerReport:
        return next(report for report in self.layers if report.layer == layer)

    @property
    def problems(self) -> list[Problem]:
        """All problems of all layers."""
        return [problem for report in self.layers for problem in report.problems]

    @property
    def refused(self) -> bool:
        """Whether nothing was stored."""
        return any(problem.fatal for problem in self.problems)

    def joined(self, other: Report) -> Report:
        """Return this report with what another stage of the same import said: counts and problems add up by layer.

        Parameters
        ----------
        other
            Of an earlier stage: its problems come first.
        """
        merged = {report.layer: report for report in self.layers}
        for early in other.layers:
            late = merged.get(early.layer, LayerReport(early.layer, 0))
            merged[early.layer] = replace(
                late,
                read=early.read + late.read,
                stored=early.stored + late.stored,
                unchanged=early.unchanged + late.unchanged,
                problems=early.problems + late.problems,
            )
        return Report(tuple(merged.values()))

    def as_json(self) -> dict[str, Any]:
        """Return it as programs read it."""
        return {"layers": [report.as_json() for report in self.layers]}


class ImportRefused(BadFile):
    """Nothing was stored; `report` holds every problem.

    Parameters
    ----------
    report
        With at least one fatal problem.
    """

    def __init__(self, report: Report) -> None:
        fatal = [(layer.layer, problem) for layer in report.layers for problem in layer.problems if problem.fatal]
        layer, first = fatal[0]
        super().__init__(
            "nothing was stored: {layer}, {first}"
            if len(fatal) == 1
            else "nothing was stored, {count} problems; the first: {layer}, {first}",
            layer=layer,
            first=first,
            count=len(fatal),
        )
        self.report = report


def refuse(layer: str, read: int, problems: Iterable[Problem]) -> ImportRefused:
    """Return the error for a layer that failed before it could be stored.

    Parameters
    ----------
    layer
        Its name.
    read
        Objects seen.
    problems
        At least one of them fatal.
    """
    return ImportRefused(Report((LayerReport(layer, read, problems=tuple(problems)),)))
