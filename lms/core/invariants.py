"""What the database refuses in the log and its chain (see lms.core.triggers)."""

from lms.core.triggers import Trigger

_ENTRIES = {"wagtailcore_modellogentry": "object_id", "wagtailcore_pagelogentry": "page_id"}


def _changed(column: str, absent: str) -> str:
    return f"COALESCE(CAST(NEW.{column} AS TEXT), '{absent}') <> COALESCE(CAST(OLD.{column} AS TEXT), '{absent}')"


def _entries(table: str, about: str) -> tuple[Trigger, ...]:
    """Entries are never deleted. Label and data may be emptied, but not those of an erasure; the content type may be
    forgotten, as Django does when a model goes; nothing else changes.
    """
    name = table.removeprefix("wagtailcore_")
    fixed = ("id", "action", "timestamp", "uuid", "user_id", "revision_id", "content_changed", "deleted", about)
    emptied = (
        "(NEW.label <> OLD.label AND (NEW.label <> '' OR OLD.action = 'core.erase_values'))",
        "(CAST(NEW.data AS TEXT) <> CAST(OLD.data AS TEXT)"
        " AND (CAST(NEW.data AS TEXT) <> '{}' OR OLD.action = 'core.erase_values'))",
        f"(NEW.content_type_id IS NOT NULL AND {_changed('content_type_id', '')})",
    )
    return (
        Trigger(f"{name}_stays", table, "DELETE", "1 = 1", "an entry of the log is never deleted"),
        Trigger(
            f"{name}_is_not_changed",
            table,
            "UPDATE",
            " OR ".join((*(_changed(column, "") for column in fixed), *emptied)),
            "an entry of the log is not changed, only emptied",
        ),
    )


TRIGGERS = (
    *(trigger for table, about in _ENTRIES.items() for trigger in _entries(table, about)),
    Trigger("trace_link_stays", "core_tracelink", "DELETE", "1 = 1", "a link of the trace is never deleted"),
    Trigger("trace_link_is_not_changed", "core_tracelink", "UPDATE", "1 = 1", "a link of the trace is not changed"),
    Trigger(
        "trace_link_follows_the_last",
        "core_tracelink",
        "INSERT",
        "EXISTS (SELECT 1 FROM core_tracelink later WHERE later.seq >= NEW.seq)"
        " OR (NEW.seq > 1 AND NOT EXISTS (SELECT 1 FROM core_tracelink before"
        " WHERE before.seq = NEW.seq - 1 AND before.hash = NEW.previous))",
        "a link of the trace follows the last one",
    ),
    Trigger("trace_salt_is_not_changed", "core_tracesalt", "UPDATE", "1 = 1", "a salt is deleted, never changed"),
    Trigger("trace_anchor_stays", "core_traceanchor", "DELETE", "1 = 1", "an anchor of the trace is never deleted"),
    Trigger("trace_anchor_is_not_changed", "core_traceanchor", "UPDATE", "1 = 1", "an anchor is not changed"),
)
