"""Invariants that constraints cannot state: kept as triggers, re-created after every migrate from one list.

SQLite drops a table's triggers, without a word, whenever a migration remakes the table; ``ExclusionConstraint`` does
nothing there. And it refuses to remake a table that a trigger of another table asks about. So every app registers its
triggers when it is ready, ``pre_migrate`` takes them away while there is something to migrate, and ``post_migrate``
lays them all anew. (A migration that fails leaves them away until the next one, or ``prepare``, succeeds.)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections


@dataclass(frozen=True)
class Trigger:
    """``when`` is the SQL condition under which a write is refused with ``message``; NEW and OLD are the rows.

    ``event`` is "INSERT", "UPDATE", "DELETE" or "UPDATE OF column, …". The condition must be plain SQL that SQLite and
    PostgreSQL both read.
    """

    name: str
    table: str
    event: str
    when: str
    message: str


_registered: dict[str, Trigger] = {}


def register(*triggers: Trigger) -> None:
    """Add ``triggers`` to the list; a second call with the same name replaces the first."""
    for trigger in triggers:
        _registered[trigger.name] = trigger


def registered() -> Iterable[Trigger]:
    return tuple(_registered.values())


def statements(trigger: Trigger, vendor: str) -> list[str]:
    message = trigger.message.replace("'", "''")
    if vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {trigger.name}",
            f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} FOR EACH ROW "
            f"WHEN {trigger.when} BEGIN SELECT RAISE(ABORT, '{message}'); END",
        ]
    # PostgreSQL allows no subquery in WHEN, so the condition is asked inside the function.
    result = "OLD" if trigger.event == "DELETE" else "NEW"
    return [
        f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger AS $$ BEGIN "
        f"IF {trigger.when} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; "
        f"END IF; RETURN {result}; END $$ LANGUAGE plpgsql",
        f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}",
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} FOR EACH ROW "
        f"EXECUTE FUNCTION {trigger.name}()",
    ]


def create_all(using: str = "default", **kwargs: Any) -> None:
    """Lay every registered trigger whose table exists (post_migrate also runs after a partial migrate)."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in registered():
            if trigger.table in tables:
                for statement in statements(trigger, connection.vendor):
                    cursor.execute(statement)


def drop_all(using: str = "default", plan: Sequence[Any] = (), **kwargs: Any) -> None:
    """Take every registered trigger away before a migration; with an empty ``plan`` nothing happens."""
    if not plan:
        return
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in registered():
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name}")
            elif trigger.table in tables:
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}")
