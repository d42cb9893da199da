"""The whole database as lines of text: for tests that look for what must not stand anywhere."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection


def dump() -> list[str]:
    """Every value of every table, JSON as it reads, with the name of its table."""
    lines = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    lines.append(f"{table}.{column} {_as_read(value)}")
    return lines


def _as_read(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, str) and value[:1] in "[{":
        try:
            return json.dumps(json.loads(value), ensure_ascii=False)
        except ValueError:
            return value
    return str(value)


def left(words: Iterable[str], lines: Iterable[str]) -> list[str]:
    looked = [word.casefold() for word in words]
    return [line for line in lines if any(word in line.casefold() for word in looked)]
