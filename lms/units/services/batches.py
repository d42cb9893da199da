"""Rows laid down many at once: what takes time is done before the write lock is taken."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

Progress = Callable[[int], Any]
SIZE = 2000


@dataclass(frozen=True)
class Batch:
    model: type[models.Model]
    columns: tuple[str, ...]
    values: list[tuple[Any, ...]]


def batches(rows: Sequence[models.Model]) -> Iterator[Batch]:
    """Unsaved ``rows`` of one model as the database takes them. Where the first has no key, the database gives them."""
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if not (field.primary_key and rows[0].pk is None)]
    columns = tuple(str(field.column) for field in fields)
    for start in range(0, len(rows), SIZE):
        part = rows[start : start + SIZE]
        yield Batch(model, columns, [tuple(_value(field, row) for field in fields) for row in part])


def _value(field: Any, row: models.Model) -> Any:
    value = getattr(row, field.attname)
    if isinstance(value, dt.datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value


def insert(batch: Batch) -> None:
    """One batch, in the caller's transaction. Raises what Django raises for a row that the database refuses."""
    # bulk_create holds the write lock for over 5 s with 56,000 rows, this for about 1 s: its work is done before.
    quote = connection.ops.quote_name
    table = quote(batch.model._meta.db_table)
    columns = ", ".join(map(quote, batch.columns))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _copy(cursor, f"COPY {table} ({columns}) FROM STDIN", batch.values)
            if len(batch.values) > SIZE // 4:
                # Until it learns what came in, it plans the overlap triggers and the joins of the tree for empty tables
                cursor.execute(f"ANALYZE {table}")
        else:
            holes = ", ".join(["%s"] * len(batch.columns))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({holes})", batch.values)  # noqa: S608


def _copy(cursor: Any, statement: str, rows: list[tuple[Any, ...]]) -> None:
    # Half the time of the switch on PostgreSQL went into sending 25,000 rows one INSERT each.
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def reset_sequences(*tables: type[models.Model]) -> None:
    """Let PostgreSQL count on from the keys that were given; SQLite does so by itself."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(tables)):
            cursor.execute(statement)
