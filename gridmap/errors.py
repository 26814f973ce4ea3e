"""Everything that GridMap refuses, as one tree.

    GridMapError
    ├── BadInput                 a value that cannot be what it should be
    │   ├── BadPosition          coordinates that are no position on earth
    │   └── BadFile              a file that cannot be read as what it should be
    ├── NotFound                 nothing on record answers to what was asked
    │   ├── UnknownPlace         no place has that code
    │   └── OutsideCommunity     the position lies in no community on record
    ├── Conflict                 the record as it stands forbids the change
    ├── Refused                  this user may not do that
    │   ├── NotSignedIn          nobody is signed in
    │   └── TooManyTries         a sign-in is throttled
    └── Unavailable              a part that GridMap stands on does not answer
        └── NotConfigured        a setting is missing or unusable

HTTP status codes live in `web`; exit codes in `web.commands`.
"""

from __future__ import annotations


class GridMapError(Exception):
    """Root of all errors of GridMap.

    Parameters
    ----------
    message
        A sentence in English with ``{name}`` fields; it is also the key in the translation catalogue.
    **values
        What the fields stand for: the thing and the value that the sentence is about.
    """

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return self.message.format(**self.values) if self.values else self.message


class BadInput(GridMapError):
    """A value that cannot be what it should be; `field` names it.

    Parameters
    ----------
    message
        See `GridMapError`.
    field
        The parameter, column or attribute that holds the value.
    **values
        See `GridMapError`.
    """

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(message, **({"field": field} if field else {}), **values)
        self.field = field


class BadPosition(BadInput):
    """Coordinates that are no position on earth."""


class BadFile(BadInput):
    """A file that cannot be read as what it should be."""


class NotFound(GridMapError):
    """Nothing on record answers to what was asked."""


class UnknownPlace(NotFound):
    """No place on record has that code."""


class OutsideCommunity(NotFound):
    """The position lies in no community on record."""


class Conflict(GridMapError):
    """The record as it stands forbids the change."""


class Refused(GridMapError):
    """This user may not do that."""


class NotSignedIn(Refused):
    """Nobody is signed in."""


class TooManyTries(Refused):
    """A sign-in is throttled.

    Parameters
    ----------
    message
        See `GridMapError`.
    retry_after
        Seconds until the next try is looked at.
    """

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, seconds=retry_after)
        self.retry_after = retry_after


class Unavailable(GridMapError):
    """A part that GridMap stands on does not answer."""


class NotConfigured(Unavailable):
    """A setting is missing or unusable."""
