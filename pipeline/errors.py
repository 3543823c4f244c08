"""The one family of errors that a user can cause.

Each carries an id (stable, for tests and documentation) and one Chinese sentence that says what was found,
where, and what would be right. Everything else that is raised is a bug and may show its traceback.
"""

from __future__ import annotations

import unicodedata


class UserError(Exception):
    """Something the user can mend. `str(error)` is the Chinese sentence, `error.id` the stable id."""

    def __init__(self, id: str, message: str) -> None:
        super().__init__(message)
        self.id = id
        self.message = message

    def __reduce__(self) -> tuple[type[UserError], tuple[str, str]]:
        """From a process of its own, as it is."""
        return type(self), (self.id, self.message)


class ParameterError(UserError):
    """A parameter, scenario or option that does not exist or has a value that cannot be."""


class RegionError(UserError):
    """A region that is not one of the 31 provinces or the nation."""


class DataError(UserError):
    """A raw data or reference file that is missing, unreadable or contradicts its contract."""


class OutputError(UserError):
    """A place that cannot be written to."""


class RenderError(UserError):
    """A report that could not be rendered, or an engine that is not there."""


def shown(text: object) -> str:
    """A text that is safe to print: what is no visible character (control, bidi, line breaks) stands as an escape."""
    plain = str(text)
    if plain.isprintable():
        return plain
    return "".join(
        one if one.isprintable() or unicodedata.category(one) == "Zs" else one.encode("unicode_escape").decode()
        for one in plain
    )
