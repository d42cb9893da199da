"""What the database refuses by trigger (see lms.core.triggers)."""

from lms.core.triggers import Trigger


def _no_overlap(table: str, name: str, key: str, message: str, *, where: str = "") -> tuple[Trigger, ...]:
    """Rows of ``table`` with one ``key`` have periods that do not overlap; ``where``: a flag set in both."""

    def condition(event: str) -> str:
        # Before an INSERT SQLite has no id for the new row yet.
        not_itself = " AND other.id <> NEW.id" if event == "UPDATE" else ""
        flagged = f" AND other.{where}" if where else ""
        overlap = (
            f"EXISTS (SELECT 1 FROM {table} other WHERE other.{key} = NEW.{key}{not_itself}{flagged}"  # noqa: S608  no input
            " AND (other.ends_on IS NULL OR NEW.starts_on IS NULL OR NEW.starts_on < other.ends_on)"
            " AND (NEW.ends_on IS NULL OR other.starts_on IS NULL OR other.starts_on < NEW.ends_on))"
        )
        return f"NEW.{where} AND {overlap}" if where else overlap

    return tuple(
        Trigger(name=f"{name}_{event.lower()}", table=table, event=event, when=condition(event), message=message)
        for event in ("INSERT", "UPDATE")
    )


TRIGGERS = (
    *_no_overlap("units_unitname", "unit_has_one_name_a_day", "unit_id", "a unit has one name a day"),
    *_no_overlap("units_unitcode", "unit_has_one_code_a_day", "unit_id", "a unit has one code a day"),
    *_no_overlap(
        "units_appointment",
        "person_has_one_primary_post_a_day",
        "person_id",
        "a person has one primary appointment a day",
        where="is_primary",
    ),
    Trigger(
        name="unit_is_never_moved",
        table="units_unit",
        event="UPDATE OF path",
        when="NEW.path <> OLD.path",
        message="a unit is never moved: close it and open a successor",
    ),
)
