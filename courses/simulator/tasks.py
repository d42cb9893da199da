"""The shape of a task, read from a plain table (a TOML file, or the block of a lesson)."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

KEY = re.compile(r"[a-z0-9-]{1,40}")
# Names of ours, never read.
_HIDDEN = {"key", "level", "check", "subject"}
MOMENT, TIME = "%Y-%m-%d %H:%M", "%H:%M"


class Kind(StrEnum):
    COMPOSER = "composer"
    INBOX = "inbox"
    ACCESS = "access"
    SETTINGS = "settings"
    DRILL = "drill"


class Level(StrEnum):
    """From no access up. ``INSIGHTS`` and ``COMMUNITY`` are task access."""

    NONE = "none"
    INSIGHTS = "insights"
    COMMUNITY = "community"
    PARTIAL = "partial"
    FULL = "full"


class Action(StrEnum):
    LEAVE = "leave"
    REPLY = "reply"
    HIDE = "hide"
    DELETE = "delete"
    BLOCK = "block"
    RECORD = "record"
    HAND_ON = "hand_on"


class When(StrEnum):
    NOW = "now"
    LATER = "later"
    DRAFT = "draft"


class Identity(StrEnum):
    """Whose name stands over a post; the own account is what the phone begins with."""

    PERSON = "person"
    PAGE = "page"


class Audience(StrEnum):
    PUBLIC = "public"
    LIMITED = "limited"


class Answer(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"


class Check(StrEnum):
    """The closed list of what a rule can look at; ``checks`` says how."""

    TEXT_CONTAINS_ANY = "text_contains_any"
    TEXT_CONTAINS_ALL = "text_contains_all"
    TEXT_AVOIDS = "text_avoids"
    NO_PERSONAL_DATA = "no_personal_data"
    LENGTH_BETWEEN = "length_between"
    SOURCE_CITED = "source_cited"
    PICTURE_CHOSEN = "picture_chosen"
    PICTURE_NOT_CHOSEN = "picture_not_chosen"
    PICTURES_BETWEEN = "pictures_between"
    HAS_ALT_TEXT = "has_alt_text"
    AUDIENCE_IS = "audience_is"
    POSTED_AS_PAGE = "posted_as_page"
    SENT_AS = "sent_as"
    SCHEDULED_BETWEEN = "scheduled_between"
    TIME_BETWEEN = "time_between"
    COMMENT_HANDLED_AS = "comment_handled_as"
    ALL_HANDLED = "all_handled"
    PERSON_HAS = "person_has"
    PERSON_REMOVED = "person_removed"
    INVITATION_ACCEPTED = "invitation_accepted"
    NOBODY_WAITING = "nobody_waiting"
    TWO_FACTOR_ON = "two_factor_on"
    TWO_FACTOR_ON_FOR_ALL = "two_factor_on_for_all"
    AT_LEAST_WITH_FULL = "at_least_with_full"
    AT_MOST_WITH_FULL = "at_most_with_full"
    ACCEPTED_BEFORE_REMOVED = "accepted_before_removed"
    REQUEST_REFUSED = "request_refused"
    REQUEST_ACCEPTED = "request_accepted"
    SETTING_IS = "setting_is"


class Fault(StrEnum):
    MISSING = "missing"
    UNKNOWN_KEY = "unknown_key"
    NOT_TEXT = "not_text"
    NOT_LIST = "not_list"
    NOT_NUMBER = "not_number"
    NOT_BOOLEAN = "not_boolean"
    TOO_LONG = "too_long"
    UNKNOWN_CHOICE = "unknown_choice"
    BAD_KEY = "bad_key"
    DOUBLE_KEY = "double_key"
    WRONG_PART = "wrong_part"
    NO_PART = "no_part"
    NO_RULE = "no_rule"
    WRONG_CHECK = "wrong_check"
    NO_SUBJECT = "no_subject"
    UNKNOWN_SUBJECT = "unknown_subject"
    NO_WORDS = "no_words"
    BAD_WORD = "bad_word"
    BAD_RANGE = "bad_range"
    NO_RIGHT = "no_right"
    PASSES_UNTOUCHED = "passes_untouched"
    SOLUTION_FAILS = "solution_fails"


class TaskError(Exception):
    """``table`` and ``index``: the part meant ("rule", 2), "" for the whole task; ``word``: what is wrong in it."""

    def __init__(self, fault: Fault, *, table: str = "", index: int = 0, key: str = "", word: str = "") -> None:
        self.fault, self.table, self.index, self.key, self.word = fault, table, index, key, word
        super().__init__(f"{fault} {table}[{index}] {key} {word}")


@dataclass(frozen=True)
class Picture:
    """``shows``: what one sees on it, for the officer who must judge it; never its alternative text."""

    key: str
    title: str
    shows: str


@dataclass(frozen=True)
class Comment:
    key: str
    who: str
    text: str
    is_message: bool


@dataclass(frozen=True)
class Person:
    """As the list of people stands at the beginning. ``is_waiting``: invited, not yet accepted."""

    key: str
    name: str
    note: str
    level: Level
    is_waiting: bool
    two_factor: bool


@dataclass(frozen=True)
class Request:
    key: str
    who: str
    text: str


@dataclass(frozen=True)
class Setting:
    """A choice out of ``choices``, or, without any, words to write. ``start``: as it stands at the beginning."""

    key: str
    label: str
    note: str
    choices: tuple[str, ...]
    start: str


@dataclass(frozen=True)
class Choice:
    text: str
    outcome: str
    is_right: bool


@dataclass(frozen=True)
class Situation:
    """``seconds``: how long one would have; when they are over, it is said, and nothing else happens. 0: no clock."""

    key: str
    text: str
    seconds: int
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Rule:
    """``subject``: the key of a part, "" for the post or for all; what ``words``, ``least``, ``most`` are, the check
    says. ``right`` and ``wrong``: what the trainer says of it.
    """

    check: Check
    subject: str
    words: tuple[str, ...]
    least: int
    most: int
    right: str
    wrong: str


@dataclass(frozen=True)
class Task:
    """``draft``: the words that stand in the post already; ``model``: a solution, or the proper procedure, told;
    ``call``: whom to call.
    """

    kind: Kind
    scene: str
    goals: tuple[str, ...]
    draft: str
    pictures: tuple[Picture, ...]
    comments: tuple[Comment, ...]
    people: tuple[Person, ...]
    requests: tuple[Request, ...]
    settings: tuple[Setting, ...]
    situations: tuple[Situation, ...]
    rules: tuple[Rule, ...]
    model: str
    call: tuple[str, ...]

    def parts(self) -> dict[str, tuple[Any, ...]]:
        """Everything on the screen, by the name of its table."""
        return {
            "picture": self.pictures,
            "comment": self.comments,
            "person": self.people,
            "request": self.requests,
            "setting": self.settings,
            "situation": self.situations,
        }

    def texts(self) -> Iterator[str]:
        """Everything that somebody reads in it."""
        yield from (self.scene, *self.goals, self.draft, self.model, *self.call)
        for row in (*(part for rows in self.parts().values() for part in rows), *self.rules):
            yield from (value for name, value in vars(row).items() if isinstance(value, str) and name not in _HIDDEN)
        for setting in self.settings:
            yield from setting.choices
        for situation in self.situations:
            for choice in situation.choices:
                yield from (choice.text, choice.outcome)


@dataclass(frozen=True)
class _Look:
    """What a check needs: its kinds; of which parts the subject is ("" may be among them); which words."""

    kinds: frozenset[Kind]
    subjects: tuple[str, ...] = ("",)
    words: str = ""
    has_range: bool = False


_TEXTS = frozenset({Kind.COMPOSER, Kind.INBOX, Kind.SETTINGS})
# "": the post. A subject of any other kind of task must be named.
_TEXT_SUBJECTS = ("", "picture", "comment", "setting")
_C, _I, _A, _S = (frozenset({kind}) for kind in (Kind.COMPOSER, Kind.INBOX, Kind.ACCESS, Kind.SETTINGS))
LOOKS: dict[Check, _Look] = {
    Check.TEXT_CONTAINS_ANY: _Look(_TEXTS, _TEXT_SUBJECTS, "free"),
    Check.TEXT_CONTAINS_ALL: _Look(_TEXTS, _TEXT_SUBJECTS, "free"),
    Check.TEXT_AVOIDS: _Look(_TEXTS, _TEXT_SUBJECTS, "free"),
    Check.NO_PERSONAL_DATA: _Look(_TEXTS, _TEXT_SUBJECTS),
    Check.LENGTH_BETWEEN: _Look(_TEXTS, _TEXT_SUBJECTS, has_range=True),
    Check.SOURCE_CITED: _Look(_C, words="free"),
    Check.PICTURE_CHOSEN: _Look(_C, ("picture",)),
    Check.PICTURE_NOT_CHOSEN: _Look(_C, ("picture",)),
    Check.PICTURES_BETWEEN: _Look(_C, has_range=True),
    Check.HAS_ALT_TEXT: _Look(_C, ("", "picture")),
    Check.AUDIENCE_IS: _Look(_C, words="audience"),
    Check.POSTED_AS_PAGE: _Look(_C),
    Check.SENT_AS: _Look(_C, words="when"),
    Check.SCHEDULED_BETWEEN: _Look(_C, words="moments"),
    Check.TIME_BETWEEN: _Look(_C, words="times"),
    Check.COMMENT_HANDLED_AS: _Look(_I, ("comment",), "actions"),
    Check.ALL_HANDLED: _Look(_I),
    Check.PERSON_HAS: _Look(_A, ("person",), "levels"),
    Check.PERSON_REMOVED: _Look(_A, ("person",)),
    Check.INVITATION_ACCEPTED: _Look(_A, ("person",)),
    Check.NOBODY_WAITING: _Look(_A),
    Check.TWO_FACTOR_ON: _Look(_A, ("person",)),
    Check.TWO_FACTOR_ON_FOR_ALL: _Look(_A),
    Check.AT_LEAST_WITH_FULL: _Look(_A, has_range=True),
    Check.AT_MOST_WITH_FULL: _Look(_A, has_range=True),
    Check.ACCEPTED_BEFORE_REMOVED: _Look(_A, ("person",), "people"),
    Check.REQUEST_REFUSED: _Look(_A, ("request",)),
    Check.REQUEST_ACCEPTED: _Look(_A, ("request",)),
    Check.SETTING_IS: _Look(_S, ("setting",), "choices"),
}
# Which parts a kind of task consists of; the first must be there.
PARTS: dict[Kind, tuple[str, ...]] = {
    Kind.COMPOSER: ("picture",),
    Kind.INBOX: ("comment",),
    Kind.ACCESS: ("person", "request"),
    Kind.SETTINGS: ("setting",),
    Kind.DRILL: ("situation",),
}
LONG, SHORT, WORDS = 2000, 300, 400


class _Row:
    """One table with its place, so that an error can name it."""

    def __init__(self, data: Any, table: str = "", index: int = 0) -> None:
        self.data: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        self.table, self.index = table, index
        self.seen: set[str] = set()
        if not isinstance(data, Mapping):
            raise self.error(Fault.NOT_LIST, "")

    def error(self, fault: Fault, key: str, word: str = "") -> TaskError:
        return TaskError(fault, table=self.table, index=self.index, key=key, word=word)

    def text(self, key: str, limit: int = SHORT, *, needed: bool = True) -> str:
        self.seen.add(key)
        value = self.data.get(key, "")
        if not isinstance(value, str):
            raise self.error(Fault.NOT_TEXT, key)
        if needed and not value.strip():
            raise self.error(Fault.MISSING, key)
        if len(value) > limit:
            raise self.error(Fault.TOO_LONG, key, str(limit))
        return value.strip()

    def texts(self, key: str, limit: int = SHORT, *, needed: bool = False) -> tuple[str, ...]:
        self.seen.add(key)
        value = self.data.get(key, [])
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(Fault.NOT_LIST, key)
        if needed and not value:
            raise self.error(Fault.MISSING, key)
        if any(len(item) > limit for item in value):
            raise self.error(Fault.TOO_LONG, key, str(limit))
        return tuple(item.strip() for item in value)

    def number(self, key: str, most: int = 10_000) -> int:
        self.seen.add(key)
        value = self.data.get(key) or 0
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
            raise self.error(Fault.NOT_NUMBER, key)
        return value

    def flag(self, key: str) -> bool:
        self.seen.add(key)
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            raise self.error(Fault.NOT_BOOLEAN, key)
        return value

    def one_of(self, key: str, choices: type[StrEnum], default: str = "") -> Any:
        value = self.text(key, needed=not default) or default
        if value not in set(choices):
            raise self.error(Fault.UNKNOWN_CHOICE, key, value)
        return choices(value)

    def key(self) -> str:
        value = self.text("key")
        if not KEY.fullmatch(value):
            raise self.error(Fault.BAD_KEY, "key", value)
        return value

    def rows(self, table: str, *, index: int | None = None) -> list["_Row"]:
        """``index``: of the outer part, for tables inside one, which have no place of their own."""
        self.seen.add(table)
        value = self.data.get(table, [])
        if not isinstance(value, list | tuple):
            raise self.error(Fault.NOT_LIST, table)
        if index is None:
            return [_Row(row, table, number) for number, row in enumerate(value)]
        return [_Row(row, self.table, index) for row in value]

    def finish(self) -> None:
        unknown = sorted(set(self.data) - self.seen)
        if unknown:
            raise self.error(Fault.UNKNOWN_KEY, unknown[0], unknown[0])


def _picture(row: _Row) -> Picture:
    return Picture(row.key(), row.text("title", 100), row.text("shows", 500))


def _comment(row: _Row) -> Comment:
    return Comment(row.key(), row.text("who", 100), row.text("text", 1000), row.flag("is_message"))


def _person(row: _Row) -> Person:
    level = row.one_of("level", Level, Level.NONE)
    is_waiting, two_factor = row.flag("is_waiting"), row.flag("two_factor")
    note = row.text("note", needed=False)
    return Person(row.key(), row.text("name", 100), note, level, is_waiting and level != Level.NONE, two_factor)


def _request(row: _Row) -> Request:
    return Request(row.key(), row.text("who", 100), row.text("text", 1000))


def _setting(row: _Row) -> Setting:
    choices = row.texts("choices", 150)
    start = row.text("start", WORDS, needed=bool(choices))
    if choices and (len(set(choices)) != len(choices) or len(choices) < 2):
        raise row.error(Fault.DOUBLE_KEY, "choices", choices[0])
    if choices and start not in choices:
        raise row.error(Fault.UNKNOWN_CHOICE, "start", start)
    return Setting(row.key(), row.text("label", 150), row.text("note", needed=False), choices, start)


def _situation(row: _Row) -> Situation:
    choices = []
    for inner in row.rows("choice", index=row.index):
        choices.append(Choice(inner.text("text", 300), inner.text("outcome", 500), inner.flag("is_right")))
        inner.finish()
    if len(choices) < 2:
        raise row.error(Fault.MISSING, "choice")
    if sum(choice.is_right for choice in choices) != 1:
        raise row.error(Fault.NO_RIGHT, "choice")
    return Situation(row.key(), row.text("text", 1000), row.number("seconds", 600), tuple(choices))


_READERS: dict[str, Callable[[_Row], Any]] = {
    "picture": _picture,
    "comment": _comment,
    "person": _person,
    "request": _request,
    "setting": _setting,
    "situation": _situation,
}


def read_task(data: Mapping[str, Any]) -> Task:
    """The task in ``data``; TaskError names the part. Whether it can be solved, the caller asks ``checks``."""
    row = _Row(data)
    kind: Kind = row.one_of("kind", Kind)
    parts: dict[str, tuple[Any, ...]] = dict.fromkeys(_READERS, ())
    keys: set[str] = set()
    for name, read in _READERS.items():
        parts[name] = tuple(_part(inner, read, keys) for inner in row.rows(name))
        if parts[name] and name not in PARTS[kind]:
            raise row.error(Fault.WRONG_PART, name, name)
    if not parts[PARTS[kind][0]]:
        raise row.error(Fault.NO_PART, "kind", PARTS[kind][0])
    task = Task(
        kind=kind,
        scene=row.text("scene", LONG),
        goals=row.texts("goals", needed=True),
        draft=row.text("draft", LONG, needed=False),
        pictures=parts["picture"],
        comments=parts["comment"],
        people=parts["person"],
        requests=parts["request"],
        settings=parts["setting"],
        situations=parts["situation"],
        rules=tuple(_rule(inner, kind, parts) for inner in row.rows("rule")),
        model=row.text("model", 3000),
        call=row.texts("call"),
    )
    row.finish()
    if not task.rules and kind != Kind.DRILL:
        raise row.error(Fault.NO_RULE, "kind")
    return task


def _part(row: _Row, read: Callable[[_Row], Any], keys: set[str]) -> Any:
    part = read(row)
    row.finish()
    if part.key in keys:
        raise row.error(Fault.DOUBLE_KEY, "key", part.key)
    keys.add(part.key)
    return part


def _rule(row: _Row, kind: Kind, parts: dict[str, tuple[Any, ...]]) -> Rule:
    check: Check = row.one_of("check", Check)
    rule = Rule(
        check=check,
        subject=row.text("subject", needed=False),
        words=row.texts("words", 200),
        least=row.number("least"),
        most=row.number("most"),
        right=row.text("right", 500),
        wrong=row.text("wrong", 500),
    )
    row.finish()
    look = LOOKS[check]
    if kind not in look.kinds:
        raise row.error(Fault.WRONG_CHECK, "check", check)
    _check_subject(row, rule, look, kind, parts)
    _check_words(row, rule, look, parts)
    if look.has_range and (not (rule.least or rule.most) or (rule.most and rule.most < rule.least)):
        raise row.error(Fault.BAD_RANGE, "check", check)
    return rule


def _check_subject(row: _Row, rule: Rule, look: _Look, kind: Kind, parts: dict[str, tuple[Any, ...]]) -> None:
    if not rule.subject:
        # Only a post is text without a name.
        if "" not in look.subjects or (look.subjects == _TEXT_SUBJECTS and kind != Kind.COMPOSER):
            raise row.error(Fault.NO_SUBJECT, "check", rule.check)
        return
    known = {part.key for name in look.subjects if name for part in parts[name]}
    if rule.subject not in known:
        raise row.error(Fault.UNKNOWN_SUBJECT, "subject", rule.subject)


def _check_words(row: _Row, rule: Rule, look: _Look, parts: dict[str, tuple[Any, ...]]) -> None:
    if not look.words:
        return
    if not rule.words:
        raise row.error(Fault.NO_WORDS, "check", rule.check)
    known: set[str]
    match look.words:
        case "free":
            return
        case "moments" | "times":
            shape = MOMENT if look.words == "moments" else TIME
            if len(rule.words) != 2 or not all(_is_written(word, shape) for word in rule.words):
                raise row.error(Fault.BAD_WORD, "words", rule.words[0])
            return
        case "audience":
            known = set(Audience)
        case "when":
            known = set(When)
        case "levels":
            known = {level.value for level in Level if level != Level.NONE}
        case "people":
            known = {person.key for person in parts["person"]}
        case "actions":
            known = set(Action)
            rule_words = [word for words in rule.words for word in words.split("+")]
            wrong = next((word for word in rule_words if word not in known), None)
            if wrong is not None:
                raise row.error(Fault.BAD_WORD, "words", wrong)
            return
        case _:
            setting = next(part for part in parts["setting"] if part.key == rule.subject)
            known = set(setting.choices)
    wrong = next((word for word in rule.words if word not in known), None)
    if wrong is not None:
        raise row.error(Fault.BAD_WORD, "words", wrong)


def _is_written(word: str, shape: str) -> bool:
    try:
        return dt.datetime.strptime(word, shape).strftime(shape) == word  # noqa: DTZ007  a clock on the wall
    except ValueError:
        return False
