"""Who may bring in people, and what says that somebody may not."""

from lms.accounts.models import User
from lms.units.models import Grant, Unit
from lms.units.scope import granted_paths


class NotAllowedError(Exception):
    """The importer holds no right to bring in people to this unit."""


def may_import(person: User, unit: Unit) -> bool:
    return any(unit.path.startswith(path) for path in granted_paths(person, Grant.Right.IMPORT))
