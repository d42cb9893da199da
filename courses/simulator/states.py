"""The state of a try: what the officer has written, chosen and pressed. Read from what a browser sent: anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from courses.simulator.tasks import Action, Answer, Audience, Identity, Level, Task, When

LONGEST = 5000
MOST_STEPS = 500


@dataclass(frozen=True)
class Handling:
    actions: frozenset[str]
    reply: str


@dataclass(frozen=True)
class Standing:
    level: str
    accepted: bool
    two_factor: bool


@dataclass(frozen=True)
class State:
    """Complete: every part of the task has its entry. ``steps``: "accepted:key" and "removed:key" in their order;
    ``choices``: the number of the choice, -1 for none.
    """

    text: str
    pictures: tuple[str, ...]
    alternatives: Mapping[str, str]
    identity: str
    audience: str
    when: str
    moment: str
    comments: Mapping[str, Handling]
    people: Mapping[str, Standing]
    requests: Mapping[str, str]
    settings: Mapping[str, str]
    choices: Mapping[str, int]
    steps: tuple[str, ...]


def read_state(task: Task, raw: Any) -> State:
    """What ``raw`` (parsed JSON) says about the parts of ``task``; whatever it does not say, or says in a wrong shape,
    is as at the beginning. Never raises.
    """
    data = _table(raw)
    pictures = _list(data.get("pictures"))
    alternatives, comments, people = (_table(data.get(name)) for name in ("alternatives", "comments", "people"))
    requests, settings, choices = (_table(data.get(name)) for name in ("requests", "settings", "choices"))
    return State(
        text=_text(data.get("text"), task.draft),
        pictures=tuple(picture.key for picture in task.pictures if picture.key in pictures),
        alternatives={picture.key: _text(alternatives.get(picture.key)) for picture in task.pictures},
        identity=_one_of(data.get("identity"), set(Identity)) or Identity.PERSON,
        audience=_one_of(data.get("audience"), set(Audience)),
        when=_one_of(data.get("when"), set(When)),
        moment=f"{_text(data.get('day'))} {_text(data.get('time'))}".strip(),
        comments={comment.key: _handling(_table(comments.get(comment.key))) for comment in task.comments},
        people={
            person.key: _standing(
                _table(people.get(person.key)),
                Standing(person.level, person.level != Level.NONE and not person.is_waiting, person.two_factor),
            )
            for person in task.people
        },
        requests={request.key: _one_of(requests.get(request.key), set(Answer)) for request in task.requests},
        settings={setting.key: _text(settings.get(setting.key), setting.start) for setting in task.settings},
        choices={
            situation.key: _number(choices.get(situation.key), len(situation.choices)) for situation in task.situations
        },
        steps=tuple(step for step in _list(data.get("steps"))[:MOST_STEPS] if isinstance(step, str)),
    )


def _handling(row: Mapping[str, Any]) -> Handling:
    actions = frozenset(action for action in _list(row.get("actions")) if action in set(Action))
    return Handling(actions, _text(row.get("reply")))


def _standing(row: Mapping[str, Any], start: Standing) -> Standing:
    level = _one_of(row.get("level"), set(Level)) or start.level
    accepted = row.get("accepted") if isinstance(row.get("accepted"), bool) else start.accepted
    two_factor = row.get("two_factor") if isinstance(row.get("two_factor"), bool) else start.two_factor
    return Standing(level, bool(accepted) and level != Level.NONE, bool(two_factor))


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []


def _text(value: Any, start: str = "") -> str:
    return value[:LONGEST] if isinstance(value, str) else start


def _one_of(value: Any, known: set[Any]) -> str:
    return str(value) if isinstance(value, str) and value in known else ""


def _number(value: Any, count: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count else -1
