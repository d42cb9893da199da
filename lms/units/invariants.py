"""What the database refuses by trigger (see lms.core.triggers)."""

from lms.core.triggers import Trigger


def _no_overlap(
    table: str, name: str, event: str, keys: tuple[str, ...], extra: str = "", message: str = ""
) -> Trigger:
    same = " AND ".join(f"other.{key} = NEW.{key}" for key in keys)
    return Trigger(
        name=name,
        table=table,
        event=event,
        when=(
            f"{extra + ' AND ' if extra else ''}EXISTS (SELECT 1 FROM {table} other WHERE {same} AND other.id <> NEW.id"
            f"{' AND other.is_primary' if extra else ''}"
            " AND (other.ends_on IS NULL OR NEW.starts_on IS NULL OR NEW.starts_on < other.ends_on)"
            " AND (NEW.ends_on IS NULL OR other.starts_on IS NULL OR other.starts_on < NEW.ends_on))"
        ),
        message=message,
    )


_PAIRS = (("INSERT", "insert"), ("UPDATE", "update"))

TRIGGERS = (
    *(
        _no_overlap(
            "units_unitname", f"unit_has_one_name_a_day_{word}", event, ("unit_id",), "", "a unit has one name a day"
        )
        for event, word in _PAIRS
    ),
    *(
        _no_overlap(
            "units_unitcode", f"unit_has_one_code_a_day_{word}", event, ("unit_id",), "", "a unit has one code a day"
        )
        for event, word in _PAIRS
    ),
    *(
        _no_overlap(
            "units_appointment",
            f"person_has_one_primary_post_a_day_{word}",
            event,
            ("person_id",),
            "NEW.is_primary",
            "a person has one primary appointment a day",
        )
        for event, word in _PAIRS
    ),
    Trigger(
        name="unit_is_never_moved",
        table="units_unit",
        event="UPDATE OF path",
        when="NEW.path <> OLD.path",
        message="a unit is never moved: close it and open a successor",
    ),
)
