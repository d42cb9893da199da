"""The register of personal data is complete; the notice, one's own data, and what people ask about them."""

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from lms.people import privacy

_WORDS = (models.CharField, models.TextField, models.JSONField, models.FileField, models.GenericIPAddressField)


def _to_be_declared(model: type[models.Model]) -> list[str]:
    """Fields of the model's own table that can hold something about a person: words, files, accounts."""
    found = []
    for field in model._meta.local_fields:
        says_who = field.is_relation and field.related_model is get_user_model()
        is_choice = bool(getattr(field, "choices", None))
        holds_words = isinstance(field, _WORDS) and not field.is_relation and not is_choice
        if says_who or holds_words:
            found.append(field.name)
    return found


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy]


def test_every_field_that_can_say_something_about_a_person_is_declared() -> None:
    undeclared = {}
    for model in _models():
        label = model._meta.label
        harmless = privacy.HARMLESS.get(label, ())
        declared = {*privacy.PERSONAL.get(label, {}), *harmless}
        missing = [name for name in _to_be_declared(model) if name not in declared]
        if "*" in harmless:
            missing = [name for name in missing if model._meta.get_field(name).is_relation]
        if missing:
            undeclared[label] = missing
    assert undeclared == {}, "declare them in lms/people/privacy.py"


def test_the_register_names_no_field_that_is_gone_and_none_twice() -> None:
    known: dict[str, set[str]] = {
        model._meta.label: {field.name for field in model._meta.local_fields} for model in _models()
    }
    wrong: dict[str, Any] = {}
    for label in {*privacy.PERSONAL, *privacy.HARMLESS}:
        personal, harmless = set(privacy.PERSONAL.get(label, {})), set(privacy.HARMLESS.get(label, ()))
        if gone := (personal | harmless) - {"*"} - known.get(label, set()):
            wrong[label] = gone
        if both := personal & harmless:
            wrong[label] = both
    assert wrong == {}


def test_every_declared_field_belongs_to_a_group_that_people_are_told_about() -> None:
    groups = {group for fields in privacy.PERSONAL.values() for group, _ in fields.values()}
    assert groups == set(privacy.GROUPS)
