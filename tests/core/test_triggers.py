"""Triggers stand while the product runs, and out of the way while tables are remade."""

import pytest
from django.db import DatabaseError, connection, transaction

from lms.core import triggers
from quizzes.models import AttemptQuestion


def laid() -> set[str]:
    if connection.vendor == "sqlite":
        question = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        question = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with connection.cursor() as cursor:
        cursor.execute(question)
        return {row[0] for row in cursor.fetchall()}


NAMES = {trigger.name for trigger in triggers.registered()}


def test_a_migration_finds_none_and_leaves_all(db: None) -> None:
    assert laid() >= NAMES
    triggers.drop_all(plan=[("a migration", False)])
    assert not NAMES & laid()
    triggers.create_all()
    assert laid() >= NAMES


def test_without_anything_to_migrate_they_stay(db: None) -> None:
    triggers.drop_all(plan=[])
    assert laid() >= NAMES


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite remakes tables")
def test_a_table_that_another_tables_trigger_asks_about_can_be_remade_only_without_it(db: None) -> None:
    """What stopped an upgrade: questionversion's trigger reads attemptquestion, which a migration remakes."""
    remake = connection.ops.quote_name(AttemptQuestion._meta.db_table)

    def rename() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE remade AS SELECT * FROM {remake}")
            cursor.execute(f"DROP TABLE {remake}")
            cursor.execute(f"ALTER TABLE remade RENAME TO {remake}")

    with pytest.raises(DatabaseError):
        rename()
    point = transaction.savepoint()
    triggers.drop_all(plan=[("a migration", False)])
    rename()
    transaction.savepoint_rollback(point)
