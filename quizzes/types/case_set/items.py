"""The questions of a case in the form of the CMS: each with the form of its own type inside."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.utils.translation import gettext as _

from quizzes import types
from quizzes.types.base import QuestionType, plain

_NUMBER = "__number__"


def item_types() -> list[QuestionType]:
    """Those that are asked and are marked by themselves; no case within a case."""
    return [
        kind
        for kind in types.all_types()
        if kind.IS_ASKED and not kind.NEEDS_MARKER and kind.NAME not in ("case_set", "survey")
    ]


def _form_class(kind: QuestionType, content: Mapping[str, Any]) -> type[forms.Form]:
    return type("ItemForm", (forms.Form,), dict(kind.edit_fields(dict(content))))


class ItemsInput(forms.Widget):
    """Rows of a type, a text, a weight, and below them the fields of that type.

    Without its script a row whose type was just chosen gets its fields when the form comes back.
    """

    template_name = "types/case_set/items_input.html"

    def __init__(self, *, rows: int) -> None:
        super().__init__()
        self.rows = rows

    @property
    def media(self) -> forms.Media:
        script: Any = Script("lms/types/case_set/items.js", type="module")
        found = forms.Media(js=[script], css={"all": ["lms/types/case_set/items.css"]})
        for kind in item_types():
            found += _form_class(kind, {})().media
        return found

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        given = value if isinstance(value, list) else []
        kinds = item_types()
        context["widget"] |= {
            "rows": [self._row(name, n, given[n] if n < len(given) else {}) for n in range(self.rows)],
            "kinds": kinds,
            "blanks": [(kind, _form_class(kind, {})(prefix=f"{name}-{_NUMBER}-{kind.NAME}")) for kind in kinds],
            "number": _NUMBER,
        }
        return context

    def _row(self, name: str, number: int, item: Mapping[str, Any]) -> dict[str, Any]:
        form = item.get("form")
        if form is None and item.get("type"):
            kind = types.get(item["type"])
            form = _form_class(kind, item.get("content") or {})(prefix=f"{name}-{number}-{kind.NAME}")
        keys = {key: item.get(key, "") for key in ("id", "type", "stem", "reason")}
        return {**keys, "name": f"{name}-{number}", "number": number + 1, "mark": item.get("mark") or 1, "form": form}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]]:
        """Rows with a type, each with its bound form; a row without one was taken out."""
        known = {kind.NAME for kind in item_types()}
        items = []
        for number in range(self.rows):
            row: dict[str, Any] = {
                key: str(data.get(f"{name}-{number}-{key}") or "") for key in ("id", "type", "stem", "reason", "mark")
            }
            if row["type"] in known:
                kind = types.get(row["type"])
                row["form"] = _form_class(kind, {})(data, files, prefix=f"{name}-{number}-{kind.NAME}")
                items.append(row)
        return items

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-0-type" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        return False

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0-type" if id_ else ""


class ItemsField(forms.Field):
    """Cleans to items as they stand in the content; what is wrong is said with the number of the question."""

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        super().__init__(widget=ItemsInput(rows=rows), **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        items, errors = [], []
        for number, row in enumerate(value or [], start=1):
            form, kind = row["form"], types.get(row["type"])
            if not form.is_valid():
                told = [f"{form.fields[key].label or key} – {error}" if key in form.fields else str(error)
                        for key, found in form.errors.items() for error in found]  # fmt: skip
                errors += [_("Question %(number)s: %(problem)s") % {"number": number, "problem": each} for each in told]
                continue
            items.append(
                {
                    "id": row["id"],
                    "type": kind.NAME,
                    "stem": plain(row["stem"]),
                    "content": kind.from_form(form.cleaned_data),
                    "reason": plain(row["reason"]),
                    "mark": int(row["mark"]) if row["mark"].isdecimal() else 0,
                }
            )
        if errors:
            raise ValidationError(errors)
        return items

    def has_changed(self, initial: Any, data: Any) -> bool:
        return True
