"""The questions of a case know their names only within the question around them."""

from typing import Any

from django import template

from quizzes.types.case_set import ItemShown

register = template.Library()


@register.simple_tag
def inside(item: ItemShown, question: Any) -> ItemShown:
    """``item`` with the field and position that it has in ``question``, a mapping or an object as templates get it."""
    field, position = (
        question[key] if isinstance(question, dict) else getattr(question, key) for key in ("field", "position")
    )
    return item.inside(field, position)
