"""What the rules of a task find in a state. The same, check by check, as in lms/static/lms/js/simulator.js."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from courses.simulator.states import State
from courses.simulator.tasks import Action, Answer, Check, Identity, Kind, Level, Rule, Task, When

# An alternative text that says anything has so many characters; fewer are "ảnh 1".
LEAST_ALTERNATIVE = 15
# A telephone number, a citizen's number, a bank account: so many digits, whatever stands between them.
_DIGITS = re.compile(r"[0-9](?:[ .\-]?[0-9]){8,}")
_SPACE = re.compile(r"[ \t\r\n\u00a0]+")
_MARKS = re.compile("[\u0300-\u036f]")


@dataclass(frozen=True)
class Finding:
    """``sentence``: the trainer's own."""

    ok: bool
    sentence: str


def findings(task: Task, state: State) -> tuple[Finding, ...]:
    """One for every rule, in order; a drill has one for every situation before them: what came of the choice."""
    found = []
    if task.kind == Kind.DRILL:
        for situation in task.situations:
            number = state.choices[situation.key]
            choice = situation.choices[number] if number >= 0 else None
            found.append(Finding(bool(choice and choice.is_right), choice.outcome if choice else ""))
    for rule in task.rules:
        ok = _CHECKS[rule.check](rule, state)
        found.append(Finding(ok, rule.right if ok else rule.wrong))
    return tuple(found)


def passes(task: Task, state: State) -> bool:
    found = findings(task, state)
    return bool(found) and all(finding.ok for finding in found)


# --- Words ----------------------------------------------------------------------------------------------


def _spoken(text: str) -> str:
    """Words between single spaces, small letters, with a space at both ends: whole words are looked for."""
    text = unicodedata.normalize("NFC", text).lower()
    return f" {' '.join(''.join(char if char.isalnum() else ' ' for char in text).split())} "


def _folded(text: str) -> str:
    """The same without diacritics: an officer may write “hoà” for “hòa”."""
    return _spoken(_MARKS.sub("", unicodedata.normalize("NFD", text)).replace("đ", "d").replace("Đ", "D"))


def _has(text: str, word: str) -> bool:
    return _folded(word) in _folded(text)


def _tidy(text: str) -> str:
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")


def _text_of(rule: Rule, state: State) -> str:
    """The post, the alternative text of a picture, the reply to a comment or the words of a setting."""
    key = rule.subject
    if not key:
        return state.text
    if key in state.comments:
        return state.comments[key].reply
    return state.alternatives.get(key, state.settings.get(key, ""))


def _contains_any(rule: Rule, state: State) -> bool:
    text = _text_of(rule, state)
    return any(_has(text, word) for word in rule.words)


def _contains_all(rule: Rule, state: State) -> bool:
    text = _text_of(rule, state)
    return all(_has(text, word) for word in rule.words)


def _avoids(rule: Rule, state: State) -> bool:
    """With diacritics, so that “bán” is not found in “ban”. Nothing written avoids nothing."""
    text = _spoken(_text_of(rule, state))
    return bool(text.strip()) and not any(_spoken(word) in text for word in rule.words)


def _no_personal_data(rule: Rule, state: State) -> bool:
    text = _tidy(_text_of(rule, state))
    return bool(text) and not _DIGITS.search(text)


def _between(rule: Rule, number: int) -> bool:
    return number >= rule.least and (not rule.most or number <= rule.most)


def _length(rule: Rule, state: State) -> bool:
    return _between(rule, len(_tidy(_text_of(rule, state))))


# --- Pictures and sending -------------------------------------------------------------------------------


def _picture_not_chosen(rule: Rule, state: State) -> bool:
    """Whoever has chosen no picture has judged none."""
    return bool(state.pictures) and rule.subject not in state.pictures


def _has_alternative(rule: Rule, state: State) -> bool:
    chosen = [key for key in state.pictures if rule.subject in ("", key)]
    least = max(rule.least, LEAST_ALTERNATIVE)
    return bool(chosen) and all(len(_tidy(state.alternatives[key])) >= least for key in chosen)


def _scheduled(rule: Rule, state: State) -> bool:
    """Moments are written so that their order is that of their letters."""
    return _is_scheduled(state) and rule.words[0] <= state.moment <= rule.words[1]


def _at_hour(rule: Rule, state: State) -> bool:
    """The hour of the day, whatever the day."""
    return _is_scheduled(state) and rule.words[0] <= state.moment[-5:] <= rule.words[1]


def _is_scheduled(state: State) -> bool:
    is_whole = bool(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", state.moment))
    return state.when == When.LATER and is_whole


# --- Comments -------------------------------------------------------------------------------------------


def _handled(rule: Rule, state: State) -> bool:
    """Exactly as one of ``words``: "hide+record" is both and nothing else."""
    done = state.comments[rule.subject].actions
    return any(set(words.split("+")) == done for words in rule.words)


def _all_handled(rule: Rule, state: State) -> bool:
    """A reply is given when something is written."""
    return all(
        handling.actions and (Action.REPLY not in handling.actions or _tidy(handling.reply))
        for handling in state.comments.values()
    )


# --- People ---------------------------------------------------------------------------------------------


def _full(state: State) -> int:
    return sum(person.level == Level.FULL and person.accepted for person in state.people.values())


def _accepted_before_removed(rule: Rule, state: State) -> bool:
    """The last removal of each of ``words`` comes after the last acceptance by ``subject``."""
    accepted = _last(state, f"accepted:{rule.subject}")
    return accepted >= 0 and all(_last(state, f"removed:{key}") > accepted for key in rule.words)


def _last(state: State, step: str) -> int:
    return max((index for index, name in enumerate(state.steps) if name == step), default=-1)


def _person_has(rule: Rule, state: State) -> bool:
    person = state.people[rule.subject]
    return person.accepted and person.level in rule.words


def _two_factor_for_all(rule: Rule, state: State) -> bool:
    inside = [person for person in state.people.values() if person.level != Level.NONE]
    return bool(inside) and all(person.two_factor for person in inside)


_CHECKS: dict[Check, Callable[[Rule, State], bool]] = {
    Check.TEXT_CONTAINS_ANY: _contains_any,
    Check.TEXT_CONTAINS_ALL: _contains_all,
    Check.TEXT_AVOIDS: _avoids,
    Check.NO_PERSONAL_DATA: _no_personal_data,
    Check.LENGTH_BETWEEN: _length,
    Check.SOURCE_CITED: _contains_any,
    Check.PICTURE_CHOSEN: lambda rule, state: rule.subject in state.pictures,
    Check.PICTURE_NOT_CHOSEN: _picture_not_chosen,
    Check.PICTURES_BETWEEN: lambda rule, state: _between(rule, len(state.pictures)),
    Check.HAS_ALT_TEXT: _has_alternative,
    Check.AUDIENCE_IS: lambda rule, state: state.audience in rule.words,
    Check.POSTED_AS_PAGE: lambda rule, state: state.identity == Identity.PAGE,
    Check.SENT_AS: lambda rule, state: state.when in rule.words,
    Check.SCHEDULED_BETWEEN: _scheduled,
    Check.TIME_BETWEEN: _at_hour,
    Check.COMMENT_HANDLED_AS: _handled,
    Check.ALL_HANDLED: lambda rule, state: bool(_all_handled(rule, state)),
    Check.PERSON_HAS: _person_has,
    Check.PERSON_REMOVED: lambda rule, state: state.people[rule.subject].level == Level.NONE,
    Check.INVITATION_ACCEPTED: lambda rule, state: state.people[rule.subject].accepted,
    Check.NOBODY_WAITING: lambda rule, state: all(
        person.accepted or person.level == Level.NONE for person in state.people.values()
    ),
    Check.TWO_FACTOR_ON: lambda rule, state: state.people[rule.subject].two_factor,
    Check.TWO_FACTOR_ON_FOR_ALL: _two_factor_for_all,
    Check.AT_LEAST_WITH_FULL: lambda rule, state: _full(state) >= rule.least,
    Check.AT_MOST_WITH_FULL: lambda rule, state: _full(state) <= rule.most,
    Check.ACCEPTED_BEFORE_REMOVED: _accepted_before_removed,
    Check.REQUEST_REFUSED: lambda rule, state: state.requests[rule.subject] == Answer.REFUSE,
    Check.REQUEST_ACCEPTED: lambda rule, state: state.requests[rule.subject] == Answer.ACCEPT,
    Check.SETTING_IS: lambda rule, state: state.settings[rule.subject] in rule.words,
}
