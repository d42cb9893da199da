"""Drawers and objectives as files name them: by the names from the top down, by key or by name."""

from lms.core import text
from quizzes.models import Category, Objective


class Drawers:
    """All drawers by their names from the top down. One query."""

    def __init__(self) -> None:
        self.rows = {category.path: category for category in Category.objects.order_by("path")}
        self.by_names: dict[tuple[str, ...], Category] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        for category in self.rows.values():
            self.add(category)

    def add(self, category: Category) -> None:
        above = self._names.get(category.path[: -Category.steplen], ())
        self._names[category.path] = (*above, category.name)
        self.by_names.setdefault(_folded(self._names[category.path]), category)

    def names(self, category: Category) -> tuple[str, ...]:
        return self._names[category.path]

    def find(self, names: tuple[str, ...]) -> Category | None:
        return self.by_names.get(_folded(names))


def _folded(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text.clean(name).casefold() for name in names)


class Objectives:
    """All objectives by key and by name. One query."""

    def __init__(self) -> None:
        self._by: dict[str, int] = {}
        self._names: dict[str, list[str]] = {}
        rows = list(Objective.objects.order_by("key").values_list("pk", "key", "name"))
        for pk, _key, name in rows:
            self._by.setdefault(text.clean(name).casefold(), pk)
        for pk, key, name in rows:
            self._by[text.clean(key).casefold()] = pk
            self._names.setdefault(text.clean(name).casefold(), []).append(key)

    def add(self, objective: Objective) -> None:
        for word in (objective.key, objective.name):
            self._by.setdefault(text.clean(word).casefold(), objective.pk)

    def find(self, word: str) -> int | None:
        """The objective with this key, else with this name; None for none."""
        return self._by.get(text.clean(word).casefold()) if word else None

    def word(self, objective: Objective) -> str:
        """What leads back to it: its name, or its key where the name would lead to another one."""
        return objective.name if self.find(objective.name) == objective.pk else objective.key
