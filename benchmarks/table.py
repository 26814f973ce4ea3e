"""The table that `make bench` prints: what was measured, the bar, and whether it is met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    quality
        What was measured.
    measured
        As it is shown.
    bar
        As design and users want it; empty for a line that only informs.
    met
        Whether the bar is met; None without a bar.
    """

    quality: str
    measured: str
    bar: str = ""
    met: bool | None = None


def at_least(quality: str, value: float, bar: float, unit: str = "×") -> Row:
    """Return the row of something that should be large.

    Parameters
    ----------
    quality, value, bar, unit
        What, how much, how much it should be, and of what.
    """
    return Row(quality, f"{value:.2f} {unit}", f"≥ {bar:g} {unit}", value >= bar)


def at_most(quality: str, value: float, bar: float, unit: str) -> Row:
    """Return the row of something that should be small.

    Parameters
    ----------
    quality, value, bar, unit
        What, how much, how much it should be, and of what.
    """
    return Row(quality, f"{value:.2f} {unit}", f"≤ {bar:g} {unit}", value <= bar)


def text(rows: list[Row]) -> str:
    """Return rows as a Markdown table.

    Parameters
    ----------
    rows
        In their order.
    """
    cells = [("quality", "measured", "bar", "")]
    cells += [(row.quality, row.measured, row.bar, {True: "met", False: "MISSED", None: ""}[row.met]) for row in rows]
    lines = [f"| {' | '.join(line)} |" for line in cells]
    return "\n".join([lines[0], "|---|---|---|---|", *lines[1:]])
